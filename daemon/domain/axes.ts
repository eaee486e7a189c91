/** The axes of a sweep: lists, label maps, `{count, from}`, ranges; each as a length and its n-th label and value. */
import type { ErrorCode } from "./errors.ts";
import { parseFrames } from "./frames.ts";
import type { JsonScalar } from "./plan.ts";

export interface ExpandProblem {
  readonly code: ErrorCode;
  /** Where in the manifest. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  readonly nearest?: string | null;
  readonly action?: string;
}
export interface Axis {
  readonly name: string;
  readonly length: number;
  readonly label: (index: number) => string;
  readonly value: (index: number) => JsonScalar;
}

export function readAxis(name: string, written: unknown): Axis | ExpandProblem {
  const path = ["sweep", "axes", name];
  if (Array.isArray(written)) return listAxis(name, written as readonly JsonScalar[]);
  if (typeof written === "string") {
    const frames = parseFrames(written);
    if (!frames.ok) return notARange(name, written, frames);
    return listAxis(name, frames.frames);
  }
  const record = written as Readonly<Record<string, JsonScalar>>;
  if (typeof record["count"] === "number" && Object.keys(record).every((key) => key === "count" || key === "from")) {
    const from = typeof record["from"] === "number" ? record["from"] : 0;
    const count = record["count"];
    if (!Number.isInteger(count) || count < 1)
      return sweepProblem(path, `axis ${name}: count can't be ${count}`, { expected: "a whole number from 1" });
    if (!Number.isInteger(from) || from < 0)
      return sweepProblem(path, `axis ${name}: from can't be ${from}`, { expected: "a whole number from 0" });
    if (!Number.isSafeInteger(from + count)) return sweepProblem(path, `axis ${name} runs past 2^53-1`);
    return { name, length: count, label: (index) => String(from + index), value: (index) => from + index };
  }
  const entries = Object.entries(record);
  if (entries.length === 0) return sweepProblem(path, `axis ${name} has no values`);
  return {
    name,
    length: entries.length,
    label: (index) => entries[index]?.[0] ?? "",
    value: (index) => entries[index]?.[1] ?? "",
  };
}

/** Words with commas are a list that lacks its brackets; anything else was meant as numbers. */
function notARange(
  name: string,
  written: string,
  frames: { readonly message: string; readonly fix: string },
): ExpandProblem {
  const path = ["sweep", "axes", name];
  if (/\d/.test(written) && !/[A-Za-z]{2}/.test(written))
    return sweepProblem(path, `axis ${name}: ${frames.message}; ${frames.fix}`);
  return sweepProblem(path, `axis ${name}: "${written}" is one text, not a list.`, {
    found: written,
    expected: `[${written}]`,
    action: `Write ${name}: [${written}].`,
  });
}

function listAxis(name: string, values: readonly JsonScalar[]): Axis {
  return {
    name,
    length: values.length,
    label: (index) => String(values[index] ?? ""),
    value: (index) => values[index] ?? "",
  };
}

export function sweepProblem(
  path: readonly (string | number)[],
  message: string,
  more: Partial<ExpandProblem> = {},
): ExpandProblem {
  return { code: "HP-MANIFEST-SWEEP", path, message, ...more };
}
