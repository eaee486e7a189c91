/** `hotplate run`: what systemd runs. */
import { endProcess } from "../adapters/endProcess.ts";
import { runDaemon } from "../main.ts";
import type { Context } from "./context.ts";
import { reportError } from "./context.ts";

export async function action(
  context: Context,
  _args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { path } = await context.config();
  let code: number;
  try {
    code = await runDaemon({ configPath: path, takeOver: options["takeOver"] === true });
  } catch (error) {
    // Sockets of the slots may be open by now; a process that stays would never be started again by its supervisor.
    code = reportError(error, { json: context.json, verbose: process.argv.includes("--verbose") });
  }
  // At once: a call that still hangs in a dead mount would keep a process alive that has drained.
  endProcess(code);
}
