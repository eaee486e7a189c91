/** `hotplate run`: what systemd runs. */
import { endProcess } from "../adapters/endProcess.ts";
import { runDaemon } from "../main.ts";
import type { Context } from "./context.ts";

export async function action(
  context: Context,
  _args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { path } = await context.config();
  const code = await runDaemon({ configPath: path, takeOver: options["takeOver"] === true });
  // At once: a call that still hangs in a dead mount would keep a process alive that has drained.
  endProcess(code);
}
