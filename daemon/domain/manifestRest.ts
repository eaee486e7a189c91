/**
 * What is left of a manifest when its wrong values are taken out: enough to look at its recipe, plate, parameters and target
 * at the same time, so that a person hears everything at once. Never a manifest to run: there is an error beside it.
 */
import type { z } from "zod";
import type { ErrorCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { Manifest } from "./manifestSchema.ts";
import { manifestSchema } from "./manifestSchema.ts";

type Path = readonly (string | number)[];
export interface ManifestRest {
  readonly manifest: Manifest;
  /** What was taken out. */
  readonly without: readonly Path[];
}

/** null: nothing can be made of it. */
export function restOf(value: unknown): ManifestRest | null {
  const rest = copyOf(value);
  if (rest === null) return null;
  const without: Path[] = [];
  for (let round = 0; round < LIMITS.problemsMax; round += 1) {
    const parsed = manifestSchema.safeParse(rest);
    if (parsed.success) return { manifest: parsed.data, without };
    for (const path of parsed.error.issues.flatMap(wrongPaths)) {
      // What was missing inside is not there to be taken out: what should hold it goes.
      const gone = takeOut(rest, path);
      if (gone === null) return null;
      without.push(gone);
    }
  }
  return null;
}

/** null: an alias holds itself; nothing can be cut out of that, and its own problem is told. */
function copyOf(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function wrongPaths(issue: z.core.$ZodIssue): readonly Path[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
}

/** Removes the value at the path, or the nearest one above that is there. Returns what went. */
function takeOut(root: unknown, path: Path): Path | null {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const at = path.slice(0, depth);
    const parent = at.slice(0, -1).reduce<unknown>((value, part) => member(value, part), root);
    const key = at.at(-1);
    if (key === undefined || member(parent, key) === undefined) continue;
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete (parent as Record<string, unknown>)[String(key)];
    return at;
  }
  // An earlier one of the same round took it along, or there is nothing at all.
  return path.length > 0 ? path : null;
}

function member(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;
}

/** Fields that hold texts in which `{axis}` may stand. */
const TEXTS: readonly string[] = ["prompt", "negative", "parameters"];

/**
 * Whether a problem found in the rest may only be there because of what was taken out: it is told when that is put right.
 * A wrong key may have been meant for any field.
 */
export function mayBeEcho(found: { readonly code: ErrorCode; readonly path: Path }, rest: ManifestRest): boolean {
  const tops = new Set(rest.without.map((path) => String(path[0])));
  const anyField = [...tops].some((top) => !Object.hasOwn(manifestSchema.shape, top));
  const { code, path } = found;
  if (code === "HP-MANIFEST-REQUIRED") return anyField || tops.has(String(path[0] ?? "plate"));
  if (code === "HP-MANIFEST-SUBSTITUTION") return anyField || tops.has("sweep");
  if (code === "HP-MANIFEST-SWEEP" || code === "HP-MANIFEST-LIMIT")
    return anyField || tops.has("sweep") || TEXTS.some((field) => tops.has(field));
  return rest.without.some((gone) => startsWith(path, gone));
}

function startsWith(path: Path, beginning: Path): boolean {
  return beginning.every((part, index) => path[index] === part);
}
