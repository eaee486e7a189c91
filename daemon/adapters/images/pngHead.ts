/**
 * PNG (W3C PNG, third edition): header from the first chunks, and a walk over all chunks with their checksums. The walk
 * proves structure without a decoder; decoders are known to return whole frames for half files.
 */
import { crc32 } from "node:zlib";
import type { ByteSource } from "./byteSource.ts";
import { broken } from "./byteSource.ts";
import type { Head } from "./head.ts";

const SIGNATURE_BYTES = 8;
/** A picture has a few ancillary chunks and one or many IDAT; more before the first IDAT is an attack on our time. */
const CHUNKS_BEFORE_DATA_MAX = 1_000;

interface Chunk {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
}

function chunkAt(source: ByteSource, at: number): Chunk {
  const head = Buffer.from(source.take(at, 8));
  const length = head.readUInt32BE(0);
  const type = head.toString("latin1", 4, 8);
  if (length > 0x7fff_ffff || !/^[A-Za-z]{4}$/.test(type)) throw broken(`no PNG chunk stands at byte ${at}`);
  return { type, offset: at + 8, length };
}

export function pngHead(source: ByteSource): Head {
  const first = chunkAt(source, SIGNATURE_BYTES);
  if (first.type !== "IHDR" || first.length !== 13) throw broken("the PNG does not begin with IHDR");
  const ihdr = Buffer.from(source.take(first.offset, 13));
  const depth = ihdr.readUInt8(8);
  const kind = ihdr.readUInt8(9);
  const legal = DEPTHS[kind];
  if (legal === undefined || !legal.includes(depth))
    throw broken(`PNG colour type ${kind} with ${depth} bits does not exist`);
  const before = chunksBeforeData(source, first.offset + 13 + 4);
  const alpha = kind === 4 || kind === 6 || before.has("tRNS");
  const colour = kind === 0 || kind === 4 ? "grey" : "rgb";
  const [width, height] = [ihdr.readUInt32BE(0), ihdr.readUInt32BE(4)];
  const lineBytes = 1 + Math.ceil((width * depth * (SAMPLES[kind] ?? 1)) / 8);
  return {
    format: "png",
    width,
    height,
    bytesMin: Math.floor((lineBytes * height) / DEFLATE_RATIO_MAX),
    channels: (colour === "grey" ? 1 : 3) + (alpha ? 1 : 0),
    bitDepth: depth === 16 ? 16 : 8,
    sampleType: "uint",
    orientation: 1,
    colour,
    alpha,
    profile: before.has("iCCP"),
  };
}

/** Deflate packs no denser: a header that claims more is hostile, and nothing is allocated for it. */
const DEFLATE_RATIO_MAX = 1_032;
/** Colour type -> samples a pixel. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Colour type -> bit depths that the standard allows. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

function chunksBeforeData(source: ByteSource, from: number): ReadonlySet<string> {
  const types = new Set<string>();
  let at = from;
  for (let i = 0; i < CHUNKS_BEFORE_DATA_MAX; i += 1) {
    const chunk = chunkAt(source, at);
    if (chunk.type === "IDAT" || chunk.type === "IEND") return types;
    types.add(chunk.type);
    at = chunk.offset + chunk.length + 4;
  }
  throw broken(`the PNG has more than ${CHUNKS_BEFORE_DATA_MAX} chunks before its picture`);
}

/** Every chunk lies inside the file, its checksum is right, IEND ends the picture. Throws HP-PLATE-BROKEN. */
export function walkPng(source: ByteSource): void {
  let at = SIGNATURE_BYTES;
  let data = 0;
  for (;;) {
    if (at >= source.bytes) throw broken(`the PNG has no end: it stops at byte ${source.bytes}`);
    const chunk = chunkAt(source, at);
    const whole = source.take(chunk.offset - 4, chunk.length + 8);
    const stored = new DataView(whole.buffer, whole.byteOffset + chunk.length + 4, 4).getUint32(0);
    if (crc32(whole.subarray(0, chunk.length + 4)) !== stored) {
      throw broken(`the checksum of PNG chunk ${chunk.type} at byte ${at} is wrong`);
    }
    if (chunk.type === "IDAT") data += chunk.length;
    if (chunk.type === "IEND") break;
    at = chunk.offset + chunk.length + 4;
  }
  if (data === 0) throw broken("the PNG holds no picture");
}

/** Signature (8), IHDR's length, type, data and checksum (25): what follows stands before the picture. */
const AFTER_IHDR = 33;

/** The PNG with one more chunk right after its header. */
export function insertChunk(png: Uint8Array, type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([
    png.subarray(0, AFTER_IHDR),
    frame.subarray(0, 4),
    body,
    frame.subarray(4),
    png.subarray(AFTER_IHDR),
  ]);
}
