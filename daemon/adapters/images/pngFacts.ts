/** What a PNG says beside its pixels: its ancillary chunks, before and behind the picture. Picture data are stepped over. */
import { constants, inflateSync } from "node:zlib";
import { LIMITS } from "../../domain/limits.ts";
import type { HeaderFacts } from "../../plugin.ts";
import type { ByteSource } from "./byteSource.ts";
import type { HeaderTexts } from "./headerTexts.ts";
import { headerTexts, TEXT_BYTES_MAX } from "./headerTexts.ts";

const SIGNATURE_BYTES = 8;
/** Of a chunk that is no text, and of what stands before a text: keyword, language, translated keyword. */
const CHUNK_BYTES_MAX = 4 * 1024;
/** Deflate packs no more than 1,032 bytes into one (zlib's technical note): so much of a text is unpacked at most. */
const STORED_BYTES_MAX = LIMITS.headerTextCharactersMax;
const RATIO_MAX = 1_032;

export function pngFacts(
  source: ByteSource,
): Pick<HeaderFacts, "compression" | "pixelAspect" | "colorSpace" | "texts" | "textsUnread"> {
  const texts = headerTexts();
  const inflate = createInflate();
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
    else addText(texts, { type, data, inflate });
  });
  return { compression: "deflate", pixelAspect, colorSpace, ...texts.said };
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
      if (READ.has(type))
        use(type, Buffer.from(source.take(at + 8, Math.min(length, CHUNK_BYTES_MAX + TEXT_BYTES_MAX))));
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

type Inflate = (stored: Uint8Array) => Uint8Array | null;

function addText(
  texts: HeaderTexts,
  { type, data, inflate }: { readonly type: string; readonly data: Buffer; readonly inflate: Inflate },
): void {
  if (type === "eXIf") return texts.add("Exif", data);
  const name = keyword(data);
  const body = data.subarray(name.length + 1);
  if (type === "tEXt") return texts.add(name, body);
  if (type === "zTXt") return texts.add(name, () => inflate(body.subarray(1)));
  const language = body.indexOf(0, 2);
  const translated = body.indexOf(0, language + 1);
  if (type !== "iTXt" || language < 0 || translated < 0) return;
  const text = body.subarray(translated + 1);
  texts.add(name, body[0] === 1 ? () => inflate(text) : text);
}

/** Unpacks the beginning of a text. Null: the texts before it have unpacked to as much as one header may. */
function createInflate(): Inflate {
  let left = LIMITS.headerInflatedBytesMax;
  return (stored) => {
    if (left <= 0) return null;
    const begin = stored.subarray(0, STORED_BYTES_MAX);
    try {
      // The beginning alone ends in the middle: that is no fault.
      const out = inflateSync(begin, {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: STORED_BYTES_MAX * RATIO_MAX,
      });
      left -= out.length;
      return out;
    } catch {
      // What can't be unpacked is told as it stands: it is there. What it cost is not known.
      left -= STORED_BYTES_MAX;
      return stored;
    }
  };
}
