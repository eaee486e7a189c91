/**
 * temporal.duplicate: no frame of the result is shown twice, and it never stands still, while the plate moves.
 *
 * Formula: L = log2(mean light + 0.001) in cells of the frame (at most 32 x 18); MAD(R) and MAD(P) are the mean |L(t) - L(t-1)| of
 * result and plate. Without a mask over the cells where the plate moves (by more than 0.01 stop); with one, where the edit may stand
 * before a still background, R inside and P outside it, each over the mean difference of neighbouring cells there, and only while more
 * than half of the surroundings move. Measures: pairs whose decoded pixels are equal to the bit (hash of the samples, never of the
 * file, which holds dates), pairs with MAD(R) / MAD(P) under 0.2 and under a quarter of the sequence's own median, and the longest
 * run of either. Limits: none of any. Equal pixels fail; the rest warns, for what is regrained is judged by its light alone. Pairs of
 * adjacent frames only. Where the plate stands still as far as its cells say (a fine texture under a slow camera, or grain alone),
 * equal pixels warn if single pixels of the plate differ: a graph that takes the grain away may be right.
 */
import type { Check, CheckAnswer, CheckInput, TracedFrame } from "../daemon/plugin.ts";
import { smallerGrid } from "./_smallerGrid.ts";

type Evidence = NonNullable<CheckAnswer["evidence"]>[number];

const check: Check = {
  apiVersion: 1,
  id: "temporal.duplicate",
  version: 3,
  scope: "sequence",
  finds: "a frame shown twice, or a result that stands still, while the plate moves",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { equalMax: 0, stillMax: 0, ratioMin: 0.2 },
  judges: {
    equalMax: { measures: ["equal", "repeats"], must: "atMost", least: 0 },
    stillMax: { measures: ["still"], must: "atMost", least: 0 },
  },
  idleAt: { ratioMin: 0 },
  limitsFrom: {
    equalMax: "exact: decoded pixels that are equal to the bit",
    stillMax: "docs/qc.md: measured on procedural sequences",
    ratioMin: "docs/qc.md: clean sequences keep above it, regrained duplicates fall under it",
  },
  seedMayCure: true,
  trace({ cells, digest, lumaPlane }) {
    const [mine, plates, plane] = [cells("result"), cells("plate"), lumaPlane("plate")];
    if (mine === null || plates === null || plane === null) return null;
    const inside = mine.luma.map((light, i) => ((mine.inside[i] as number) >= 0.5 ? light : Number.NaN));
    // What is not looked at is no surroundings either.
    const seen = plates.luma.map((light, i) => (Number.isNaN(mine.luma[i] as number) ? Number.NaN : light));
    const r = smallerGrid({ columns: mine.columns, rows: mine.rows, values: inside });
    const p = smallerGrid({ columns: mine.columns, rows: mine.rows, values: seen });
    const light = [...r.values, ...p.values].map((v) => Math.log2(v + EPSILON));
    const numbers = Float32Array.of(r.columns, ...light, ...pixelsOf(plane));
    const own = digest("result");
    return own === null ? { numbers } : { numbers, digest: own };
  },
  applies({ series }) {
    const pairs = pairsOf(series ?? []);
    if (pairs.length === 0) return "there are no two frames that follow each other";
    return pairs.some(({ moves, differs }) => moves || differs)
      ? null
      : "the plate does not move from one frame to the next";
  },
  run({ series, limits }) {
    const { equalMax = 0, stillMax = 0, ratioMin = 0.2 } = limits;
    const all = pairsOf(series ?? []);
    const pairs = all.filter(({ moves }) => moves);
    const repeats = all.filter(({ moves, differs, equal }) => equal && differs && !moves);
    if (pairs.length === 0) return besideGrain(all.length, repeats, equalMax);
    const equal = pairs.filter((pair) => pair.equal);
    const ratios = pairs.map(({ ratio }) => ratio).sort((a, b) => a - b);
    const usual = ratios[ratios.length >> 1] as number;
    const still = pairs.filter((pair) => !pair.equal && isStill(pair.ratio, usual, ratioMin));
    const least = pairs.reduce((a, b) => (b.ratio < a.ratio ? b : a));
    const run = longestRun([...equal, ...still].map(({ frame }) => frame).sort((a, b) => a - b));
    const measures = [
      { name: "equal", value: equal.length, unit: "count", limit: equalMax, must: "atMost", ...first(equal) },
      { name: "still", value: still.length, unit: "count", limit: stillMax, must: "atMost", ...first(still) },
      { name: "longestRun", value: run.length, unit: "count", limit: null, ...first(run.length === 0 ? [] : [run]) },
      { name: "leastRatio", value: least.ratio, unit: "ratio", limit: ratioMin, frame: least.frame },
      { name: "pairs", value: pairs.length, unit: "count", limit: null },
      { name: "repeats", value: repeats.length, unit: "count", limit: equalMax, must: "atMost", ...first(repeats) },
    ] as const;
    const evidence = [curve(pairs, ratioMin)];
    if (equal.length <= equalMax && still.length <= stillMax && repeats.length <= equalMax)
      return {
        verdict: "pass",
        measures,
        message: `It moves with the plate in all of the ${pairs.length} pairs in which the plate moves, of ${all.length}.`,
        evidence,
      };
    const frozen =
      run.length >= FROZEN ? ` It stands still for ${run.length + 1} frames from ${run.frame - 1} on.` : "";
    const words = [
      ...(equal.length > equalMax ? [`${namesOf(equal)} equal to the bit to the one before`] : []),
      ...(still.length > stillMax ? [`${namesOf(still)} moving less than ${ratioMin} of the plate`] : []),
    ];
    const moving = words.length === 0 ? [] : [`While the plate moves: ${words.join("; ")}.${frozen}`];
    return {
      verdict: equal.length > equalMax ? "fail" : "warn",
      measures,
      message: [...moving, ...(repeats.length > equalMax ? [repeated(repeats)] : [])].join(" "),
      hint: HINT,
      evidence,
    };
  },
};

const HINT =
  "See how frames are handed to the graph and back: one that was kept from before, or a chunk that ended short.";

/** Nothing can be said of movement; equal pixels can still be seen. */
function besideGrain(looked: number, repeats: readonly Pair[], equalMax: number): CheckAnswer {
  const measures = [
    { name: "equal", value: 0, unit: "count", limit: equalMax, must: "atMost" },
    { name: "repeats", value: repeats.length, unit: "count", limit: equalMax, must: "atMost", ...first(repeats) },
    { name: "pairs", value: 0, unit: "count", limit: null },
  ] as const;
  if (repeats.length > equalMax) return { verdict: "warn", measures, message: repeated(repeats), hint: HINT };
  return {
    verdict: "pass",
    measures,
    message: `No two of ${looked} pairs are equal to the bit; the plate moves too little to tell more.`,
  };
}

function repeated(repeats: readonly Pair[]): string {
  return `${namesOf(repeats)} equal to the bit to the one before, and the plate's pixels are not.`;
}

const EPSILON = 1e-3;
/** Single pixels of the plate, as they are: they tell frames apart that the means of cells do not. */
const PIXELS = 64;

function pixelsOf(plane: Uint16Array): readonly number[] {
  return Array.from({ length: PIXELS }, (_, k) => plane[Math.floor(((k + 0.5) * plane.length) / PIXELS)] as number);
}
const MOVES = 0.01;
/** Cells that move, at least: so many, and this share. */
const CELLS_MIN = 4;
const SHARE_MIN = 0.05;
const SURROUNDINGS_MIN = 8;
/** Repeats in a row that are called frozen, not duplicated. */
const FROZEN = 2;
const POINTS_MAX = 240;
const NAMED_MAX = 12;

interface Pair {
  /** The second of the two. */
  readonly frame: number;
  readonly moves: boolean;
  readonly equal: boolean;
  /** Single pixels of the plate differ. */
  readonly differs: boolean;
  /** Movement of the result over that of the plate. */
  readonly ratio: number;
}

function pairsOf(series: NonNullable<CheckInput["series"]>): readonly Pair[] {
  return series.flatMap((after, i) => {
    const before = series[i - 1];
    if (before === undefined || before.frame === null || after.frame !== before.frame + 1) return [];
    const pair = pairOf(before, after);
    return pair === null ? [] : [{ frame: after.frame, ...pair }];
  });
}

function pairOf(before: TracedFrame, after: TracedFrame): Omit<Pair, "frame"> | null {
  const [a, b] = [before.trace, after.trace];
  if (a === null || b === null || a.numbers.length !== b.numbers.length) return null;
  const columns = a.numbers[0] as number;
  const half = (a.numbers.length - 1 - PIXELS) / 2;
  const part = (from: number) => ({
    before: a.numbers.subarray(from, from + half),
    after: b.numbers.subarray(from, from + half),
    columns,
  });
  const [result, plate] = [part(1), part(1 + half)];
  const outside: number[] = [];
  for (let i = 0; i < half; i += 1)
    if (Number.isNaN(result.after[i] as number) && !Number.isNaN(plate.after[i] as number)) outside.push(i);
  const motion = outside.length < SURROUNDINGS_MIN ? whole(result, plate) : around(result, plate, outside);
  const from = 1 + 2 * half;
  const differs = a.numbers.subarray(from).some((value, k) => value !== b.numbers[from + k]);
  return { ...motion, differs, equal: a.digest !== undefined && a.digest === b.digest };
}

interface Two {
  readonly before: Float32Array;
  readonly after: Float32Array;
  readonly columns: number;
}

/** The result must follow wherever the plate moves. */
function whole(result: Two, plate: Two): Pick<Pair, "moves" | "ratio"> {
  let [moving, cells, mine, plates] = [0, 0, 0, 0];
  for (let i = 0; i < plate.after.length; i += 1) {
    const [r, p] = [change(result, i), change(plate, i)];
    if (Number.isNaN(r) || Number.isNaN(p)) continue;
    cells += 1;
    if (p <= MOVES) continue;
    moving += 1;
    mine += r;
    plates += p;
  }
  const moves = moving >= Math.max(CELLS_MIN, cells * SHARE_MIN);
  return { moves, ratio: moves ? mine / plates : 1 };
}

/** The camera moves: what is inside the mask must move with it, by its own structure. */
function around(result: Two, plate: Two, outside: readonly number[]): Pick<Pair, "moves" | "ratio"> {
  const moving = outside.filter((i) => change(plate, i) > MOVES).length;
  if (moving < outside.length / 2) return { moves: false, ratio: 1 };
  const inside = [...result.after.keys()].filter((i) => !Number.isNaN(result.after[i] as number));
  const part = (two: Two, cells: readonly number[]) =>
    mean(cells.map((i) => change(two, i))) / Math.max(FLAT, mean(cells.map((i) => structure(two, i))));
  const [mine, plates] = [part(result, inside), part(plate, outside)];
  // Nothing in it that could be seen to move.
  if (mean(inside.map((i) => structure(result, i))) <= FLAT) return { moves: false, ratio: 1 };
  return { moves: true, ratio: mine / plates };
}

/** Stops between neighbours below which there is no structure. */
const FLAT = 0.02;

function change({ before, after }: Two, i: number): number {
  return Math.abs((after[i] as number) - (before[i] as number));
}

function structure({ after, columns }: Two, i: number): number {
  if ((i + 1) % columns === 0) return Number.NaN;
  return Math.abs((after[i + 1] as number) - (after[i] as number));
}

function mean(values: readonly number[]): number {
  let [n, sum] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    n += 1;
    sum += value;
  }
  return n === 0 ? 0 : sum / n;
}

/** Far from what the others do; or most of them do it, which is frozen as a whole. */
function isStill(ratio: number, usual: number, ratioMin: number): boolean {
  return ratio < ratioMin && (usual < ratioMin || ratio < usual / 4);
}

function longestRun(frames: readonly number[]): { readonly frame: number; readonly length: number } {
  let best = { frame: 0, length: 0 };
  let now = { frame: 0, length: 0 };
  for (const frame of frames) {
    now = frame === now.frame + now.length ? { ...now, length: now.length + 1 } : { frame, length: 1 };
    if (now.length > best.length) best = now;
  }
  return best;
}

function first(pairs: readonly { readonly frame: number }[]): { readonly frame?: number } {
  const [one] = pairs;
  return one === undefined ? {} : { frame: one.frame };
}

function namesOf(pairs: readonly Pair[]): string {
  const names = pairs.slice(0, NAMED_MAX).map(({ frame }) => frame);
  const more = pairs.length > NAMED_MAX ? ` and ${pairs.length - NAMED_MAX} more` : "";
  return `${pairs.length === 1 ? "frame" : "frames"} ${names.join(", ")}${more} ${pairs.length === 1 ? "is" : "are"}`;
}

/** Of long sequences the least of so many pairs each. */
function curve(pairs: readonly Pair[], limit: number): Evidence {
  const step = Math.ceil(pairs.length / POINTS_MAX);
  const points = Array.from({ length: Math.ceil(pairs.length / step) }, (_, i) =>
    pairs.slice(i * step, (i + 1) * step).reduce((a, b) => (b.ratio < a.ratio ? b : a)),
  );
  return {
    kind: "plot",
    title: "Movement of the result over that of the plate",
    x: points.map(({ frame }) => frame),
    y: points.map(({ ratio }) => Number(ratio.toPrecision(4))),
    xName: "frame",
    yName: "ratio",
    limit,
  };
}

export default check;
