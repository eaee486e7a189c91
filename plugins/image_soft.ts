/**
 * image.soft: the new part is as sharp as the plate.
 *
 * A plain gradient says what the content is and how much grain lies on it, not how sharp it is: a prototype that compared gradients
 * inside the mask found 54 % of softened and regrained results and flagged 14 % of clean ones. Here: structure functions of the plate,
 * P(k) = mean of (p(x) - p(x + k))^2, of the result, R(k), and of both together, X(k) = mean of (p(x) - p(x + k)) (r(x) - r(x + k)), along rows and
 * columns, inside the mask and 24 px from its border (without one: everywhere). In differences of two k grain cancels, for it adds the same to each;
 * out of X it averages by itself, as what was added and what was taken away do. fine = the difference at 1 and 2 px (with R: at 2 and 3, where
 * film grain cancels too), coarse = that at 3 and 8 px. A filter h makes X = h P and R = h X: both quotients of fine / coarse fall alike. What was
 * added leaves X to P alone, what was taken away leaves R to X alone. ratio: the larger of (X / P) and (R / X), each fine over coarse; of a blur X / P is the smaller
 * by more than 0.04, for finer things go first: else what is coarse is new, and nothing is said. filter: with coarse gain g and grain alike in both, P = S + c
 * and R / g^2 = h^2 S + c at 1 and 2 px, X / g = h S: h = X / (g S), which film grain c does not move; of all, and of each half of the rows, for a soft mask
 * shows the plate in a part. How far
 * chance moves them is said by the picture itself: 12 strips of rows, each left out once (jackknife: Tukey 1958); what is judged is the measure plus two of
 * the deviations so found (three of a half). Where the plate has less fine structure than `structureMin` square codes, or the coarse
 * parts correlate by less than `sharedMin` (new content), nothing can be told and nothing is said. Limits: scripts/bench/qc.
 */
import type { Check } from "../daemon/plugin.ts";
import { detailMap } from "./_where.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.soft",
  version: 4,
  scope: "frame",
  finds: "softer than the plate",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { ratioMin: 0.95, filterMin: 0.86, structureMin: 0.2, sharedMin: 0.7 },
  judges: {
    ratioMin: { measures: ["ratio"], must: "atLeast", least: 0, greatest: 1 },
    filterMin: { measures: ["filter"], must: "atLeast", least: 0, greatest: 1 },
  },
  limitsFrom: {
    filterMin: "the proof's corpus (docs/qc.md)",
    ratioMin: "the proof's corpus (docs/qc.md)",
    structureMin: "the proof's corpus (docs/qc.md)",
    sharedMin: "the proof's corpus (docs/qc.md)",
  },
  seedMayCure: true,
  applies({ result, plate }) {
    if (result === null || plate === null) return null;
    return result.width !== plate.width || result.height !== plate.height
      ? "the result is not of the plate's size"
      : null;
  },
  run({ result, lumaPlane, mask, limits }) {
    const plane = lumaPlane("result");
    const before = lumaPlane("plate");
    if (result === null || plane === null || before === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { ratioMin = 0.95, filterMin = 0.86, structureMin = 0.2, sharedMin = 0.7 } = limits;
    const sums = structure(plane, before, {
      width: result.width,
      height: result.height,
      box: mask?.box ?? null,
      inside: mask?.inside ?? null,
    });
    const { shared, measured, ratio, filter, plateFine } = sums;
    const told = plateFine >= structureMin && shared >= sharedMin;
    if (!told || !Number.isFinite(ratio))
      return {
        verdict: "pass",
        measures: [
          { name: "plateFine", value: plateFine, unit: "code", limit: structureMin },
          { name: "shared", value: Number.isFinite(shared) ? shared : 0, unit: "ratio", limit: sharedMin },
        ],
        message:
          shared < sharedMin
            ? "Too little of the plate is left in it to tell sharp from soft."
            : "Too little structure to tell sharp from soft.",
      };
    const measures = [
      { name: "ratio", value: ratio, unit: "ratio", limit: ratioMin, must: "atLeast" },
      { name: "filter", value: filter, unit: "ratio", limit: filterMin, must: "atLeast" },
      { name: "measured", value: measured, unit: "ratio", limit: null },
      { name: "shared", value: shared, unit: "ratio", limit: null },
      { name: "plateFine", value: plateFine, unit: "code", limit: null },
    ] as const;
    const words = `fine detail ${measured.toFixed(2)} x that of the plate, ${ratio.toFixed(2)} at most, limit ${ratioMin}; the finest ${filter.toFixed(2)} x, limit ${filterMin}`;
    return ratio < ratioMin || filter < filterMin
      ? {
          verdict: "warn",
          measures,
          message: `It is softer than the plate: ${words}.`,
          hint: "More steps, a lower denoise, or a sharper upscaler.",
          evidence: [
            detailMap(result, "Fine detail lost", { plane, before, inside: mask?.inside ?? null, less: true }),
          ],
        }
      : { verdict: "pass", measures, message: `As sharp as the plate: ${words}.` };
  },
};

/** Pixels looked at are enough, and no more. */
const PIXELS_ENOUGH = 200_000;
const LAG_MAX = 8;

interface Of {
  readonly width: number;
  readonly height: number;
  readonly box: readonly [number, number, number, number] | null;
  readonly inside: Uint8Array | null;
}

/** Pixels from the mask's border that a feather may reach: there the plate itself shows through. */
const INSET = 24;

/** Strips of rows, each of which is left out once to see how far the ratio moves. */
const STRIPS = 12;
const DEVIATIONS = 2;
const HALF_DEVIATIONS = 3;
/** A strip with fewer pixels says nothing of its half, nor do fewer strips. */
const STRIP_LEAST = 2000;
const STRIPS_LEAST = 4;
/** By so much the quotient of finer things falls below that of coarser ones in every blur. */
const GAP_MIN = 0.04;

/** Places of the sums of one strip. */
const PLATE_FINE = 0;
const PLATE_FINE_2 = 1;
const PLATE_COARSE = 2;
const BOTH_FINE = 3;
const BOTH_FINE_2 = 4;
const BOTH_COARSE = 5;
const OWN_FINE_2 = 6;
const OWN_COARSE = 7;
const LOOKED = 8;
const OWN_FINE = 9;
const SUMS = 10;

interface Structure {
  readonly shared: number;
  readonly measured: number;
  /** With what chance may add. */
  readonly ratio: number;
  readonly filter: number;
  readonly plateFine: number;
}

function structure(result: Uint16Array, plate: Uint16Array, { width, height, box, inside }: Of): Structure {
  const left = Math.max(box?.[0] ?? 0, inside === null ? 0 : INSET);
  const top = Math.max(box?.[1] ?? 0, inside === null ? 0 : INSET);
  const right = Math.min((box?.[0] ?? 0) + (box?.[2] ?? width), inside === null ? width : width - INSET);
  const bottom = Math.min((box?.[1] ?? 0) + (box?.[3] ?? height), inside === null ? height : height - INSET) - LAG_MAX;
  const step = Math.max(1, Math.floor(((right - left) * (bottom - top)) / PIXELS_ENOUGH));
  const strips = Array.from({ length: STRIPS }, () => new Float64Array(SUMS));
  for (let y = top; y < bottom; y += step) {
    const sums = strips[Math.floor(((y - top) * STRIPS) / (bottom - top))] as Float64Array;
    const row = { start: y * width + left, length: right - left, inside, width };
    addRow(sums, result, plate, { ...row, unit: 1 });
    addRow(sums, result, plate, { ...row, unit: width });
  }
  const all = sumOf(strips);
  const at = (i: number): number => (all[i] as number) / Math.max(1, all[LOOKED] as number) / (257 * 257);
  const { kept, own } = quotients(all);
  const measured = ratioOf(all);
  return {
    shared: at(BOTH_COARSE) / Math.sqrt(Math.max(1e-9, at(PLATE_COARSE) * at(OWN_COARSE))),
    measured,
    ratio: kept > own - GAP_MIN ? Math.max(1, measured) : measured + DEVIATIONS * deviation(strips, ratioOf),
    filter: filterWithin(strips),
    plateFine: at(PLATE_FINE_2),
  };
}

function sumOf(strips: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(SUMS);
  for (const strip of strips) for (let i = 0; i < SUMS; i += 1) all[i] = (all[i] as number) + (strip[i] as number);
  return all;
}

/** X / P and R / X, each fine over coarse. */
function quotients(sums: Float64Array): { readonly kept: number; readonly own: number } {
  const at = (i: number): number => sums[i] as number;
  return {
    kept: at(BOTH_FINE) / at(BOTH_COARSE) / (at(PLATE_FINE) / at(PLATE_COARSE)),
    own: at(OWN_FINE_2) / at(OWN_COARSE) / (at(BOTH_FINE_2) / at(BOTH_COARSE)),
  };
}

/** The larger of the two; infinite where nothing fine is in common at all: what is there is the result's own. */
function ratioOf(sums: Float64Array): number {
  if ((sums[BOTH_FINE_2] as number) <= 0) return Number.POSITIVE_INFINITY;
  const { kept, own } = quotients(sums);
  return Math.max(kept, own);
}

/** h: see above. S is the larger root of S^2 - (P - R) S - X^2 = 0. */
function filterOf(sums: Float64Array): number {
  const at = (i: number): number => sums[i] as number;
  const both = at(BOTH_FINE);
  if (both <= 0 || at(BOTH_COARSE) <= 0) return Number.POSITIVE_INFINITY;
  const more = at(PLATE_FINE) - at(OWN_FINE);
  const structure = (more + Math.sqrt(more * more + 4 * both * both)) / 2;
  return both / structure / (at(BOTH_COARSE) / at(PLATE_COARSE));
}

/** A filter that makes more of the finest than this says that it can't be told. */
const FILTER_MOST = 10;

/** The least of all and of the halves, with what chance may add. */
function filterWithin(strips: readonly Float64Array[]): number {
  const all = filterOf(sumOf(strips)) + DEVIATIONS * deviation(strips, filterOf);
  const told = [all, ...HALVES.map((from) => half(strips, from))].filter((value) => value < FILTER_MOST);
  return Math.min(FILTER_MOST, ...told);
}

/** First strips of the halves. */
const HALVES = [0, STRIPS / 4, STRIPS / 2] as const;

/** Of half of the strips, with what chance may add; infinite where it says nothing. */
function half(strips: readonly Float64Array[], from: number): number {
  const own = strips.slice(from, from + STRIPS / 2).filter((strip) => (strip[LOOKED] as number) > STRIP_LEAST);
  if (own.length < STRIPS_LEAST) return Number.POSITIVE_INFINITY;
  return filterOf(sumOf(own)) + HALF_DEVIATIONS * deviation(own, filterOf);
}

/** Of a measure, by leaving out each strip that holds anything. Infinite where one of them leaves nothing to measure. */
function deviation(strips: readonly Float64Array[], measure: (sums: Float64Array) => number): number {
  const all = sumOf(strips);
  const values = strips
    .filter((strip) => (strip[LOOKED] as number) > 0)
    .map((strip) => measure(all.map((sum, i) => sum - (strip[i] as number))));
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const spread = Math.sqrt(((n - 1) / n) * values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return Number.isFinite(spread) ? spread : Number.POSITIVE_INFINITY;
}

interface Row {
  readonly start: number;
  readonly length: number;
  readonly inside: Uint8Array | null;
  readonly width: number;
  /** From one pixel to the next. */
  readonly unit: number;
}

/**
 * Adds the differences of one row. Plain variables only: with small arrays in its loop Node 24's optimising compiler gave, once in some
 * seventy runs, the numbers of another picture.
 */
function addRow(sums: Float64Array, result: Uint16Array, plate: Uint16Array, row: Row): void {
  const { inside, unit } = row;
  const end = row.start + row.length - LAG_MAX;
  const down = INSET * row.width;
  let plateFine = 0;
  let plateFine2 = 0;
  let plateCoarse = 0;
  let bothFine = 0;
  let bothFine2 = 0;
  let bothCoarse = 0;
  let ownFine = 0;
  let ownFine2 = 0;
  let ownCoarse = 0;
  let looked = 0;
  for (let i = row.start; i < end; i += 1) {
    if (
      inside !== null &&
      ((inside[i] as number) &
        (inside[i + LAG_MAX * unit] as number) &
        (inside[i - INSET] as number) &
        (inside[i + INSET] as number) &
        (inside[i - down] as number) &
        (inside[i + down] as number)) ===
        0
    )
      continue;
    const p = plate[i] as number;
    const r = result[i] as number;
    const p1 = p - (plate[i + unit] as number);
    const p2 = p - (plate[i + 2 * unit] as number);
    const p3 = p - (plate[i + 3 * unit] as number);
    const p8 = p - (plate[i + 8 * unit] as number);
    const r1 = r - (result[i + unit] as number);
    const r2 = r - (result[i + 2 * unit] as number);
    const r3 = r - (result[i + 3 * unit] as number);
    const r8 = r - (result[i + 8 * unit] as number);
    plateFine += p2 * p2 - p1 * p1;
    plateFine2 += p3 * p3 - p2 * p2;
    plateCoarse += p8 * p8 - p3 * p3;
    bothFine += p2 * r2 - p1 * r1;
    bothFine2 += p3 * r3 - p2 * r2;
    bothCoarse += p8 * r8 - p3 * r3;
    ownFine += r2 * r2 - r1 * r1;
    ownFine2 += r3 * r3 - r2 * r2;
    ownCoarse += r8 * r8 - r3 * r3;
    looked += 1;
  }
  sums[PLATE_FINE] = (sums[PLATE_FINE] as number) + plateFine;
  sums[PLATE_FINE_2] = (sums[PLATE_FINE_2] as number) + plateFine2;
  sums[PLATE_COARSE] = (sums[PLATE_COARSE] as number) + plateCoarse;
  sums[BOTH_FINE] = (sums[BOTH_FINE] as number) + bothFine;
  sums[BOTH_FINE_2] = (sums[BOTH_FINE_2] as number) + bothFine2;
  sums[BOTH_COARSE] = (sums[BOTH_COARSE] as number) + bothCoarse;
  sums[OWN_FINE_2] = (sums[OWN_FINE_2] as number) + ownFine2;
  sums[OWN_COARSE] = (sums[OWN_COARSE] as number) + ownCoarse;
  sums[OWN_FINE] = (sums[OWN_FINE] as number) + ownFine;
  sums[LOOKED] = (sums[LOOKED] as number) + looked;
}

export default check;
