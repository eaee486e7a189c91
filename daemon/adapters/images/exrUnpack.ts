/**
 * One packed chunk of an EXR -> its lines: RLE and deflate, and what OpenEXR does to bytes before either so that they pack
 * well (halves of all samples apart, each byte as the difference to the one before). Writes nothing outside `out`.
 */
import { broken } from "./byteSource.ts";
import type { InflateInto } from "./inflateInto.ts";
import { createInflateInto } from "./inflateInto.ts";

/** Kept over the chunks of one file. */
export interface UnpackSpace {
  /** A chunk's bytes before the filter is undone, and one more. */
  readonly packed: Uint8Array;
  readonly inflate: InflateInto;
}

export function unpackSpace(chunkBytes: number): UnpackSpace {
  return { packed: new Uint8Array(chunkBytes + 1), inflate: createInflateInto() };
}

/** Both give exactly `out.byteLength` bytes or throw HP-PLATE-BROKEN; `line` is for people. */
export function unpackZip(stored: Uint8Array, out: Uint16Array, of: UnpackSpace & { readonly line: number }): void {
  const wrong = of.inflate(stored, of.packed.subarray(0, out.byteLength + 1));
  if (wrong !== null) throw broken(`the lines from ${of.line} can't be unpacked: ${wrong}`);
  undoFilter(of.packed.subarray(0, out.byteLength), out);
}

export function unpackRle(stored: Uint8Array, out: Uint16Array, of: UnpackSpace & { readonly line: number }): void {
  const packed = of.packed.subarray(0, out.byteLength);
  expandRuns(stored, packed, of.line);
  undoFilter(packed, out);
}

/** A count below 0: so many bytes as they are; else the next byte, count + 1 times. */
function expandRuns(stored: Uint8Array, out: Uint8Array, line: number): void {
  let done = 0;
  for (let at = 0; at < stored.length; ) {
    const count = ((stored[at] as number) << 24) >> 24;
    const length = count < 0 ? -count : count + 1;
    const takes = count < 0 ? length : 1;
    at += 1;
    if (at + takes > stored.length || done + length > out.length)
      throw broken(`the lines from ${line} can't be unpacked: a run leaves its chunk`);
    if (count < 0) out.set(stored.subarray(at, at + takes), done);
    else out.fill(stored[at] as number, done, done + length);
    at += takes;
    done += length;
  }
  if (done !== out.length) throw broken(`the lines from ${line} unpack to ${done} bytes; ${out.length} are needed`);
}

/**
 * Undoes the predictor b[k] = b[k-1] + b[k] - 128 and puts the two halves back to even and odd places, in one pass over
 * both halves at once; the second half's running sum begins with that of the whole first half.
 */
function undoFilter(packed: Uint8Array, out: Uint16Array): void {
  const half = out.length;
  let low = 128;
  let high = (sumOf(packed, half) + 128 * (half - 1)) & 255;
  // Four samples a step where both halves lie aligned, which is twice as fast; xor with 0x80 adds the predictor's 128.
  const steps = (packed.byteOffset | half | out.byteOffset) % 4 === 0 ? half >> 2 : 0;
  if (steps > 0) {
    const ends = undoSteps(packed, out, { steps, low, high });
    low = ends & 255;
    high = ends >>> 8;
  }
  for (let k = steps * 4, j = half + k; k < half; k += 1, j += 1) {
    low = (low + (packed[k] as number) + 128) & 255;
    high = (high + (packed[j] as number) + 128) & 255;
    out[k] = low | (high << 8);
  }
}

/** Both running sums at the end: the first half's in the lower byte, the second's in the upper. */
function undoSteps(
  packed: Uint8Array,
  out: Uint16Array,
  from: { readonly steps: number; readonly low: number; readonly high: number },
): number {
  const { steps } = from;
  const lows = new Int32Array(packed.buffer, packed.byteOffset, steps);
  const highs = new Int32Array(packed.buffer, packed.byteOffset + out.length, steps);
  const words = new Int32Array(out.buffer, out.byteOffset, steps * 2);
  let low = from.low;
  let high = from.high;
  for (let i = 0, k = 0; i < steps; i += 1, k += 2) {
    const x = (lows[i] as number) ^ 0x8080_8080;
    const y = (highs[i] as number) ^ 0x8080_8080;
    const a = low + (x & 255);
    const b = a + ((x >>> 8) & 255);
    const c = b + ((x >>> 16) & 255);
    const d = c + (x >>> 24);
    const e = high + (y & 255);
    const f = e + ((y >>> 8) & 255);
    const g = f + ((y >>> 16) & 255);
    const h = g + (y >>> 24);
    words[k] = (a & 255) | ((e & 255) << 8) | ((b & 255) << 16) | (f << 24);
    words[k + 1] = (c & 255) | ((g & 255) << 8) | ((d & 255) << 16) | (h << 24);
    low = d & 255;
    high = h & 255;
  }
  return low | (high << 8);
}

/** Sum of the first `count` bytes modulo 256, four at a time where they lie aligned. */
function sumOf(bytes: Uint8Array, count: number): number {
  let sum = 0;
  let from = 0;
  if (bytes.byteOffset % 4 === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, count >> 2);
    let even = 0;
    let odd = 0;
    for (let i = 0; i < words.length; i += 1) {
      const word = words[i] as number;
      even = (even + (word & 0xff_00ff)) & 0xff_00ff;
      odd = (odd + ((word >>> 8) & 0xff_00ff)) & 0xff_00ff;
    }
    sum = (even & 255) + (even >>> 16) + (odd & 255) + (odd >>> 16);
    from = words.length * 4;
  }
  for (let i = from; i < count; i += 1) sum += bytes[i] as number;
  return sum;
}
