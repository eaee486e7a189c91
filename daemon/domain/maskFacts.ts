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
}

export function maskFacts(
  mask: MaskPicture,
  of: { readonly width: number; readonly height: number; readonly ignore: readonly PixelBox[] },
): MaskFacts {
  const inside = scaled(mask, of.width, of.height);
  const looked = pixelRuns(of.width, of.height, of.ignore);
  const outside = zeroRuns(inside, looked);
  // Where nothing is left out of the runs, they are counted already.
  const count = of.ignore.length === 0 ? inside.length - lengthOf(outside) : ones(inside);
  return { inside, outside, box: extent(inside, of.width), share: inside.length === 0 ? 0 : count / inside.length };
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

/** The parts of the runs where the mask is 0. */
function zeroRuns(inside: Uint8Array, runs: Int32Array): Int32Array {
  const out: number[] = [];
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let at = runs[k] as number; at < end; ) {
      const one = inside.indexOf(1, at);
      const stop = one < 0 || one > end ? end : one;
      if (stop > at) out.push(at, stop);
      const zero = stop >= end ? end : inside.indexOf(0, stop);
      at = zero < 0 || zero > end ? end : zero;
    }
  }
  return Int32Array.from(out);
}

function lengthOf(runs: Int32Array): number {
  let length = 0;
  for (let k = 0; k < runs.length; k += 2) length += (runs[k + 1] as number) - (runs[k] as number);
  return length;
}

function ones(inside: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < inside.length; i += 1) count += inside[i] as number;
  return count;
}

function extent(inside: Uint8Array, width: number): PixelBox | null {
  const height = inside.length / width;
  let left = width;
  let top = height;
  let right = -1;
  let bottom = -1;
  for (let y = 0; y < height; y += 1) {
    const row = inside.subarray(y * width, (y + 1) * width);
    const first = row.indexOf(1);
    if (first < 0) continue;
    const last = row.lastIndexOf(1);
    left = Math.min(left, first);
    right = Math.max(right, last);
    top = Math.min(top, y);
    bottom = y;
  }
  return right < 0 ? null : [left, top, right - left + 1, bottom - top + 1];
}
