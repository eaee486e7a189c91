/**
 * A PNG as it is published: the picture's own chunks as they are, an explicit colour space, the pointer to its record, and no
 * other metadata. ComfyUI writes its whole graph into text chunks (prompts, names of files and models), other tools write
 * histories; none of it leaves with the picture. Samples are not touched: what is kept is kept byte for byte.
 */
import { crc32, inflateSync } from "node:zlib";
import { LIMITS } from "../../domain/limits.ts";

/** What a picture needs to look right: all else is left out, known or not. */
const KEPT = new Set("IHDR PLTE tRNS IDAT IEND sRGB iCCP cICP gAMA cHRM sBIT bKGD pHYs mDCV cLLI mDCv cLLi".split(" "));
const SPACE = new Set(["sRGB", "iCCP", "cICP", "gAMA"]);
/** Perceptual intent (PNG, 11.3.2.5). */
const SRGB_PERCEPTUAL = Uint8Array.of(0);
const SIGNATURE_BYTES = 8;

export interface Dressed {
  readonly bytes: Uint8Array;
  /** Keyword -> text, of the text chunks that were left out. */
  readonly texts: Readonly<Record<string, string>>;
}

/** A damaged file is left damaged: QC says so. What stands whole before the damage is cleaned all the same. */
export function dressPng(png: Uint8Array, xmp: string): Dressed {
  const file = Buffer.from(png.buffer, png.byteOffset, png.length);
  const said = createSaid();
  const { texts } = said;
  const parts: { readonly type: string; readonly bytes: Uint8Array }[] = [];
  let at = SIGNATURE_BYTES;
  while (at + 12 <= file.length) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const end = at + 12 + length;
    if (end > file.length || !/^[A-Za-z]{4}$/.test(type)) break;
    if (KEPT.has(type)) parts.push({ type, bytes: file.subarray(at, end) });
    else said.note(type, file.subarray(at + 8, end - 4));
    at = end;
    if (type === "IEND") break;
  }
  // After IEND nothing belongs to the picture; before it, what can't be walked is kept, for it is what is wrong.
  const rest = parts.at(-1)?.type === "IEND" ? [] : [file.subarray(at)];
  const first = parts[0];
  if (first?.type !== "IHDR") return { bytes: png, texts };
  const named = parts.some(({ type }) => SPACE.has(type));
  const picture = parts.findIndex(({ type }) => type === "IDAT");
  const cut = picture < 0 ? parts.length : picture;
  const all = [
    file.subarray(0, SIGNATURE_BYTES),
    first.bytes,
    ...(named ? [] : [chunk("sRGB", SRGB_PERCEPTUAL)]),
    ...parts.slice(1, cut).map(({ bytes }) => bytes),
    chunk("iTXt", xmpText(xmp)),
    ...parts.slice(cut).map(({ bytes }) => bytes),
    ...rest,
  ];
  return { bytes: Buffer.concat(all), texts };
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** Keyword, not compressed, method 0, no language, no translated keyword (XMP specification part 3, 1.1.5). */
function xmpText(xmp: string): Uint8Array {
  return Buffer.concat([Buffer.from("XML:com.adobe.xmp\0\0\0\0\0", "latin1"), Buffer.from(xmp, "utf8")]);
}

interface SaidWords {
  readonly texts: Record<string, string>;
  note(type: string, data: Buffer): void;
}

/** Bounded, and never a reason to fail: a text that can't be read, or that is one too many, is left out of the record like one that is too long. */
function createSaid(): SaidWords {
  const texts: Record<string, string> = {};
  let seen = 0;
  let room = LIMITS.comfySaidBytesMax;
  return {
    texts,
    note(type, data) {
      if (!/^(tEXt|zTXt|iTXt)$/.test(type) || seen >= LIMITS.comfyTextsMax || room <= 0) return;
      const end = data.indexOf(0);
      if (end < 1 || end > 79) return;
      seen += 1;
      const text = textOf(type, data.subarray(end + 1));
      // What did not unpack may have cost as much as the longest.
      room -= text === null ? LIMITS.comfyTextCharactersMax : text.length;
      if (text !== null && text.length <= LIMITS.comfyTextCharactersMax) texts[data.toString("latin1", 0, end)] = text;
    },
  };
}

function textOf(type: string, data: Buffer): string | null {
  try {
    if (type === "tEXt") return data.toString("latin1");
    if (type === "zTXt") return inflated(data.subarray(1)).toString("latin1");
    const language = data.indexOf(0, 2);
    const keyword = data.indexOf(0, language + 1);
    if (language < 0 || keyword < 0) return null;
    const text = data.subarray(keyword + 1);
    return (data[0] === 1 ? inflated(text) : text).toString("utf8");
  } catch {
    return null;
  }
}

function inflated(data: Uint8Array): Buffer {
  return inflateSync(data, { maxOutputLength: LIMITS.comfyTextCharactersMax * 4 });
}
