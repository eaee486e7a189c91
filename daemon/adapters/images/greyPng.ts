/**
 * What most masks are, a PNG of grey in 8 bits, decoded here: it packs so well that the general decoder's own work is most of the time (4096 x 2160:
 * 2 to 5 ms where sharp takes 8 to 20). Whatever is not plainly that, or is wrong with it, is left to the general decoder and its words.
 */
import { inflateSync } from "node:zlib";
import { bytesSource } from "./byteSource.ts";
import { readHead } from "./head.ts";
import { walkPng } from "./pngHead.ts";

export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  /** One a pixel, in memory that nobody else holds. */
  readonly samples: Uint8Array;
}

/** Behind the signature and the width and height of IHDR (W3C PNG, 11.2.1): 8 bits, grey, deflate, the five filters, not interlaced. */
const GREY_8 = [8, 0, 0, 0, 0] as const;
const DEPTH_AT = 24;
/** More room than is needed, so that the engine never asks for more. */
const ROOM = 64;

/** null: another kind of file, or one that only a decoder can say more of. Damaged chunks: HP-PLATE-BROKEN. */
export function greyPng(bytes: Uint8Array): GreyPicture | null {
  const source = bytesSource(bytes);
  const head = readHead(source);
  if (head.format !== "png" || head.channels !== 1) return null;
  if (GREY_8.some((value, i) => bytes[DEPTH_AT + i] !== value)) return null;
  walkPng(source);
  const { width, height } = head;
  const chunks = pictureChunks(bytes);
  const lines = chunks === null ? null : inflated(Buffer.concat(chunks), (width + 1) * height);
  if (lines === null || !unfiltered(lines, width, height)) return null;
  for (let y = 0; y < height; y += 1) lines.copyWithin(y * width, y * (width + 1) + 1, (y + 1) * (width + 1));
  return { width, height, samples: lines.subarray(0, width * height) };
}

/** Of a file whose chunks were walked over; null: they are not in order, or one of them must be known and is not. */
function pictureChunks(bytes: Uint8Array): readonly Uint8Array[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks: Uint8Array[] = [];
  let behind = false;
  for (let at = AFTER_IHDR; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === IEND) break;
    if (type === IDAT) {
      if (behind) return null;
      chunks.push(bytes.subarray(at + 8, at + 8 + length));
    } else {
      if ((type & ANCILLARY) === 0) return null;
      behind = chunks.length > 0;
    }
    at += length + 12;
  }
  return chunks;
}

const AFTER_IHDR = 8 + 25;
/** Set in the first letter of what a decoder need not know (W3C PNG, 5.4). */
const ANCILLARY = 0x20000000;
const IDAT = 0x49444154;
const IEND = 0x49454e44;

/** null: it is not so long, or the stream is damaged, or something stands behind it. */
function inflated(stored: Uint8Array, length: number): Uint8Array | null {
  try {
    const { buffer, engine } = inflateSync(stored, {
      info: true,
      chunkSize: length + ROOM,
      maxOutputLength: length + ROOM,
    }) as unknown as { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };
    return buffer.length === length && engine.bytesWritten === stored.length ? buffer : null;
  } catch {
    return null;
  }
}

/** Undoes each line's filter in place (W3C PNG, 9.2); false: one has a filter that does not exist. */
function unfiltered(lines: Uint8Array, width: number, height: number): boolean {
  // Above the first line stands nothing.
  let above: Uint8Array = new Uint8Array(width + 1);
  for (let y = 0; y < height; y += 1) {
    const line = lines.subarray(y * (width + 1), (y + 1) * (width + 1));
    const filter = line[0] as number;
    if (filter === 1) undoSub(line);
    else if (filter === 2) undoUp(line, above);
    else if (filter === 3) undoAverage(line, above);
    else if (filter === 4) undoPaeth(line, above);
    else if (filter !== 0) return false;
    // The filter's number stands where a pixel left of the first would.
    line[0] = 0;
    above = line;
  }
  return true;
}

function undoSub(line: Uint8Array): void {
  let left = 0;
  for (let x = 1; x < line.length; x += 1) {
    left = ((line[x] as number) + left) & 255;
    line[x] = left;
  }
}

function undoUp(line: Uint8Array, above: Uint8Array): void {
  for (let x = 1; x < line.length; x += 1) line[x] = (line[x] as number) + (above[x] as number);
}

function undoAverage(line: Uint8Array, above: Uint8Array): void {
  let left = 0;
  for (let x = 1; x < line.length; x += 1) {
    left = ((line[x] as number) + ((left + (above[x] as number)) >> 1)) & 255;
    line[x] = left;
  }
}

function undoPaeth(line: Uint8Array, above: Uint8Array): void {
  let left = 0;
  let corner = 0;
  for (let x = 1; x < line.length; x += 1) {
    const up = above[x] as number;
    const toLeft = Math.abs(up - corner);
    const toUp = Math.abs(left - corner);
    const toCorner = Math.abs(left + up - 2 * corner);
    const guess = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    left = ((line[x] as number) + guess) & 255;
    line[x] = left;
    corner = up;
  }
}
