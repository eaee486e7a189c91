/**
 * The simulated ComfyUI as a program: try Hotplate, your recipes and your plugins without a GPU.
 *
 *   node scripts/simulatedComfyui/main.ts --slot-dir DIR [--port N] [--version 0.19|0.38] [--work-ms N] [--load-ms N]
 *                                         [--fault NAME[=COUNT]] ...
 *
 * Prints one JSON line with its url when it is ready. Exit 1: the port is taken; 2: wrong flags.
 */
import { parseArgs } from "node:util";
import { startSimulatedComfyui } from "./server.ts";

function options() {
  try {
    return parseArgs({
      options: {
        "slot-dir": { type: "string" },
        port: { type: "string", default: "0" },
        version: { type: "string", default: "0.19" },
        "work-ms": { type: "string", default: "0" },
        "load-ms": { type: "string", default: "0" },
        fault: { type: "string", multiple: true, default: [] },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

const given = options();
if (given["slot-dir"] === undefined || (given.version !== "0.19" && given.version !== "0.38")) {
  process.stderr.write(
    "usage: --slot-dir DIR [--port N] [--version 0.19|0.38] [--work-ms N] [--load-ms N] [--fault NAME[=COUNT]]\n",
  );
  process.exit(2);
}
try {
  const running = await startSimulatedComfyui({
    slotDir: given["slot-dir"],
    port: Number(given.port),
    version: given.version,
    workMs: Number(given["work-ms"]),
    loadMs: Number(given["load-ms"]),
    faults: given.fault,
    onDie: () => process.exit(137),
  });
  process.stdout.write(`${JSON.stringify({ url: running.url, pid: process.pid, simulated: true })}\n`);
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => void running.close().then(() => process.exit(0)));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
