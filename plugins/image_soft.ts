/**
 * image.soft: the new part is as sharp as the plate.
 *
 * A plain gradient says what the content is and how much grain lies on it, not how sharp it is: a prototype that compared gradients
 * inside the mask found 54 % of softened and regrained results and flagged 14 % of clean ones. Here: structure functions
 * D(k) = mean of (L(x) - L(x + k))^2, along rows and columns, over the part that may change (without a mask: everything). Grain that differs from
 * pixel to pixel adds the same 2 s^2 to each D, so it is gone from D(2) - D(1) (fine) and D(8) - D(4) (coarse). Other content and another light move both
 * alike; softening takes the first. q = fine / coarse. Measure: q of the result / q of the plate at the same pixels. Limit: 0.8; where
 * either has less coarse structure than `structureMin` square codes nothing can be told.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.soft",
  version: 1,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { ratioMin: 0.8, structureMin: 0.4 },
  judges: { ratioMin: { measures: ["ratio"], must: "atLeast" } },
  limitsFrom: {
    ratioMin: "procedural scenes, softened and regrained (docs/qc.md)",
    structureMin: "less structure than this can't tell soft from sharp",
  },
  seedMayCure: true,
  applies({ result, plate }) {
    if (result === null || plate === null) return null;
    return result.width !== plate.width || result.height !== plate.height
      ? "the result is not of the plate's size"
      : null;
  },
  run({ result, lumaPlane, mask, limits }) {
    const [plane, before] = [lumaPlane("result"), lumaPlane("plate")];
    if (result === null || plane === null || before === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { ratioMin = 0.8, structureMin = 0.4 } = limits;
    const of = { width: result.width, height: result.height, box: mask?.box ?? null };
    const mine = structure(plane, of);
    const plates = structure(before, of);
    const ratio = mine.fine / mine.coarse / (plates.fine / plates.coarse);
    if (mine.coarse < structureMin || plates.coarse < structureMin || plates.fine <= 0 || !Number.isFinite(ratio))
      return {
        verdict: "pass",
        measures: [
          { name: "coarse", value: Math.min(mine.coarse, plates.coarse), unit: "code", limit: structureMin },
          { name: "plateFine", value: plates.fine, unit: "code", limit: null },
        ],
        message: "Too little structure to tell sharp from soft.",
      };
    const measures = [
      { name: "fineToCoarse", value: mine.fine / mine.coarse, unit: "ratio", limit: null },
      { name: "plateFineToCoarse", value: plates.fine / plates.coarse, unit: "ratio", limit: null },
      { name: "ratio", value: ratio, unit: "ratio", limit: ratioMin, must: "atLeast" },
    ] as const;
    const words = `fine detail ${ratio.toFixed(2)} x that of the plate, limit ${ratioMin}`;
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
const PIXELS_ENOUGH = 500_000;
const LAG_MAX = 8;

interface Of {
  readonly width: number;
  readonly height: number;
  readonly box: readonly [number, number, number, number] | null;
}

/**
 * Square codes of 1/255. Plain variables only: with small arrays in its loop Node 24's optimising compiler gave, once in some
 * seventy runs, the numbers of another picture.
 */
function structure(plane: Uint16Array, { width, height, box }: Of): { readonly fine: number; readonly coarse: number } {
  const left = box?.[0] ?? 0;
  const top = box?.[1] ?? 0;
  const w = box?.[2] ?? width;
  const h = box?.[3] ?? height;
  const step = Math.max(1, Math.floor((w * h) / PIXELS_ENOUGH));
  let fine = 0;
  let coarse = 0;
  let looked = 0;
  for (let y = top; y < top + h - LAG_MAX; y += step) {
    const row = y * width + left;
    fine += lagRow(plane, row, w, { width, near: 1, far: 2 });
    coarse += lagRow(plane, row, w, { width, near: 4, far: 8 });
    looked += 2 * (w - LAG_MAX);
  }
  const scale = Math.max(1, looked) * 257 * 257;
  return { fine: fine / scale, coarse: coarse / scale };
}

/** D(far) - D(near) of one row, along it and down from it, times the pixels. */
function lagRow(
  plane: Uint16Array,
  row: number,
  length: number,
  of: { readonly width: number; readonly near: number; readonly far: number },
): number {
  const { near, far } = of;
  const nearDown = near * of.width;
  const farDown = far * of.width;
  const end = row + length - LAG_MAX;
  let sum = 0;
  for (let i = row; i < end; i += 1) {
    const l = plane[i] as number;
    const a = l - (plane[i + near] as number);
    const b = l - (plane[i + nearDown] as number);
    const c = l - (plane[i + far] as number);
    const d = l - (plane[i + farDown] as number);
    sum += c * c + d * d - a * a - b * b;
  }
  return sum;
}

export default check;
