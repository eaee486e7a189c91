/** A JPEG of a picture, or of a part of it, for people: the longer side has at most so many px; sRGB; never enlarged. The source is only read. */
import type { Crop } from "../../domain/crop.ts";
import type { Shown } from "../../domain/colorWay.ts";
import { readWhole } from "./byteSource.ts";
import type { FrameTools } from "./frameTools.ts";
import { smallJpeg } from "./loadFrame.ts";
import { shownPicture } from "./shownPicture.ts";
import { writeNew } from "./writeNew.ts";

interface ThumbnailOf {
  readonly from: string;
  readonly to: string;
  readonly size: number | Crop;
  readonly shown: Shown | null;
}

export async function thumbnail(tools: FrameTools, of: ThumbnailOf): Promise<void> {
  const { bytes } = await tools.readable(readWhole(of.from));
  writeNew(of.to, await smallJpeg(shownPicture(bytes, of.shown), of.size));
}
