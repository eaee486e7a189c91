/**
 * Runs the simulated ComfyUI as a process: its exit codes, its signals and what it says when it breaks. Exit 0: SIGINT, temp
 * removed. Dies of SIGTERM, temp kept. 1: the port is taken, or the database is locked.
 */
import { setTimeout as pause } from "node:timers/promises";
import { FaultBook, faultMs } from "./faults.ts";
import type { Simulated, SimulatedOptions } from "./server.ts";
import { startSimulatedComfyui } from "./server.ts";

export async function simulate(
  given: SimulatedOptions & { readonly faults: readonly string[] },
  ready: (running: Simulated) => void,
): Promise<void> {
  const book = new FaultBook(given.faults);
  if (book.take("ignoreSignals") !== null)
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  if (book.take("databaseLocked") !== null) {
    process.stderr.write("ASSETS_STARTUP_FAILED: locked\n");
    process.exit(1);
  }
  await pause(faultMs(book.take("slowStart"), 3_000));
  try {
    const running = await startSimulatedComfyui({
      ...given,
      onDie: (exitCode) => process.exit(exitCode),
      say: (line) => process.stderr.write(`${line}\n`),
    });
    process.once("SIGINT", () => {
      if (process.listenerCount("SIGTERM") === 0) void running.close().then(() => process.exit(0));
    });
    ready(running);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
