/**
 * A mask as checks see it: which pixels may change, which must stay. A mask of another size than the result is scaled by its
 * nearest pixels. Pure; the same polarity rule as the step that lays the edit onto the plate: anything above nothing counts
 * as inside.
 */
import type { MaskFacts, PixelBox } from "../plugin.ts";
import { pixelRuns } from "./pixelRuns.ts";

export interface MaskPicture {
  readonly width: number;
  readonly height: number;
  /** 1 where the edit may show, row by row. */
  readonly inside: Uint8Array;
  /** As in `MaskFacts`. */
  readonly least?: number;
  readonly nearlyBlack?: number;
}

/** Below this share of black it is worth asking what stands there instead. */
const BLACK_MIN = 0.01;
/** Of white. */
const NEARLY = 0.01;
/** Every so many pixels are looked at: a prime number, so that no row's length repeats it. */
const STRIDE = 97;

/** Is next to nothing of it black? By a sample of its pixels. */
export function hasNoBlack({ inside }: MaskPicture): boolean {
  let [black, looked] = [0, 0];
  for (let i = 0; i < inside.length; i += STRIDE) {
    looked += 1;
    black += inside[i] === 0 ? 1 : 0;
  }
  return black < looked * BLACK_MIN;
}

/** The same with what stands instead of black. `values`: 0..1 of each pixel. */
export function withLowValues(picture: MaskPicture, values: ArrayLike<number>): MaskPicture {
  let [least, low] = [1, 0];
  for (let i = 0; i < values.length; i += 1) {
    const v = values[i] as number;
    least = v < least ? v : least;
    low += v > 0 && v < NEARLY ? 1 : 0;
  }
  return { ...picture, least, nearlyBlack: values.length === 0 ? 0 : low / values.length };
}

export function maskFacts(
  mask: MaskPicture,
  of: { readonly width: number; readonly height: number; readonly ignore: readonly PixelBox[] },
): MaskFacts {
  const inside = scaled(mask, of.width, of.height);
  const within = oneRuns(inside);
  const outside = without(pixelRuns(of.width, of.height, of.ignore), within);
  const share = inside.length === 0 ? 0 : lengthOf(within) / inside.length;
  // Only of a mask without black (`withLowValues`).
  const { least, nearlyBlack } = mask;
  const low = least === undefined || nearlyBlack === undefined ? {} : { least, nearlyBlack };
  return { inside, outside, box: extent(within, of.width), share, ...low };
}

function scaled({ width, height, inside }: MaskPicture, toWidth: number, toHeight: number): Uint8Array {
  if (width === toWidth && height === toHeight) return inside;
  const out = new Uint8Array(toWidth * toHeight);
  for (let y = 0; y < toHeight; y += 1) {
    const row = Math.floor(((y + 0.5) * height) / toHeight) * width;
    for (let x = 0; x < toWidth; x += 1) {
      out[y * toWidth + x] = inside[row + Math.floor(((x + 0.5) * width) / toWidth)] as number;
    }
  }
  return out;
}

/** Where the mask is 1, as runs: [start, end, start, end, ...]. */
function oneRuns(inside: Uint8Array): Int32Array {
  const out: number[] = [];
  for (let at = inside.indexOf(1); at >= 0; ) {
    const zero = inside.indexOf(0, at);
    const end = zero < 0 ? inside.length : zero;
    out.push(at, end);
    at = zero < 0 ? -1 : inside.indexOf(1, end);
  }
  return Int32Array.from(out);
}

/** The parts of runs that lie in none of the others; both in order. */
function without(runs: Int32Array, others: Int32Array): Int32Array {
  const out: number[] = [];
  let next = 0;
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    let at = runs[k] as number;
    while (next < others.length && (others[next + 1] as number) <= at) next += 2;
    for (let other = next; other < others.length && (others[other] as number) < end; other += 2) {
      if ((others[other] as number) > at) out.push(at, others[other] as number);
      at = others[other + 1] as number;
    }
    if (at < end) out.push(at, end);
  }
  return Int32Array.from(out);
}

function lengthOf(runs: Int32Array): number {
  let length = 0;
  for (let k = 0; k < runs.length; k += 2) length += (runs[k + 1] as number) - (runs[k] as number);
  return length;
}

function extent(runs: Int32Array, width: number): PixelBox | null {
  if (runs.length === 0) return null;
  let left = width;
  let right = -1;
  for (let k = 0; k < runs.length; k += 2) {
    const first = (runs[k] as number) % width;
    const last = first + (runs[k + 1] as number) - (runs[k] as number) - 1;
    // A run that goes on in the next row reaches both sides.
    left = Math.min(left, last < width ? first : 0);
    right = Math.max(right, Math.min(last, width - 1));
  }
  const top = Math.floor((runs[0] as number) / width);
  const bottom = Math.floor(((runs.at(-1) as number) - 1) / width);
  return [left, top, right - left + 1, bottom - top + 1];
}
