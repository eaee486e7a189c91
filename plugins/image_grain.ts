/**
 * image.grain: the new part has the plate's grain.
 *
 * Kernel (Immerkaer 1996, doi:10.1006/cviu.1996.0060): [1 -2 1; -2 4 -2; 1 -2 1] / 6 over blocks of 16 x 16, inner 14 x 14, blocks whose mean lies
 * below 8 or above 247 codes left out. It answers to grain and to texture. Where the edit kept the plate's content (brightness and
 * detail of the blocks correlate by `sharedMin` or more) texture answers in both pictures, grain of its own in one: with a, b the answers in result and
 * plate, g the ratio of their coarse detail, grain^2 = mean(a^2) - g mean(ab) and mean(b^2) - mean(ab) / g, the median over the blocks inside the mask
 * (24 px from its border; without one: everywhere). The plate's own grain that an edit kept is in both and counts for neither. Measure: the ratio of the two; limits 0.6 to 1.7.
 * Where the content is new, sigma = sqrt(pi / 2) mean |a| of the flattest blocks (15th percentile) is set beside that of the plate inside and outside
 * the mask: below `newMin` of the smaller or above `newMax` of the larger, for other content has another flattest block. Limits: scripts/bench/qc.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.grain",
  version: 2,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { ratioMin: 0.6, ratioMax: 1.7, sigmaMin: 0.15, sharedMin: 0.5, newMin: 0.3, newMax: 3 },
  judges: {
    ratioMin: { measures: ["ratio"], must: "atLeast", least: 0, greatest: 1 },
    ratioMax: { measures: ["ratio"], must: "atMost", least: 1 },
  },
  limitsFrom: {
    ratioMin: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    ratioMax: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    sigmaMin: "less than a plate's rounding to 8 bits",
    sharedMin: "the proof's corpus (docs/qc.md)",
    newMin: "the proof's corpus (docs/qc.md)",
    newMax: "the proof's corpus (docs/qc.md)",
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
    const { ratioMin = 0.6, ratioMax = 1.7, sigmaMin = 0.15, sharedMin = 0.5, newMin = 0.3, newMax = 3 } = limits;
    const blocks = look(plane, before, { width: result.width, height: result.height, inside: mask?.inside ?? null });
    if (blocks.inside.length < BLOCKS_MIN)
      return {
        verdict: "pass",
        measures: [{ name: "blocks", value: blocks.inside.length, unit: "count", limit: BLOCKS_MIN }],
        message: `Fewer than ${BLOCKS_MIN} blocks to compare: nothing can be told.`,
      };
    const shared = sharedBy(blocks.inside);
    const kept = shared >= sharedMin;
    const seen = kept ? residual(blocks.inside, sigmaMin) : flattest(blocks, sigmaMin);
    const { ratio } = seen;
    const least = kept ? ratioMin : newMin;
    const most = kept ? ratioMax : newMax;
    const measures = [
      {
        name: "ratio",
        value: ratio,
        unit: "ratio",
        limit: ratio < 1 ? least : most,
        must: ratio < 1 ? "atLeast" : "atMost",
      },
      { name: "sigma", value: seen.result, unit: "code", limit: null },
      { name: "plateSigma", value: seen.plate, unit: "code", limit: null },
      { name: "shared", value: shared, unit: "ratio", limit: sharedMin },
    ] as const;
    const words = `grain of ${seen.result.toFixed(2)} codes beside ${seen.plate.toFixed(2)} of the plate (${ratio.toFixed(2)} x)`;
    if (ratio >= least && ratio <= most) return { verdict: "pass", measures, message: `It matches: ${words}.` };
    const message =
      ratio < least
        ? `The plate's grain is missing: ${words}; at least ${least} x.`
        : `It is noisier than the plate: ${words}; at most ${most} x.`;
    return {
      verdict: "warn",
      measures,
      message,
      hint: ratio < least ? "Add a regrain step." : "Denoise, or grain it less.",
    };
  },
};

const BLOCK = 16;
const BLOCKS_MIN = 12;
const BLOCKS_ENOUGH = 1500;
const INSET = 24;
const DARK = 8 * 257;
const BRIGHT = 247 * 257;

/** What one block says; the result first, then the plate, then both. In codes of 1/255. */
interface Block {
  readonly mean: number;
  readonly plateMean: number;
  /** Mean amount of the kernel's answer. */
  readonly amount: number;
  readonly plateAmount: number;
  /** Mean squares, and the mean product. */
  readonly square: number;
  readonly plateSquare: number;
  readonly product: number;
  /** Deviation of neighbouring means over 4 x 4 px. */
  readonly coarse: number;
  readonly plateCoarse: number;
}

interface Of {
  readonly width: number;
  readonly height: number;
  /** null: everywhere is inside. */
  readonly inside: Uint8Array | null;
}

interface Blocks {
  readonly inside: readonly Block[];
  readonly outside: readonly Block[];
}

function look(result: Uint16Array, plate: Uint16Array, of: Of): Blocks {
  const { width, height } = of;
  const step = BLOCK * Math.max(1, Math.floor(Math.sqrt((width * height) / (BLOCK * BLOCK) / BLOCKS_ENOUGH)));
  const inside: Block[] = [];
  const outside: Block[] = [];
  for (let y = 0; y + BLOCK <= height; y += step) {
    for (let x = 0; x + BLOCK <= width; x += step) {
      const within = lies(of, { x, y, value: 1 });
      if (!within && !lies(of, { x, y, value: 0 })) continue;
      const block = blockAt(result, plate, { start: y * width + x, width });
      if (Math.min(block.mean, block.plateMean) * 257 < DARK || Math.max(block.mean, block.plateMean) * 257 > BRIGHT)
        continue;
      (within ? inside : outside).push(block);
    }
  }
  return { inside, outside };
}

/** Its corners and its middle, inside moved out by the inset, are all on that side of the mask. */
function lies(
  { width, height, inside }: Of,
  at: { readonly x: number; readonly y: number; readonly value: 0 | 1 },
): boolean {
  if (inside === null) return at.value === 1;
  const far = at.value === 1 ? INSET : 0;
  for (let row = 0; row < 3; row += 1) {
    const py = at.y + placeOf(row, far);
    for (let column = 0; column < 3; column += 1) {
      const px = at.x + placeOf(column, far);
      if (px < 0 || py < 0 || px >= width || py >= height) return false;
      if (inside[py * width + px] !== at.value) return false;
    }
  }
  return true;
}

/** Of a block's first pixel, its middle and its last, the ends moved out. */
function placeOf(step: number, out: number): number {
  return step === 0 ? -out : step === 1 ? BLOCK / 2 : BLOCK - 1 + out;
}

function blockAt(
  result: Uint16Array,
  plate: Uint16Array,
  { start, width }: { readonly start: number; readonly width: number },
): Block {
  let mean = 0;
  let plateMean = 0;
  let amount = 0;
  let plateAmount = 0;
  let square = 0;
  let plateSquare = 0;
  let product = 0;
  for (let y = 1; y < BLOCK - 1; y += 1) {
    const row = start + y * width;
    for (let at = row + 1; at < row + BLOCK - 1; at += 1) {
      mean += result[at] as number;
      plateMean += plate[at] as number;
      const a = kernel(result, at, width);
      const b = kernel(plate, at, width);
      amount += Math.abs(a);
      plateAmount += Math.abs(b);
      square += a * a;
      plateSquare += b * b;
      product += a * b;
    }
  }
  const n = (BLOCK - 2) ** 2;
  const code = 257 * 6;
  return {
    mean: mean / n / 257,
    plateMean: plateMean / n / 257,
    amount: amount / n / code,
    plateAmount: plateAmount / n / code,
    square: square / n / code / code,
    plateSquare: plateSquare / n / code / code,
    product: product / n / code / code,
    coarse: coarseAt(result, start, width),
    plateCoarse: coarseAt(plate, start, width),
  };
}

function kernel(plane: Uint16Array, at: number, width: number): number {
  return (
    4 * (plane[at] as number) -
    2 *
      ((plane[at - 1] as number) +
        (plane[at + 1] as number) +
        (plane[at - width] as number) +
        (plane[at + width] as number)) +
    (plane[at - width - 1] as number) +
    (plane[at - width + 1] as number) +
    (plane[at + width - 1] as number) +
    (plane[at + width + 1] as number)
  );
}

function coarseAt(plane: Uint16Array, start: number, width: number): number {
  let sum = 0;
  for (let row = 0; row < 4; row += 1) {
    for (let column = 0; column < 4; column += 1) {
      const at = start + row * 4 * width + column * 4;
      const here = cellAt(plane, at, width);
      if (column < 3) sum += (here - cellAt(plane, at + 4, width)) ** 2;
      if (row < 3) sum += (here - cellAt(plane, at + 4 * width, width)) ** 2;
    }
  }
  return Math.sqrt(sum / 24) / 16 / 257;
}

function cellAt(plane: Uint16Array, start: number, width: number): number {
  let sum = 0;
  for (let row = start; row < start + 4 * width; row += width)
    sum +=
      (plane[row] as number) + (plane[row + 1] as number) + (plane[row + 2] as number) + (plane[row + 3] as number);
  return sum;
}

/** The smaller of the correlations of brightness and of coarse detail over the blocks. */
function sharedBy(blocks: readonly Block[]): number {
  return Math.min(
    correlation(blocks.map((block) => [block.mean, block.plateMean])),
    correlation(blocks.map((block) => [block.coarse, block.plateCoarse])),
  );
}

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const meanA = pairs.reduce((sum, [a]) => sum + a, 0) / pairs.length;
  const meanB = pairs.reduce((sum, [, b]) => sum + b, 0) / pairs.length;
  const of = (value: (a: number, b: number) => number): number =>
    pairs.reduce((sum, [a, b]) => sum + value(a - meanA, b - meanB), 0);
  return of((a, b) => a * b) / Math.sqrt(Math.max(1e-9, of((a) => a * a) * of((_a, b) => b * b)));
}

interface Grain {
  readonly result: number;
  readonly plate: number;
  readonly ratio: number;
}

/**
 * Below the least sigma there is no grain to keep: a ratio of two nothings says nothing. What the flattest blocks hold in all must have moved
 * the same way, else the texture was no common one and the ratio counts as 1.
 */
function residual(blocks: readonly Block[], least: number): Grain {
  const g = quantile(
    blocks.map((block) => Math.min(3, Math.max(1 / 3, block.coarse / Math.max(0.01, block.plateCoarse)))),
    0.5,
  );
  const own = blocks.map(({ square, product }) => square - g * Math.max(0, product));
  const plates = blocks.map(({ plateSquare, product }) => plateSquare - Math.max(0, product) / g);
  const result = Math.sqrt(Math.max(least ** 2, quantile(own, 0.5)));
  const plate = Math.sqrt(Math.max(least ** 2, quantile(plates, 0.5)));
  const all = flat(blocks, "amount") / Math.max(1e-6, g * flat(blocks, "plateAmount"));
  const ratio = result / plate;
  return { result, plate, ratio: ratio < 1 === all < 1 && Math.abs(all - 1) > 0.05 ? ratio : 1 };
}

function flat(blocks: readonly Block[], what: "amount" | "plateAmount"): number {
  return quantile(
    blocks.map((block) => block[what]),
    0.15,
  );
}

const ROOT = Math.sqrt(Math.PI / 2);

function flattest({ inside, outside }: Blocks, least: number): Grain {
  const result = Math.max(least, ROOT * flat(inside, "amount"));
  const within = Math.max(least, ROOT * flat(inside, "plateAmount"));
  const without = outside.length < BLOCKS_MIN ? within : Math.max(least, ROOT * flat(outside, "plateAmount"));
  const plate = Math.min(Math.max(within, without), Math.max(Math.min(within, without), result));
  return { result, plate, ratio: result / plate };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}

export default check;
