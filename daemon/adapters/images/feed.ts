/**
 * What a graph is fed (decision 27): an 8-bit PNG that names itself sRGB, made from the plate, which is opened read-only.
 * ComfyUI 0.19 reads 8 bits and ignores profiles, so nothing is left for it to guess. What the values are is told in
 * `loadFrame.displayPicture`; it is documented in docs/qc.md.
 */
import { readWhole } from "./byteSource.ts";
import { displayPicture, encodePng } from "./loadFrame.ts";
import { insertChunk } from "./pngHead.ts";
import { writeNew } from "./writeNew.ts";

/** The PNG chunk's value: perceptual intent (PNG, 11.3.2.5). */
const SRGB_PERCEPTUAL = Uint8Array.of(0);

export async function feed(
  platePath: string,
  to: string,
): Promise<{ readonly width: number; readonly height: number }> {
  const picture = await displayPicture(readWhole(platePath));
  writeNew(to, insertChunk(await encodePng(picture), "sRGB", SRGB_PERCEPTUAL));
  return { width: picture.width, height: picture.height };
}
