/**
 * A result's light as people are shown it, on contact sheets and proxies: turned into sRGB and exposed as its plate was for the
 * model. Code values, and light of which nothing is known, are left to the decoder's plain curve.
 */
import type { Shown } from "../../domain/colorWay.ts";
import { shownWay } from "../../domain/colorWay.ts";
import { answerOf } from "./answer.ts";
import type { DisplayPicture } from "./exrPicture.ts";
import { isExr } from "./isExr.ts";
import { interleavedCodes, modelCodes } from "./modelCodes.ts";

export async function shownPicture(bytes: Uint8Array, shown: Shown | null): Promise<Uint8Array | DisplayPicture> {
  const way = shown === null || !isExr(bytes) ? null : shownWay(shown);
  if (way === null) return bytes;
  const planes = await answerOf(bytes);
  return interleavedCodes(planes, modelCodes(planes, way));
}
