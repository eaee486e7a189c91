/**
 * OpenEXR header: version word, attributes, channels, both windows. Little-endian as the format demands. Everything is
 * bounded before anything is allocated. Kinds that the built-in reader has not (tiled, multi-part, deep, other
 * compressions, subsampled channels) are refused by name: HP-PLATE-KIND, never a guess.
 */
import { LIMITS } from "../../domain/limits.ts";
import type { PixelBox } from "../../plugin.ts";
import type { ByteSource } from "./byteSource.ts";
import { broken, notReadable } from "./byteSource.ts";
import type { Head } from "./head.ts";

export interface ExrChannel {
  readonly name: string;
  readonly type: "uint" | "half" | "float";
}
export interface ExrHeader {
  /** In the file's order, which is alphabetical. */
  readonly channels: readonly ExrChannel[];
  readonly compression: "none" | "zips" | "zip";
  readonly linesPerChunk: 1 | 16;
  readonly data: PixelBox;
  readonly display: PixelBox;
  readonly chunkCount: number;
  /** Where the chunk table begins, bytes. */
  readonly tableAt: number;
}

/** The format's number -> name; only those with `lines` are read. */
const COMPRESSIONS: readonly {
  readonly name: string;
  readonly kind?: ExrHeader["compression"];
  readonly lines?: 1 | 16;
}[] = [
  { name: "NONE", kind: "none", lines: 1 },
  { name: "RLE" },
  { name: "ZIPS", kind: "zips", lines: 1 },
  { name: "ZIP", kind: "zip", lines: 16 },
  { name: "PIZ" },
  { name: "PXR24" },
  { name: "B44" },
  { name: "B44A" },
  { name: "DWAA" },
  { name: "DWAB" },
  { name: "HTJ2K256" },
  { name: "HTJ2K32" },
];

const FLAGS: readonly (readonly [number, string])[] = [
  [0x200, "tiled"],
  [0x800, "deep"],
  [0x1000, "multi-part"],
];
const CONVERT = "Convert it to scanline EXR with ZIP compression: oiiotool IN -o OUT --scanline --compression zip.";
const NAME_BYTES_MAX = 255;
/** Coordinates beyond this are no picture and would overflow sums. */
const COORDINATE_MAX = 2 ** 30;

export function parseExrHeader(source: ByteSource): ExrHeader {
  if (source.bytes < 8) throw broken(`the EXR ends inside its header (${source.bytes} bytes)`);
  const version = viewOf(source, 4, 4).getUint32(0, true);
  if ((version & 0xff) !== 2) throw notReadable(`EXR version ${version & 0xff} can't be read`);
  const flag = FLAGS.find(([bit]) => (version & bit) !== 0);
  if (flag !== undefined) throw notReadable(`a ${flag[1]} EXR can't be read yet`, CONVERT);
  const strange = version & 0xffff_ff00 & ~0x1e00;
  if (strange !== 0) throw notReadable(`an EXR with the unknown flags 0x${(strange >>> 0).toString(16)} can't be read`);
  const { attributes, end } = readAttributes(source);
  return assemble(attributes, end);
}

function assemble(attributes: ReadonlyMap<string, Attribute>, end: number): ExrHeader {
  const value = (name: string, type: string, bytes: number | null): DataView => {
    const attribute = attributes.get(name);
    if (attribute === undefined) throw broken(`the EXR has no "${name}"`);
    const right = attribute.type === type && (bytes === null || attribute.value.byteLength === bytes);
    if (!right) throw broken(`the EXR's "${name}" is no ${type}`);
    return attribute.value;
  };
  const number = value("compression", "compression", 1).getUint8(0);
  const compression = COMPRESSIONS[number];
  if (compression?.kind === undefined || compression.lines === undefined) {
    throw notReadable(
      `an EXR with ${compression?.name ?? `unknown (number ${number})`} compression can't be read yet`,
      CONVERT,
    );
  }
  const data = boxOf(value("dataWindow", "box2i", 16), "data");
  const display = boxOf(value("displayWindow", "box2i", 16), "display");
  const channels = readChannels(value("channels", "chlist", null));
  const rowBytes = data[2] * channels.reduce((sum, channel) => sum + sampleBytes(channel), 0);
  if (
    rowBytes * data[3] > LIMITS.imageDecodedBytesMax ||
    data[2] * data[3] * channels.length * 4 > LIMITS.imageDecodedBytesMax
  ) {
    throw notReadable(
      `the EXR holds ${data[2]} x ${data[3]} px in ${channels.length} channels: more than ${LIMITS.imageDecodedBytesMax} bytes`,
    );
  }
  return {
    channels,
    compression: compression.kind,
    linesPerChunk: compression.lines,
    data,
    display,
    chunkCount: Math.ceil(data[3] / compression.lines),
    tableAt: end,
  };
}

export function sampleBytes(channel: ExrChannel): 2 | 4 {
  return channel.type === "half" ? 2 : 4;
}

interface Attribute {
  readonly type: string;
  readonly value: DataView;
}

function readAttributes(source: ByteSource): {
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly end: number;
} {
  const attributes = new Map<string, Attribute>();
  let at = 8;
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
    if (NEEDED.has(name)) attributes.set(name, { type, value: viewOf(source, at, size) });
    at += size;
  }
  throw broken(`the EXR has more than ${LIMITS.exrAttributesMax} attributes`);
}

/** Others (comments, previews, camera) are stepped over, never read into memory. */
const NEEDED: ReadonlySet<string> = new Set(["channels", "compression", "dataWindow", "displayWindow"]);

function readName(source: ByteSource, at: number): string {
  const window = source.take(at, Math.min(NAME_BYTES_MAX + 1, Math.max(1, source.bytes - at)));
  const end = window.indexOf(0);
  if (end < 0) throw broken(`the EXR header has no end of a name at byte ${at}`);
  return Buffer.from(window.subarray(0, end)).toString("latin1");
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
    throw notReadable(`the EXR's ${name} window has ${box[2]} x ${box[3]} px: too many`);
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

/**
 * The header as a plate's: its size is the display window, which is the picture that people mean. Refuses files that hold
 * no picture that a graph could be fed (no R, G, B and no Y).
 */
export function exrHead(source: ByteSource): Head {
  const header = parseExrHeader(source);
  const names = header.channels.map((channel) => channel.name);
  const rgb = ["R", "G", "B"].every((name) => names.includes(name));
  if (!rgb && !names.includes("Y")) {
    throw notReadable(
      `the EXR has no R, G, B (it has ${names.slice(0, 12).join(", ")})`,
      "Write the picture into R, G and B.",
    );
  }
  return {
    format: "exr",
    width: header.display[2],
    height: header.display[3],
    channels: header.channels.length,
    bitDepth: header.channels.every((channel) => channel.type === "half") ? 16 : 32,
    sampleType: "float",
    orientation: 1,
    colour: rgb ? "rgb" : "grey",
    alpha: names.includes("A"),
    profile: false,
  };
}
