/**
 * Part of stage 9: the pictures of a review page, and how files of ours in a folder for people are called: proxies, parts of frames,
 * temporary names that say whose they are.
 */
import { shownAs } from "../domain/colorWay.ts";
import type { Crop } from "../domain/crop.ts";
import { HotplateError, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { proxyPath } from "../domain/naming.ts";
import { joinPath, linkFrom, parentDir } from "../domain/paths.ts";
import type { QcPage } from "../domain/qcReportHtml.ts";
import type { QcView } from "../domain/qcView.ts";
import { ignore } from "../durable.ts";
import type { StageContext } from "../live.ts";
import { pageCrops, pagePictures, readProxy } from "../pagePictures.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import { frameResults, largest, refusedResults } from "./frameResults.ts";

/** A frame on a page: of the view's n-th place. */
export interface PlacedPicture {
  readonly at: number;
  readonly frame: number | null;
}
/** Thumbnails and parts of what a view shows; `fileOf`: where a frame lies now. */
export type PicturesOf = (
  view: QcView,
  fileOf: (of: PlacedPicture) => string | null,
) => Promise<Pick<QcPage, "picture" | "crop">>;

/** What a page shows: proxies as they lie in the folder, and parts of the frames themselves, as bright as their proxies. */
export async function reviewPictures(
  context: StageContext,
  step: StepRow,
  of: {
    readonly tasks: readonly TaskRow[];
    readonly view: QcView;
    readonly page: string;
    readonly fileOf: (of: PlacedPicture) => string | null;
  },
): ReturnType<PicturesOf> {
  const { view, fileOf } = of;
  const page = parentDir(of.page);
  const stops = new Map(
    [...frameResults(step.plan, of.tasks), ...refusedResults(step.plan, of.tasks)].map(({ wedge, frame, sources }) => [
      `${wedge}/${frame}`,
      largest(sources)?.staged.finished?.roundTrip?.exposureStops,
    ]),
  );
  const wedgeAt = (at: number): number => Number(view.places[at]?.name.replace(/^w/, "") ?? 0);
  const proxyOf = ({ at, frame }: PlacedPicture): string => proxyAt(step, { wedge: wedgeAt(at), frame });
  return {
    picture: await pagePictures(view, {
      read: (wanted) => readProxy(context.files, proxyOf(wanted)),
      link: (wanted) => linkFrom(page, proxyOf(wanted)),
    }),
    crop: await pageCrops(view, ({ at, frame, box }) => {
      const from = fileOf({ at, frame });
      const seen = shownAs(step.plan, stops.get(`${wedgeAt(at)}/${frame}`));
      const temporary = temporaryAt(context, step, of.page);
      return from === null ? Promise.resolve(null) : cropOf(context, { from, temporary, box, seen });
    }),
  };
}

/** A part of a frame, 1:1; null where it can't be decoded: the report says so already. */
async function cropOf(
  { files, world }: StageContext,
  of: {
    readonly from: string;
    readonly temporary: string;
    readonly box: Crop["box"];
    readonly seen: ReturnType<typeof shownAs>;
  },
): Promise<Uint8Array | null> {
  try {
    const size = { pixels: LIMITS.qcPageCropPixels, box: of.box };
    await world.images.thumbnail(of.from, of.temporary, size, of.seen);
    return await readProxy(files, of.temporary);
  } catch (error) {
    if (!(error instanceof HotplateError) && systemCode(error) !== "ENOENT") throw error;
    return null;
  } finally {
    await files.unlink(of.temporary).catch(ignore("ENOENT"));
  }
}

export function proxyAt(step: StepRow, of: { readonly wedge: number; readonly frame: number | null }): string {
  return proxyPath(step.plan.target, { version: step.version ?? 0, wedge: of.wedge, frame: of.frame });
}

/** A step's id as part of a file's name. */
export function ownMark(step: StepRow): string {
  return step.id.replaceAll("/", ".");
}

/** Several steps may share a folder for people: a temporary name says whose it is. */
export function temporaryAt(context: StageContext, step: StepRow, target: string): string {
  return joinPath(parentDir(target), `.hotplate-tmp.${ownMark(step)}.${context.world.ids.uuid()}.jpg`);
}
