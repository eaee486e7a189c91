/**
 * What a graph is fed: an 8-bit PNG that names itself sRGB, made from the plate, which is opened read-only. ComfyUI 0.19 reads
 * 8 bits and ignores profiles, so nothing is left for it to guess. What the values are is the colour plan's (docs/colour.md);
 * a picture that is display sRGB already goes in code for code (`loadFrame.displayPicture`).
 */
import type { ColorPlan } from "../../domain/colorPlan.ts";
import { colorWay } from "../../domain/colorWay.ts";
import { IDENTITY } from "../../domain/colorMatrix.ts";
import type { FeedColor } from "../../ports.ts";
import { bytesSource, readWhole } from "./byteSource.ts";
import type { DisplayPicture } from "./exrPicture.ts";
import { readHead } from "./head.ts";
import { isExr } from "./isExr.ts";
import { displayPicture, encodePng } from "./loadFrame.ts";
import { interleavedCodes, modelCodes } from "./modelCodes.ts";
import type { Plates } from "./plates.ts";
import { insertChunk } from "./pngHead.ts";
import { writeNew } from "./writeNew.ts";

/** The PNG chunk's value: perceptual intent (PNG, 11.3.2.5). */
const SRGB_PERCEPTUAL = Uint8Array.of(0);

export async function feed(
  plates: Plates,
  of: { readonly platePath: string; readonly to: string; readonly color: FeedColor | null },
): Promise<{ readonly width: number; readonly height: number }> {
  const picture = await pictureOf(plates, of);
  writeNew(of.to, insertChunk(await encodePng(picture), "sRGB", SRGB_PERCEPTUAL));
  return { width: picture.width, height: picture.height };
}

async function pictureOf(
  plates: Plates,
  of: { readonly platePath: string; readonly color: FeedColor | null },
): Promise<DisplayPicture> {
  const { platePath, color } = of;
  if (color === null) return displayPicture((await plates.tools.readable(readWhole(platePath))).bytes);
  if (color.of === "image" || showsItself(color.plan)) {
    const bytes = readWhole(platePath);
    const codes = !isExr(bytes) && readHead(bytesSource(bytes)).sampleType === "uint";
    // An element's code values are sRGB, whatever the plate is; its light is the plate's, and is exposed with it.
    if (codes) return displayPicture(bytes);
  }
  const planes = await plates.planes(platePath, color.plan);
  const way = colorWay(color.plan, await plates.stops(color.plan, color.reference));
  return interleavedCodes(planes, modelCodes(planes, way));
}

/** sRGB codes that the model is to see as they are. */
function showsItself(plan: ColorPlan): boolean {
  const { curve, toModel, view } = colorWay(plan, plan.exposure === "auto" ? 1 : plan.exposure);
  return curve?.name === "sRGB" && view.name === "plain" && toModel.every((value, i) => value === IDENTITY[i]);
}
