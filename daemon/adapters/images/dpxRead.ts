/**
 * The built-in DPX reader: samples as whole numbers, 8 bits as they are, 10 and 12 bits widened to 16 by repeating their high
 * bits (0 stays 0, the largest becomes 65535), as other readers do. `dpxHead.ts` has proven that all lines are there. Runs on
 * little-endian machines, which x64 and arm64 are.
 */
import type { DpxHeader } from "./dpxHead.ts";

export const DPX_READER = "hotplate dpx 1";

/** Interleaved, row by row, width * height * channels. */
export function readDpx(file: Uint8Array, header: DpxHeader): Uint8Array | Uint16Array {
  const { width, height, channels, offset, rowBytes, stride } = header;
  const samples = width * channels;
  if (header.bits === 8) {
    const out = new Uint8Array(samples * height);
    for (let y = 0; y < height; y += 1)
      out.set(file.subarray(offset + y * stride, offset + y * stride + rowBytes), y * samples);
    return out;
  }
  const out = new Uint16Array(samples * height);
  // Lines lie at any byte; words need their place.
  const line = new Uint8Array(Math.ceil(rowBytes / 4) * 4);
  const unpack = unpacker(header);
  for (let y = 0; y < height; y += 1) {
    const from = offset + y * stride;
    line.set(file.subarray(from, from + rowBytes));
    unpack(line, out.subarray(y * samples, (y + 1) * samples));
  }
  return out;
}

type Unpack = (line: Uint8Array, out: Uint16Array) => void;

function unpacker({ bits, packing, littleEndian, channels }: DpxHeader): Unpack {
  // 8 bits have been copied as they are.
  if (bits === 8 || bits === 16) return (line, out) => words16(line, out, { littleEndian, shift: 0, bits: 16 });
  if (packing === "packed") {
    return (line, out) => bitStream(line, out, { littleEndian, bits });
  }
  if (bits === 12) {
    const shift = packing === "filledA" ? 4 : 0;
    return (line, out) => words16(line, out, { littleEndian, shift, bits: 12 });
  }
  const spare = packing === "filledA" ? 2 : 0;
  return (line, out) => threeInWord(line, out, { littleEndian, spare, lowFirst: channels === 1 });
}

function words16(
  line: Uint8Array,
  out: Uint16Array,
  of: { readonly littleEndian: boolean; readonly shift: number; readonly bits: 12 | 16 },
): void {
  const { shift } = of;
  const words = new Uint16Array(line.buffer, line.byteOffset, out.length);
  const wide = of.bits === 12;
  for (let i = 0; i < out.length; i += 1) {
    const word = words[i] as number;
    const value = of.littleEndian ? word : ((word << 8) & 0xff00) | (word >>> 8);
    const code = value >>> shift;
    out[i] = wide ? ((code & 0xfff) << 4) | ((code & 0xfff) >>> 8) : value;
  }
}

/** Three samples of 10 bits a word, two bits to spare. Of luma the first pixel stands in the low bits, of colours red in the high. */
function threeInWord(
  line: Uint8Array,
  out: Uint16Array,
  of: { readonly littleEndian: boolean; readonly spare: number; readonly lowFirst: boolean },
): void {
  const words = wordsOf(line, of.littleEndian);
  const first = of.spare + (of.lowFirst ? 0 : 20);
  const last = of.spare + (of.lowFirst ? 20 : 0);
  const middle = of.spare + 10;
  // Behind the last sample of a line there may be no whole word's worth: what is written there is cut off.
  for (let i = 0, at = 0; at < out.length; i += 1, at += 3) {
    const word = words[i] as number;
    const a = (word >>> first) & 1023;
    const b = (word >>> middle) & 1023;
    const c = (word >>> last) & 1023;
    out[at] = (a << 6) | (a >>> 4);
    out[at + 1] = (b << 6) | (b >>> 4);
    out[at + 2] = (c << 6) | (c >>> 4);
  }
}

/** One behind another, the first in the low bits of the first word. */
function bitStream(
  line: Uint8Array,
  out: Uint16Array,
  of: { readonly littleEndian: boolean; readonly bits: 10 | 12 },
): void {
  const words = wordsOf(line, of.littleEndian);
  const { bits } = of;
  const mask = (1 << bits) - 1;
  const up = 16 - bits;
  const down = bits * 2 - 16;
  for (let i = 0, bit = 0; i < out.length; i += 1, bit += bits) {
    const at = bit >>> 5;
    const shift = bit & 31;
    const low = (words[at] as number) >>> shift;
    const code = (shift + bits <= 32 ? low : low | ((words[at + 1] as number) << (32 - shift))) & mask;
    out[i] = (code << up) | (code >>> down);
  }
}

/** The line's 32-bit words in this machine's order; the line may be changed. */
function wordsOf(line: Uint8Array, littleEndian: boolean): Uint32Array {
  if (!littleEndian) Buffer.from(line.buffer, line.byteOffset, line.byteLength).swap32();
  return new Uint32Array(line.buffer, line.byteOffset, line.byteLength / 4);
}
