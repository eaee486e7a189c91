/**
 * The structure of an EXR, proven before anything is decoded or allocated: every chunk of every part lies inside the file,
 * stands where the window has a place for it, once, and is no longer than what it packs. Decoders deliver full frames for
 * half files with no word, whatever their compression, so this is looked at for every file, also for those that a tool decodes.
 */
import { broken } from "./byteSource.ts";
import type { ExrCompression, ExrFile, ExrHeader } from "./exrHeader.ts";
import { sampleBytes } from "./exrHeader.ts";
import { tileLevels } from "./exrTiles.ts";

export interface ExrChunk {
  /** First row of the chunk, counted from the data window's top. */
  readonly row: number;
  readonly rows: number;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * What the densest packing of a compression can make of a byte: a header that claims more is hostile, and nothing is
 * allocated for it. Deflate 1,032; runs of RLE 64; a PIZ run of 255 values takes 9 bits. Lossy ones have no such bound.
 */
const RATIO_MAX: Readonly<Partial<Record<ExrCompression, number>>> = {
  rle: 64,
  zips: 1_032,
  zip: 1_032,
  piz: 1_032,
  pxr24: 1_032,
};
/** Heads and tables of packed data, which short chunks hold little beside. */
const SLACK_BYTES = 64;

export function rowBytesOf(header: ExrHeader): number {
  return header.data[2] * header.channels.reduce((sum, channel) => sum + sampleBytes(channel), 0);
}

/** The chunks of a scanline file of one part, in the order of its table. */
export function scanlineChunks(file: Uint8Array, header: ExrHeader): readonly ExrChunk[] {
  const rowBytes = rowBytesOf(header);
  const { linesPerChunk, data, compression } = header;
  const seen = new Uint8Array(header.chunkCount);
  const chunks: ExrChunk[] = [];
  eachChunk(file, { header, headBytes: 8 }, (view, offset, name) => {
    const row = placeOfLine(view.getInt32(offset, true), { header, seen, name });
    const bytes = view.getInt32(offset + 4, true);
    const rows = Math.min(linesPerChunk, data[3] - row);
    checkBytes(bytes, { raw: rows * rowBytes, compression, name });
    if (offset + 8 + bytes > file.length) throw outside(name, bytes, { offset, file });
    chunks.push({ row, rows, offset: offset + 8, bytes });
  });
  return chunks;
}

/** Walks every part; throws HP-PLATE-BROKEN. */
export function proveStructure(bytes: Uint8Array, file: ExrFile): void {
  const [only] = file.parts;
  if (!file.multiPart && only?.tiles === null) {
    scanlineChunks(bytes, only);
    return;
  }
  file.parts.forEach((header, part) => provePart(bytes, { file, header, part }));
}

function provePart(
  bytes: Uint8Array,
  of: { readonly file: ExrFile; readonly header: ExrHeader; readonly part: number },
): void {
  const { header, part } = of;
  const before = of.file.multiPart ? 4 : 0;
  const headBytes = before + (header.tiles === null ? 8 : 20);
  // The tables stand one after another, so their end proves the size that `seen` is made for.
  const seen = new Uint8Array(tableFits(bytes, header));
  eachChunk(bytes, { header, headBytes }, (view, offset, name) => {
    if (before > 0 && view.getInt32(offset, true) !== part)
      throw broken(`${name} says that it belongs to part ${view.getInt32(offset, true)}, not ${part}`);
    const at = offset + before;
    let raw: number;
    if (header.tiles === null) {
      const row = placeOfLine(view.getInt32(at, true), { header, seen, name });
      raw = Math.min(header.linesPerChunk, header.data[3] - row) * rowBytesOf(header);
    } else {
      placeOfTile(view, at, { header, seen, name });
      raw = header.tiles.width * header.tiles.height * (rowBytesOf(header) / header.data[2]);
    }
    const size = view.getInt32(offset + headBytes - 4, true);
    if (size < 0 || size > raw) throw broken(`${name} says ${size} bytes for ${raw}`);
    if (offset + headBytes + size > bytes.length) throw outside(name, size, { offset, file: bytes });
  });
}

function tableFits(file: Uint8Array, { tableAt, chunkCount }: ExrHeader): number {
  const tableEnd = tableAt + chunkCount * 8;
  if (tableEnd > file.length)
    throw broken(`the EXR ends inside its chunk table (${file.length} bytes, ${tableEnd} needed)`);
  return chunkCount;
}

/** Calls `look` for every entry of a part's chunk table whose chunk has a head inside the file. */
function eachChunk(
  file: Uint8Array,
  of: { readonly header: ExrHeader; readonly headBytes: number },
  look: (view: DataView, offset: number, name: string) => void,
): void {
  const { tableAt, chunkCount } = of.header;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  tableFits(file, of.header);
  for (let i = 0; i < chunkCount; i += 1) {
    const offset = view.getUint32(tableAt + i * 8, true) + view.getUint32(tableAt + i * 8 + 4, true) * 2 ** 32;
    const name = `chunk ${i + 1} of ${chunkCount}`;
    if (offset === 0) throw broken(`${name} was never written: the EXR's writer did not finish`);
    if (offset < tableAt + chunkCount * 8 || offset + of.headBytes > file.length)
      throw broken(`${name} lies outside the file (byte ${offset} of ${file.length})`);
    look(view, offset, name);
  }
}

interface Place {
  readonly header: ExrHeader;
  readonly seen: Uint8Array;
  readonly name: string;
}

function placeOfLine(line: number, { header, seen, name }: Place): number {
  const { data, linesPerChunk } = header;
  const row = line - data[1];
  if (row < 0 || row >= data[3] || row % linesPerChunk !== 0)
    throw broken(`${name} names line ${line}, which no chunk begins with`);
  if (seen[row / linesPerChunk] === 1) throw broken(`line ${line} stands in two chunks`);
  seen[row / linesPerChunk] = 1;
  return row;
}

function placeOfTile(view: DataView, at: number, { header, seen, name }: Place): void {
  const [tx, ty, lx, ly] = [0, 4, 8, 12].map((i) => view.getInt32(at + i, true)) as [number, number, number, number];
  let before = 0;
  for (const level of header.tiles === null ? [] : tileLevels(header.tiles, header.data)) {
    if (level.lx === lx && level.ly === ly && tx >= 0 && ty >= 0 && tx < level.across && ty < level.down) {
      const place = before + ty * level.across + tx;
      if (seen[place] === 1) throw broken(`tile (${tx}, ${ty}) of level (${lx}, ${ly}) stands in two chunks`);
      seen[place] = 1;
      return;
    }
    before += level.across * level.down;
  }
  throw broken(`${name} names tile (${tx}, ${ty}) of level (${lx}, ${ly}), which does not exist`);
}

function checkBytes(
  bytes: number,
  of: { readonly raw: number; readonly compression: ExrCompression; readonly name: string },
): void {
  const { raw, compression, name } = of;
  if (bytes < 0 || bytes > raw) throw broken(`${name} says ${bytes} bytes for ${raw}`);
  const ratio = RATIO_MAX[compression];
  const least = compression === "none" ? raw : ratio === undefined ? 0 : raw / ratio - SLACK_BYTES;
  if (bytes < least) throw broken(`${name} has ${bytes} bytes, too few for its ${raw}`);
}

function outside(name: string, bytes: number, of: { readonly offset: number; readonly file: Uint8Array }): Error {
  return broken(`${name} has ${bytes} bytes at byte ${of.offset}; the file has ${of.file.length}`);
}
