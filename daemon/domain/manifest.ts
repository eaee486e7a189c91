/**
 * From the bytes of a dropped file to a manifest and every problem at once, each with line and column. Reading is YAML 1.2
 * (JSON is a part of it); the traps of YAML are named as artists meet them, not as parsers do. No disk is touched here.
 */
import type { Document } from "yaml";
import { isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { ErrorCode, Problem } from "./errors.ts";
import { ERRORS } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { ManifestRest } from "./manifestRest.ts";
import { restOf } from "./manifestRest.ts";
import type { Manifest } from "./manifestSchema.ts";
import { manifestSchema } from "./manifestSchema.ts";
import type { Reading } from "./manifestProblems.ts";
import { notYetProblems, schemaProblems } from "./manifestProblems.ts";
import { scanText, textValueProblems } from "./manifestTraps.ts";

export interface ReadManifest {
  /** null: there are errors. */
  readonly manifest: Manifest | null;
  /** What is right of it when something is wrong: its recipe, plate and parameters are looked at at the same time. */
  readonly rest: ManifestRest | null;
  readonly problems: readonly Problem[];
  /** The place of a value (or of the nearest parent that is there), for problems found later. */
  readonly place: (path: readonly (string | number)[]) => Place;
}
export interface Place {
  readonly line: number | null;
  readonly col: number | null;
}

export function readManifest(text: string, fileName: string): ReadManifest {
  const lines = new LineCounter();
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const at = (offset: number | undefined): Place =>
    offset === undefined ? { line: null, col: null } : lines.linePos(offset);
  const make = problemMaker(fileName);
  const problems: Problem[] = [...scanText(source, make)];
  // What nests without end would take the parser's stack with it.
  if (problems.some((problem) => problem.code === "HP-MANIFEST-DEPTH"))
    return { manifest: null, rest: null, problems, place: () => ({ line: null, col: null }) };
  const document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    // The parser's own look at them compares each with each: a minute for a hostile file. See duplicateKeys.
    uniqueKeys: false,
    version: "1.2",
    strict: true,
  });
  const place = (path: readonly (string | number)[]): Place => at(offsetOf(document, path));
  const reading: Reading = { document, make, place, at };
  problems.push(...textProblems(problems, reading));
  if (hasError(problems.filter((problem) => !READ_ON.has(problem.code))))
    return { manifest: null, rest: null, problems: shown(problems), place };
  problems.push(...textValueProblems(document, source, { make, at }));
  const values = plainValues(document);
  if (!values.ok) {
    problems.push(
      make("HP-MANIFEST-YAML", { line: 1, col: 1 }, { message: values.why, action: "Write it without *." }),
    );
    return { manifest: null, rest: null, problems: shown(problems), place };
  }
  const parsed = manifestSchema.safeParse(values.value);
  if (!parsed.success) problems.push(...schemaProblems(parsed.error.issues, reading, problems));
  problems.push(...notYetProblems(values.value, { make, place }));
  const manifest = hasError(problems) || !parsed.success ? null : parsed.data;
  const rest = manifest === null ? restOf(values.value) : null;
  // A text that was cut short may have said more.
  const cut = problems.some((problem) => problem.code === "HP-MANIFEST-COMMENT");
  if (rest !== null && cut)
    return { manifest, rest: { ...rest, without: [...rest.without, ["prompt"]] }, problems: shown(problems), place };
  return { manifest, rest, problems: shown(problems), place };
}

/** Wrong, but the fields can be read all the same, so that what else is wrong is said with it. */
const READ_ON: ReadonlySet<ErrorCode> = new Set(["HP-MANIFEST-DUPLICATE-KEY", "HP-MANIFEST-QUOTES"]);

function hasError(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}

function problemMaker(fileName: string): MakeProblem {
  return (code, place, words) => ({
    code,
    severity: words.severity ?? "error",
    file: fileName,
    ...place,
    message: clipped(words.message),
    found: words.found === null || words.found === undefined ? null : clipped(words.found),
    expected: words.expected ?? null,
    nearest: words.nearest ?? null,
    action: words.action ?? ERRORS[code].hint,
  });
}

/** What keeps the text from being fields at all. A trap already named on a line says more than the parser does. */
function textProblems(before: readonly Problem[], reading: Reading): readonly Problem[] {
  const { document, make, at } = reading;
  const trapped = new Set(before.map((problem) => problem.line));
  const out: Problem[] = [];
  for (const error of document.errors) {
    const where = at(error.pos[0]);
    if (!trapped.has(where.line)) out.push(yamlProblem(make, where, error));
  }
  out.push(...duplicateKeys(document, { make, at }));
  if (hasError([...before, ...out])) return out;
  const top = { line: 1, col: 1 };
  const aliases = countAliases(document);
  if (aliases > LIMITS.yamlAliasesMax) {
    const message = `There are ${aliases} aliases (*name); at most ${LIMITS.yamlAliasesMax} are read.`;
    out.push(make("HP-MANIFEST-YAML", top, { message }));
  }
  if (!isMap(document.contents))
    out.push(
      make("HP-MANIFEST-YAML", top, {
        message: "This is not a manifest: it holds no fields.",
        expected: "lines such as  use: env_relight",
        action: "Start with  use: RECIPE  and  plate: FILE.",
      }),
    );
  return out;
}

export interface ProblemWords {
  readonly message: string;
  readonly severity?: "error" | "warning";
  readonly found?: string | null;
  readonly expected?: string | null;
  readonly nearest?: string | null;
  readonly action?: string;
}
export type MakeProblem = (code: ErrorCode, place: Place, words: ProblemWords) => Problem;

function yamlProblem(
  make: MakeProblem,
  where: Place,
  error: { readonly code: string; readonly message: string },
): Problem {
  return make("HP-MANIFEST-YAML", where, {
    message: `This is not valid YAML: ${error.message.split("\n")[0]}.`,
    action: "Check the colon, the brackets and the quotes around here.",
  });
}

/** Aliases that multiply, or hold themselves, are refused by the parser's own count while it makes values of them. */
function plainValues(
  document: Document,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string } {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: LIMITS.yamlAliasesMax }) as unknown };
  } catch {
    return { ok: false, why: "The aliases (*name) multiply into more than can be read." };
  }
}

function duplicateKeys(document: Document, reading: Pick<Reading, "make" | "at">): readonly Problem[] {
  const out: Problem[] = [];
  visit(document, {
    Map(_key, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name) && out.length < LIMITS.problemsMax)
          out.push(
            reading.make("HP-MANIFEST-DUPLICATE-KEY", reading.at(key.range?.[0]), {
              message: `"${name}" stands twice.`,
              found: name,
              action: "Keep one of them.",
            }),
          );
        seen.add(name);
      }
    },
  });
  return out;
}

function countAliases(document: Document): number {
  let count = 0;
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) count += 1;
    },
  });
  return count;
}

function offsetOf(document: Document, path: readonly (string | number)[]): number | undefined {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

/** A sentence, not the file. */
function clipped(text: string): string {
  const max = LIMITS.problemTextCharactersMax;
  return text.length <= max ? text : `${text.slice(0, max)}...`;
}

/** By place, and no more than anybody reads. */
function shown(problems: readonly Problem[]): readonly Problem[] {
  return [...problems]
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.col ?? 0) - (b.col ?? 0))
    .slice(0, LIMITS.problemsMax);
}
