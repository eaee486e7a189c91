/**
 * Reads the manifest of a check that is a program and finds the program. What can't be started, and what everybody on the node
 * could exchange for something else, is refused here, before a picture waits for it.
 */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { HotplateError, messageOf, systemCode } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { ProgramManifest } from "../../domain/programManifest.ts";
import { readProgramManifest } from "../../domain/programManifest.ts";
import type { Check } from "../../plugin.ts";
import { findTool } from "../images/toolFind.ts";
import { openToAll } from "../pluginRights.ts";

export interface Program {
  readonly manifest: ProgramManifest;
  /** Of the manifest; its folder is where the program runs. */
  readonly file: string;
  readonly dir: string;
  /** Absolute path of the program, then its arguments as they were written. */
  readonly words: readonly string[];
}

export type LoadedProgram =
  | { readonly kind: "program"; readonly program: Program }
  | { readonly kind: "refused"; readonly message: string };

export const PROGRAM_MANIFESTS: RegExp = /\.check\.(ya?ml|json)$/;

/** `path`: directories in which a program without a slash is looked for, as PATH has them. */
export function loadProgram(file: string, path: string | undefined = process.env["PATH"]): LoadedProgram {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > LIMITS.programManifestBytesMax)
      return { kind: "refused", message: `it is larger than ${LIMITS.programManifestBytesMax} bytes` };
    text = readFileSync(file, "utf8");
  } catch (error) {
    return { kind: "refused", message: `it can't be read: ${messageOf(error)}` };
  }
  const reading = readProgramManifest(text);
  if (reading.kind === "refused") return reading;
  const { manifest } = reading;
  const dir = dirname(resolve(file));
  const found = findProgram(manifest.command[0] ?? "", dir, path);
  if (found.kind === "refused") return found;
  const open = [...new Set([found.path, ...filesOf(manifest.command, dir)])].map(openToAll).find((why) => why !== null);
  if (open !== undefined) return { kind: "refused", message: open };
  return { kind: "program", program: { manifest, file, dir, words: [found.path, ...manifest.command.slice(1)] } };
}

/** How a check that is a program stands in the list of checks. It is asked before it could be run. */
export function programAsCheck({ manifest }: Program): Check {
  const { apiVersion, id, version, scope, needs, limits, layer, finds, limitsFrom, judges, idleAt, seedMayCure } =
    manifest;
  return {
    apiVersion,
    id,
    version,
    scope,
    needs,
    limits,
    ...(layer === undefined ? {} : { layer }),
    ...(finds === undefined ? {} : { finds }),
    ...(limitsFrom === undefined ? {} : { limitsFrom }),
    ...(judges === undefined ? {} : { judges }),
    ...(idleAt === undefined ? {} : { idleAt }),
    ...(seedMayCure === undefined ? {} : { seedMayCure }),
    run() {
      throw new HotplateError("HP-INTERNAL", `${id} is a program: it is asked, not called`);
    },
  };
}

function findProgram(
  word: string,
  dir: string,
  path: string | undefined,
): { readonly kind: "found"; readonly path: string } | { readonly kind: "refused"; readonly message: string } {
  if (!word.includes("/")) {
    const tool = findTool(word, path);
    return tool === null
      ? { kind: "refused", message: `its program ${word} is not on the PATH` }
      : { kind: "found", path: tool };
  }
  const program = isAbsolute(word) ? word : join(dir, word);
  try {
    accessSync(program, constants.X_OK);
    if (statSync(program).isFile()) return { kind: "found", path: program };
    return { kind: "refused", message: `its program ${program} is no file` };
  } catch (error) {
    return { kind: "refused", message: `its program ${program} can't be run (${systemCode(error) ?? "unknown"})` };
  }
}

/** Scripts and data that the command names: who can write them decides what runs. */
function filesOf(command: readonly string[], dir: string): readonly string[] {
  return command.slice(1).flatMap((word) => {
    const file = resolve(dir, word);
    try {
      return statSync(file).isFile() ? [file] : [];
    } catch {
      // An argument that names no file.
      return [];
    }
  });
}
