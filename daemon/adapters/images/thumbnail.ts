/** A JPEG of a picture for people: the longer side is at most `pixels`; sRGB; never enlarged. The source is only read. */
import type { Shown } from "../../domain/colorWay.ts";
import { readWhole } from "./byteSource.ts";
import type { FrameTools } from "./frameTools.ts";
import { smallJpeg } from "./loadFrame.ts";
import { shownPicture } from "./shownPicture.ts";
import { writeNew } from "./writeNew.ts";

interface ThumbnailOf {
  readonly from: string;
  readonly to: string;
  readonly pixels: number;
  readonly shown: Shown | null;
}

export async function thumbnail(tools: FrameTools, of: ThumbnailOf): Promise<void> {
  const { bytes } = await tools.readable(readWhole(of.from));
  writeNew(of.to, await smallJpeg(await shownPicture(bytes, of.shown), of.pixels));
}
