/** `hotplate run`: what systemd runs. */
import { runDaemon } from "../main.ts";
import type { Context } from "./context.ts";

export async function action(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<void> {
  const { path } = await context.config();
  process.on("unhandledRejection", (error) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
  context.exit(await runDaemon({ configPath: path, takeOver: options["takeOver"] === true }));
}
