/** The page of `qc run`: thumbnails of the pictures that it shows are made in scratch and go into the page itself. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HotplateError, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { qcHtml } from "../domain/qcReportHtml.ts";
import type { QcView } from "../domain/qcView.ts";
import { pagePictures } from "../pagePictures.ts";
import type { PictureWorld } from "./qcPictures.ts";

export async function runPage({ images, files, scratchDir }: PictureWorld, view: QcView): Promise<string> {
  let made = 0;
  const picture = await pagePictures(view, {
    link: () => null,
    async read(wanted) {
      const frame = view.places[wanted.at]?.frames.find((each) => each.frame === wanted.frame);
      if (frame?.file == null) return null;
      const to = join(scratchDir, `${(made += 1)}.jpg`);
      try {
        await images.thumbnail(await files.realpath(frame.file.path), to, LIMITS.thumbnailPixels);
        return new Uint8Array(await readFile(to));
      } catch (error) {
        if (!(error instanceof HotplateError) && systemCode(error) === null) throw error;
        // What can't be decoded has no picture; the report says why.
        return null;
      }
    },
  });
  return qcHtml(view, { picture });
}
