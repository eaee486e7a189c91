/**
 * OpenEXR headers: version word, attributes, channels, both windows, tiles, parts. Little-endian as the format demands.
 * Everything is bounded before anything is allocated. What no reader has (deep data, subsampled channels, unknown
 * compressions) is refused by name: HP-PLATE-KIND, never a guess. Of many parts the first that holds a picture counts.
 */
import { assert } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { PixelBox } from "../../plugin.ts";
import type { ByteSource } from "./byteSource.ts";
import { broken, notReadable, tooLarge } from "./byteSource.ts";
import { coloursOf, noColours } from "./exrColours.ts";
import type { ExrTiles } from "./exrTiles.ts";
import { tileCount, tilesOf } from "./exrTiles.ts";

export interface ExrChannel {
  readonly name: string;
  readonly type: "uint" | "half" | "float";
}

/** Lines per chunk of scanline files, by compression, in the order of the format's numbers. */
const LINES = {
  none: 1,
  rle: 1,
  zips: 1,
  zip: 16,
  piz: 32,
  pxr24: 16,
  b44: 32,
  b44a: 32,
  dwaa: 32,
  dwab: 256,
} as const;
export type ExrCompression = keyof typeof LINES;
const COMPRESSIONS = Object.keys(LINES) as readonly ExrCompression[];
/** Known by name only. */
const UNREAD: Readonly<Record<number, string>> = { 10: "HTJ2K256", 11: "HTJ2K32" };

export interface ExrHeader {
  /** Of a part; null: it has none. */
  readonly name: string | null;
  /** In the file's order, which is alphabetical. */
  readonly channels: readonly ExrChannel[];
  readonly compression: ExrCompression;
  /** Of scanline parts; 0 where there are tiles. */
  readonly linesPerChunk: number;
  readonly tiles: ExrTiles | null;
  readonly data: PixelBox;
  readonly display: PixelBox;
  readonly chunkCount: number;
  /** Where the chunk table begins, bytes. */
  readonly tableAt: number;
}

/** All parts of a file; one, for most. */
export interface ExrFile {
  readonly parts: readonly ExrHeader[];
  /** Chunks carry the number of their part. */
  readonly multiPart: boolean;
  /** Which part is the picture. */
  readonly picture: number;
}

const FLAG = { tiled: 0x200, longNames: 0x400, deep: 0x800, multiPart: 0x1000 } as const;
const KNOWN_FLAGS = 0xff | FLAG.tiled | FLAG.longNames | FLAG.deep | FLAG.multiPart;
const CONVERT = "Convert it to scanline EXR with ZIP compression: oiiotool IN -o OUT --scanline --compression zip.";
const NAME_BYTES_MAX = 255;
/** Coordinates beyond this are no picture and would overflow sums. */
const COORDINATE_MAX = 2 ** 30;

export function parseExrHeader(source: ByteSource): ExrHeader {
  return pictureOf(parseExrFile(source));
}

export function pictureOf({ parts, picture }: ExrFile): ExrHeader {
  const header = parts[picture];
  assert(header !== undefined, "the picture of an EXR is one of its parts");
  return header;
}

export function parseExrFile(source: ByteSource): ExrFile {
  if (source.bytes < 8) throw broken(`the EXR ends inside its header (${source.bytes} bytes)`);
  const version = viewOf(source, 4, 4).getUint32(0, true);
  if ((version & 0xff) !== 2) throw notReadable(`EXR version ${version & 0xff} can't be read`);
  if ((version & FLAG.deep) !== 0) throw deep();
  const strange = version & ~KNOWN_FLAGS;
  if (strange !== 0) throw notReadable(`an EXR with the unknown flags 0x${(strange >>> 0).toString(16)} can't be read`);
  const multiPart = (version & FLAG.multiPart) !== 0;
  const facts: PartFacts[] = [];
  let at = 8;
  do {
    const { attributes, end } = readAttributes(source, at, (name) => NEEDED.has(name));
    at = end;
    // An empty header ends the list of parts.
    if (multiPart && attributes.size === 0) break;
    if (facts.length >= LIMITS.exrPartsMax) throw notReadable(`the EXR has more than ${LIMITS.exrPartsMax} parts`);
    facts.push(partOf(attributes, multiPart ? null : (version & FLAG.tiled) !== 0));
  } while (multiPart);
  if (facts.length === 0) throw broken("the EXR has no part");
  const parts = facts.map((part) => {
    const header = { ...part, tableAt: at };
    at += part.chunkCount * 8;
    return header;
  });
  return { parts, multiPart, picture: pictureAmong(parts) };
}

/** The first with channels that have no layer; else the only one with a picture in a layer; of none the first is told about. */
function pictureAmong(parts: readonly ExrHeader[]): number {
  const names = parts.map(({ channels }) => channels.map((channel) => channel.name));
  const layers = names.map((of) => coloursOf(of)?.layer);
  const bare = layers.indexOf(null);
  if (bare >= 0) return bare;
  const layered = layers.flatMap((layer, part) => (layer === undefined ? [] : [part]));
  if (layered.length > 1) throw noColours(names.flat());
  return layered[0] ?? 0;
}

function deep(): Error {
  return notReadable("deep EXR can't be read: it holds many samples a pixel", "Flatten it first.");
}

type PartFacts = Omit<ExrHeader, "tableAt">;

/** `tiled`: what the version word says; null where each part says it itself. */
function partOf(attributes: ReadonlyMap<string, Attribute>, tiled: boolean | null): PartFacts {
  const value = (name: string, type: string, bytes: number | null): DataView => {
    const attribute = attributes.get(name);
    if (attribute === undefined) throw broken(`the EXR has no "${name}"`);
    const right = attribute.type === type && (bytes === null || attribute.value.byteLength === bytes);
    if (!right) throw broken(`the EXR's "${name}" is no ${type}`);
    return attribute.value;
  };
  const kind = tiled === null ? textOf(value("type", "string", null)) : tiled ? "tiledimage" : "scanlineimage";
  if (kind.startsWith("deep")) throw deep();
  if (kind !== "tiledimage" && kind !== "scanlineimage") throw broken(`the EXR has a part of the kind "${kind}"`);
  const number = value("compression", "compression", 1).getUint8(0);
  const compression = COMPRESSIONS[number];
  if (compression === undefined) {
    const name = UNREAD[number] ?? `unknown (number ${number})`;
    throw notReadable(`an EXR with ${name} compression can't be read yet`, CONVERT);
  }
  const data = boxOf(value("dataWindow", "box2i", 16), "data");
  const display = boxOf(value("displayWindow", "box2i", 16), "display");
  const channels = readChannels(value("channels", "chlist", null));
  const tiles = kind === "tiledimage" ? tilesOf(value("tiles", "tiledesc", 9)) : null;
  boundWindow(data, channels);
  const linesPerChunk = tiles === null ? LINES[compression] : 0;
  const chunkCount = tiles === null ? Math.ceil(data[3] / linesPerChunk) : tileCount(tiles, data);
  if (tiled === null && value("chunkCount", "int", 4).getInt32(0, true) !== chunkCount)
    throw broken(`the EXR's "chunkCount" is not the ${chunkCount} that its window asks for`);
  const said = attributes.get("name");
  const name = said?.type === "string" ? textOf(said.value) : null;
  return { name, channels, compression, linesPerChunk, tiles, data, display, chunkCount };
}

function boundWindow(data: PixelBox, channels: readonly ExrChannel[]): void {
  const rowBytes = data[2] * channels.reduce((sum, channel) => sum + sampleBytes(channel), 0);
  const most = Math.max(rowBytes * data[3], data[2] * data[3] * channels.length * 4);
  if (most <= LIMITS.imageDecodedBytesMax) return;
  throw tooLarge(
    `the EXR holds ${data[2]} x ${data[3]} px in ${channels.length} channels: decoded ${most} bytes; at most ${LIMITS.imageDecodedBytesMax} are read`,
  );
}

export function sampleBytes(channel: ExrChannel): 2 | 4 {
  return channel.type === "half" ? 2 : 4;
}

interface Attribute {
  readonly type: string;
  readonly value: DataView;
}

/** Those not wanted (comments, previews, camera) are stepped over, never read into memory. */
export function readAttributes(
  source: ByteSource,
  from: number,
  wanted: (name: string) => boolean,
): { readonly attributes: ReadonlyMap<string, Attribute>; readonly end: number } {
  const attributes = new Map<string, Attribute>();
  let at = from;
  for (let i = 0; i <= LIMITS.exrAttributesMax; i += 1) {
    const name = readName(source, at);
    at += name.length + 1;
    if (name === "") return { attributes, end: at };
    const type = readName(source, at);
    at += type.length + 1;
    const size = viewOf(source, at, 4).getInt32(0, true);
    if (size < 0 || size > LIMITS.exrAttributeBytesMax) throw broken(`the EXR attribute "${name}" says ${size} bytes`);
    at += 4;
    if (at + size > source.bytes) throw broken(`the EXR ends inside its attribute "${name}"`);
    if (wanted(name)) attributes.set(name, { type, value: viewOf(source, at, size) });
    at += size;
  }
  throw broken(`the EXR has more than ${LIMITS.exrAttributesMax} attributes`);
}

const NEEDED: ReadonlySet<string> = new Set([
  "channels",
  "compression",
  "dataWindow",
  "displayWindow",
  "tiles",
  "type",
  "name",
  "chunkCount",
]);

function readName(source: ByteSource, at: number): string {
  const window = source.take(at, Math.min(NAME_BYTES_MAX + 1, Math.max(1, source.bytes - at)));
  const end = window.indexOf(0);
  if (end < 0) throw broken(`the EXR header has no end of a name at byte ${at}`);
  return Buffer.from(window.subarray(0, end)).toString("latin1");
}

function textOf(value: DataView): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
}

function viewOf(source: ByteSource, at: number, bytes: number): DataView {
  const taken = source.take(at, bytes);
  return new DataView(taken.buffer, taken.byteOffset, taken.byteLength);
}

function boxOf(value: DataView, name: string): PixelBox {
  const [left, top, right, bottom] = [0, 4, 8, 12].map((at) => value.getInt32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  const sane = [left, top, right, bottom].every((side) => Math.abs(side) < COORDINATE_MAX);
  if (!sane || right < left || bottom < top)
    throw broken(`the EXR's ${name} window (${left}, ${top})-(${right}, ${bottom}) is no rectangle`);
  const box = [left, top, right - left + 1, bottom - top + 1] as const;
  if (box[2] * box[3] > LIMITS.imagePixelsMax)
    throw tooLarge(
      `the EXR's ${name} window has ${box[2]} x ${box[3]} px; at most ${LIMITS.imagePixelsMax} pixels are read`,
    );
  return box;
}

function readChannels(value: DataView): readonly ExrChannel[] {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const channels: ExrChannel[] = [];
  let at = 0;
  while (bytes[at] !== 0) {
    const end = bytes.indexOf(0, at);
    if (end < 0 || end + 17 > bytes.length) throw broken("the EXR's channel list ends inside a channel");
    if (channels.length >= LIMITS.exrChannelsMax)
      throw notReadable(`the EXR has more than ${LIMITS.exrChannelsMax} channels`);
    const name = Buffer.from(bytes.subarray(at, end)).toString("utf8");
    const type = (["uint", "half", "float"] as const)[value.getInt32(end + 1, true)];
    if (type === undefined) throw broken(`the EXR's channel "${name}" has an unknown type`);
    if (value.getInt32(end + 9, true) !== 1 || value.getInt32(end + 13, true) !== 1) {
      throw notReadable(`the EXR's channel "${name}" is subsampled, which can't be read yet`, CONVERT);
    }
    channels.push({ name, type });
    at = end + 17;
  }
  if (channels.length === 0) throw broken("the EXR has no channels");
  if (new Set(channels.map((channel) => channel.name)).size !== channels.length)
    throw broken("an EXR channel stands twice");
  return channels;
}
