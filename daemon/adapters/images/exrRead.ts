/**
 * The built-in OpenEXR reader: scanline, one part, compressions NONE, ZIPS and ZIP; half, float and uint; any channels and
 * windows; exact to the bit. The whole chunk table is proven before anything is allocated or decoded, because decoders are
 * known to return a full frame for a file cut at 60 % with no word (docs/qc.md). Runs on little-endian machines, which
 * x64 and arm64 are.
 */
import { inflateSync } from "node:zlib";
import { messageOf } from "../../domain/errors.ts";
import { broken, bytesSource } from "./byteSource.ts";
import type { ExrChannel, ExrHeader } from "./exrHeader.ts";
import { parseExrHeader, sampleBytes } from "./exrHeader.ts";

/** One channel over the data window, row by row: half as its bits, float, uint as they are. */
export type Plane =
  | { readonly name: string; readonly type: "half"; readonly data: Uint16Array }
  | { readonly name: string; readonly type: "float"; readonly data: Float32Array }
  | { readonly name: string; readonly type: "uint"; readonly data: Uint32Array };

export interface Exr {
  readonly header: ExrHeader;
  readonly planes: readonly Plane[];
}

interface ExrChunk {
  /** First row of the chunk, counted from the data window's top. */
  readonly row: number;
  readonly rows: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Deflate can't shrink more than this: a header that claims more is hostile, and nothing is allocated for it. */
const DEFLATE_RATIO_MAX = 1_032;

export function readExr(file: Uint8Array): Exr {
  const header = parseExrHeader(bytesSource(file));
  const rowBytes = header.data[2] * header.channels.reduce((sum, channel) => sum + sampleBytes(channel), 0);
  const chunks = walkChunks(file, header, rowBytes);
  const planes = header.channels.map((channel) => emptyPlane(channel, header.data[2] * header.data[3]));
  const unpacked = new Uint8Array(rowBytes * header.linesPerChunk);
  for (const chunk of chunks) {
    const raw = chunkBytes(file, chunk, { header, rowBytes, unpacked });
    spread(raw, chunk, { width: header.data[2], planes });
  }
  return { header, planes };
}

function emptyPlane({ name, type }: ExrChannel, pixels: number): Plane {
  switch (type) {
    case "half":
      return { name, type, data: new Uint16Array(pixels) };
    case "float":
      return { name, type, data: new Float32Array(pixels) };
    case "uint":
      return { name, type, data: new Uint32Array(pixels) };
  }
}

/** Every offset inside the file, every line inside the window and seen once, no chunk longer than its raw size. */
function walkChunks(file: Uint8Array, header: ExrHeader, rowBytes: number): readonly ExrChunk[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const { tableAt, chunkCount, linesPerChunk, data } = header;
  const tableEnd = tableAt + chunkCount * 8;
  if (tableEnd > file.length)
    throw broken(`the EXR ends inside its chunk table (${file.length} bytes, ${tableEnd} needed)`);
  const seen = new Uint8Array(chunkCount);
  const chunks: ExrChunk[] = [];
  for (let i = 0; i < chunkCount; i += 1) {
    const offset = view.getUint32(tableAt + i * 8, true) + view.getUint32(tableAt + i * 8 + 4, true) * 2 ** 32;
    if (offset === 0)
      throw broken(`chunk ${i + 1} of ${chunkCount} was never written: the EXR's writer did not finish`);
    if (offset < tableEnd || offset + 8 > file.length)
      throw broken(`chunk ${i + 1} of ${chunkCount} lies outside the file (byte ${offset} of ${file.length})`);
    const row = view.getInt32(offset, true) - data[1];
    const bytes = view.getInt32(offset + 4, true);
    if (row < 0 || row >= data[3] || row % linesPerChunk !== 0)
      throw broken(`chunk ${i + 1} names line ${row + data[1]}, which no chunk begins with`);
    if (seen[row / linesPerChunk] === 1) throw broken(`line ${row + data[1]} stands in two chunks`);
    seen[row / linesPerChunk] = 1;
    const rows = Math.min(linesPerChunk, data[3] - row);
    const raw = rows * rowBytes;
    if (bytes < 0 || bytes > raw || offset + 8 + bytes > file.length) {
      throw broken(`chunk ${i + 1} of ${chunkCount} has ${bytes} bytes at byte ${offset}; the file has ${file.length}`);
    }
    const least = header.compression === "none" ? raw : raw / DEFLATE_RATIO_MAX - 64;
    if (bytes < least) throw broken(`chunk ${i + 1} of ${chunkCount} has ${bytes} bytes, too few for its ${raw}`);
    chunks.push({ row, rows, offset: offset + 8, bytes });
  }
  return chunks;
}

function chunkBytes(
  file: Uint8Array,
  chunk: ExrChunk,
  of: { readonly header: ExrHeader; readonly rowBytes: number; readonly unpacked: Uint8Array },
): Uint8Array {
  const stored = file.subarray(chunk.offset, chunk.offset + chunk.bytes);
  const raw = chunk.rows * of.rowBytes;
  // Equal sizes mean "stored as it is": the writer found that packing gained nothing.
  if (of.header.compression === "none" || chunk.bytes === raw) return stored;
  const packed = inflate(stored, raw, chunk.row + of.header.data[1]);
  const out = of.unpacked.subarray(0, raw);
  unfilter(packed, out);
  return out;
}

function inflate(stored: Uint8Array, raw: number, line: number): Uint8Array {
  let packed: Uint8Array;
  try {
    // zlib refuses a chunkSize under 64.
    packed = inflateSync(stored, { maxOutputLength: raw, chunkSize: Math.max(64, raw) });
  } catch (error) {
    throw broken(`the lines from ${line} can't be unpacked: ${messageOf(error)}`);
  }
  if (packed.length !== raw) throw broken(`the lines from ${line} unpack to ${packed.length} bytes; ${raw} are needed`);
  return packed;
}

/** Undoes the byte predictor, then puts the two halves back to even and odd places. */
function unfilter(packed: Uint8Array, out: Uint8Array): void {
  const n = packed.length;
  let last = packed[0] as number;
  for (let k = 1; k < n; k += 1) {
    last = (last + (packed[k] as number) - 128) & 255;
    packed[k] = last;
  }
  const half = (n + 1) >> 1;
  for (let k = 0, even = 0; k < half; k += 1, even += 2) out[even] = packed[k] as number;
  for (let k = half, odd = 1; k < n; k += 1, odd += 2) out[odd] = packed[k] as number;
}

/** A line holds one whole row per channel, one after another. */
function spread(
  raw: Uint8Array,
  chunk: ExrChunk,
  to: { readonly width: number; readonly planes: readonly Plane[] },
): void {
  let at = 0;
  for (let line = 0; line < chunk.rows; line += 1) {
    const first = (chunk.row + line) * to.width;
    for (const plane of to.planes) {
      const bytes = to.width * plane.data.BYTES_PER_ELEMENT;
      const target = new Uint8Array(plane.data.buffer, first * plane.data.BYTES_PER_ELEMENT, bytes);
      target.set(raw.subarray(at, at + bytes));
      at += bytes;
    }
  }
}
