/**
 * TIFF 6 and BigTIFF: the first directory's tags. What a decoder would silently change is refused here: CMYK, Lab, min-is-white,
 * 16-bit float, 32-bit integers. Associated alpha (tag 338 = 1) is told, for tiffAlpha.ts to divide by. Further directories (thumbnails, pyramids) are not looked at.
 */
import { LIMITS } from "../../domain/limits.ts";
import type { ByteSource } from "./byteSource.ts";
import { broken, notReadable } from "./byteSource.ts";
import type { Head } from "./head.ts";

/** The tag that says what kind of alpha it is. */
export const EXTRA_SAMPLES = 338;
const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  orientation: 274,
  samples: 277,
  extra: EXTRA_SAMPLES,
  format: 339,
  profile: 34675,
} as const;
const ENTRIES_MAX = 4_096;
/** Values of one tag that are read: bits, formats and extra samples have one per channel. */
const VALUES_MAX = 64;
/** Field type -> bytes per value; only whole numbers matter here. */
const SIZES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };

type Tags = ReadonlyMap<number, readonly number[]>;

export function tiffHead(source: ByteSource): Head {
  const tags = readTags(source);
  const one = (tag: number, otherwise: number) => tags.get(tag)?.[0] ?? otherwise;
  const width = one(TAG.width, 0);
  const height = one(TAG.height, 0);
  const samples = one(TAG.samples, 1);
  const bits = tags.get(TAG.bits) ?? [1];
  const photometric = one(TAG.photometric, -1);
  const colour = colourOf(photometric);
  const colours = photometric === 3 || colour === "grey" ? 1 : 3;
  if (samples < colours || samples > LIMITS.exrChannelsMax) throw broken(`the TIFF says ${samples} samples a pixel`);
  const alpha = alphaOf(samples - colours);
  const depth = depthOf(tags, bits);
  const turned = one(TAG.orientation, 1) >= 5;
  return {
    format: "tiff",
    width: turned ? height : width,
    height: turned ? width : height,
    channels: (colour === "grey" ? 1 : 3) + (alpha ? 1 : 0),
    ...depth,
    orientation: one(TAG.orientation, 1),
    colour,
    alpha,
    ...(alpha && tags.get(TAG.extra)?.[0] === 1 ? { associated: true } : {}),
    profile: tags.has(TAG.profile),
    ...leastBytes(one(TAG.compression, 1), Math.floor((width * height * samples * depth.bitDepth) / 8)),
  };
}

/** The densest that each lossless packing can be; others have no such bound. */
const RATIO_MAX: Readonly<Record<number, number>> = { 1: 1, 5: 2_600, 8: 1_032, 32_773: 64, 32_946: 1_032 };

function leastBytes(compression: number, raw: number): Pick<Head, "bytesMin"> {
  const ratio = RATIO_MAX[compression];
  return ratio === undefined ? {} : { bytesMin: Math.floor(raw / ratio) };
}

function colourOf(photometric: number): "grey" | "rgb" {
  switch (photometric) {
    case 1:
      return "grey";
    case 2:
    case 3:
    case 6:
      return "rgb";
    case 0:
      throw notReadable("a TIFF in which 0 is white can't be read", "Convert it to RGB.");
    case 5:
      throw notReadable("a CMYK TIFF can't be read", "Convert it to RGB.");
    default:
      throw notReadable(`a TIFF of photometric kind ${photometric} can't be read`, "Convert it to RGB.");
  }
}

function alphaOf(extra: number): boolean {
  if (extra === 0) return false;
  if (extra > 1)
    throw notReadable(`a TIFF with ${extra} channels beside its colours can't be read yet`, "Save RGB or RGBA.");
  return true;
}

function depthOf(tags: Tags, bits: readonly number[]): Pick<Head, "bitDepth" | "sampleType"> {
  const depth = bits[0] ?? 0;
  if (bits.some((each) => each !== depth))
    throw notReadable(`a TIFF whose channels have ${bits.join(", ")} bits can't be read`);
  const format = tags.get(TAG.format)?.[0] ?? 1;
  if (format === 3 && depth === 32) return { bitDepth: 32, sampleType: "float" };
  if (format !== 3 && format !== 2 && (depth === 8 || depth === 16)) return { bitDepth: depth, sampleType: "uint" };
  const kind = format === 3 ? "float" : format === 2 ? "signed integer" : "integer";
  throw notReadable(
    `a TIFF with ${depth}-bit ${kind} samples can't be read yet`,
    "Save 8 or 16-bit integers or 32-bit float.",
  );
}

function readTags(source: ByteSource): Tags {
  const { entries, reader } = tiffDirectory(source);
  const tags = new Map<number, readonly number[]>();
  for (const { tag, type, count, from } of entries) {
    const size = SIZES[type];
    if (size === undefined) {
      tags.set(tag, []);
      continue;
    }
    // Strip offsets and other long lists say nothing here.
    if (count > VALUES_MAX) continue;
    tags.set(
      tag,
      Array.from({ length: count }, (_, k) => reader(from() + k * size, size)),
    );
  }
  return tags;
}

export interface TiffEntry {
  readonly tag: number;
  /** The format's number: 2 text, 3 a short, 4 a long, 5 a ratio of longs. */
  readonly type: number;
  readonly count: number;
  /** Byte at which its values begin. */
  readonly from: () => number;
}

/** Bytes of a value by type: with those that only `headerFacts` reads. */
const VALUE_BYTES: Readonly<Record<number, number>> = { ...SIZES, 2: 1, 5: 8, 7: 1 };

/** The first directory, and how numbers of its file are read. */
export function tiffDirectory(source: ByteSource): {
  readonly entries: readonly TiffEntry[];
  readonly reader: (at: number, size: number) => number;
} {
  const start = Buffer.from(source.take(0, Math.min(16, source.bytes)));
  if (start.length < 8) throw broken("the TIFF ends inside its header");
  const little = start.toString("latin1", 0, 2) === "II";
  const big = (little ? start.readUInt16LE(2) : start.readUInt16BE(2)) === 43;
  const reader = numberReader(source, little);
  const directory = big ? reader(8, 8) : reader(4, 4);
  const length = reader(directory, big ? 8 : 2);
  if (length === 0 || length > ENTRIES_MAX) throw broken(`the TIFF directory says ${length} entries`);
  const [entryBytes, inlineBytes] = big ? [20, 8] : [12, 4];
  const entries = Array.from({ length }, (_, i): TiffEntry => {
    const at = directory + (big ? 8 : 2) + i * entryBytes;
    const [tag, type, count] = [reader(at, 2), reader(at + 2, 2), reader(at + 4, inlineBytes)];
    const where = at + 4 + inlineBytes;
    const inline = count * (VALUE_BYTES[type] ?? 1) <= inlineBytes;
    return { tag, type, count, from: () => (inline ? where : reader(where, inlineBytes)) };
  });
  return { entries, reader };
}

/** Reads an unsigned number of 1, 2, 4 or 8 bytes. */
function numberReader(source: ByteSource, little: boolean): (at: number, size: number) => number {
  return (at, size) => {
    const data = Buffer.from(source.take(at, size));
    if (size === 8) return Number(little ? data.readBigUInt64LE(0) : data.readBigUInt64BE(0));
    return little ? data.readUIntLE(0, size) : data.readUIntBE(0, size);
  };
}
