/**
 * Luma statistics of one decoded image, computed in one pass and shared by the checks (`LumaFacts` in plugin.ts gives
 * formula and units). The inner loops hold no branches; sums are in double precision.
 */
import type { DecodedImage, LumaFacts } from "../plugin.ts";
import { srgbTable } from "./srgbCurve.ts";

const BLOCK = 32;
/** Below this many pixels a block's deviation says nothing (a sliver beside an ignored rectangle). */
const BLOCK_PIXELS_MIN = 64;

/** Places of the colour samples in a pixel; grey and unknown layouts use one sample three times. */
interface Layout {
  readonly step: number;
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

/** Fills `out[0..n)` with luma of `n` pixels from pixel index `from`, on a scale of 0..`top`. */
type Read = (from: number, n: number, out: Float64Array) => void;

export function lumaFacts(image: DecodedImage, runs: Int32Array): LumaFacts {
  const { width, height } = image;
  const columns = Math.ceil(width / BLOCK);
  const blocks = columns * Math.ceil(height / BLOCK);
  const sums = new Float64Array(blocks);
  const squares = new Float64Array(blocks);
  const counts = new Float64Array(blocks);
  const row = new Float64Array(width);
  const { read, top } = readerOf(image);
  const range = { min: Number.POSITIVE_INFINITY, max: 0 };
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] ?? 0;
    for (let at = runs[k] ?? 0; at < end; ) {
      const x = at % width;
      const n = Math.min(end - at, width - x);
      read(at, n, row);
      addRow(row, n, { x, first: Math.floor(at / width / BLOCK) * columns, sums, squares, counts, range });
      at += n;
    }
  }
  return summary({ sums, squares, counts, min: range.min, max: range.max, top });
}

interface Grid {
  readonly x: number;
  /** Index of the first block of the row of blocks. */
  readonly first: number;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Float64Array;
  readonly range: { min: number; max: number };
}

function addRow(row: Float64Array, n: number, grid: Grid): void {
  let { min, max } = grid.range;
  for (let i = 0; i < n; ) {
    const column = Math.floor((grid.x + i) / BLOCK);
    const stop = Math.min(n, (column + 1) * BLOCK - grid.x);
    let sum = 0;
    let square = 0;
    for (let j = i; j < stop; j += 1) {
      const v = row[j] as number;
      sum += v;
      square += v * v;
      min = Math.min(min, v);
      max = Math.max(max, v);
    }
    const block = grid.first + column;
    grid.sums[block] = (grid.sums[block] ?? 0) + sum;
    grid.squares[block] = (grid.squares[block] ?? 0) + square;
    grid.counts[block] = (grid.counts[block] ?? 0) + (stop - i);
    i = stop;
  }
  grid.range.min = min;
  grid.range.max = max;
}

function summary(of: {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly counts: Float64Array;
  readonly min: number;
  readonly max: number;
  readonly top: number;
}): LumaFacts {
  let pixels = 0;
  let sum = 0;
  let square = 0;
  let blockSdMax = 0;
  for (let i = 0; i < of.counts.length; i += 1) {
    const n = of.counts[i] as number;
    const s = of.sums[i] as number;
    const q = of.squares[i] as number;
    pixels += n;
    sum += s;
    square += q;
    if (n >= BLOCK_PIXELS_MIN) blockSdMax = Math.max(blockSdMax, deviation(n, s, q));
  }
  if (pixels === 0) return { pixels: 0, mean: 0, sd: 0, min: 0, max: 0, blockSdMax: 0 };
  const { top } = of;
  return {
    pixels,
    mean: sum / pixels / top,
    sd: deviation(pixels, sum, square) / top,
    min: of.min / top,
    max: of.max / top,
    blockSdMax: blockSdMax / top,
  };
}

function deviation(n: number, sum: number, square: number): number {
  const mean = sum / n;
  return Math.sqrt(Math.max(0, square / n - mean * mean));
}

function layoutOf(image: DecodedImage): Layout {
  const place = (name: string) => image.channelNames.indexOf(name);
  const step = image.channels;
  const [r, g, b] = [place("R"), place("G"), place("B")];
  if (r >= 0 && g >= 0 && b >= 0) return { step, r, g, b };
  const y = Math.max(0, place("Y"));
  return { step, r: y, g: y, b: y };
}

function readerOf(image: DecodedImage): { readonly read: Read; readonly top: number } {
  const layout = layoutOf(image);
  const { samples } = image;
  if (samples instanceof Float32Array) return { read: readFloats(samples, layout), top: 1 };
  return { read: readCodes(samples, layout), top: samples instanceof Uint16Array ? 65_535 : 255 };
}

/** Whole weights and one division: equal codes in R, G and B give exactly that code as luma. */
function readCodes(samples: Uint8Array | Uint16Array, { step, r, g, b }: Layout): Read {
  return (from, n, out) => {
    for (let i = 0, at = from * step; i < n; i += 1, at += step) {
      out[i] =
        (2126 * (samples[at + r] as number) + 7152 * (samples[at + g] as number) + 722 * (samples[at + b] as number)) /
        10_000;
    }
  };
}

function readFloats(samples: Float32Array, { step, r, g, b }: Layout): Read {
  const table = srgbTable();
  const last = table.length - 1;
  // `| 0` turns NaN into 0 and is reached only by values already inside the table.
  const code = (v: number) => table[(Math.min(Math.max(v, 0), 1) * last + 0.5) | 0] as number;
  return (from, n, out) => {
    for (let i = 0, at = from * step; i < n; i += 1, at += step) {
      out[i] =
        0.2126 * code(samples[at + r] as number) +
        0.7152 * code(samples[at + g] as number) +
        0.0722 * code(samples[at + b] as number);
    }
  };
}
