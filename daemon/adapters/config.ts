/**
 * Reads `hotplate.yaml`: YAML, then the one schema of `domain/config`, then what only this node knows (does the state
 * directory lie on a local disk, do hot folders lie inside roots). Every problem is named with its place; none is guessed.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { Config } from "../domain/config.ts";
import { configSchema } from "../domain/config.ts";
import type { Problem } from "../domain/errors.ts";
import { HotplateError, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { rootOf } from "../domain/paths.ts";

export interface LoadedConfig {
  readonly config: Config;
  readonly path: string;
}

/** @throws HotplateError HP-CONFIG-MISSING, HP-CONFIG-INVALID (with `problems`). */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const absolute = resolve(path);
  let text: string;
  try {
    text = await readFile(absolute, "utf8");
  } catch (error) {
    throw new HotplateError("HP-CONFIG-MISSING", `${absolute} can't be read (${systemCode(error) ?? "error"}).`, { cause: error });
  }
  return { config: parseConfig(text, absolute), path: absolute };
}

export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number | undefined) => (offset === undefined ? { line: null, col: null } : lines.linePos(offset));
  const problems: Problem[] = document.errors.map((error) => problem(file, place(error.pos[0]), error.message));
  if (problems.length > 0) throw invalid(file, problems);
  const parsed = configSchema.safeParse(document.toJS({ maxAliasCount: LIMITS.yamlAliasesMax }));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      let node: unknown = null;
      for (let depth = issue.path.length; depth >= 0 && !isNode(node); depth -= 1) node = document.getIn(issue.path.slice(0, depth), true);
      const range = isNode(node) ? node.range?.[0] : undefined;
      problems.push(problem(file, place(range), `${issue.path.join(".") || "the file"}: ${issue.message}`));
    }
    throw invalid(file, problems);
  }
  const more = crossChecks(parsed.data).map((message) => problem(file, { line: null, col: null }, message));
  if (more.length > 0) throw invalid(file, more);
  return parsed.data;
}

function crossChecks(config: Config): readonly string[] {
  const out: string[] = [];
  const twice = (what: string, names: readonly string[]): void => {
    for (const name of names) if (names.indexOf(name) !== names.lastIndexOf(name) && !out.includes(`${what} ${name} stands twice`)) out.push(`${what} ${name} stands twice`);
  };
  twice("slot", config.slots.map((slot) => slot.name));
  twice("root", config.roots.map((root) => root.name));
  twice("hot folder", config.hotFolders.map((folder) => folder.path));
  for (const folder of config.hotFolders) if (rootOf(folder.path, config.roots) === null) out.push(`hotFolders: ${folder.path} lies outside every root`);
  for (const asset of config.assetPaths) {
    const base = asset.glob.slice(0, asset.glob.search(/[*?[{(!@+]/) + 1 || undefined);
    if (rootOf(base, config.roots) === null) out.push(`assetPaths: ${asset.glob} lies outside every root`);
  }
  return out;
}

function problem(file: string, place: { line: number | null; col: number | null }, message: string): Problem {
  return {
    code: "HP-CONFIG-INVALID",
    severity: "error",
    file,
    line: place.line,
    col: place.col,
    message,
    found: null,
    expected: null,
    nearest: null,
    action: "Fix the place named; config/hotplate.yaml shows every key.",
  };
}

function invalid(file: string, problems: readonly Problem[]): HotplateError {
  const words = problems.map((p) => `${file}:${p.line ?? "-"}:${p.col ?? "-"} ${p.message}`).join("\n");
  return new HotplateError("HP-CONFIG-INVALID", words, { problems });
}
