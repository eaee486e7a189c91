/** What an OpenEXR says beside its pixels: of the part that is its picture, and of the attributes that parts share. */
import { frameRate } from "../../domain/movie.ts";
import type { HeaderFacts } from "../../plugin.ts";
import type { ByteSource } from "./byteSource.ts";
import { coloursOf } from "./exrColours.ts";
import type { ExrFile } from "./exrHeader.ts";
import { parseExrFile, pictureOf, readAttributes } from "./exrHeader.ts";
import { headerTexts, TEXT_BYTES_MAX } from "./headerTexts.ts";

/** Headers follow the version word. */
const FIRST_PART = 8;
const COLOUR_NAMES = ["colorInteropID", "oiio:ColorSpace", "colorSpace"] as const;

type Said = Pick<
  HeaderFacts,
  | "windows"
  | "compression"
  | "channels"
  | "layer"
  | "otherParts"
  | "pixelAspect"
  | "framesPerSecond"
  | "timecode"
  | "reel"
  | "colorSpace"
  | "texts"
  | "textsUnread"
>;

export function exrFacts(source: ByteSource): Said {
  const file = parseExrFile(source);
  const header = pictureOf(file);
  const layer = coloursOf(header.channels.map(({ name }) => name))?.layer ?? null;
  const { attributes } = readAttributes(source, FIRST_PART, () => true);
  const value = (name: string, type: string, bytes: number | null): DataView | null => {
    const found = attributes.get(name);
    const right = found?.type === type && (bytes === null || found.value.byteLength === bytes);
    return right ? found.value : null;
  };
  const texts = headerTexts();
  for (const [name, { type, value: view }] of attributes) {
    if (type === "string") texts.add(name, bytesOf(view));
    if (type === "stringvector") texts.add(name, () => linesOf(view));
  }
  const text = (name: string): string | null => texts.said.texts.find((one) => one.name === name)?.text.trim() ?? null;
  const aspect = value("pixelAspectRatio", "float", 4)?.getFloat32(0, true) ?? Number.NaN;
  const rate = value("framesPerSecond", "rational", 8);
  return {
    windows: { data: header.data, display: header.display },
    compression: header.compression,
    channels: header.channels.map(({ name, type }) => ({ name, type })),
    ...(layer === null ? {} : { layer }),
    ...(file.parts.length > 1 ? { otherParts: otherParts(file) } : {}),
    pixelAspect: Number.isFinite(aspect) && aspect > 0 ? aspect : null,
    framesPerSecond: rate === null ? null : rateText(`${rate.getInt32(0, true)}/${rate.getUint32(4, true)}`),
    timecode: timecodeOf(value("timeCode", "timecode", 8)),
    reel: text("reelName"),
    colorSpace: COLOUR_NAMES.map(text).find((name) => name !== null && name !== "") ?? null,
    ...texts.said,
  };
}

/** So many of their channels are named. */
const CHANNELS_NAMED = 8;

function otherParts({ parts, picture }: ExrFile): readonly string[] {
  return parts.flatMap(({ name, channels }, part) => {
    if (part === picture) return [];
    const names = channels.slice(0, CHANNELS_NAMED).map((channel) => channel.name);
    const more = channels.length > CHANNELS_NAMED ? `, ${channels.length - CHANNELS_NAMED} more` : "";
    return [`part ${part + 1}${name === null ? "" : ` "${name}"`} (${names.join(", ")}${more})`];
  });
}

export function rateText(said: string | number): string | null {
  const rate = frameRate(said);
  return rate === null ? null : `${rate.numerator}/${rate.denominator}`;
}

/** SMPTE ST 12 as OpenEXR packs it (ImfTimeCode.h): tens and units of frames, seconds, minutes, hours; bit 6 says that frames are dropped. */
function timecodeOf(value: DataView | null): string | null {
  if (value === null) return null;
  const word = value.getUint32(0, true);
  const two = (tens: number, units: number) => `${tens}${units}`;
  const frames = two((word >>> 4) & 3, word & 15);
  const seconds = two((word >>> 12) & 7, (word >>> 8) & 15);
  const minutes = two((word >>> 20) & 7, (word >>> 16) & 15);
  const hours = two((word >>> 28) & 3, (word >>> 24) & 15);
  return `${hours}:${minutes}:${seconds}${(word & 0x40) === 0 ? ":" : ";"}${frames}`;
}

/** Of a list of strings, each of which stands behind its length: one a line. What does not fit is told as it stands. */
function linesOf(view: DataView): Uint8Array {
  const all = bytesOf(view);
  const lines: Uint8Array[] = [];
  for (let at = 0, bytes = 0; at + 4 <= all.length && bytes < TEXT_BYTES_MAX; ) {
    const length = view.getInt32(at, true);
    if (length < 0 || at + 4 + length > all.length) return all;
    lines.push(all.subarray(at + 4, at + 4 + length), LINE_END);
    at += 4 + length;
    bytes += length + 1;
  }
  return Buffer.concat(lines.slice(0, -1));
}

const LINE_END = Uint8Array.of(0x0a);

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
