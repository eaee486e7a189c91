/**
 * The simulated ComfyUI behind a real one's command line, for slots that Hotplate spawns: what `comfyInstall.ts` calls python.
 * Takes the flags of the version that its install names, and refuses others with exit 2, as argparse does.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseFlags } from "./comfyFlags.ts";
import { simulate } from "./simulate.ts";
import type { Version } from "./words.ts";

const version: Version = /"0\.19/.test(readFileSync("comfyui_version.py", "utf8")) ? "0.19" : "0.38";
const [, , program, ...args] = process.argv;
if (program !== "main.py") fail(`can't open file '${program ?? ""}'`);
const { values, unknown } = parseFlags(args, version);
if (unknown.length > 0) fail(`unrecognized arguments: ${unknown.join(" ")}`);
const one = (flag: string): string | null => values.get(flag)?.at(-1) ?? null;
const [input, output, user] = ["--input-directory", "--output-directory", "--user-directory"].map(one);
if (user !== null && user !== undefined && !existsSync(user))
  fail(`argument --user-directory: ${user} is no directory`);
const slotDir = dirname(input ?? "");
if (input === null || dirname(output ?? "") !== slotDir || one("--temp-directory") !== slotDir)
  fail("the simulated one wants input, output and temp side by side");

process.stderr.write("SIMULATED ComfyUI starting\n");
await simulate(
  {
    slotDir,
    port: Number(one("--port") ?? 8188),
    version,
    workMs: Number(one("--simulate-work-ms") ?? 0),
    faults: values.get("--simulate") ?? [],
    argv: ["main.py", ...args],
  },
  () => process.stderr.write("To see the GUI go to: nowhere, it is simulated\n"),
);

function fail(words: string): never {
  process.stderr.write(`usage: main.py [-h] ...\nmain.py: error: ${words}\n`);
  process.exit(2);
}
