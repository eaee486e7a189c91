/**
 * The built-in OpenEXR writer: scanline, one part; NONE, ZIPS and ZIP; half, float and uint channels; any windows and
 * attributes. What it writes is what the planes hold, to the bit. Little-endian, as the format and our machines are.
 */
import { deflateSync } from "node:zlib";
import { assert } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { ExrCompression } from "../../domain/outputFormat.ts";
import type { PixelBox } from "../../plugin.ts";
import type { ExrAttribute } from "./exrAttributes.ts";
import type { Plane } from "./exrRead.ts";

export interface ExrImage {
  /** x, y of the first pixel, width, height; every plane has so many samples. */
  readonly data: PixelBox;
  readonly display: PixelBox;
  readonly compression: ExrCompression;
  /** In any order; names are unique. */
  readonly planes: readonly Plane[];
  /** Beside the ones that the format demands; one of these replaces a demanded one of its name. */
  readonly attributes: readonly ExrAttribute[];
}

/** The format's numbers. */
const COMPRESSION = { none: 0, zips: 2, zip: 3 } as const;
const TYPE = { uint: 0, half: 1, float: 2 } as const;
const LINES = { none: 1, zips: 1, zip: 16 } as const;
const VERSION = 2;
const LONG_NAMES = 0x400;
/** Names of more than 31 bytes need the flag; more than 255 do not exist. */
const SHORT_NAME_BYTES = 31;
const NAME_BYTES_MAX = 255;
/** As OpenEXR 3.2 and newer: a fifth larger than the best, and many times as fast. */
const DEFLATE_LEVEL = 4;

export function encodeExr(image: ExrImage): Uint8Array {
  const [, top, width, height] = image.data;
  // The format demands the order of the bytes of their names.
  const planes = [...image.planes].sort((a, b) => Buffer.compare(utf8(a.name), utf8(b.name)));
  assert(planes.length > 0 && planes.length <= LIMITS.exrChannelsMax, `${planes.length} channels`);
  for (const plane of planes) assert(plane.data.length === width * height, `channel ${plane.name} is not the window`);
  const head = headerBytes(image, planes);
  const lines = LINES[image.compression];
  const count = Math.ceil(height / lines);
  const table = Buffer.alloc(count * 8);
  const parts: Uint8Array[] = [head, table];
  let at = head.length + table.length;
  for (let chunk = 0; chunk < count; chunk += 1) {
    const row = chunk * lines;
    const data = packed(rawLines(planes, { row, rows: Math.min(lines, height - row), width }), image.compression);
    const label = Buffer.alloc(8);
    label.writeInt32LE(top + row, 0);
    label.writeInt32LE(data.length, 4);
    table.writeBigUInt64LE(BigInt(at), chunk * 8);
    parts.push(label, data);
    at += label.length + data.length;
  }
  return Buffer.concat(parts, at);
}

function headerBytes(image: ExrImage, planes: readonly Plane[]): Buffer {
  const demanded: readonly ExrAttribute[] = [
    { name: "channels", type: "chlist", value: channelList(planes) },
    { name: "compression", type: "compression", value: Uint8Array.of(COMPRESSION[image.compression]) },
    { name: "dataWindow", type: "box2i", value: box(image.data) },
    { name: "displayWindow", type: "box2i", value: box(image.display) },
    { name: "lineOrder", type: "lineOrder", value: Uint8Array.of(0) },
    { name: "pixelAspectRatio", type: "float", value: floats(1) },
    { name: "screenWindowCenter", type: "v2f", value: floats(0, 0) },
    { name: "screenWindowWidth", type: "float", value: floats(1) },
  ];
  const given = new Map(image.attributes.map((attribute) => [attribute.name, attribute]));
  const all = [
    ...demanded.map((attribute) => given.get(attribute.name) ?? attribute),
    ...[...given.values()].filter(({ name }) => !demanded.some((one) => one.name === name)),
  ];
  const names = [...all.flatMap(({ name, type }) => [name, type]), ...planes.map(({ name }) => name)].map(utf8);
  assert(
    names.every((name) => name.length > 0 && name.length <= NAME_BYTES_MAX && !name.includes(0)),
    "an EXR name that can't be written",
  );
  const flags = names.some((name) => name.length > SHORT_NAME_BYTES) ? LONG_NAMES : 0;
  const parts: Uint8Array[] = [Buffer.from([0x76, 0x2f, 0x31, 0x01]), int(VERSION | flags)];
  for (const { name, type, value } of all) {
    parts.push(utf8(name), ZERO, utf8(type), ZERO, int(value.length), value);
  }
  return Buffer.concat([...parts, ZERO]);
}

const ZERO = Uint8Array.of(0);

/** Per channel: name, type, "linear" and three spare bytes, sampling of 1 both ways. */
function channelList(planes: readonly Plane[]): Uint8Array {
  const parts = planes.flatMap(({ name, type }) => [utf8(name), ZERO, int(TYPE[type]), int(0), int(1), int(1)]);
  return Buffer.concat([...parts, ZERO]);
}

function box([x, y, width, height]: PixelBox): Uint8Array {
  return Buffer.concat([int(x), int(y), int(x + width - 1), int(y + height - 1)]);
}

function int(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeInt32LE(value);
  return out;
}

function floats(...values: readonly number[]): Uint8Array {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => out.writeFloatLE(value, i * 4));
  return out;
}

function utf8(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

/** A line holds one whole row per channel, one after another. */
function rawLines(
  planes: readonly Plane[],
  of: { readonly row: number; readonly rows: number; readonly width: number },
): Uint8Array {
  const { row, rows, width } = of;
  const out = new Uint8Array(rows * width * planes.reduce((sum, { data }) => sum + data.BYTES_PER_ELEMENT, 0));
  let at = 0;
  for (let line = row; line < row + rows; line += 1) {
    for (const { data } of planes) {
      const bytes = width * data.BYTES_PER_ELEMENT;
      out.set(new Uint8Array(data.buffer, data.byteOffset + line * bytes, bytes), at);
      at += bytes;
    }
  }
  return out;
}

/** What packing does not make smaller is stored as it is: a reader knows it by its size. */
function packed(raw: Uint8Array, compression: ExrCompression): Uint8Array {
  if (compression === "none") return raw;
  const out = deflateSync(filtered(raw), { level: DEFLATE_LEVEL });
  return out.length < raw.length ? out : raw;
}

/** Bytes at even places first, then those at odd ones; then each as its difference from the one before, plus 128. */
function filtered(raw: Uint8Array): Uint8Array {
  const out = new Uint8Array(raw.length);
  const half = (raw.length + 1) >> 1;
  for (let from = 0, to = 0; from < raw.length; from += 2, to += 1) out[to] = raw[from] as number;
  for (let from = 1, to = half; from < raw.length; from += 2, to += 1) out[to] = raw[from] as number;
  for (let k = out.length - 1; k > 0; k -= 1) out[k] = (out[k] as number) - (out[k - 1] as number) + 128;
  return out;
}
