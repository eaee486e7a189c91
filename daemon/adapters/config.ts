/**
 * Reads `hotplate.yaml` from disk; what its text means is `domain/configText`. Every problem is named with its place; none is
 * guessed around, and nothing starts with half a configuration.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Config, PictureConfig } from "../domain/config.ts";
import type { ConfigReading } from "../domain/configText.ts";
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
  const { text, absolute } = await textOf(path);
  return { config: parseConfig(text, absolute), path: absolute };
}

/** What looking at pictures takes of it: slots, roots and a state directory may be missing. Throws as `loadConfig`. */
export async function loadPictureConfig(path: string): Promise<PictureConfig> {
  const { text, absolute } = await textOf(path);
  return configIn(readConfig(text, absolute, layoutSources(), "pictures"));
}

/** @throws HotplateError HP-CONFIG-INVALID (with `problems`). */
export function parseConfig(text: string, file: string): Config {
  return configIn(readConfig(text, file, layoutSources()));
}

async function textOf(path: string): Promise<{ readonly text: string; readonly absolute: string }> {
  const absolute = resolve(path);
  try {
    return { text: await readFile(absolute, "utf8"), absolute };
  } catch (error) {
    const why = systemCode(error) ?? "error";
    throw new HotplateError("HP-CONFIG-MISSING", `${absolute} can't be read (${why}).`, { cause: error });
  }
}

function configIn(reading: ConfigReading): Config {
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
