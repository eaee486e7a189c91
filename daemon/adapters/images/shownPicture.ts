/**
 * A result's light as people are shown it, on contact sheets and proxies: turned into sRGB and exposed as its plate was for the
 * model. The light is the file's own, which checks judge: alpha is left aside. Code values, and light of which nothing is known, are left to the decoder's plain curve.
 */
import type { Shown } from "../../domain/colorWay.ts";
import { shownWay } from "../../domain/colorWay.ts";
import { exrHeld } from "./answer.ts";
import type { DisplayPicture } from "./exrPicture.ts";
import { readExr } from "./exrRead.ts";
import { isExr } from "./isExr.ts";
import { interleavedCodes, modelCodes } from "./modelCodes.ts";

export function shownPicture(bytes: Uint8Array, shown: Shown | null): Uint8Array | DisplayPicture {
  const way = shown === null || !isExr(bytes) ? null : shownWay(shown);
  if (way === null) return bytes;
  const planes = exrHeld(readExr(bytes));
  return interleavedCodes(planes, modelCodes(planes, way));
}
