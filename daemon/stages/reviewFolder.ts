/**
 * The shot's review folder, for people: proxies and a growing contact sheet while a version is being made (never masters),
 * then the QC report and the final sheet. All of it is derived: written again at will, never read back by us.
 */
import { readApprovals } from "../approvalLog.ts";
import type { ApprovalLine } from "../domain/approvals.ts";
import { standingWaivers } from "../domain/approvals.ts";
import { versionName } from "../domain/ids.ts";
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { isSequence } from "../domain/movie.ts";
import type { ReviewPaths } from "../domain/naming.ts";
import { qcExports, reviewPaths, reviewSheet, sheetName, versionDir } from "../domain/naming.ts";
import { junitXml } from "../domain/junit.ts";
import { joinPath, linkFrom, parentDir, rootOf } from "../domain/paths.ts";
import { versionHtml } from "../domain/qcReportHtml.ts";
import { qcReportSchema } from "../domain/qcReport.ts";
import { viewOfVersion } from "../domain/qcView.ts";
import { sarifJson } from "../domain/sarif.ts";
import { exists, ignore, makeDirs, replaceAnswer } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { JobRow, StepRow, TaskRow } from "../storePort.ts";
import { asMade } from "./anotherSeed.ts";
import { sheetPages } from "./contactSheet.ts";
import { frameResults, refusedResults } from "./frameResults.ts";
import { laneOf } from "./lanes.ts";
import { isSimulated } from "./machineRecord.ts";
import type { Movies } from "./movies.ts";
import type { HeldPages } from "./heldPage.ts";
import { createHeldPages } from "./heldPage.ts";
import { makeProxies, publishedPath } from "./proxies.ts";
import { writeRefused } from "./refusedPage.ts";
import type { PicturesOf, PlacedPicture } from "./reviewPictures.ts";
import { ownMark, proxyAt, reviewPictures, temporaryAt } from "./reviewPictures.ts";
import { publicPlan } from "./versionRecord.ts";

export interface ReviewFolder {
  /** Something of this job changed: its review folders are looked at again. */
  touch(job: JobRow): void;
  tick(): Promise<void>;
}

interface Wanted {
  readonly jobId: JobId;
  readonly stepId: StepRow["id"];
  readonly show: string;
  notBefore: number;
  /** Something happened while it was being looked at: what was drawn may be of before. */
  touched: boolean;
}

export function createReviewFolder(context: StageContext, movies: Movies): ReviewFolder {
  const wanted = new Map<string, Wanted>();
  /** Steps whose final papers were written in this life. */
  const finished = new Set<string>();
  /** Proxies made in this life: `<step>/<file>`. */
  const proxies = new Set<string>();
  const heldPages = createHeldPages(context);

  function start(step: StepRow, want: Wanted): void {
    context.work.start<Updated>({
      key: `review:${step.id}`,
      lane: laneOf(context, step.plan.target.productDir, "output"),
      run: () => {
        // Here and not before: asked for again while it runs, it does not begin again.
        want.touched = false;
        return update(context, step, { proxies, movies, heldPages, show: want.show });
      },
      done: (outcome) => {
        const now = context.world.clock.now();
        if (!outcome.ok || outcome.value.next === "later") want.notBefore = now + LIMITS.reviewSheetMs;
        else if (outcome.value.next === "more") want.notBefore = now;
        else if (want.touched && step.state !== "committed" && step.state !== "burnt")
          want.notBefore = now + LIMITS.reviewSheetMs;
        else {
          wanted.delete(step.id);
          if (step.state === "committed" || step.state === "burnt") {
            finished.add(step.id);
            // One that is forgotten would be written once more, if anything still happened to it.
            for (const oldest of finished) if (finished.size > LIMITS.finishedKeptMax) finished.delete(oldest);
            for (const key of proxies) if (key.startsWith(`${step.id}/`)) proxies.delete(key);
          }
        }
      },
    });
  }

  return {
    touch(job) {
      for (const step of job.steps) {
        const known = wanted.get(step.id);
        if (known !== undefined) known.touched = true;
        if (step.version === null || finished.has(step.id) || known !== undefined) continue;
        // What was rejected may have had a page while it was held.
        if (step.counts.committing + step.counts.done + step.counts.failed === 0) continue;
        const soon = step.state === "committed";
        wanted.set(step.id, {
          jobId: job.id,
          stepId: step.id,
          show: job.show,
          touched: false,
          notBefore: context.world.clock.now() + (soon ? 0 : LIMITS.reviewSheetMs),
        });
      }
    },
    async tick() {
      const now = context.world.clock.now();
      for (const want of wanted.values()) {
        if (want.notBefore > now) continue;
        const step = await context.world.store.step(want.stepId);
        if (step === null) wanted.delete(want.stepId);
        // A version that waits to be published goes first on the lane: people can wait a moment for a proxy.
        else if (step.state !== "committing") start(step, want);
      }
    },
  };
}

/** `more`: not all proxies are made; `later`: what it tells of is still on its way. */
interface Updated {
  readonly next: "more" | "later" | "none";
}

async function update(
  context: StageContext,
  planned: StepRow,
  of: {
    readonly proxies: Set<string>;
    readonly movies: Movies;
    readonly heldPages: HeldPages;
    readonly show: string;
  },
): Promise<Updated> {
  const { files, world } = context;
  const tasks = await world.store.tasks(planned.id);
  const step = asMade(planned, tasks);
  const paths = reviewPaths(step.plan.target, step.version ?? 0);
  const picturesOf: PicturesOf = (view, fileOf) =>
    reviewPictures(context, step, { tasks, view, page: paths.qcReport, fileOf });
  const held = { tasks, paths, show: of.show, picturesOf };
  const refused = step.state === "burnt" && refusedResults(step.plan, tasks).length > 0;
  if (!refused && (step.state === "burnt" || step.counts.committing + step.counts.done === 0)) {
    await of.heldPages.update(step, held);
    return { next: "none" };
  }
  // Its pictures are being moved to quarantine.
  if (refused && step.stagingDir !== null && (await exists(files, step.stagingDir))) return { next: "later" };
  const root = rootOf(paths.reviewDir, world.config.roots)?.linux ?? step.plan.target.shotDir;
  for (const dir of foldersOf(paths)) await makeDirs(files, root, dir);
  const missing = await makeProxies(context, step, { tasks, proxies: of.proxies });
  if (missing) return { next: "more" };
  if (refused) {
    await writeRefused(context, step, held);
    await of.heldPages.update(step, held);
    await clearTemporaries(context, step, paths);
    return { next: "none" };
  }
  if (step.state === "committed") {
    await of.heldPages.update(step, held);
    await finish(context, step, { paths, picturesOf });
    const frames = await publishedFrames(context, step, tasks);
    of.movies.want(step, { show: of.show, simulated: isSimulated(tasks), frames });
    return { next: "none" };
  }
  await of.heldPages.update(step, held);
  await drawSheets(context, step, { tasks });
  return { next: "none" };
}

/** By wedge: where each frame of the plan lies now; null where it is not in the version. */
async function publishedFrames(
  context: StageContext,
  step: StepRow,
  tasks: readonly TaskRow[],
): Promise<ReadonlyMap<number, readonly (string | null)[]>> {
  const out = new Map<number, (string | null)[]>();
  if (!isSequence(step.plan.frames)) return out;
  for (const result of frameResults(step.plan, tasks)) {
    const frames = out.get(result.wedge) ?? [];
    frames.push(await publishedPath(context, step, result));
    out.set(result.wedge, frames);
  }
  return out;
}

async function drawSheets(
  context: StageContext,
  step: StepRow,
  of: { readonly tasks: readonly TaskRow[] },
): Promise<void> {
  const { files, world } = context;
  const pages = sheetPages(await publicPlan(context, step), of.tasks, (result) =>
    result.sources.length > 0 && result.task.inspection !== null && result.task.state === "committing"
      ? proxyAt(step, result)
      : null,
  );
  for (const page of pages) {
    const target = reviewSheet(step.plan.target, step.version ?? 0, page.page);
    const temporary = temporaryAt(context, step, target);
    const title = `${step.plan.target.name} ${step.plan.target.product} ${versionName(step.version ?? 0)} (growing)`;
    const heads = page.heads === undefined ? {} : { heads: page.heads };
    await world.images.sheet({ title, columns: page.columns, ...heads, tiles: page.tiles }, temporary);
    await files.rename(temporary, target);
  }
}

/** The committed version's own sheet and report, copied out for people. */
async function finish(
  context: StageContext,
  step: StepRow,
  { paths, picturesOf }: { readonly paths: ReviewPaths; readonly picturesOf: PicturesOf },
): Promise<void> {
  const { files } = context;
  const version = versionDir(step.plan.target, step.version ?? 0);
  const sheets: string[] = [];
  for (let page = 1; ; page += 1) {
    const own = joinPath(version, sheetName(step.plan.target, step.version ?? 0, page));
    if (!(await exists(files, own))) break;
    const target = reviewSheet(step.plan.target, step.version ?? 0, page);
    const temporary = temporaryAt(context, step, target);
    await files.copy(own, temporary);
    await files.rename(temporary, target);
    sheets.push(target);
  }
  const text = new TextDecoder().decode(
    await files.read(joinPath(version, ".hotplate/qc.json"), LIMITS.commitBytesMax),
  );
  const report = qcReportSchema.parse(JSON.parse(text));
  const view = viewOfVersion(report);
  const fileOf = ({ at, frame }: PlacedPicture): string | null => {
    const shown = view.places[at]?.frames.find((each) => each.frame === frame);
    if (shown?.refusedTo !== undefined) return joinPath(step.plan.target.productDir, shown.refusedTo);
    return shown?.file == null ? null : joinPath(version, shown.file.path);
  };
  const html = versionHtml(report, {
    waivedLater: await waivedLater(context, step),
    contactSheets: sheets.map((sheet) => linkFrom(parentDir(paths.qcReport), sheet)),
    ...(await picturesOf(view, fileOf)),
  });
  const exports = qcExports(paths.qcReport);
  await replaceAnswer(files, exports.junit, junitXml(view), ownMark(step));
  await replaceAnswer(files, exports.sarif, sarifJson(view, "version"), ownMark(step));
  await replaceAnswer(files, paths.qcReport, html, ownMark(step));
  await clearTemporaries(context, step, paths);
}

/** This is the last that the step does here: what is temporary and its own was left by a killed life. */
async function clearTemporaries({ files }: StageContext, step: StepRow, paths: ReviewPaths): Promise<void> {
  const left = `.hotplate-tmp.${ownMark(step)}.`;
  for (const dir of foldersOf(paths)) {
    for (const { name } of await files.list(dir, LIMITS.hotFolderEntriesMax))
      if (name.startsWith(left)) await files.unlink(joinPath(dir, name)).catch(ignore("ENOENT"));
    await files.syncDir(dir).catch(ignore("ENOENT"));
  }
}

/** Of a version that people decided about before its page was written. */
async function waivedLater(context: StageContext, step: StepRow): Promise<readonly ApprovalLine[]> {
  const { files, world } = context;
  const { lines } = await readApprovals({ files, digest: world.digest }, step.plan.target.productDir);
  const subject = versionName(step.version ?? 0);
  return standingWaivers(lines, { subject, commitSha256: step.publication?.commitSha256 ?? "" });
}

function foldersOf(paths: ReviewPaths): readonly string[] {
  return [...new Set([paths.reviewDir, parentDir(paths.contactSheet), parentDir(paths.qcReport)])];
}
