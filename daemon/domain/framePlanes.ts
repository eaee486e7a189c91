/**
 * What the checks share of one decoded image, made in one pass over its samples: luma of every pixel as display codes, and
 * the means and deviations of blocks of 32 x 32 pixels. Computed once per image, however many checks ask: reading sixteen-bit
 * samples costs more than anything that is done with them afterwards. The inner loops hold no branches.
 */
import type { BlockFacts, DecodedImage, LumaFacts } from "../plugin.ts";
import { srgbTable } from "./srgbCurve.ts";

export const BLOCK = 32;
/** Below this many pixels a block's deviation says nothing (a sliver beside an ignored rectangle). */
const BLOCK_PIXELS_MIN = 64;

export interface FramePlanes {
  /** Luma, 0.2126 R + 0.7152 G + 0.0722 B, as 16-bit display codes; ignored pixels too. */
  readonly luma: Uint16Array;
  readonly blocks: BlockFacts;
  readonly facts: LumaFacts;
}

/** Per block. */
interface Sums {
  readonly pixels: Float32Array;
  readonly luma: Float64Array;
  readonly square: Float64Array;
  readonly red: Float64Array;
  readonly green: Float64Array;
  readonly blue: Float64Array;
}

/** Looks at pixels [from, to) of one row, which begins at pixel `row` and lies in the blocks from `block` on. */
type LookAtRow = (from: number, to: number, row: number, block: number) => void;

export function framePlanes(image: DecodedImage, runs: Int32Array): FramePlanes {
  const { width, height } = image;
  const columns = Math.ceil(width / BLOCK);
  const rows = Math.ceil(height / BLOCK);
  const luma = new Uint16Array(width * height);
  const sums = emptySums(columns * rows);
  const codes = codesOf(image);
  const look = rowsOf(codes, luma, sums);
  // What is ignored has luma, too, but counts for nothing.
  const whole = runs.length === 2 && runs[0] === 0 && runs[1] === width * height;
  const fill = whole ? null : rowsOf(codes, luma, emptySums(columns * rows));
  let done = 0;
  for (let k = 0; k < runs.length; k += 2) {
    const start = runs[k] as number;
    const end = runs[k + 1] as number;
    if (fill !== null) byRows({ from: done, to: start, width, columns }, fill);
    byRows({ from: start, to: end, width, columns }, look);
    done = end;
  }
  if (fill !== null) byRows({ from: done, to: width * height, width, columns }, fill);
  return { luma, blocks: blocksOf(sums, columns, rows), facts: factsOf(sums, luma, runs) };
}

function emptySums(count: number): Sums {
  const doubles = () => new Float64Array(count);
  return {
    pixels: new Float32Array(count),
    luma: doubles(),
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

/** Places of the colour samples in a pixel; grey and unknown layouts use one sample three times. */
function layoutOf(image: DecodedImage): { readonly r: number; readonly g: number; readonly b: number } {
  const place = (name: string) => image.channelNames.indexOf(name);
  const r = place("R");
  const g = place("G");
  const b = place("B");
  if (r >= 0 && g >= 0 && b >= 0) return { r, g, b };
  const y = Math.max(0, place("Y"));
  return { r: y, g: y, b: y };
}

/** Fixed point with 15 bits: whole weights that sum to 32768, so that equal codes in R, G and B give exactly that code as luma. */
const RED = 6966;
const GREEN = 23_436;
const BLUE = 2366;

/** Codes to read luma from: the image's own, or a row of floats as codes. */
interface Codes {
  readonly samples: Uint8Array | Uint16Array;
  /** Index of the first sample of pixel `from`, made ready up to `to`. */
  readonly at: (from: number, to: number) => number;
  readonly step: number;
  readonly places: ReturnType<typeof layoutOf>;
}

function codesOf(image: DecodedImage): Codes {
  const { samples, channels } = image;
  const places = layoutOf(image);
  if (!(samples instanceof Float32Array)) return { samples, at: (from) => from * channels, step: channels, places };
  const row = new Uint16Array(image.width * 3);
  const table = Uint16Array.from(srgbTable(), (v) => Math.round(v * 65_535));
  const last = table.length - 1;
  // `| 0` turns NaN into 0 and is reached only by values already inside the table.
  const code = (v: number): number => table[(Math.min(Math.max(v, 0), 1) * last + 0.5) | 0] as number;
  const at = (from: number, to: number): number => {
    let out = 0;
    for (let i = from * channels; i < to * channels; i += channels) {
      row[out] = code(samples[i + places.r] as number);
      row[out + 1] = code(samples[i + places.g] as number);
      row[out + 2] = code(samples[i + places.b] as number);
      out += 3;
    }
    return 0;
  };
  return { samples: row, at, step: 3, places: { r: 0, g: 1, b: 2 } };
}

function rowsOf(codes: Codes, luma: Uint16Array, sums: Sums): LookAtRow {
  const { samples, step } = codes;
  const { r, g, b } = codes.places;
  // An 8-bit code times 257 is the same level in 16 bits.
  const scale = samples instanceof Uint16Array ? 1 : 257;
  const kr = RED * scale;
  const kg = GREEN * scale;
  const kb = BLUE * scale;
  const part: Part = { block: 0, n: 0, red: 0, green: 0, blue: 0, square: 0 };
  return (from, to, row, block) => {
    let i = from;
    let at = codes.at(from, to);
    while (i < to) {
      const column = ((i - row) / BLOCK) | 0;
      const first = i;
      const stop = Math.min(to, row + (column + 1) * BLOCK);
      let red = 0;
      let green = 0;
      let blue = 0;
      let square = 0;
      for (; i < stop; i += 1, at += step) {
        const vr = samples[at + r] as number;
        const vg = samples[at + g] as number;
        const vb = samples[at + b] as number;
        const l = (Math.imul(kr, vr) + Math.imul(kg, vg) + Math.imul(kb, vb) + 16_384) >>> 15;
        luma[i] = l;
        red += vr;
        green += vg;
        blue += vb;
        square += l * l;
      }
      part.block = block + column;
      part.n = stop - first;
      part.red = red * scale;
      part.green = green * scale;
      part.blue = blue * scale;
      part.square = square;
      add(sums, part);
    }
  };
}

/** What one row of one block adds. One object a pass, filled anew: it is asked for a quarter of a million times a frame. */
interface Part {
  block: number;
  n: number;
  red: number;
  green: number;
  blue: number;
  square: number;
}

function add(sums: Sums, { block, n, red, green, blue, square }: Part): void {
  sums.pixels[block] = (sums.pixels[block] as number) + n;
  sums.red[block] = (sums.red[block] as number) + red;
  sums.green[block] = (sums.green[block] as number) + green;
  sums.blue[block] = (sums.blue[block] as number) + blue;
  sums.luma[block] = (sums.luma[block] as number) + (RED * red + GREEN * green + BLUE * blue) / 32_768;
  sums.square[block] = (sums.square[block] as number) + square;
}

function blocksOf(sums: Sums, columns: number, rows: number): BlockFacts {
  const mean = (of: Float64Array) => Float32Array.from(of, (sum, i) => sum / Math.max(1, sums.pixels[i] as number));
  const sd = Float32Array.from(sums.square, (square, i) =>
    deviation(sums.pixels[i] as number, sums.luma[i] as number, square),
  );
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

function factsOf(sums: Sums, luma: Uint16Array, runs: Int32Array): LumaFacts {
  let pixels = 0;
  let sum = 0;
  let square = 0;
  let blockSdMax = 0;
  for (let i = 0; i < sums.pixels.length; i += 1) {
    const n = sums.pixels[i] as number;
    pixels += n;
    sum += sums.luma[i] as number;
    square += sums.square[i] as number;
    if (n >= BLOCK_PIXELS_MIN)
      blockSdMax = Math.max(blockSdMax, deviation(n, sums.luma[i] as number, sums.square[i] as number));
  }
  if (pixels === 0) return { pixels: 0, mean: 0, sd: 0, min: 0, max: 0, blockSdMax: 0 };
  const range = rangeOf(luma, runs);
  return {
    pixels,
    mean: sum / pixels / 65_535,
    sd: deviation(pixels, sum, square) / 65_535,
    min: range.min / 65_535,
    max: range.max / 65_535,
    blockSdMax: blockSdMax / 65_535,
  };
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
