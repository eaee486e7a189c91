/**
 * The simulated ComfyUI as a program: try Hotplate, your recipes and your plugins without a GPU.
 *
 * Prints one JSON line with its url when it is ready. Exit 0: SIGINT, temp removed. Dies of SIGTERM, temp kept. 1: the port is
 * taken, or the database is locked. 2: wrong flags. `--help` says every flag and fault; docs/simulated-comfyui.md, the rest.
 */
import { parseArgs } from "node:util";
import { FaultBook, FAULTS } from "./faults.ts";
import type { SimulatedOptions } from "./server.ts";
import { simulate } from "./simulate.ts";

const USAGE = `usage: npm run simulated-comfyui -- --slot-dir DIR [--port N] [--version 0.19|0.38]
         [--work-ms N] [--load-ms N] [--seed N] [--fault NAME[=VALUE][@WHEN]] ... [--help]\n`;

function help(): string {
  return `A ComfyUI without a GPU: its HTTP and WebSocket, real pixel work, every picture marked SIMULATED.

${USAGE}
  --slot-dir DIR   its input, output, temp and models; made where absent
  --port N         on the loopback; 0: any free one (default)
  --version V      behaves as 0.19 (default) or 0.38
  --work-ms N      stands for the GPU's time per prompt
  --load-ms N      time to load another checkpoint
  --seed N         added to every seed of a graph
  --fault F        NAME[=VALUE][@WHEN], repeatable. WHEN: all, 3 (the third chance) or 2-4; without it the next chance

Faults:
${Object.entries(FAULTS)
  .map(([name, does]) => `  ${name.padEnd(14)}  ${does}`)
  .join("\n")}
`;
}

function options(): SimulatedOptions & { readonly faults: readonly string[] } {
  try {
    const given = parseArgs({
      options: {
        "slot-dir": { type: "string" },
        port: { type: "string", default: "0" },
        version: { type: "string", default: "0.19" },
        "work-ms": { type: "string", default: "0" },
        "load-ms": { type: "string", default: "0" },
        seed: { type: "string", default: "0" },
        fault: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
    }).values;
    if (given.help) {
      process.stdout.write(help());
      process.exit(0);
    }
    const { version } = given;
    if (given["slot-dir"] === undefined) throw new Error("--slot-dir is missing");
    if (version !== "0.19" && version !== "0.38") throw new Error(`--version ${version} is neither 0.19 nor 0.38`);
    // Asked here so that a wrong name is a wrong flag.
    void new FaultBook(given.fault);
    return {
      slotDir: given["slot-dir"],
      port: whole("port", given.port),
      version,
      workMs: whole("work-ms", given["work-ms"]),
      loadMs: whole("load-ms", given["load-ms"]),
      seed: whole("seed", given.seed),
      faults: given.fault,
      argv: ["simulatedComfyui", ...process.argv.slice(2)],
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

function whole(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} ${text} is no whole number`);
  return Number(text);
}

const given = options();
await simulate(given, ({ url, port }) => {
  const line = { url, port, pid: process.pid, version: given.version, simulated: true };
  process.stdout.write(`${JSON.stringify(line)}\n`);
});
