/**
 * OpenJD's combination expression over sweep axes: `a * b` is the product, leftmost slowest; `(a, b)` is a zip of equal
 * lengths; both nest. Every axis exactly once. Wedge numbers follow the expression, so it is frozen with the plan.
 */
import { LIMITS } from "./limits.ts";
import { nearestWord } from "./nearest.ts";

export type Combination =
  | { readonly kind: "axis"; readonly name: string }
  | { readonly kind: "product" | "zip"; readonly parts: readonly Combination[] };

export type ParsedCombination =
  | { readonly ok: true; readonly value: Combination }
  | { readonly ok: false; readonly message: string; readonly nearest: string | null };

/** The default: the product of all axes in declared order. */
export function productOf(axes: readonly string[]): Combination {
  return { kind: "product", parts: axes.map((name) => ({ kind: "axis", name })) };
}

export function parseCombination(text: string, axes: readonly string[]): ParsedCombination {
  if (text.length > LIMITS.combinationCharactersMax)
    return no(`the expression is longer than ${LIMITS.combinationCharactersMax} characters`);
  const tokens = text.match(/[A-Za-z_][A-Za-z0-9_]*|[*(),]|\S/g) ?? [];
  let at = 0;

  function product(): Combination | ParsedCombination {
    const parts: Combination[] = [];
    for (;;) {
      const part = element();
      if ("ok" in part) return part;
      parts.push(part);
      if (tokens[at] !== "*") break;
      at += 1;
    }
    const only = parts[0];
    return parts.length === 1 && only !== undefined ? only : { kind: "product", parts };
  }

  function element(): Combination | ParsedCombination {
    const token = tokens[at];
    at += 1;
    if (token === undefined) return no("the expression ends too early");
    if (token === "(") return zip();
    if (!/^[A-Za-z_]/.test(token)) return no(`"${token}" stands where an axis is expected`);
    if (!axes.includes(token)) return no(`there is no axis "${token}"`, nearestWord(token, axes));
    return { kind: "axis", name: token };
  }

  function zip(): Combination | ParsedCombination {
    const parts: Combination[] = [];
    for (;;) {
      const part = product();
      if ("ok" in part) return part;
      parts.push(part);
      const token = tokens[at];
      at += 1;
      if (token === ")") break;
      if (token !== ",")
        return no(token === undefined ? "a ) is missing" : `"${token}" stands where , or ) is expected`);
    }
    const only = parts[0];
    return parts.length === 1 && only !== undefined ? only : { kind: "zip", parts };
  }

  const value = product();
  if ("ok" in value) return value;
  if (at < tokens.length) return no(`"${tokens[at]}" is left over`);
  return onceEach(value, axes);
}

function onceEach(value: Combination, axes: readonly string[]): ParsedCombination {
  const used = axesIn(value);
  const twice = used.find((name, index) => used.indexOf(name) !== index);
  if (twice !== undefined) return no(`axis "${twice}" stands twice`);
  const missing = axes.find((name) => !used.includes(name));
  return missing === undefined ? { ok: true, value } : no(`axis "${missing}" is not in the expression`);
}

function axesIn(value: Combination): readonly string[] {
  return value.kind === "axis" ? [value.name] : value.parts.flatMap(axesIn);
}

function no(message: string, nearest: string | null = null): ParsedCombination {
  return { ok: false, message, nearest };
}

export type Count = { readonly ok: true; readonly count: number } | { readonly ok: false; readonly message: string };

/** How many points; never expands. A zip of unequal lengths is refused with the lengths. */
export function countPoints(value: Combination, lengthOf: (axis: string) => number): Count {
  if (value.kind === "axis") return { ok: true, count: lengthOf(value.name) };
  const counts: number[] = [];
  for (const part of value.parts) {
    const counted = countPoints(part, lengthOf);
    if (!counted.ok) return counted;
    counts.push(counted.count);
  }
  if (value.kind === "product") return { ok: true, count: counts.reduce((a, b) => a * b, 1) };
  const first = counts[0] ?? 0;
  if (counts.some((count) => count !== first))
    return {
      ok: false,
      message: `(${value.parts.map(textOf).join(", ")}) zips lists of ${counts.join(" and ")} values; they must be equally long`,
    };
  return { ok: true, count: first };
}

/** The n-th point (0-based): axis -> index of its value. Leftmost slowest. */
export function pointAt(
  value: Combination,
  n: number,
  lengthOf: (axis: string) => number,
): Readonly<Record<string, number>> {
  if (value.kind === "axis") return { [value.name]: n };
  if (value.kind === "zip")
    return Object.assign({}, ...value.parts.map((part) => pointAt(part, n, lengthOf))) as Record<string, number>;
  let rest = n;
  const out: Record<string, number> = {};
  for (const part of [...value.parts].reverse()) {
    const counted = countPoints(part, lengthOf);
    const size = counted.ok ? counted.count : 1;
    Object.assign(out, pointAt(part, rest % size, lengthOf));
    rest = Math.floor(rest / size);
  }
  return out;
}

export function textOf(value: Combination): string {
  if (value.kind === "axis") return value.name;
  const inner = value.parts.map(textOf).join(value.kind === "zip" ? ", " : " * ");
  return value.kind === "zip" ? `(${inner})` : inner;
}
