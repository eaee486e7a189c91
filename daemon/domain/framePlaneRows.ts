/**
 * The rows of `framePlanes`: luma of every pixel, and what each row adds to its blocks. With `planeKernel`, which does the same of most frames, the only
 * loops that touch every sample of a frame; no branches in them, no small arrays around them.
 */
import type { DecodedImage } from "../plugin.ts";
import { srgbTable } from "./srgbCurve.ts";

export const BLOCK = 32;

/** Per block. */
export interface Sums {
  readonly pixels: Float32Array;
  readonly luma: Float64Array;
  /** Of luma as it was rounded to codes, and of its squares. */
  readonly rounded: Float64Array;
  readonly square: Float64Array;
  readonly red: Float64Array;
  readonly green: Float64Array;
  readonly blue: Float64Array;
}

/** Looks at pixels [from, to) of one row, which begins at pixel `row` and lies in the blocks from `block` on. */
export type LookAtRow = (from: number, to: number, row: number, block: number) => void;

export function lookerOf(image: DecodedImage, luma: Uint16Array, sums: Sums): LookAtRow {
  return (arePairs(image) ? pairRowsOf : rowsOf)(codesOf(image), luma, sums);
}

/** Places of the colour samples in a pixel; grey and unknown layouts use one sample three times. */
export function layoutOf(image: Pick<DecodedImage, "channelNames">): {
  readonly r: number;
  readonly g: number;
  readonly b: number;
} {
  const place = (name: string) => image.channelNames.indexOf(name);
  const r = place("R");
  const g = place("G");
  const b = place("B");
  if (r >= 0 && g >= 0 && b >= 0) return { r, g, b };
  const y = Math.max(0, place("Y"));
  return { r: y, g: y, b: y };
}

/** Fixed point with 15 bits: whole weights that sum to 32768, so that equal codes in R, G and B give exactly that code as luma. */
export const RED = 6966;
export const GREEN = 23_436;
export const BLUE = 2366;

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
  const part: Part = { block: 0, n: 0, red: 0, green: 0, blue: 0, light: 0, square: 0 };
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
      let light = 0;
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
        light += l;
        square += l * l;
      }
      part.block = block + column;
      part.n = stop - first;
      part.red = red * scale;
      part.green = green * scale;
      part.blue = blue * scale;
      part.light = light;
      part.square = square;
      add(sums, part);
    }
  };
}

/** 16-bit codes of R, G and B and nothing else, an even number in a row: two pixels are three words of memory. */
function arePairs({ samples, channels, channelNames, width }: DecodedImage): boolean {
  return (
    samples instanceof Uint16Array &&
    samples.byteOffset % 4 === 0 &&
    channels === 3 &&
    width % 2 === 0 &&
    channelNames.join("") === "RGB"
  );
}

/** As `rowsOf`, a third faster, for what most frames are. A run that begins or ends between two pixels of a pair goes the slow way. */
function pairRowsOf(codes: Codes, luma: Uint16Array, sums: Sums): LookAtRow {
  const slow = rowsOf(codes, luma, sums);
  const { samples } = codes;
  const words = new Uint32Array(samples.buffer, samples.byteOffset, samples.length >> 1);
  const part: Part = { block: 0, n: 0, red: 0, green: 0, blue: 0, light: 0, square: 0 };
  return (from, to, row, block) => {
    if ((from | to) & 1) {
      slow(from, to, row, block);
      return;
    }
    let at = (from * 3) >> 1;
    for (let i = from; i < to; ) {
      const column = ((i - row) / BLOCK) | 0;
      const first = i;
      const stop = Math.min(to, row + (column + 1) * BLOCK);
      let red = 0;
      let green = 0;
      let blue = 0;
      let light = 0;
      let square = 0;
      for (; i < stop; i += 2, at += 3) {
        const a = words[at] as number;
        const b = words[at + 1] as number;
        const c = words[at + 2] as number;
        const r0 = a & 0xffff;
        const g0 = a >>> 16;
        const b0 = b & 0xffff;
        const r1 = b >>> 16;
        const g1 = c & 0xffff;
        const b1 = c >>> 16;
        const l = (Math.imul(RED, r0) + Math.imul(GREEN, g0) + Math.imul(BLUE, b0) + 16_384) >>> 15;
        const m = (Math.imul(RED, r1) + Math.imul(GREEN, g1) + Math.imul(BLUE, b1) + 16_384) >>> 15;
        luma[i] = l;
        luma[i + 1] = m;
        // At most 32 codes of 16 bits: whole numbers, which are added faster.
        red = (red + r0 + r1) | 0;
        green = (green + g0 + g1) | 0;
        blue = (blue + b0 + b1) | 0;
        light = (light + l + m) | 0;
        square += l * l + m * m;
      }
      part.block = block + column;
      part.n = stop - first;
      part.red = red;
      part.green = green;
      part.blue = blue;
      part.light = light;
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
  light: number;
  square: number;
}

function add(sums: Sums, { block, n, red, green, blue, light, square }: Part): void {
  sums.pixels[block] = (sums.pixels[block] as number) + n;
  sums.red[block] = (sums.red[block] as number) + red;
  sums.green[block] = (sums.green[block] as number) + green;
  sums.blue[block] = (sums.blue[block] as number) + blue;
  sums.luma[block] = (sums.luma[block] as number) + (RED * red + GREEN * green + BLUE * blue) / 32_768;
  sums.rounded[block] = (sums.rounded[block] as number) + light;
  sums.square[block] = (sums.square[block] as number) + square;
}
