/** A JPEG of a picture for people: the longer side is at most `pixels`; sRGB; never enlarged. The source is only read. */
import { readWhole } from "./byteSource.ts";
import { smallJpeg } from "./loadFrame.ts";
import { writeNew } from "./writeNew.ts";

export async function thumbnail(from: string, to: string, pixels: number): Promise<void> {
  writeNew(to, await smallJpeg(readWhole(from), pixels));
}
