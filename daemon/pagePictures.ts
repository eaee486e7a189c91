/**
 * A report page's pictures: into the page itself while there is room, so that one file can be sent to anybody; the rest are named
 * by their place beside it.
 */
import { systemCode } from "./domain/errors.ts";
import { jpegSize } from "./domain/jpegSize.ts";
import { LIMITS } from "./domain/limits.ts";
import type { ShownCrop } from "./domain/qcEvidenceSvg.ts";
import type { PagePicture, WantedCrop, WantedPicture } from "./domain/qcPagePictures.ts";
import { cropsWanted, pictureKey, picturesWanted } from "./domain/qcPagePictures.ts";
import type { QcView } from "./domain/qcView.ts";
import type { Files } from "./ports.ts";

export interface PictureSource {
  /** A JPEG for people; null: there is none. */
  read(wanted: WantedPicture): Promise<Uint8Array | null>;
  /** Relative to the page; null: it lies nowhere near. */
  link(wanted: WantedPicture): string | null;
}

/** Only what the page shows is read. */
export async function pagePictures(
  view: QcView,
  source: PictureSource,
): Promise<(at: number, frame: number | null) => PagePicture | null> {
  const out = new Map<string, PagePicture>();
  let room = LIMITS.qcPagePicturesBytesMax;
  for (const wanted of picturesWanted(view)) {
    const key = pictureKey(wanted.at, wanted.frame);
    if (room <= 0) {
      const link = source.link(wanted);
      // Nobody opened it: without a size of its frame it would be drawn in a wrong shape.
      if (link !== null && wanted.size !== null) out.set(key, { src: link, ...wanted.size });
      continue;
    }
    const bytes = await source.read(wanted);
    const own = bytes === null ? null : jpegSize(bytes);
    if (bytes === null || own === null) continue;
    room -= bytes.length;
    out.set(key, { src: jpegUri(bytes), ...(wanted.size ?? own) });
  }
  return (at, frame) => out.get(pictureKey(at, frame)) ?? null;
}

/** `read`: a JPEG of the part, 1:1; null: it can't be made. */
export async function pageCrops(
  view: QcView,
  read: (wanted: WantedCrop) => Promise<Uint8Array | null>,
): Promise<(at: number, frame: number | null, check: string) => ShownCrop | null> {
  const out = new Map<string, ShownCrop>();
  for (const wanted of cropsWanted(view)) {
    const bytes = await read(wanted);
    const key = JSON.stringify([wanted.at, wanted.frame, wanted.check]);
    if (bytes !== null && jpegSize(bytes) !== null) out.set(key, { src: jpegUri(bytes), box: wanted.box });
  }
  return (...of) => out.get(JSON.stringify(of)) ?? null;
}

/** A frame that is not in the version has no proxy; one that is too large for a page is none. */
export async function readProxy(files: Pick<Files, "read">, path: string): Promise<Uint8Array | null> {
  try {
    return await files.read(path, LIMITS.qcPagePictureBytesMax);
  } catch (error) {
    if (["ENOENT", "EFBIG", "EINVAL"].includes(systemCode(error) ?? "")) return null;
    throw error;
  }
}

function jpegUri(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x2000) text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  return `data:image/jpeg;base64,${btoa(text)}`;
}
