/**
 * What the first bytes of an image say, by content and never by name: half a millisecond a file, where starting any tool
 * costs hundreds. A kind that Hotplate can't read is refused here with its name, before a decoder sees it. The facts are
 * the file's own; whether the pixels are there is `loadFrame`'s business.
 */
import type { ImageHeader } from "../../ports.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { ByteSource } from "./byteSource.ts";
import type { HotplateError } from "../../domain/errors.ts";
import { broken, notReadable, tooLarge } from "./byteSource.ts";
import { dpxHead } from "./dpxHead.ts";
import { exrHead } from "./exrHead.ts";
import { jpegHead } from "./jpegHead.ts";
import { pngHead } from "./pngHead.ts";
import type { ToolName } from "./toolFind.ts";
import { tiffHead } from "./tiffHead.ts";
import { webpHead } from "./webpHead.ts";

/** A header plus what a decoder must know. Width and height are as people see the picture (EXIF orientation applied). */
export interface Head extends ImageHeader {
  readonly sampleType: "uint" | "float";
  /** EXIF's 1..8; 1 is upright. */
  readonly orientation: number;
  readonly colour: "grey" | "rgb";
  readonly alpha: boolean;
  /** Of a TIFF: what is stored are colours times alpha. */
  readonly associated?: true;
  /** An embedded ICC profile. */
  readonly profile: boolean;
  /** What a file of this size and packing has at the very least, bytes; absent: its packing has no such bound. */
  readonly bytesMin?: number;
  /** What no reader of ours decodes, and the tools that do (frameTools.ts), the preferred one first. */
  readonly beyond?: { readonly what: string; readonly tools: readonly ToolName[] };
}

export function readHead(source: ByteSource): Head {
  if (source.bytes === 0) throw broken("the file is empty (0 bytes)");
  const start = source.take(0, Math.min(16, source.bytes));
  const head = headOf(source, start);
  if (head.width < 1 || head.height < 1) throw broken(`the header says ${head.width} x ${head.height} px`);
  if (head.width * head.height > LIMITS.imagePixelsMax) {
    throw tooManyPixels(head.width, head.height);
  }
  if (head.bytesMin !== undefined && source.bytes < head.bytesMin)
    throw broken(
      `the header says ${head.width} x ${head.height} px, which no packing fits into the file's ${source.bytes} bytes`,
    );
  const bytes =
    head.width * head.height * head.channels * (head.sampleType === "float" ? 4 : Math.ceil(head.bitDepth / 8));
  if (bytes > LIMITS.imageDecodedBytesMax) {
    throw tooLarge(`decoded it would take ${bytes} bytes; at most ${LIMITS.imageDecodedBytesMax} are read`);
  }
  return head;
}

export function tooManyPixels(width: number, height: number): HotplateError {
  return tooLarge(`${width} x ${height} px are ${width * height} pixels; at most ${LIMITS.imagePixelsMax} are read`);
}

/** The public part. */
export function publicHeader(head: Head): ImageHeader {
  const { format, width, height, channels, bitDepth } = head;
  return { format, width, height, channels, bitDepth };
}

function headOf(source: ByteSource, start: Uint8Array): Head {
  const hex = Buffer.from(start).toString("hex");
  const text = Buffer.from(start).toString("latin1");
  if (hex.startsWith("89504e470d0a1a0a")) return pngHead(source);
  if (hex.startsWith("ffd8ff")) return jpegHead(source);
  if (/^(49492a00|4d4d002a|49492b00|4d4d002b)/.test(hex)) return tiffHead(source);
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return webpHead(source);
  if (hex.startsWith("762f3101")) return exrHead(source);
  if (text.startsWith("SDPX") || text.startsWith("XPDS")) return dpxHead(source);
  const known = KNOWN.find(([pattern]) => pattern.test(text));
  if (known !== undefined) throw notReadable(`${known[1]} can't be read yet`);
  const signatures = [
    "89504e470d0a1a0a",
    "ffd8ff",
    "49492a00",
    "4d4d002a",
    "52494646",
    "762f3101",
    "53445058",
    "58504453",
  ];
  if (signatures.some((signature) => signature.startsWith(hex)))
    throw broken(`the file ends inside its first bytes (${source.bytes})`);
  if (/^0+$/.test(hex)) throw broken("the file begins with zeros: a copy that was not finished, or a lost write");
  throw notReadable("the file is no image that Hotplate knows");
}

/** Kinds that people have, named so that the refusal says what they dropped. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/^GIF8/, "GIF"],
  [/^BM/, "BMP"],
  [/^8BPS/, "Photoshop PSD"],
  [/^#\?(RADIANCE|RGBE)/, "Radiance HDR"],
  [/^.{4}ftyp(avif|avis)/s, "AVIF"],
  [/^.{4}ftyp(heic|heix|mif1|hevc)/s, "HEIC"],
  [/^.{4}ftyp/s, "a movie (MP4 or MOV)"],
  [/^.{4}(moov|mdat|wide)/s, "a movie (MOV)"],
  [/^.{4}jP {2}/s, "JPEG 2000"],
  [/^\xff\x4f\xff\x51/, "JPEG 2000"],
  [/^.{4}JXL /s, "JPEG XL"],
  [/^%PDF/, "PDF"],
];
