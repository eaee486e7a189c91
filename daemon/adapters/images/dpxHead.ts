/**
 * DPX (SMPTE 268M) headers, of either byte order: one image element of RGB, RGBA or luma, unsigned integers of 8, 10, 12 or 16
 * bits. Everything else that the format knows is refused by name. That every line is inside the file is proven here: a cut
 * DPX is no error for the usual tools, which fill in what is missing.
 */
import type { ByteSource } from "./byteSource.ts";
import { broken, notReadable } from "./byteSource.ts";
import type { Head } from "./head.ts";

export interface DpxHeader {
  readonly littleEndian: boolean;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly bits: 8 | 10 | 12 | 16;
  /**
   * Where the samples of 10 and 12 bits stand: one behind another in 32-bit words, the first in the low bits (packed), or
   * in words of 32 (10 bits) or 16 (12 bits) with the spare bits at the low (filledA) or high end (filledB).
   */
  readonly packing: "packed" | "filledA" | "filledB";
  /** Byte at which the first line begins. */
  readonly offset: number;
  /** Bytes of a line, and from one line to the next. */
  readonly rowBytes: number;
  readonly stride: number;
}

const HEADER_BYTES = 2_048;
const UNDEFINED = 0xffff_ffff;
const DESCRIPTORS: Readonly<Record<number, DpxHeader["channels"]>> = { 6: 1, 50: 3, 51: 4 };
const OTHER_DESCRIPTORS: Readonly<Record<number, string>> = {
  1: "red only",
  2: "green only",
  3: "blue only",
  4: "alpha only",
  7: "chrominance",
  8: "depth",
  9: "composite video",
  52: "ABGR",
  100: "YCbCr 4:2:2",
  101: "YCbCr with alpha 4:2:2",
  102: "YCbCr 4:4:4",
  103: "YCbCr with alpha 4:4:4",
};
const PACKINGS = ["packed", "filledA", "filledB"] as const;
const CONVERT = "Convert it: oiiotool IN -d uint10 -o OUT.dpx, or to EXR or TIFF.";
export function parseDpx(source: ByteSource): DpxHeader {
  if (source.bytes < HEADER_BYTES) throw broken(`the DPX ends inside its header (${source.bytes} bytes)`);
  const bytes = Buffer.from(source.take(0, HEADER_BYTES));
  const littleEndian = bytes.toString("latin1", 0, 4) === "XPDS";
  const u16 = (at: number): number => (littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number): number => (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const elements = u16(770);
  if (elements > 1 && elements <= 8)
    throw notReadable(`a DPX with its channels in ${elements} elements can't be read`, CONVERT);
  if (elements !== 1) throw broken(`the DPX says ${elements} elements; there are 1 to 8`);
  const turned = u16(768);
  if (turned !== 0 && turned !== 0xffff)
    throw notReadable(`a DPX that is stored mirrored or turned (orientation ${turned}) can't be read`, CONVERT);
  const descriptor = bytes.readUInt8(800);
  const channels = DESCRIPTORS[descriptor];
  if (channels === undefined) {
    const name = OTHER_DESCRIPTORS[descriptor] ?? `of element kind ${descriptor}`;
    throw notReadable(`a DPX with ${name} can't be read`, CONVERT);
  }
  if (u32(780) === 1) throw notReadable("a DPX with signed samples can't be read", CONVERT);
  if (u16(806) !== 0) throw notReadable("a run-length encoded DPX can't be read", CONVERT);
  const bits = bytes.readUInt8(803);
  if (bits !== 8 && bits !== 10 && bits !== 12 && bits !== 16)
    throw notReadable(`a DPX with ${bits} bits a sample can't be read`, CONVERT);
  const packing = PACKINGS[u16(804)];
  if (packing === undefined) throw notReadable(`a DPX with packing ${u16(804)} can't be read`, CONVERT);
  const [width, height] = [u32(772), u32(776)];
  if (width < 1 || height < 1 || width > 2 ** 24 || height > 2 ** 24)
    throw broken(`the DPX says ${width} x ${height} px`);
  const offset = [u32(808), u32(4)].find((each) => each !== 0 && each !== UNDEFINED) ?? 0;
  const padding = u32(812) === UNDEFINED ? 0 : u32(812);
  const row = rowBytesOf(width * channels, { bits, packing });
  const lines = { source, offset, height, padding, row, wholeWords: bits === 8 || bits === 16 };
  const stride = strideOf(lines);
  return { littleEndian, width, height, channels, bits, packing, offset, rowBytes: row, stride };
}

function rowBytesOf(samples: number, of: Pick<DpxHeader, "bits" | "packing">): number {
  const { bits, packing } = of;
  if (bits === 8 || bits === 16) return (samples * bits) / 8;
  if (packing === "packed") return Math.ceil((samples * bits) / 32) * 4;
  return bits === 10 ? Math.ceil(samples / 3) * 4 : samples * 2;
}

/** Where the file is exactly as long as lines padded to whole 32-bit words are, they are padded; some writers do that. */
function strideOf(of: {
  readonly source: ByteSource;
  readonly offset: number;
  readonly height: number;
  readonly padding: number;
  readonly row: number;
  readonly wholeWords: boolean;
}): number {
  const { source, offset, height, row } = of;
  if (offset < 1_408 || offset > source.bytes)
    throw broken(`the DPX says that its picture begins at byte ${offset} of ${source.bytes}`);
  const padded = Math.ceil(row / 4) * 4;
  const there = source.bytes - offset;
  const stride = of.padding === 0 && of.wholeWords && there === padded * height ? padded : row + of.padding;
  const needed = offset + stride * (height - 1) + row;
  if (needed > source.bytes)
    throw broken(`the DPX ends early: it has ${source.bytes} bytes, its ${height} lines need ${needed}`);
  return stride;
}

export function dpxHead(source: ByteSource): Head {
  const { width, height, channels, bits } = parseDpx(source);
  return {
    format: "dpx",
    width,
    height,
    channels,
    bitDepth: bits,
    sampleType: "uint",
    orientation: 1,
    colour: channels === 1 ? "grey" : "rgb",
    alpha: channels === 4,
    profile: false,
  };
}
