/**
 * From the bytes of a dropped file to a manifest and every problem at once, each with line and column. Reading is YAML 1.2
 * (JSON is a part of it); the traps of YAML are named as artists meet them, not as parsers do. No disk is touched here.
 */
import type { Document, Node } from "yaml";
import { isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import type { ErrorCode, Problem } from "./errors.ts";
import { ERRORS } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { Manifest } from "./manifestSchema.ts";
import { manifestSchema, NOT_YET } from "./manifestSchema.ts";
import { nearestWord } from "./nearest.ts";
import { scanText, textValueProblems } from "./manifestTraps.ts";

export interface ReadManifest {
  /** null: there are errors. */
  readonly manifest: Manifest | null;
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
  const document = parseDocument(source, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    version: "1.2",
    strict: true,
  });
  const at = (offset: number | undefined): Place =>
    offset === undefined ? { line: null, col: null } : lines.linePos(offset);
  const make: MakeProblem = (code, place, words) => ({
    code,
    severity: words.severity ?? "error",
    file: fileName,
    ...place,
    message: words.message,
    found: words.found ?? null,
    expected: words.expected ?? null,
    nearest: words.nearest ?? null,
    action: words.action ?? ERRORS[code].hint,
  });
  const place = (path: readonly (string | number)[]): Place => at(offsetOf(document, path));
  const problems: Problem[] = [...scanText(source, make)];
  const trapped = new Set(problems.map((problem) => problem.line));
  for (const error of document.errors) {
    const where = at(error.pos[0]);
    if (!trapped.has(where.line)) problems.push(yamlProblem(make, where, error));
  }
  if (problems.some((p) => p.severity === "error")) return { manifest: null, problems: sorted(problems), place };
  const aliases = countAliases(document);
  if (aliases > LIMITS.yamlAliasesMax)
    problems.push(
      make(
        "HP-MANIFEST-YAML",
        { line: 1, col: 1 },
        { message: `There are ${aliases} aliases (*name); at most ${LIMITS.yamlAliasesMax} are read.` },
      ),
    );
  if (!isMap(document.contents)) {
    problems.push(
      make(
        "HP-MANIFEST-YAML",
        { line: 1, col: 1 },
        {
          message: "This is not a manifest: it holds no fields.",
          expected: "lines such as  use: env_relight",
          action: "Start with  use: RECIPE  and  plate: FILE.",
        },
      ),
    );
  }
  if (problems.some((p) => p.severity === "error")) return { manifest: null, problems: sorted(problems), place };
  problems.push(...textValueProblems(document, source, { make, at }));
  const raw = document.toJS({ maxAliasCount: LIMITS.yamlAliasesMax }) as unknown;
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) problems.push(...schemaProblems(parsed.error.issues, { document, make, place, at }, problems));
  problems.push(...notYetProblems(raw, { make, place }));
  const failed = problems.some((problem) => problem.severity === "error");
  return {
    manifest: failed || !parsed.success ? null : parsed.data,
    problems: sorted(problems).slice(0, LIMITS.problemsMax),
    place,
  };
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
  if (error.code === "DUPLICATE_KEY")
    return make("HP-MANIFEST-DUPLICATE-KEY", where, { message: "This field stands twice." });
  return make("HP-MANIFEST-YAML", where, {
    message: `This is not valid YAML: ${error.message.split("\n")[0]}.`,
    action: "Check the colon, the brackets and the quotes around here.",
  });
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

interface Reading {
  readonly document: Document;
  readonly make: MakeProblem;
  readonly place: (path: readonly (string | number)[]) => Place;
  readonly at: (offset: number | undefined) => Place;
}

function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  reading: Reading,
  before: readonly Problem[],
): readonly Problem[] {
  const out: Problem[] = [];
  // A wrong key says more than the right key that is missing for it.
  const order = [...issues].sort(
    (a, b) => Number(b.code === "unrecognized_keys") - Number(a.code === "unrecognized_keys"),
  );
  for (const issue of order) {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    for (const found of problemsOf(issue, path, reading)) {
      // A trap already named at this place says more than the schema does.
      const said = [...before, ...out].some(
        (other) =>
          other.line === found.line &&
          other.severity === "error" &&
          (other.col === found.col || before.includes(other)),
      );
      if (!said) out.push(found);
    }
  }
  return out;
}

function problemsOf(issue: z.core.$ZodIssue, path: readonly (string | number)[], reading: Reading): readonly Problem[] {
  const { document, make, place } = reading;
  const field = path.join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const known = keysAt(path);
      const nearest = nearestWord(key, known);
      return make("HP-MANIFEST-FIELD", reading.at(keyOffset(document, path, key)), {
        message: `"${key}" is not a field${path.length > 0 ? ` of ${field}` : ""}.`,
        found: key,
        expected: known.length > 0 && nearest === null ? `one of ${known.join(", ")}` : null,
        nearest,
        action: nearest === null ? "Take it out." : `Write ${nearest} instead.`,
      });
    });
  }
  const value: unknown = document.getIn(path, false);
  const found = value === undefined ? "nothing" : JSON.stringify(value);
  if (value === undefined)
    return [
      make("HP-MANIFEST-REQUIRED", place(path), {
        message: `${field} is missing.`,
        found,
        expected: expectedAt(path),
        action: `Add ${field}.`,
      }),
    ];
  switch (issue.code) {
    case "too_big":
      return [
        make("HP-MANIFEST-RANGE", place(path), {
          message: `${field} is too large.`,
          found,
          expected: `at most ${String(issue.maximum)}`,
          action: `Write ${String(issue.maximum)} or less.`,
        }),
      ];
    case "too_small":
      return [
        make("HP-MANIFEST-RANGE", place(path), {
          message: `${field} is too small.`,
          found,
          expected: `at least ${String(issue.minimum)}`,
          action: `Write ${String(issue.minimum)} or more.`,
        }),
      ];
    case "invalid_type":
    case "invalid_union":
    case "invalid_value":
    case "invalid_format":
    case "not_multiple_of":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return [
        make("HP-MANIFEST-TYPE", place(path), {
          message: `${field} can't be ${found}.`,
          found,
          expected: expectedAt(path),
          action: `Write ${field} as ${expectedAt(path)}.`,
        }),
      ];
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  use: "a recipe's name",
  plate: "a file name, or {path: ..., frames: ...}",
  prompt: "text",
  negative: "text",
  seed: "a whole number from 0 to 9007199254740991",
  name: "text",
  product: "text",
  task: "text",
  priority: "a whole number from 0 to 100",
  rerun: "true or false",
  hotplate: "1",
  parameters: "name: value lines",
  sweep: "{axes: {...}, combine, frames, limit}",
  "sweep.axes": "axis: [values], axis: {label: value}, or axis: {count, from}",
  "sweep.limit": "a whole number",
  "qc.gate": "reject, hold or warn",
  "output.format": "png",
};

function expectedAt(path: readonly (string | number)[]): string {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const known = EXPECTED[path.slice(0, depth).join(".")];
    if (known !== undefined) return known;
  }
  return "what docs/manifest.md says";
}

function keysAt(path: readonly (string | number)[]): readonly string[] {
  let at: unknown = manifestSchema;
  for (const part of path) at = member(at, part);
  return keysOf(at);
}

function member(schema: unknown, key: string | number): unknown {
  for (const option of unwrap(schema)) {
    if (typeof option === "object" && option !== null && "shape" in option) {
      const shape = option.shape as Record<string, unknown>;
      if (key in shape) return shape[key];
    }
  }
  return undefined;
}

function keysOf(schema: unknown): readonly string[] {
  return unwrap(schema).flatMap((option) =>
    typeof option === "object" && option !== null && "shape" in option ? Object.keys(option.shape as object) : [],
  );
}

/** Through optional, default and union to the alternatives. */
function unwrap(schema: unknown): readonly unknown[] {
  if (typeof schema !== "object" || schema === null) return [];
  if ("options" in schema && Array.isArray(schema.options)) return schema.options.flatMap(unwrap);
  const def = "def" in schema ? (schema.def as { innerType?: unknown }) : {};
  return def.innerType === undefined ? [schema] : unwrap(def.innerType);
}

function keyOffset(document: Document, path: readonly (string | number)[], key: string): number | undefined {
  const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  return (pair?.key as Node | undefined)?.range?.[0];
}

function notYetProblems(manifest: unknown, reading: Pick<Reading, "make" | "place">): readonly Problem[] {
  const out: Problem[] = [];
  const refuse = (path: readonly string[], what: string): void =>
    void out.push(
      reading.make("HP-MANIFEST-NOT-YET", reading.place(path), {
        message: `${what} can't be done by this version yet; nothing is accepted and ignored.`,
        action: `Take ${path.join(".")} out for now.`,
      }),
    );
  for (const path of NOT_YET) if (valueAt(manifest, path) !== undefined) refuse(path, path.join("."));
  const format = valueAt(manifest, ["output", "format"]);
  if (format !== undefined && format !== "png") refuse(["output", "format"], "output.format other than png");
  return out;
}

function valueAt(of: unknown, path: readonly string[]): unknown {
  let value = of;
  for (const part of path)
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  return value;
}

function sorted(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.col ?? 0) - (b.col ?? 0));
}
