/**
 * What the schema finds wrong with a manifest's values, in an artist's words: which field, what it holds, what it should
 * hold, the nearest right word; and fields that this version can't do yet. No disk, no clock.
 */
import type { Document, Node } from "yaml";
import { isMap, isScalar } from "yaml";
import type { z } from "zod";
import type { Problem } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { MakeProblem, Place } from "./manifest.ts";
import { manifestSchema, NOT_YET } from "./manifestSchema.ts";
import { nearestWord } from "./nearest.ts";

export interface Reading {
  readonly document: Document;
  readonly make: MakeProblem;
  readonly place: (path: readonly (string | number)[]) => Place;
  readonly at: (offset: number | undefined) => Place;
}

export function schemaProblems(
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
    if (out.length >= LIMITS.problemsMax) break;
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
    return issue.keys.slice(0, LIMITS.problemsMax).map((key) => {
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
  const inner = branchMeant(issue);
  if (inner !== null)
    return inner.flatMap((one) =>
      problemsOf(one, [...path, ...one.path.filter((part) => typeof part !== "symbol")], reading),
    );
  const value: unknown = document.getIn(path, false);
  const found = value === undefined ? "nothing" : strangeNumber(value) ? yamlNumber(value) : JSON.stringify(value);
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

/** Fields where one word would do, too: what is wrong inside them says more than that the whole is of no kind. */
function branchMeant(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | null {
  if (issue.code !== "invalid_union") return null;
  const meant = issue.errors.filter(
    (branch) => branch.length > 0 && branch.every((one) => one.path.length > 0 || one.code === "unrecognized_keys"),
  );
  return meant.length === 1 ? (meant[0] ?? null) : null;
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
  "qc.onFail": "reject, hold or {retry: {seeds: 2}}",
  "qc.onFail.retry.seeds": "a whole number from 1 to 10",
  "qc.checks": "a list of checks, or check: {limit: number, severity: fail, warn or measure}",
  "output.format.proxy": "mp4 or jpg",
  "output.format.exr": "{type: half, compression: zip}",
  "output.format.exr.type": "half or float",
  "output.format.exr.compression": "none, zips or zip",
  "output.format": "png, png16, tiff, exr, or {exr: {type: half, compression: zip}}",
};

function expectedAt(path: readonly (string | number)[]): string {
  if (path[0] === "qc" && path.at(-1) === "severity") return "fail, warn or measure";
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

export function notYetProblems(manifest: unknown, reading: Pick<Reading, "make" | "place">): readonly Problem[] {
  const out: Problem[] = [];
  const refuse = (path: readonly string[], what: string): void =>
    void out.push(
      reading.make("HP-MANIFEST-NOT-YET", reading.place(path), {
        message: `${what} can't be done by this version yet; nothing is accepted and ignored.`,
        action: `Take ${path.join(".")} out for now.`,
      }),
    );
  for (const path of NOT_YET) if (valueAt(manifest, path) !== undefined) refuse(path, path.join("."));
  return out;
}

function valueAt(of: unknown, path: readonly string[]): unknown {
  let value = of;
  for (const part of path)
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  return value;
}

/** As YAML writes it: JSON would say null. */
function yamlNumber(value: number): string {
  return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
}

function strangeNumber(value: unknown): value is number {
  return typeof value === "number" && !Number.isFinite(value);
}
