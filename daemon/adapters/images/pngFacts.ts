/** What a PNG says beside its pixels: its ancillary chunks, before and behind the picture. Picture data are stepped over. */
import { inflateSync } from "node:zlib";
import { LIMITS } from "../../domain/limits.ts";
import type { HeaderFacts } from "../../plugin.ts";
import type { ByteSource } from "./byteSource.ts";
import type { HeaderTexts } from "./headerTexts.ts";
import { headerTexts } from "./headerTexts.ts";

const SIGNATURE_BYTES = 8;
const INFLATED_BYTES_MAX = 4 * 1024 * 1024;

export function pngFacts(
  source: ByteSource,
): Pick<HeaderFacts, "compression" | "pixelAspect" | "colorSpace" | "texts"> {
  const texts = headerTexts();
  let pixelAspect: number | null = null;
  let colorSpace: string | null = null;
  eachChunk(source, (type, data) => {
    if (type === "pHYs" && data.length === 9) {
      const [across, down] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      // So many pixels per unit: a wide pixel has fewer across than down.
      if (across > 0 && down > 0) pixelAspect ??= down / across;
    } else if (type === "sRGB") colorSpace = "sRGB";
    else if (type === "cICP" && data.length === 4) colorSpace = `cICP ${data.join("-")}`;
    else if (type === "iCCP") colorSpace ??= `ICC ${keyword(data)}`;
    else addText(texts, type, data);
  });
  return { compression: "deflate", pixelAspect, colorSpace, texts: texts.all };
}

const READ = new Set(["pHYs", "sRGB", "cICP", "iCCP", "tEXt", "zTXt", "iTXt", "eXIf"]);
/** `IDAT` as a number: a large picture has thousands of them, and none becomes a text. */
const PICTURE = 0x49444154;

function eachChunk(source: ByteSource, use: (type: string, data: Buffer) => void): void {
  let at = SIGNATURE_BYTES;
  for (let i = 0; i < LIMITS.headerChunksMax && at + 12 <= source.bytes; i += 1) {
    const head = source.take(at, 8);
    const length = wordAt(head, 0) >>> 0;
    // A cut file: what stands before the cut is told.
    if (at + 12 + length > source.bytes) return;
    if (wordAt(head, 4) !== PICTURE) {
      const type = String.fromCharCode(...head.subarray(4, 8));
      if (type === "IEND") return;
      if (READ.has(type) && length <= INFLATED_BYTES_MAX) use(type, Buffer.from(source.take(at + 8, length)));
    }
    at += 12 + length;
  }
}

/** Four bytes, the first one highest. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

function keyword(data: Buffer): string {
  const end = data.indexOf(0);
  return data.toString("latin1", 0, end < 0 ? Math.min(data.length, 79) : end);
}

function addText(texts: HeaderTexts, type: string, data: Buffer): void {
  if (type === "eXIf") return texts.add("Exif", data);
  const name = keyword(data);
  const body = data.subarray(name.length + 1);
  if (type === "tEXt") return texts.add(name, body);
  if (type === "zTXt") return texts.add(name, inflated(body.subarray(1)));
  const language = body.indexOf(0, 2);
  const translated = body.indexOf(0, language + 1);
  if (type !== "iTXt" || language < 0 || translated < 0) return;
  const text = body.subarray(translated + 1);
  texts.add(name, body[0] === 1 ? inflated(text) : text);
}

/** What can't be unpacked is told as it stands: it is there. */
function inflated(data: Uint8Array): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: INFLATED_BYTES_MAX });
  } catch {
    return data;
  }
}
