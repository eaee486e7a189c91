/**
 * The pictures that a report's page shows, in the order in which they matter: frames in which something was found, then one of every place. Each is
 * defined once in the page and referred to from everywhere, so that a page of 200 variations stays one that opens. Pure.
 */
import type { Crop } from "./crop.ts";
import { cropAround } from "./crop.ts";
import { evidencePlace } from "./evidencePlace.ts";
import { LIMITS } from "./limits.ts";
import type { ShownPicture } from "./qcEvidenceSvg.ts";
import { foundIn } from "./qcFound.ts";
import { address, esc } from "./qcReportWords.ts";
import type { QcView, ViewFrame } from "./qcView.ts";

/** Entries of what needs a look that are written out; more are counted: nobody reads them, and a page must open. */
export const LOOKS_MAX = 300;
/** Of those, so many have their evidence drawn. */
export const DRAWN_MAX = 60;

export interface PagePicture {
  /** A data URI of a JPEG or PNG, or a path relative to the page. */
  readonly src: string;
  /** Of the frame, px; of the picture itself where nobody says. */
  readonly width: number;
  readonly height: number;
}

export interface WantedPicture {
  /** Index of the place. */
  readonly at: number;
  readonly frame: number | null;
  /** Of the frame, px; null: nothing says. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

export function picturesWanted(view: QcView): readonly WantedPicture[] {
  const out = new Map<string, WantedPicture>();
  const want = (at: number, shown: ViewFrame | undefined): void => {
    if (shown === undefined) return;
    const key = pictureKey(at, shown.frame);
    if (!out.has(key)) out.set(key, { at, frame: shown.frame, size: frameSize(shown) });
  };
  for (const { at, shown } of foundIn(view.places).slice(0, DRAWN_MAX)) {
    if (shown === undefined) continue;
    want(
      at,
      view.places[at]?.frames.find(({ frame }) => frame === shown),
    );
  }
  for (const [at, place] of view.places.entries()) want(at, shownFrame(place.frames));
  return [...out.values()];
}

/** A part of a frame, as it is: the place that a check points at. */
export interface WantedCrop {
  readonly at: number;
  readonly frame: number | null;
  readonly check: string;
  readonly box: Crop["box"];
}

/** Of what is drawn; a place that is most of its frame is seen on the thumbnail. */
export function cropsWanted(view: QcView): readonly WantedCrop[] {
  const out: WantedCrop[] = [];
  for (const { at, finding, shown: number } of foundIn(view.places).slice(0, DRAWN_MAX)) {
    const shown = view.places[at]?.frames.find(({ frame }) => frame === number);
    const size = shown === undefined ? null : frameSize(shown);
    if (number === undefined || (shown?.file == null && shown?.refusedTo === undefined)) continue;
    const place = size === null ? null : evidencePlace(finding.evidence ?? [], size);
    if (size === null || place === null) continue;
    const box = cropAround(place, { ...size, pixels: LIMITS.qcPageCropPixels });
    if (box[2] * box[3] * 2 > size.width * size.height) continue;
    out.push({ at, frame: number, check: finding.check, box });
    if (out.length === LIMITS.qcPageCropsMax) break;
  }
  return out;
}

export function pictureKey(at: number, frame: number | null): string {
  return `${at}/${frame}`;
}

/** The one that stands for its place: the first that was looked at. */
export function shownFrame(frames: readonly ViewFrame[]): ViewFrame | undefined {
  return frames.find(({ inspection }) => inspection !== null) ?? frames[0];
}

/** Evidence is in pixels of the frame, and a thumbnail has fewer. Reports of before have it only as what header.size measured. */
export function frameSize({ inspection }: ViewFrame): WantedPicture["size"] {
  if (inspection?.size !== undefined) return inspection.size;
  const measures = inspection?.findings.find(({ check }) => check === "header.size")?.measures ?? [];
  const [width, height] = ["width", "height"].map((name) => measures.find((one) => one.name === name)?.value ?? 0);
  return width === undefined || height === undefined || width < 1 || height < 1 ? null : { width, height };
}

/** Ids by place and frame, and the definitions, which show nothing by themselves. */
export function pictureDefinitions(
  view: QcView,
  pictureOf: (at: number, frame: number | null) => PagePicture | null,
): { readonly shown: ReadonlyMap<string, ShownPicture>; readonly html: string } {
  const shown = new Map<string, ShownPicture>();
  const defined: string[] = [];
  for (const { at, frame } of picturesWanted(view)) {
    const picture = pictureOf(at, frame);
    const src = picture === null ? null : address(picture.src);
    if (picture === null || src === null) continue;
    const { width, height } = picture;
    const id = `p${shown.size}`;
    shown.set(pictureKey(at, frame), { id, width, height });
    defined.push(
      `<image id="${id}" href="${esc(src)}" width="${width}" height="${height}" preserveAspectRatio="none"/>`,
    );
  }
  const html =
    defined.length === 0
      ? ""
      : `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>${defined.join("\n")}</defs></svg>`;
  return { shown, html };
}
