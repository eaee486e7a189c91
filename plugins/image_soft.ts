/**
 * image.soft: the new part is as sharp as the plate.
 *
 * A plain gradient says what the content is and how much grain lies on it, not how sharp it is: a prototype that compared gradients
 * inside the mask found 54 % of softened and regrained results and flagged 14 % of clean ones. Here: structure functions of the plate,
 * P(k) = mean of (p(x) - p(x + k))^2, of the result, R(k), and of both together, X(k) = mean of (p(x) - p(x + k)) (r(x) - r(x + k)), along rows and
 * columns, inside the mask and 24 px from its border (without one: everywhere). In differences of two k grain cancels, for it adds the same to each;
 * out of X it averages by itself, as what was added and what was taken away do. fine = the difference at 1 and 2 px (with R: at 2 and 3, where
 * film grain cancels too), coarse = that at 3 and 8 px. A filter h makes X = h P and R = h X: both quotients of fine / coarse fall alike. What was
 * added leaves X to P alone, what was taken away leaves R to X alone. Ratio: the larger of (X / P) and (R / X), each fine over coarse. How far
 * chance moves it is said by the picture itself: 12 strips of rows, each left out once (jackknife: Tukey 1958); the measure is the ratio plus one of
 * the deviations so found, below `ratioMin` it is softer. Where the plate has less fine structure than `structureMin` square codes, or the coarse
 * parts correlate by less than `sharedMin` (new content), nothing can be told and nothing is said. Limits: scripts/bench/qc.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.soft",
  version: 3,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { ratioMin: 0.95, structureMin: 0.2, sharedMin: 0.7 },
  judges: { ratioMin: { measures: ["ratio"], must: "atLeast", least: 0, greatest: 1 } },
  limitsFrom: {
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
    const { ratioMin = 0.95, structureMin = 0.2, sharedMin = 0.7 } = limits;
    const sums = structure(plane, before, {
      width: result.width,
      height: result.height,
      box: mask?.box ?? null,
      inside: mask?.inside ?? null,
    });
    const { shared, measured, ratio, plateFine } = sums;
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
      { name: "measured", value: measured, unit: "ratio", limit: null },
      { name: "shared", value: shared, unit: "ratio", limit: null },
      { name: "plateFine", value: plateFine, unit: "code", limit: null },
    ] as const;
    const words = `fine detail ${measured.toFixed(2)} x that of the plate, ${ratio.toFixed(2)} at most, limit ${ratioMin}`;
    return ratio < ratioMin
      ? {
          verdict: "warn",
          measures,
          message: `It is softer than the plate: ${words}.`,
          hint: "More steps, a lower denoise, or a sharper upscaler.",
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
const DEVIATIONS = 1;

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
const SUMS = 9;

interface Structure {
  readonly shared: number;
  readonly measured: number;
  /** With what chance may add. */
  readonly ratio: number;
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
  const all = new Float64Array(SUMS);
  for (const strip of strips) for (let i = 0; i < SUMS; i += 1) all[i] = (all[i] as number) + (strip[i] as number);
  const at = (i: number): number => (all[i] as number) / Math.max(1, all[LOOKED] as number) / (257 * 257);
  const measured = ratioOf(all);
  return {
    shared: at(BOTH_COARSE) / Math.sqrt(Math.max(1e-9, at(PLATE_COARSE) * at(OWN_COARSE))),
    measured,
    ratio: measured + DEVIATIONS * deviation(all, strips),
    plateFine: at(PLATE_FINE_2),
  };
}

/** The larger of (X / P) and (R / X); infinite where nothing fine is in common at all: what is there is the result's own. */
function ratioOf(sums: Float64Array): number {
  const at = (i: number): number => sums[i] as number;
  if (at(BOTH_FINE_2) <= 0) return Number.POSITIVE_INFINITY;
  const kept = at(BOTH_FINE) / at(BOTH_COARSE) / (at(PLATE_FINE) / at(PLATE_COARSE));
  const own = at(OWN_FINE_2) / at(OWN_COARSE) / (at(BOTH_FINE_2) / at(BOTH_COARSE));
  return Math.max(kept, own);
}

/** Of the ratio, by leaving out each strip that holds anything. */
function deviation(all: Float64Array, strips: readonly Float64Array[]): number {
  const ratios = strips
    .filter((strip) => (strip[LOOKED] as number) > 0)
    .map((strip) => ratioOf(all.map((sum, i) => sum - (strip[i] as number))));
  const n = ratios.length;
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / n;
  return Math.sqrt(((n - 1) / n) * ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0));
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
  sums[LOOKED] = (sums[LOOKED] as number) + looked;
}

export default check;
