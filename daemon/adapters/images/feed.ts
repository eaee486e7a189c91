/**
 * What a graph is fed (decision 27): an 8-bit PNG that names itself sRGB, made from the plate, which is opened read-only.
 * ComfyUI 0.19 reads 8 bits and ignores profiles, so nothing is left for it to guess. What the values are is told in
 * `loadFrame.displayPicture`; it is documented in docs/qc.md.
 */
import { crc32 } from "node:zlib";
import { readWhole } from "./byteSource.ts";
import { displayPicture, encodePng } from "./loadFrame.ts";
import { writeNew } from "./writeNew.ts";

/** Signature (8), IHDR's length, type, data and checksum (25): `sRGB` must stand before the picture. */
const AFTER_IHDR = 33;

export async function feed(
  platePath: string,
  to: string,
): Promise<{ readonly width: number; readonly height: number }> {
  const picture = await displayPicture(readWhole(platePath));
  writeNew(to, nameSrgb(await encodePng(picture)));
  return { width: picture.width, height: picture.height };
}

/** Inserts the chunk `sRGB` with perceptual intent (PNG, 11.3.2.5). */
export function nameSrgb(png: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from("sRGB", "latin1"), Buffer.from([0])]);
  const chunk = Buffer.alloc(4 + body.length + 4);
  chunk.writeUInt32BE(1, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return Buffer.concat([png.subarray(0, AFTER_IHDR), chunk, png.subarray(AFTER_IHDR)]);
}
