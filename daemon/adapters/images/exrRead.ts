/**
 * The built-in OpenEXR reader: scanline, one part, compressions NONE, RLE, ZIPS, ZIP and PIZ; half, float and uint; any
 * channels and windows, in any order of lines; exact to the bit. The whole chunk table is proven before anything is
 * allocated or decoded (exrChunks.ts). Runs on little-endian machines, which x64 and arm64 are.
 */
import { bytesSource } from "./byteSource.ts";
import type { ExrChunk } from "./exrChunks.ts";
import { rowBytesOf, scanlineChunks } from "./exrChunks.ts";
import { beyondBuiltIn, notBuiltIn } from "./exrHead.ts";
import type { ExrChannel, ExrHeader } from "./exrHeader.ts";
import { parseExrFile, pictureOf } from "./exrHeader.ts";
import { pizSpace, unpackPiz } from "./exrPiz.ts";
import { unpackRle, unpackSpace, unpackZip } from "./exrUnpack.ts";

/** One channel over the data window, row by row: half as its bits, float, uint as they are. */
export type Plane =
  | { readonly name: string; readonly type: "half"; readonly data: Uint16Array }
  | { readonly name: string; readonly type: "float"; readonly data: Float32Array }
  | { readonly name: string; readonly type: "uint"; readonly data: Uint32Array };

export interface Exr {
  readonly header: ExrHeader;
  readonly planes: readonly Plane[];
}

export function readExr(bytes: Uint8Array): Exr {
  const file = parseExrFile(bytesSource(bytes));
  const beyond = beyondBuiltIn(file);
  if (beyond !== null) throw notBuiltIn(beyond);
  const header = pictureOf(file);
  const chunks = scanlineChunks(bytes, header);
  const planes = header.channels.map((channel) => emptyPlane(channel, header.data[2] * header.data[3]));
  const unpack = unpacker(header);
  for (const chunk of chunks) {
    const stored = bytes.subarray(chunk.offset, chunk.offset + chunk.bytes);
    unpack(stored, chunk, planes);
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

type Unpack = (stored: Uint8Array, chunk: ExrChunk, planes: readonly Plane[]) => void;

/** What is needed for one chunk is allocated once a file. */
function unpacker(header: ExrHeader): Unpack {
  const packed = packedKind(header);
  const rowBytes = rowBytesOf(header);
  const width = header.data[2];
  return (stored, chunk, planes) => {
    // Equal sizes mean "stored as it is": the writer found that packing gained nothing.
    if (packed === null || stored.length === chunk.rows * rowBytes) spread(stored, chunk, { width, planes });
    else packed(stored, chunk, planes);
  };
}

function packedKind(header: ExrHeader): Unpack | null {
  const { compression } = header;
  if (compression === "none") return null;
  const width = header.data[2];
  const rowBytes = rowBytesOf(header);
  const chunkBytes = rowBytes * Math.min(header.linesPerChunk, header.data[3]);
  if (compression === "piz") {
    const space = pizSpace(chunkBytes);
    return (stored, chunk, planes) => unpackPiz(stored, pizChunk(chunk, { width, planes }), space);
  }
  const out = new Uint16Array(chunkBytes / 2);
  const space = unpackSpace(chunkBytes);
  const unpack = compression === "rle" ? unpackRle : unpackZip;
  return (stored, chunk, planes) => {
    const lines = out.subarray(0, (chunk.rows * rowBytes) / 2);
    unpack(stored, lines, { ...space, line: chunk.row + header.data[1] });
    spread(new Uint8Array(lines.buffer, lines.byteOffset, lines.byteLength), chunk, { width, planes });
  };
}

interface Target {
  readonly width: number;
  readonly planes: readonly Plane[];
}

function pizChunk(chunk: ExrChunk, { width, planes }: Target): Parameters<typeof unpackPiz>[1] {
  const targets = planes.map((plane) => {
    const wordsPerSample = plane.data.BYTES_PER_ELEMENT / 2;
    const start = chunk.row * width * plane.data.BYTES_PER_ELEMENT;
    const words = new Uint16Array(plane.data.buffer, start, chunk.rows * width * wordsPerSample);
    return { words, wordsPerSample };
  });
  return { columns: width, rows: chunk.rows, targets };
}

/** A line holds one whole row per channel, one after another. */
function spread(raw: Uint8Array, chunk: ExrChunk, { width, planes }: Target): void {
  let at = 0;
  for (let line = 0; line < chunk.rows; line += 1) {
    const first = (chunk.row + line) * width;
    for (let k = 0; k < planes.length; k += 1) {
      const plane = planes[k] as Plane;
      const bytes = width * plane.data.BYTES_PER_ELEMENT;
      const target = new Uint8Array(plane.data.buffer, first * plane.data.BYTES_PER_ELEMENT, bytes);
      target.set(raw.subarray(at, at + bytes));
      at += bytes;
    }
  }
}
