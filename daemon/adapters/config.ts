/**
 * Reads `hotplate.yaml` from disk; what its text means is `domain/configText`. Every problem is named with its place; none is
 * guessed around, and nothing starts with half a configuration.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Config } from "../domain/config.ts";
import { readConfig } from "../domain/configText.ts";
import type { Problem } from "../domain/errors.ts";
import { HotplateError, systemCode } from "../domain/errors.ts";
import type { Files } from "../ports.ts";
import { layoutSources } from "./layouts.ts";

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute. */
  readonly path: string;
}

/** @throws HotplateError HP-CONFIG-MISSING, HP-CONFIG-INVALID (with `problems`). */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const absolute = resolve(path);
  let text: string;
  try {
    text = await readFile(absolute, "utf8");
  } catch (error) {
    const why = systemCode(error) ?? "error";
    throw new HotplateError("HP-CONFIG-MISSING", `${absolute} can't be read (${why}).`, { cause: error });
  }
  return { config: parseConfig(text, absolute), path: absolute };
}

/** @throws HotplateError HP-CONFIG-INVALID (with `problems`). */
export function parseConfig(text: string, file: string): Config {
  const reading = readConfig(text, file, layoutSources());
  if (reading.ok) return reading.config;
  const words = reading.problems.map(problemWords).join("\n");
  throw new HotplateError("HP-CONFIG-INVALID", words, { problems: reading.problems });
}

/**
 * SQLite's write-ahead log needs the shared memory of one node: on a share the store would be damaged in silence.
 * @throws HotplateError HP-STATE-NETWORK.
 */
export async function checkStateDir(files: Pick<Files, "mount">, stateDir: string): Promise<void> {
  const { kind } = await files.mount(stateDir);
  if (kind === "local" || kind === "unknown") return;
  throw new HotplateError("HP-STATE-NETWORK", `${stateDir} lies on a network share (${kind}).`);
}

function problemWords(problem: Problem): string {
  const found = problem.found === null ? "" : ` Found ${problem.found}.`;
  const expected = problem.expected === null ? "" : ` Expected ${problem.expected}.`;
  return `${problem.file}:${problem.line}:${problem.col} ${problem.message}${found}${expected} ${problem.action}`;
}
