/**
 * What a result keeps of its plate's OpenEXR header: everything that says what the picture is (time code, pixel aspect,
 * rate, reel, camera, chromaticities, colour space, views), nothing that says how the plate's file was written.
 */
import { LIMITS } from "../../domain/limits.ts";
import { frameRate } from "../../domain/movie.ts";
import type { FrameRate } from "../../domain/movie.ts";
import type { ByteSource } from "./byteSource.ts";
import { readAttributes } from "./exrHeader.ts";
import type { Head } from "./head.ts";

/** As the file holds it: a value that nobody here understands is kept like any other. */
export interface ExrAttribute {
  readonly name: string;
  readonly type: string;
  readonly value: Uint8Array;
}

/** Written anew from what the result is. */
const OWN = new Set([
  "channels",
  "chunkCount",
  "compression",
  "dataWindow",
  "displayWindow",
  "lineOrder",
  "maxSamplesPerPixel",
  "name",
  "tiles",
  "type",
  "version",
]);

/**
 * The plate's small picture and its compressor's settings are not the result's. Command lines, histories and graphs of other
 * programs hold paths of other machines, or prompts of another picture.
 */
const DROPPED = [
  /^(preview|dwaCompressionLevel|zipCompressionLevel|envmap|wrapmodes|deepImageState|idManifest)$/,
  /^(software|history|documentname|hostcomputer|makeprevieworiginal|prompt|workflow)$/i,
  /(^|[:/])(ImageHistory|Software|ProcessingSoftware)$/i,
  /^(nuke|hotplate|ai|xmp)[:/]/i,
];

/** Headers follow the version word; what parts share stands in the first. */
const FIRST_PART = 8;

/** In the file's order; bounded: a header beyond `LIMITS.exrKeptBytesMax` keeps what stands first. */
export function keptAttributes(source: ByteSource): readonly ExrAttribute[] {
  const { attributes } = readAttributes(
    source,
    FIRST_PART,
    (name) => !OWN.has(name) && !DROPPED.some((one) => one.test(name)),
  );
  const out: ExrAttribute[] = [];
  let bytes = 0;
  for (const [name, { type, value }] of attributes) {
    bytes += value.byteLength;
    if (bytes > LIMITS.exrKeptBytesMax) break;
    out.push({ name, type, value: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) });
  }
  return out;
}

export function textAttribute(name: string, text: string): ExrAttribute {
  return { name, type: "string", value: new TextEncoder().encode(text) };
}

/** null: another kind of file, or nothing (good) is said. */
export function exrRate(source: ByteSource, head: Pick<Head, "format">): FrameRate | null {
  if (head.format !== "exr") return null;
  const said = readAttributes(source, FIRST_PART, (name) => name === "framesPerSecond").attributes.get(
    "framesPerSecond",
  );
  if (said?.type !== "rational" || said.value.byteLength !== 8) return null;
  return frameRate(`${said.value.getInt32(0, true)}/${said.value.getUint32(4, true)}`);
}
