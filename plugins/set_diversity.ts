/**
 * set.diversity: the variations of a version differ from each other.
 *
 * Formula: d of two variations = the mean difference of red, green and blue in 16 x 16 cells of the crop around the mask (pixels inside
 * the mask only), display codes of 1/255; the measure is the median of d over all pairs (of more than 300 variations: over pairs of
 * those that are spread evenly). Limit: at least 2 codes. Of at least 4 variations that were not asked for equally.
 */
import type { Check, TracedFrame } from "../daemon/plugin.ts";
import { cellMeans, cropOf, displayCodes } from "./_displayCells.ts";
import { wedgeName } from "./_wedgeName.ts";

const check: Check = {
  apiVersion: 1,
  id: "set.diversity",
  version: 1,
  scope: "set",
  finds: "variations that all are nearly one picture",
  needs: ["result"],
  limits: { codesMin: 2 },
  judges: { codesMin: { measures: ["median"], must: "atLeast", least: 0, greatest: 255 } },
  limitsFrom: { codesMin: "a difference that a person sees side by side, in the half of all pairs" },
  trace(input) {
    const { result } = input;
    if (result === null) return null;
    const of = { columns: SIDE, rows: SIDE, channels: 3, at: displayCodes(result) };
    return { numbers: cellMeans(cropOf(input, result), of) };
  },
  applies({ series }) {
    return seenIn(series ?? []).length < VARIATIONS_MIN
      ? `there are fewer than ${VARIATIONS_MIN} variations that differ in their axes or seed`
      : null;
  },
  run({ series, limits }) {
    const { codesMin = 2 } = limits;
    const seen = seenIn(series ?? []);
    const pairs: { readonly names: string; readonly codes: number }[] = [];
    for (const [i, a] of seen.entries())
      for (const b of seen.slice(i + 1))
        pairs.push({ names: `${wedgeName(a)} and ${wedgeName(b)}`, codes: codesApart(a, b) });
    pairs.sort((x, y) => x.codes - y.codes);
    const median = pairs[pairs.length >> 1]?.codes ?? 0;
    const farthest = pairs.at(-1);
    const measures = [
      { name: "median", value: median, unit: "code", limit: codesMin, must: "atLeast" },
      { name: `farthest: ${farthest?.names ?? "none"}`, value: farthest?.codes ?? 0, unit: "code", limit: null },
      { name: "variations", value: seen.length, unit: "count", limit: null },
    ] as const;
    const words = `half of all pairs of ${seen.length} variations differ by less than ${median.toFixed(2)} codes`;
    if (median >= codesMin)
      return { verdict: "pass", measures, message: `They differ: ${words} (at least ${codesMin}).` };
    const farthestWords =
      farthest === undefined ? "" : ` The farthest are ${farthest.names}, ${farthest.codes.toFixed(2)} codes apart.`;
    return {
      verdict: "warn",
      measures,
      message: `All variations are nearly one: ${words}; at least ${codesMin}.${farthestWords}`,
      hint: "See that the axes are bound into the graph and change enough (denoise, prompt strength).",
      evidence: [
        {
          kind: "plot",
          title: "Differences of all pairs, sorted",
          x: thinned(pairs.map((_, i) => i)),
          y: thinned(pairs.map(({ codes }) => Number(codes.toPrecision(4)))),
          xName: "pair",
          yName: "codes",
          limit: codesMin,
        },
      ],
    };
  },
};

const SIDE = 16;
const VARIATIONS_MIN = 4;
const COMPARED_MAX = 300;
const POINTS_MAX = 240;

/** One of each that was asked for; of very many those that are spread evenly. */
function seenIn(series: readonly TracedFrame[]): readonly TracedFrame[] {
  const asked = new Map<string, TracedFrame>();
  for (const one of series) {
    if (one.trace === null) continue;
    const key = JSON.stringify([one.seed, Object.entries(one.axes).sort(([a], [b]) => (a < b ? -1 : 1))]);
    if (!asked.has(key)) asked.set(key, one);
  }
  const all = [...asked.values()];
  const step = Math.ceil(all.length / COMPARED_MAX);
  return all.filter((_, i) => i % step === 0);
}

function codesApart(a: TracedFrame, b: TracedFrame): number {
  const [x, y] = [a.trace?.numbers ?? new Float32Array(0), b.trace?.numbers ?? new Float32Array(0)];
  let n = 0;
  let sum = 0;
  for (let i = 0; i < x.length; i += 1) {
    const difference = Math.abs((x[i] as number) - (y[i] as number));
    if (Number.isNaN(difference)) continue;
    n += 1;
    sum += difference;
  }
  return n === 0 ? 0 : sum / n;
}

function thinned(values: readonly number[]): readonly number[] {
  const step = Math.ceil(values.length / POINTS_MAX);
  return values.filter((_, i) => i % step === 0);
}

export default check;
