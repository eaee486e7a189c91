/**
 * What the checks share of one decoded image, made in one pass over its samples: luma of every pixel as display codes, and
 * the means and deviations of blocks of 32 x 32 pixels. Computed once per image, however many checks ask: reading sixteen-bit
 * samples costs more than anything that is done with them afterwards. The inner loops hold no branches.
 */
import type { BlockFacts, DecodedImage, LumaFacts } from "../plugin.ts";
import type { LookAtRow, Sums } from "./framePlaneRows.ts";
import { BLOCK, lookerOf } from "./framePlaneRows.ts";
import type { PlaneKernel } from "./planeKernel.ts";

/** Below this many pixels a block's deviation says nothing (a sliver beside an ignored rectangle). */
const BLOCK_PIXELS_MIN = 64;

export interface FramePlanes {
  /** Luma, 0.2126 R + 0.7152 G + 0.0722 B, as 16-bit display codes; ignored pixels too. */
  readonly luma: Uint16Array;
  readonly blocks: BlockFacts;
  readonly facts: LumaFacts;
}

export interface PlaneMeans {
  /** Memory for the luma of that many pixels, which is overwritten; new memory costs a fifth of the whole. */
  readonly space?: Uint16Array | undefined;
  /** Does the same in less time where nothing is ignored. */
  readonly kernel?: PlaneKernel;
}

export function framePlanes(image: DecodedImage, runs: Int32Array, { space, kernel }: PlaneMeans = {}): FramePlanes {
  const { width, height } = image;
  const columns = Math.ceil(width / BLOCK);
  const rows = Math.ceil(height / BLOCK);
  const luma = space?.length === width * height ? space : new Uint16Array(width * height);
  const sums = emptySums(columns * rows);
  const whole = runs.length === 2 && runs[0] === 0 && runs[1] === width * height;
  if (whole && kernel?.(image, luma, sums) === true) return made({ luma, sums, runs, width, height });
  const look = lookerOf(image, luma, sums);
  // What is ignored has luma, too, but counts for nothing.
  const fill = whole ? null : lookerOf(image, luma, emptySums(columns * rows));
  let done = 0;
  for (let k = 0; k < runs.length; k += 2) {
    const start = runs[k] as number;
    const end = runs[k + 1] as number;
    if (fill !== null) byRows({ from: done, to: start, width, columns }, fill);
    byRows({ from: start, to: end, width, columns }, look);
    done = end;
  }
  if (fill !== null) byRows({ from: done, to: width * height, width, columns }, fill);
  return made({ luma, sums, runs, width, height });
}

interface Made {
  readonly luma: Uint16Array;
  readonly sums: Sums;
  readonly runs: Int32Array;
  readonly width: number;
  readonly height: number;
}

function made(of: Made): FramePlanes {
  const blocks = blocksOf(of);
  return { luma: of.luma, blocks, facts: factsOf(of, blocks) };
}

function emptySums(count: number): Sums {
  const doubles = () => new Float64Array(count);
  return {
    pixels: new Float32Array(count),
    luma: doubles(),
    rounded: doubles(),
    square: doubles(),
    red: doubles(),
    green: doubles(),
    blue: doubles(),
  };
}

function byRows(
  of: { readonly from: number; readonly to: number; readonly width: number; readonly columns: number },
  look: LookAtRow,
): void {
  const { to, width, columns } = of;
  for (let at = of.from; at < to; ) {
    const y = Math.floor(at / width);
    const stop = Math.min(to, (y + 1) * width);
    look(at, stop, y * width, Math.floor(y / BLOCK) * columns);
    at = stop;
  }
}

function blocksOf(of: Made): BlockFacts {
  const { sums } = of;
  const columns = Math.ceil(of.width / BLOCK);
  const rows = Math.ceil(of.height / BLOCK);
  const blocks = sums.pixels.length;
  // By index: `from` with a function takes ten times as long.
  const mean = (of: Float64Array): Float32Array => {
    const out = new Float32Array(blocks);
    for (let i = 0; i < blocks; i += 1) out[i] = (of[i] as number) / Math.max(1, sums.pixels[i] as number);
    return out;
  };
  const sd = new Float32Array(blocks);
  for (let i = 0; i < blocks; i += 1) {
    const rough = deviation(sums.pixels[i] as number, sums.luma[i] as number, sums.square[i] as number);
    sd[i] = rough < ROUGH ? exactDeviation(of, { i, columns }) : rough;
  }
  const { pixels, luma, red, green, blue } = sums;
  return {
    size: BLOCK,
    columns,
    rows,
    pixels,
    mean: mean(luma),
    sd,
    red: mean(red),
    green: mean(green),
    blue: mean(blue),
  };
}

/**
 * Codes. Sums hold luma as it is, squares as it was rounded: of one flat colour the two may differ by as much as a deviation of 256 codes. Where
 * pixels vary by more than a code, that cancels out.
 */
const ROUGH = 400;

/** Of one block, from its luma as it was rounded; of one that is looked at in part, what the sums say. */
function exactDeviation({ sums, width, height }: Made, of: { readonly i: number; readonly columns: number }): number {
  const [left, top] = [(of.i % of.columns) * BLOCK, Math.floor(of.i / of.columns) * BLOCK];
  const n = Math.min(BLOCK, width - left) * Math.min(BLOCK, height - top);
  const light = sums.pixels[of.i] === n ? sums.rounded : sums.luma;
  return deviation(sums.pixels[of.i] as number, light[of.i] as number, sums.square[of.i] as number);
}

function factsOf({ sums, luma, runs }: Made, blocks: BlockFacts): LumaFacts {
  let pixels = 0;
  let sum = 0;
  let square = 0;
  let blockSdMax = 0;
  for (let i = 0; i < sums.pixels.length; i += 1) {
    const n = sums.pixels[i] as number;
    pixels += n;
    sum += sums.luma[i] as number;
    square += sums.square[i] as number;
    if (n >= BLOCK_PIXELS_MIN) blockSdMax = Math.max(blockSdMax, blocks.sd[i] as number);
  }
  if (pixels === 0) return { pixels: 0, mean: 0, sd: 0, min: 0, max: 0, blockSdMax: 0 };
  const rough = deviation(pixels, sum, square);
  // Another pass over all pixels: for those who ask.
  let range: ReturnType<typeof rangeOf> | null = null;
  const ranged = () => (range ??= rangeOf(luma, runs));
  return {
    pixels,
    mean: sum / pixels / 65_535,
    sd: (rough < ROUGH ? pooled(blocks, sum / pixels) : rough) / 65_535,
    get min() {
      return ranged().min / 65_535;
    },
    get max() {
      return ranged().max / 65_535;
    },
    blockSdMax: blockSdMax / 65_535,
  };
}

/** Of all pixels, from the blocks' own. */
function pooled({ pixels, mean, sd }: BlockFacts, whole: number): number {
  let square = 0;
  let count = 0;
  for (let i = 0; i < pixels.length; i += 1) {
    count += pixels[i] as number;
    square += (pixels[i] as number) * ((sd[i] as number) ** 2 + ((mean[i] as number) - whole) ** 2);
  }
  return Math.sqrt(square / count);
}

function rangeOf(luma: Uint16Array, runs: Int32Array): { readonly min: number; readonly max: number } {
  let min = 65_535;
  let max = 0;
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let i = runs[k] as number; i < end; i += 1) {
      const l = luma[i] as number;
      // Nearly always the same way: branches that cost nothing.
      if (l < min) min = l;
      if (l > max) max = l;
    }
  }
  return { min, max };
}

function deviation(n: number, sum: number, square: number): number {
  if (n === 0) return 0;
  const mean = sum / n;
  return Math.sqrt(Math.max(0, square / n - mean * mean));
}
