/** What the proof over files does to bytes: cuts, flips, chunks, tags, segments and attributes, each as the format has it. */
import { crc32, deflateSync } from "node:zlib";
import { bytesSource } from "../../../daemon/adapters/images/byteSource.ts";
import type { ExrAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { readAttributes } from "../../../daemon/adapters/images/exrHeader.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import type { ExrImage } from "../../../daemon/adapters/images/exrWrite.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";

export function flipped(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const out = Uint8Array.from(bytes);
  out[at] = (out[at] as number) ^ (1 << bit);
  return out;
}

/** A number of the file as it stands there, replaced. */
export function withBytes(bytes: Uint8Array, at: number, value: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  out.set(value, at);
  return out;
}

export function u32(value: number, order: "LE" | "BE"): Uint8Array {
  const out = Buffer.alloc(4);
  if (order === "LE") out.writeUInt32LE(value);
  else out.writeUInt32BE(value);
  return out;
}

export interface PngChunk {
  readonly type: string;
  readonly at: number;
  readonly length: number;
}

export function pngChunks(bytes: Uint8Array): readonly PngChunk[] {
  const file = Buffer.from(bytes);
  const out: PngChunk[] = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    out.push({ type: file.toString("latin1", at + 4, at + 8), at, length });
    at += 12 + length;
  }
  return out;
}

/** One more chunk, before the picture's data or behind them. */
export function withPngChunk(bytes: Uint8Array, type: string, data: Uint8Array, behind = false): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.concat([u32(data.length, "BE"), body, u32(crc32(body), "BE")]);
  const at = pngChunks(bytes).find((one) => one.type === (behind ? "IEND" : "IDAT"))?.at ?? bytes.length;
  return Buffer.concat([bytes.subarray(0, at), chunk, bytes.subarray(at)]);
}

/** `how`: as Latin-1, packed, as UTF-8, or as packed UTF-8 (PNG, 11.3.4). */
export function withPngText(
  bytes: Uint8Array,
  said: { readonly name: string; readonly text: string },
  how: "tEXt" | "zTXt" | "iTXt" | "iTXt, packed" | "tEXt behind the picture",
): Uint8Array {
  const name = Buffer.from(`${said.name}\0`, "latin1");
  const text = Buffer.from(said.text, "utf8");
  if (how === "zTXt") return withPngChunk(bytes, how, Buffer.concat([name, Buffer.of(0), deflateSync(text)]));
  if (how === "iTXt" || how === "iTXt, packed") {
    const packed = how === "iTXt" ? text : deflateSync(text);
    return withPngChunk(bytes, "iTXt", Buffer.concat([name, Buffer.of(how === "iTXt" ? 0 : 1, 0, 0, 0), packed]));
  }
  return withPngChunk(bytes, "tEXt", Buffer.concat([name, text]), how !== "tEXt");
}

/** A segment right behind the start of a JPEG. */
export function withJpegSegment(bytes: Uint8Array, marker: number, data: Uint8Array): Uint8Array {
  const length = data.length + 2;
  return Buffer.concat([
    bytes.subarray(0, 2),
    Buffer.of(0xff, marker, length >> 8, length & 255),
    data,
    bytes.subarray(2),
  ]);
}

/** A chunk at the end of a WebP, and the file's length as it is then. */
export function withWebpChunk(bytes: Uint8Array, type: "EXIF" | "XMP ", data: Uint8Array): Uint8Array {
  const pad = Buffer.alloc(data.length % 2);
  const out = Buffer.concat([bytes, Buffer.from(type, "latin1"), u32(data.length, "LE"), data, pad]);
  out.writeUInt32LE(out.length - 8, 4);
  return out;
}

const ENTRY_BYTES = 12;

/** A tag of bytes or text (type 1, 2, 7) in a little-endian TIFF's first directory, which then stands at the end; one of that number is replaced. */
export function withTiffTag(bytes: Uint8Array, tag: number, type: 1 | 2 | 7, data: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  const directory = file.readUInt32LE(4);
  const entries = Array.from({ length: file.readUInt16LE(directory) }, (_, i) =>
    Buffer.from(file.subarray(directory + 2 + i * ENTRY_BYTES, directory + 2 + (i + 1) * ENTRY_BYTES)),
  ).filter((entry) => entry.readUInt16LE(0) !== tag);
  const own = Buffer.alloc(ENTRY_BYTES);
  own.writeUInt16LE(tag, 0);
  own.writeUInt16LE(type, 2);
  own.writeUInt32LE(data.length, 4);
  const pad = Buffer.alloc(file.length % 2);
  const at = file.length + pad.length;
  if (data.length <= 4) own.set(data, 8);
  else own.writeUInt32LE(at, 8);
  const sorted = [...entries, own].sort((a, b) => a.readUInt16LE(0) - b.readUInt16LE(0));
  const count = Buffer.alloc(2);
  count.writeUInt16LE(sorted.length);
  const even = Buffer.concat([data, Buffer.alloc(data.length % 2)]);
  const out = Buffer.concat([file, pad, even, count, ...sorted, Buffer.alloc(4)]);
  out.writeUInt32LE(at + even.length, 4);
  return out;
}

/** Where the value of an attribute of an OpenEXR begins. */
export function exrValueAt(bytes: Uint8Array, name: string, type: string): number {
  const key = `${name}\0${type}\0`;
  const at = Buffer.from(bytes).indexOf(key, 8, "latin1");
  if (at < 0) throw new Error(`the OpenEXR has no ${name}`);
  return at + key.length + 4;
}

/** What a built-in reader reads of it: to be written again with something changed. */
export function exrImage(bytes: Uint8Array): ExrImage {
  const { header, planes } = readExr(bytes);
  const { data, display, compression } = header;
  const { attributes } = readAttributes(bytesSource(bytes), 8, (name) => !OWN.has(name));
  const kept = [...attributes].map(([name, { type, value }]): ExrAttribute => {
    return { name, type, value: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
  });
  const written = compression === "none" || compression === "zips" ? compression : "zip";
  return { data, display, compression: written, planes, attributes: kept };
}

const OWN: ReadonlySet<string> = new Set(["channels", "compression", "dataWindow", "displayWindow", "lineOrder"]);

export function withExrAttribute(bytes: Uint8Array, attribute: ExrAttribute): Uint8Array {
  const image = exrImage(bytes);
  const others = image.attributes.filter(({ name }) => name !== attribute.name);
  return encodeExr({ ...image, attributes: [...others, attribute] });
}
