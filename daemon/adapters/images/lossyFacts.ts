/** What JPEG and WebP say beside their pixels: comments and metadata blocks, and whether a WebP lost anything. */
import { LIMITS } from "../../domain/limits.ts";
import type { HeaderFacts } from "../../plugin.ts";
import type { ByteSource } from "./byteSource.ts";
import { headerTexts, TEXT_BYTES_MAX } from "./headerTexts.ts";

/** Markers up to the picture: comments and application segments. */
export function jpegTexts(source: ByteSource): Pick<HeaderFacts, "texts" | "textsUnread"> {
  const texts = headerTexts();
  let at = 2;
  for (let i = 0; i < LIMITS.headerChunksMax && at + 4 <= source.bytes; i += 1) {
    const head = Buffer.from(source.take(at, 4));
    const marker = head.readUInt8(1);
    if (head.readUInt8(0) !== 0xff || marker === 0xda || marker === 0xd9) break;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = head.readUInt16BE(2);
    if (length < 2 || at + 2 + length > source.bytes) break;
    const named = marker === 0xfe ? "comment" : marker === 0xe1 ? "APP1" : null;
    if (named !== null) texts.add(named, source.take(at + 4, length - 2));
    at += 2 + length;
  }
  return texts.said;
}

export function webpFacts(source: ByteSource): Pick<HeaderFacts, "compression" | "texts" | "textsUnread"> {
  const texts = headerTexts();
  let compression: string | null = null;
  for (let at = 12, i = 0; i < LIMITS.headerChunksMax && at + 8 <= source.bytes; i += 1) {
    const head = Buffer.from(source.take(at, 8));
    const [type, length] = [head.toString("latin1", 0, 4), head.readUInt32LE(4)];
    if (at + 8 + length > source.bytes) break;
    if (type === "VP8 ") compression = "lossy";
    if (type === "VP8L") compression = "lossless";
    if (type === "EXIF" || type === "XMP ")
      texts.add(type.trim(), source.take(at + 8, Math.min(length, TEXT_BYTES_MAX)));
    at += 8 + length + (length % 2);
  }
  return { compression, ...texts.said };
}
