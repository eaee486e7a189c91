/**
 * set.duplicate: no two variations of a version are nearly the same picture.
 *
 * Formula: dHash (N. Krawetz 2013) of 64 bits, luma of the crop around the mask in 9 x 8 cells, a bit where a cell is brighter than the
 * one to its right (two bits differ only where the steps are more than half a code apart, for grain decides in flat parts); and d = the mean difference of red, green and blue in 16 x 16 cells of the crop, display codes of 1/255. Only pixels
 * inside the mask count, for around it every variation is the plate. Measure: pairs whose hashes differ in at most 3 bits and whose d
 * is at most 1 code; limit 0. The hash finds pictures that are built alike; d lets another light be another picture. Pairs that were
 * asked for equally (same seed, same axes) are no finding.
 */
import type { Check, CheckAnswer, TracedFrame } from "../daemon/plugin.ts";
import { cellMeans, cropOf, displayCodes } from "./_displayCells.ts";
import { wedgeName } from "./_wedgeName.ts";

type Evidence = NonNullable<CheckAnswer["evidence"]>[number];

const check: Check = {
  apiVersion: 1,
  id: "set.duplicate",
  version: 1,
  scope: "set",
  finds: "variations that are nearly one picture",
  needs: ["result"],
  limits: { pairsMax: 0, bitsMax: 3, codesMax: 1 },
  judges: { pairsMax: { measures: ["pairs"], must: "atMost", least: 0 } },
  limitsFrom: {
    pairsMax: "no two variations are to be the same",
    bitsMax: "usual for dHash of 64 bits: less than one in twenty",
    codesMax: "less than a person sees between two pictures side by side",
  },
  trace(input) {
    const { result, lumaPlane } = input;
    const luma = lumaPlane("result");
    if (result === null || luma === null) return null;
    const crop = cropOf(input, result);
    const hashed = cellMeans(crop, { columns: 9, rows: 8, channels: 1, at: (i) => (luma[i] as number) / 257 });
    const colour = cellMeans(crop, { columns: SIDE, rows: SIDE, channels: 3, at: displayCodes(result) });
    return { numbers: Float32Array.of(...hashed, ...colour) };
  },
  applies({ series }) {
    return seenIn(series ?? []).length < 2 ? "there are no two variations to set beside each other" : null;
  },
  run({ series, limits }) {
    const { pairsMax = 0, bitsMax = 3, codesMax = 1 } = limits;
    const seen = seenIn(series ?? []);
    const { count, nearest: pairs, groups } = alike(seen, { bitsMax, codesMax });
    const measures = [
      { name: "pairs", value: count, unit: "count", limit: pairsMax, must: "atMost" },
      { name: "variations", value: seen.length, unit: "count", limit: null },
      ...pairs.map(({ a, b, codes }) => ({
        name: `${wedgeName(a)} and ${wedgeName(b)}`,
        value: codes,
        unit: "code" as const,
        limit: codesMax,
      })),
    ] as const;
    const evidence = seen.length > COMPARED_MAX ? [] : [howFar(seen, codesMax)];
    if (count <= pairsMax)
      return { verdict: "pass", measures, message: `No two of ${seen.length} variations are the same.`, evidence };
    const words = groups.slice(0, NAMED_MAX).map((group) => group.map(wedgeName).join(", "));
    const more = groups.length > NAMED_MAX ? ` and ${groups.length - NAMED_MAX} more groups` : "";
    return {
      verdict: "warn",
      measures,
      message: `Nearly the same picture: ${words.join("; ")}${more} (at most ${bitsMax} bits and ${codesMax} code apart).`,
      hint: "Choose one of each. Do their axes reach the graph, and do they change enough?",
      evidence,
    };
  },
};

const SIDE = 16;
const HASH_CELLS = 72;
/** Codes. */
const STEP_MIN = 0.5;
const NAMED_MAX = 20;
/** Pairs in memory. */
const KEPT_MAX = 1_000;
/** More variations than that are not all drawn. */
const COMPARED_MAX = 500;

interface Seen extends TracedFrame {
  /** From each cell of the hash to the one at its right, codes: their signs are dHash's bits. */
  readonly steps: Float32Array;
  readonly colour: Float32Array;
}

function seenIn(series: readonly TracedFrame[]): readonly Seen[] {
  return series.flatMap((one) => {
    if (one.trace === null) return [];
    const { numbers } = one.trace;
    const steps = Float32Array.from({ length: 64 }, (_, bit) => {
      const at = Math.floor(bit / 8) * 9 + (bit % 8);
      return (numbers[at] as number) - (numbers[at + 1] as number);
    });
    return [{ ...one, steps, colour: numbers.subarray(HASH_CELLS) }];
  });
}

interface Pair {
  readonly a: Seen;
  readonly b: Seen;
  readonly codes: number;
}

interface Alike {
  readonly count: number;
  /** The nearest of them, nearest first: all pairs of thousands of equal pictures are more than fit into memory. */
  readonly nearest: readonly Pair[];
  /** Those that are alike by way of others stand together. */
  readonly groups: readonly (readonly Seen[])[];
}

function alike(seen: readonly Seen[], limits: { readonly bitsMax: number; readonly codesMax: number }): Alike {
  const parents = Int32Array.from(seen, (_, i) => i);
  let count = 0;
  let kept: Pair[] = [];
  for (let i = 0; i < seen.length; i += 1) {
    const a = seen[i] as Seen;
    for (let k = i + 1; k < seen.length; k += 1) {
      const b = seen[k] as Seen;
      if (bitsApart(a, b) > limits.bitsMax) continue;
      const codes = codesApart(a, b, limits.codesMax);
      if (codes > limits.codesMax || askedEqually(a, b)) continue;
      count += 1;
      kept.push({ a, b, codes });
      if (kept.length >= KEPT_MAX) kept = nearestOf(kept);
      parents[firstOf(parents, k)] = firstOf(parents, i);
    }
  }
  return { count, nearest: nearestOf(kept), groups: groupsOf(seen, parents) };
}

function nearestOf(pairs: readonly Pair[]): Pair[] {
  return pairs.toSorted((x, y) => x.codes - y.codes).slice(0, NAMED_MAX);
}

/** Of the group that one is in. */
function firstOf(parents: Int32Array, of: number): number {
  let at = of;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at] as number] as number;
    at = parents[at] as number;
  }
  return at;
}

function groupsOf(seen: readonly Seen[], parents: Int32Array): readonly (readonly Seen[])[] {
  const groups = new Map<number, Seen[]>();
  for (const [i, one] of seen.entries()) {
    const first = firstOf(parents, i);
    const known = groups.get(first);
    if (known === undefined) groups.set(first, [one]);
    else known.push(one);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function bitsApart({ steps: a }: Seen, { steps: b }: Seen): number {
  let bits = 0;
  for (let bit = 0; bit < 64; bit += 1) {
    const [x, y] = [a[bit] as number, b[bit] as number];
    if (x > 0 !== y > 0 && Math.abs(x - y) > STEP_MIN) bits += 1;
  }
  return bits;
}

/** `most`: past it the answer says no more than that it is farther. */
function codesApart(a: Seen, b: Seen, most = Number.POSITIVE_INFINITY): number {
  let n = 0;
  let sum = 0;
  for (let i = 0; i < a.colour.length; i += 1) {
    const difference = Math.abs((a.colour[i] as number) - (b.colour[i] as number));
    if (Number.isNaN(difference)) continue;
    n += 1;
    sum += difference;
    if (sum > most * a.colour.length) return Number.MAX_VALUE;
  }
  return n === 0 ? Number.MAX_VALUE : sum / n;
}

function askedEqually(a: TracedFrame, b: TracedFrame): boolean {
  const names = new Set([...Object.keys(a.axes), ...Object.keys(b.axes)]);
  return a.seed === b.seed && [...names].every((name) => a.axes[name] === b.axes[name]);
}

function howFar(seen: readonly Seen[], limit: number): Evidence {
  return {
    kind: "plot",
    title: "How far each variation is from its nearest",
    x: seen.map(({ wedge }) => wedge),
    y: seen.map((one) =>
      Number(
        Math.min(255, ...seen.filter((other) => other !== one).map((other) => codesApart(one, other))).toPrecision(4),
      ),
    ),
    xName: "variation",
    yName: "codes",
    limit,
  };
}

export default check;
