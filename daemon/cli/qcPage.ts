/** The page of `qc run`: thumbnails and parts of the pictures that it shows are made in scratch and go into the page itself. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Crop } from "../domain/crop.ts";
import { HotplateError, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { qcHtml } from "../domain/qcReportHtml.ts";
import type { QcView } from "../domain/qcView.ts";
import { pageCrops, pagePictures } from "../pagePictures.ts";
import type { PictureWorld } from "./qcPictures.ts";

export async function runPage({ images, files, scratchDir }: PictureWorld, view: QcView): Promise<string> {
  let made = 0;
  const jpegOf = async (
    of: { readonly at: number; readonly frame: number | null },
    size: number | Crop,
  ): Promise<Uint8Array | null> => {
    const frame = view.places[of.at]?.frames.find((each) => each.frame === of.frame);
    if (frame?.file == null) return null;
    const to = join(scratchDir, `${(made += 1)}.jpg`);
    try {
      await images.thumbnail(await files.realpath(frame.file.path), to, size);
      return new Uint8Array(await readFile(to));
    } catch (error) {
      if (!(error instanceof HotplateError) && systemCode(error) === null) throw error;
      // What can't be decoded has no picture; the report says why.
      return null;
    }
  };
  return qcHtml(view, {
    picture: await pagePictures(view, { link: () => null, read: (of) => jpegOf(of, LIMITS.thumbnailPixels) }),
    crop: await pageCrops(view, (of) => jpegOf(of, { pixels: LIMITS.qcPageCropPixels, box: of.box })),
  });
}
