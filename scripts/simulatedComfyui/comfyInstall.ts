/**
 * A ComfyUI install that is none: a directory with a version, a list of flags and a "python" that runs the simulated one. A
 * slot's `spawn` takes it for real, so supervision can be tried without a GPU. Its faults are given by `--simulate`.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagsOf } from "./comfyFlags.ts";
import type { Version } from "./words.ts";

export interface FakeInstall {
  readonly dir: string;
  readonly python: string;
}

export function makeInstall(dir: string, version: Version = "0.19"): FakeInstall {
  mkdirSync(join(dir, "comfy"), { recursive: true });
  writeFileSync(join(dir, "comfyui_version.py"), `__version__ = "${version === "0.19" ? "0.19.1" : "0.38.0"}"\n`);
  writeFileSync(
    join(dir, "comfy/cli_args.py"),
    [...flagsOf(version).keys()].map((flag) => `parser.add_argument("${flag}")\n`).join(""),
  );
  writeFileSync(join(dir, "main.py"), "# SIMULATED: the python beside this file runs a simulated ComfyUI instead.\n");
  const program = fileURLToPath(new URL("./asComfyui.ts", import.meta.url));
  const python = join(dir, "python");
  writeFileSync(python, `#!/bin/sh\n# SIMULATED: no python.\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(python, 0o755);
  return { dir, python };
}
