/**
 * Part of stage 9: thumbnails in the shot's review folder, a bounded number at a time: of what is staged while a version is made, of
 * what it holds when it is published, and of what was refused once that lies in quarantine. Never masters.
 */
import { shownAs } from "../domain/colorWay.ts";
import { isNoPicture } from "../domain/noPicture.ts";
import { LIMITS } from "../domain/limits.ts";
import { versionDir, versionFileName } from "../domain/naming.ts";
import { joinPath } from "../domain/paths.ts";
import { exists, ignore } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import type { FrameResult } from "./frameResults.ts";
import { frameResults, largest, refusedResults } from "./frameResults.ts";
import { pictureAt } from "./refusedPage.ts";
import { proxyAt, temporaryAt } from "./reviewPictures.ts";

/** `proxies`: what was made in this life. true: there are more to make. */
export async function makeProxies(
  context: StageContext,
  step: StepRow,
  of: { readonly tasks: readonly TaskRow[]; readonly proxies: Set<string> },
): Promise<boolean> {
  let made = 0;
  for (const { result, sourceOf } of wanted(context, step, of.tasks)) {
    const target = proxyAt(step, result);
    const key = `${step.id}/${target}/${result.sources.map(({ task }) => task.fence).join("+")}`;
    if (result.task.inspection === null || of.proxies.has(key)) continue;
    if (made >= LIMITS.proxiesPerUnit) return true;
    const source = await sourceOf();
    if (source === null) continue;
    await makeProxy(context, step, { result, source, target });
    of.proxies.add(key);
    made += 1;
  }
  return false;
}

interface Wanted {
  readonly result: FrameResult;
  /** null: it lies nowhere. */
  readonly sourceOf: () => Promise<string | null>;
}

function* wanted(context: StageContext, step: StepRow, tasks: readonly TaskRow[]): Generator<Wanted> {
  for (const result of frameResults(step.plan, tasks)) {
    const staged = largest(result.sources)?.staged;
    if (staged === undefined) continue;
    const isPublished = step.state === "committed";
    yield { result, sourceOf: async () => (isPublished ? publishedPath(context, step, result) : staged.path) };
  }
  if (step.state !== "committed" && step.state !== "burnt") return;
  for (const result of refusedResults(step.plan, tasks)) {
    const path = pictureAt(step, result);
    const isThere = async () => path !== null && (await exists(context.files, path));
    yield { result, sourceOf: async () => ((await isThere()) ? path : null) };
  }
}

async function makeProxy(
  context: StageContext,
  step: StepRow,
  { result, source, target }: { readonly result: FrameResult; readonly source: string; readonly target: string },
): Promise<void> {
  const { files, world } = context;
  // What is there of a wedge that was made again may be the picture that was refused.
  if (step.state === "committed" && result.task.seedTry === 0 && (await exists(files, target))) return;
  const temporary = temporaryAt(context, step, target);
  const seen = shownAs(step.plan, largest(result.sources)?.staged.finished?.roundTrip?.exposureStops);
  try {
    await world.images.thumbnail(source, temporary, LIMITS.thumbnailPixels, seen);
    await files.rename(temporary, target);
  } catch (error) {
    await files.unlink(temporary).catch(ignore("ENOENT"));
    // What can't be decoded has no thumbnail; QC says so, and its page must not wait for one.
    if (!isNoPicture(error)) throw error;
  }
}

/** Where a staged file went when its version was committed. */
export async function publishedPath(context: StageContext, step: StepRow, result: FrameResult): Promise<string | null> {
  const staged = largest(result.sources)?.staged;
  if (staged === undefined || step.version === null) return null;
  const name = versionFileName(step.plan, {
    version: step.version,
    wedge: result.wedge,
    frame: result.frame,
    stagedPath: staged.path,
    padding: step.plan.plate?.padding ?? 4,
  });
  const path = joinPath(versionDir(step.plan.target, step.version), name);
  return (await exists(context.files, path)) ? path : null;
}
