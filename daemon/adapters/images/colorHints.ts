/**
 * What an image file says of its colours, from its first bytes (domain/colorRule judges): an EXR's attributes, a DPX's
 * transfer byte. Tolerant: a strange attribute says nothing here; whether the file is whole is `head.ts`'s business.
 */
import type { ColorHints } from "../../domain/colorHints.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { ByteSource } from "./byteSource.ts";
import type { Head } from "./head.ts";

export function colorHints(source: ByteSource, head: Head): ColorHints {
  const { format, sampleType, bitDepth } = head;
  const none = { space: null, chromaticities: null, aces: false, transfer: null };
  const base: ColorHints = { format, sampleType, bitDepth, ...none };
  if (isDpx(source)) return { ...base, transfer: source.take(DPX_TRANSFER_AT, 1)[0] ?? null };
  if (format !== "exr") return base;
  const said = exrAttributes(source);
  const chromaticities = said.get("chromaticities");
  return {
    ...base,
    space: text(said.get("colorInteropID")) ?? text(said.get("oiio:ColorSpace")) ?? text(said.get("colorSpace")),
    chromaticities:
      chromaticities?.byteLength === 32
        ? Array.from({ length: 8 }, (_, i) => chromaticities.getFloat32(i * 4, true))
        : null,
    aces: integer(said.get("acesImageContainerFlag")) === 1,
  };
}

/** SMPTE ST 268-1: the first image element's transfer characteristic. */
const DPX_TRANSFER_AT = 801;

function isDpx(source: ByteSource): boolean {
  if (source.bytes <= DPX_TRANSFER_AT) return false;
  return /^(SDPX|XPDS)$/.test(Buffer.from(source.take(0, 4)).toString("latin1"));
}

const WANTED: ReadonlySet<string> = new Set([
  "chromaticities",
  "colorSpace",
  "oiio:ColorSpace",
  "colorInteropID",
  "acesImageContainerFlag",
]);

/** Of the first part, by name; the walk ends where anything is odd. */
function exrAttributes(source: ByteSource): ReadonlyMap<string, DataView> {
  const out = new Map<string, DataView>();
  let at = 8;
  for (let i = 0; i < LIMITS.exrAttributesMax && at < source.bytes; i += 1) {
    const name = word(source, at);
    if (name === null || name === "") return out;
    at += name.length + 1;
    const type = word(source, at);
    if (type === null) return out;
    at += type.length + 1;
    if (at + 4 > source.bytes) return out;
    const size = view(source, at, 4).getInt32(0, true);
    at += 4;
    if (size < 0 || size > LIMITS.exrAttributeBytesMax || at + size > source.bytes) return out;
    if (WANTED.has(name)) out.set(name, view(source, at, size));
    at += size;
  }
  return out;
}

function word(source: ByteSource, at: number): string | null {
  const window = source.take(at, Math.min(256, source.bytes - at));
  const end = window.indexOf(0);
  return end < 0 ? null : Buffer.from(window.subarray(0, end)).toString("latin1");
}

function view(source: ByteSource, at: number, bytes: number): DataView {
  const { buffer, byteOffset, byteLength } = source.take(at, bytes);
  return new DataView(buffer, byteOffset, byteLength);
}

function text(value: DataView | undefined): string | null {
  if (value === undefined) return null;
  const words = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    .toString("utf8")
    .replace(/\0.*$/s, "")
    .trim();
  return words === "" ? null : words;
}

function integer(value: DataView | undefined): number | null {
  return value?.byteLength === 4 ? value.getInt32(0, true) : null;
}
