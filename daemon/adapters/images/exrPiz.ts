/**
 * OpenEXR's PIZ compression, undone: values that occur are numbered (a bitmap says which do), turned into wavelet
 * coefficients and entropy coded. Exact to the bit. A chunk holds one block per channel, so rows go straight to their
 * planes. Facts of the format: the OpenEXR library's ImfPizCompressor (BSD-3).
 */
import { broken } from "./byteSource.ts";
import type { HuffmanSpace } from "./exrHuffman.ts";
import { huffmanSpace, unpackHuffman } from "./exrHuffman.ts";
import { undoWavelet } from "./exrWavelet.ts";

const BITMAP_BYTES = 8_192;

/** Kept over the chunks of one file. */
export interface PizSpace {
  readonly words: Uint16Array;
  readonly lut: Uint16Array;
  readonly huffman: HuffmanSpace;
}

export function pizSpace(chunkBytes: number): PizSpace {
  return { words: new Uint16Array(chunkBytes / 2), lut: new Uint16Array(65_536), huffman: huffmanSpace() };
}

export interface PizChunk {
  readonly columns: number;
  readonly rows: number;
  /** Each channel's rows of this chunk as 16-bit words, `columns * rows * wordsPerSample` long, in the file's order. */
  readonly targets: readonly { readonly words: Uint16Array; readonly wordsPerSample: number }[];
}

/** Whatever `stored` holds: the targets are filled, or HP-PLATE-BROKEN is thrown. */
export function unpackPiz(stored: Uint8Array, chunk: PizChunk, space: PizSpace): void {
  if (stored.length < 8) throw broken("a PIZ chunk of the EXR is cut off");
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const [from, to] = [view.getUint16(0, true), view.getUint16(2, true)];
  if (from >= BITMAP_BYTES || to >= BITMAP_BYTES) throw broken("the bitmap of a PIZ chunk is out of range");
  const bitmapBytes = from <= to ? to - from + 1 : 0;
  const at = 4 + bitmapBytes;
  if (at + 4 > stored.length) throw broken("the bitmap of a PIZ chunk is cut off");
  const largest = fillLut(stored.subarray(4, at), from, space.lut);
  const bytes = view.getInt32(at, true);
  if (bytes < 0 || at + 4 + bytes > stored.length) throw broken("the data of a PIZ chunk are cut off");
  const total = chunk.targets.reduce((sum, { words }) => sum + words.length, 0);
  const words = space.words.subarray(0, total);
  unpackHuffman(stored.subarray(at + 4, at + 4 + bytes), words, space.huffman);
  let start = 0;
  for (const target of chunk.targets) {
    const { wordsPerSample: step } = target;
    const { columns, rows } = chunk;
    for (let part = 0; part < step; part += 1) {
      const stride = columns * step;
      undoWavelet({ words, start: start + part, columns, rows, step, stride }, largest);
    }
    lookUp(words, start, { lut: space.lut, to: target.words });
    start += target.words.length;
  }
}

/** Number -> value, for every value whose bit is set; 0 always has the number 0. Gives the largest number. */
function fillLut(bitmap: Uint8Array, firstByte: number, lut: Uint16Array): number {
  lut[0] = 0;
  let next = 1;
  for (let i = 0; i < bitmap.length; i += 1) {
    const bits = bitmap[i] as number;
    for (let bit = 0; bit < 8; bit += 1) {
      const value = (firstByte + i) * 8 + bit;
      if ((bits & (1 << bit)) === 0 || value === 0) continue;
      lut[next] = value;
      next += 1;
    }
  }
  lut.fill(0, next);
  return next - 1;
}

function lookUp(words: Uint16Array, start: number, by: { readonly lut: Uint16Array; readonly to: Uint16Array }): void {
  const { lut, to } = by;
  const end = to.length;
  for (let i = 0, at = start; i < end; i += 1, at += 1) to[i] = lut[words[at] as number] as number;
}
