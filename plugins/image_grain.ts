/**
 * image.grain: the new part has the plate's grain.
 *
 * Formula (Immerkaer 1996, doi:10.1006/cviu.1996.0060): blocks of 16 x 16, inner 14 x 14, kernel [1 -2 1; -2 4 -2; 1 -2 1],
 * sigma = sqrt(pi / 2) x sum of |response| / (6 n); blocks whose mean lies below 8 or above 247 codes are left out; the 15th percentile
 * over the blocks, because the flattest ones hold grain and nothing else. Measure: sigma of the result inside the mask (24 px away
 * from its border) over sigma of the plate outside it; without a mask both over the whole frame. Limits: 0.6 to 1.7.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.grain",
  version: 1,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { ratioMin: 0.6, ratioMax: 1.7, sigmaMin: 0.15 },
  judges: { ratioMin: { measures: ["ratio"], must: "atLeast" }, ratioMax: { measures: ["ratio"], must: "atMost" } },
  limitsFrom: {
    ratioMin: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    ratioMax: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    sigmaMin: "less than a plate's rounding to 8 bits",
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
    const { ratioMin = 0.6, ratioMax = 1.7, sigmaMin = 0.15 } = limits;
    const { width, height } = result;
    const mine = sigma(plane, { width, height, wanted: mask === null ? null : { inside: mask.inside, value: 1 } });
    const plates = sigma(before, { width, height, wanted: mask === null ? null : { inside: mask.inside, value: 0 } });
    if (mine === null || plates === null)
      return {
        verdict: "pass",
        measures: [{ name: "blocks", value: 0, unit: "count", limit: BLOCKS_MIN }],
        message: `Fewer than ${BLOCKS_MIN} blocks to compare: nothing can be told.`,
      };
    // Below that there is no grain to keep: a ratio of two nothings says nothing.
    const ratio = Math.max(mine, sigmaMin) / Math.max(plates, sigmaMin);
    const measures = [
      { name: "sigma", value: mine, unit: "code", limit: null },
      { name: "plateSigma", value: plates, unit: "code", limit: null },
      {
        name: "ratio",
        value: ratio,
        unit: "ratio",
        limit: ratio < 1 ? ratioMin : ratioMax,
        must: ratio < 1 ? "atLeast" : "atMost",
      },
    ] as const;
    const words = `grain of ${mine.toFixed(2)} codes beside ${plates.toFixed(2)} of the plate (${ratio.toFixed(2)} x)`;
    if (ratio >= ratioMin && ratio <= ratioMax) return { verdict: "pass", measures, message: `It matches: ${words}.` };
    const message =
      ratio < ratioMin
        ? `The plate's grain is missing: ${words}; at least ${ratioMin} x.`
        : `It is noisier than the plate: ${words}; at most ${ratioMax} x.`;
    return {
      verdict: "warn",
      measures,
      message,
      hint: ratio < ratioMin ? "Add a regrain step." : "Denoise, or grain it less.",
    };
  },
};

const BLOCK = 16;
const BLOCKS_MIN = 12;
const BLOCKS_ENOUGH = 3000;
const INSET = 24;
const DARK = 8 * 257;
const BRIGHT = 247 * 257;

interface Of {
  readonly width: number;
  readonly height: number;
  readonly wanted: { readonly inside: Uint8Array; readonly value: 0 | 1 } | null;
}

/** Standard deviation of grain in codes of 1/255; null: too few blocks. */
function sigma(plane: Uint16Array, of: Of): number | null {
  const { width, height } = of;
  const step = BLOCK * Math.max(1, Math.floor(Math.sqrt((width * height) / (BLOCK * BLOCK) / BLOCKS_ENOUGH)));
  const found: number[] = [];
  for (let y = 0; y + BLOCK <= height; y += step) {
    for (let x = 0; x + BLOCK <= width; x += step) {
      if (!usable(of, x, y)) continue;
      const value = blockSigma(plane, y * width + x, width);
      if (value !== null) found.push(value);
    }
  }
  if (found.length < BLOCKS_MIN) return null;
  found.sort((a, b) => a - b);
  return found[Math.floor(found.length * 0.15)] as number;
}

/** Its corners and its middle, moved out by the inset, are all on the wanted side. */
function usable({ width, height, wanted }: Of, x: number, y: number): boolean {
  if (wanted === null) return true;
  const far = wanted.value === 1 ? INSET : 0;
  for (let row = 0; row < 3; row += 1) {
    const py = y + placeOf(row, far);
    for (let column = 0; column < 3; column += 1) {
      const px = x + placeOf(column, far);
      if (px < 0 || py < 0 || px >= width || py >= height) return false;
      if (wanted.inside[py * width + px] !== wanted.value) return false;
    }
  }
  return true;
}

/** Of a block's first pixel, its middle and its last, the ends moved out. */
function placeOf(step: number, out: number): number {
  return step === 0 ? -out : step === 1 ? BLOCK / 2 : BLOCK - 1 + out;
}

function blockSigma(plane: Uint16Array, start: number, width: number): number | null {
  let sum = 0;
  let mean = 0;
  for (let y = 1; y < BLOCK - 1; y += 1) {
    const up = start + (y - 1) * width;
    const row = up + width;
    const down = row + width;
    for (let x = 1; x < BLOCK - 1; x += 1) {
      const centre = plane[row + x] as number;
      mean += centre;
      sum += Math.abs(
        4 * centre -
          2 *
            ((plane[row + x - 1] as number) +
              (plane[row + x + 1] as number) +
              (plane[up + x] as number) +
              (plane[down + x] as number)) +
          (plane[up + x - 1] as number) +
          (plane[up + x + 1] as number) +
          (plane[down + x - 1] as number) +
          (plane[down + x + 1] as number),
      );
    }
  }
  const n = (BLOCK - 2) ** 2;
  mean /= n;
  if (mean < DARK || mean > BRIGHT) return null;
  return (Math.sqrt(Math.PI / 2) * sum) / (6 * n) / 257;
}

export default check;
