/**
 * The shot's review folder, for people: proxies and a growing contact sheet while a version is being made (never masters),
 * then the QC report and the final sheet. All of it is derived: written again at will, never read back by us.
 */
import { versionName } from "../domain/ids.ts";
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { proxyName, reviewPaths, versionDir, versionFileName } from "../domain/naming.ts";
import { baseName, joinPath, rootOf } from "../domain/paths.ts";
import { qcHtml } from "../domain/qcReportHtml.ts";
import { qcReportSchema } from "../domain/qcReport.ts";
import { exists, ignore, makeDirs, replaceAnswer } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { JobRow, StepRow, TaskRow } from "../storePort.ts";
import { sheetPages } from "./contactSheet.ts";
import type { FrameResult } from "./frameResults.ts";
import { frameResults, largest } from "./frameResults.ts";
import { laneOf } from "./lanes.ts";

export interface ReviewFolder {
  /** Something of this job changed: its review folders are looked at again. */
  touch(job: JobRow): void;
  tick(): Promise<void>;
}

interface Wanted {
  readonly jobId: JobId;
  readonly stepId: StepRow["id"];
  notBefore: number;
}

export function createReviewFolder(context: StageContext): ReviewFolder {
  const wanted = new Map<string, Wanted>();
  /** Steps whose final papers were written in this life. */
  const finished = new Set<string>();
  /** Proxies made in this life: `<step>/<file>`. */
  const proxies = new Set<string>();

  function start(step: StepRow, want: Wanted): void {
    context.work.start<{ readonly more: boolean }>({
      key: `review:${step.id}`,
      lane: laneOf(context, step.plan.target.productDir, "output"),
      run: () => update(context, step, proxies),
      done: (outcome) => {
        const now = context.world.clock.now();
        if (!outcome.ok) want.notBefore = now + LIMITS.reviewSheetMs;
        else if (outcome.value.more) want.notBefore = now;
        else {
          wanted.delete(step.id);
          if (step.state === "committed") {
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
        if (step.version === null || finished.has(step.id) || wanted.has(step.id)) continue;
        if (step.counts.committing + step.counts.done === 0) continue;
        const soon = step.state === "committed";
        wanted.set(step.id, {
          jobId: job.id,
          stepId: step.id,
          notBefore: context.world.clock.now() + (soon ? 0 : LIMITS.reviewSheetMs),
        });
      }
    },
    async tick() {
      const now = context.world.clock.now();
      for (const want of wanted.values()) {
        if (want.notBefore > now) continue;
        const step = await context.world.store.step(want.stepId);
        if (step === null || step.state === "burnt") wanted.delete(want.stepId);
        // A version that waits to be published goes first on the lane: people can wait a moment for a proxy.
        else if (step.state !== "committing") start(step, want);
      }
    },
  };
}

/** `more`: not all proxies are made, or the version is not committed yet and will change. */
async function update(context: StageContext, step: StepRow, proxies: Set<string>): Promise<{ readonly more: boolean }> {
  const { files, world } = context;
  const paths = reviewPaths(step.plan.target, step.version ?? 0);
  const root = rootOf(paths.reviewDir, world.config.roots)?.linux ?? step.plan.target.shotDir;
  await makeDirs(files, root, paths.reviewDir);
  const tasks = await world.store.tasks(step.id);
  const missing = await makeProxies(context, step, { tasks, dir: paths.reviewDir, proxies });
  if (missing) return { more: true };
  if (step.state === "committed") {
    await finish(context, step, paths);
    return { more: false };
  }
  await drawSheets(context, step, { tasks, paths });
  return { more: false };
}

async function makeProxies(
  context: StageContext,
  step: StepRow,
  of: { readonly tasks: readonly TaskRow[]; readonly dir: string; readonly proxies: Set<string> },
): Promise<boolean> {
  const { files, world } = context;
  let made = 0;
  for (const result of frameResults(step.plan, of.tasks)) {
    const shown = largest(result.sources);
    const name = proxyName(result.wedge, result.frame);
    const key = `${step.id}/${name}/${result.sources.map(({ task }) => task.fence).join("+")}`;
    if (shown === null || result.task.inspection === null || of.proxies.has(key)) continue;
    if (made >= LIMITS.proxiesPerUnit) return true;
    const target = joinPath(of.dir, name);
    const source = step.state === "committed" ? await publishedPath(context, step, result) : shown.staged.path;
    if (source === null) continue;
    if (!(await exists(files, target)) || step.state !== "committed") {
      const temporary = joinPath(of.dir, `.hotplate-tmp.${world.ids.uuid()}.jpg`);
      await world.images.thumbnail(source, temporary, LIMITS.thumbnailPixels);
      await files.rename(temporary, target);
    }
    of.proxies.add(key);
    made += 1;
  }
  return false;
}

/** Where a staged file went when its version was committed. */
async function publishedPath(context: StageContext, step: StepRow, result: FrameResult): Promise<string | null> {
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

async function drawSheets(
  context: StageContext,
  step: StepRow,
  of: { readonly tasks: readonly TaskRow[]; readonly paths: ReturnType<typeof reviewPaths> },
): Promise<void> {
  const { files, world } = context;
  const pages = sheetPages(step.plan, of.tasks, ({ task, sources, wedge, frame }) =>
    sources.length > 0 && task.inspection !== null && task.state === "committing"
      ? joinPath(of.paths.reviewDir, proxyName(wedge, frame))
      : null,
  );
  for (const page of pages) {
    const target =
      page.page === 1 ? of.paths.contactSheet : of.paths.contactSheet.replace(/\.jpg$/, `_p${page.page}.jpg`);
    const temporary = joinPath(of.paths.reviewDir, `.hotplate-tmp.${world.ids.uuid()}.jpg`);
    const title = `${step.plan.target.name} ${step.plan.target.product} ${versionName(step.version ?? 0)} (growing)`;
    await world.images.sheet({ title, columns: page.columns, tiles: page.tiles }, temporary);
    await files.rename(temporary, target);
  }
}

/** The committed version's own sheet and report, copied out for people. */
async function finish(context: StageContext, step: StepRow, paths: ReturnType<typeof reviewPaths>): Promise<void> {
  const { files, world } = context;
  const version = versionDir(step.plan.target, step.version ?? 0);
  const sheets = (await files.list(version, LIMITS.hotFolderEntriesMax)).filter((entry) =>
    /^contact_.*\.jpg$/.test(entry.name),
  );
  for (const sheet of sheets) {
    const target = sheetFor(paths.contactSheet, sheet.name);
    const temporary = joinPath(paths.reviewDir, `.hotplate-tmp.${world.ids.uuid()}.jpg`);
    await files.copy(joinPath(version, sheet.name), temporary);
    await files.rename(temporary, target);
  }
  const text = new TextDecoder().decode(
    await files.read(joinPath(version, ".hotplate/qc.json"), LIMITS.commitBytesMax),
  );
  const report = qcReportSchema.parse(JSON.parse(text));
  const html = qcHtml(report, {
    title: `${step.plan.target.name} ${step.plan.target.product} ${versionName(step.version ?? 0)}`,
    contactSheets: [...new Set(sheets.map((sheet) => sheetFor(paths.contactSheet, sheet.name)))].map(baseName),
    thumbnail: (wedge, frame) => proxyName(Number(wedge.wedge.slice(1)), frame.frame),
  });
  await replaceAnswer(files, paths.qcReport, html, step.jobId);
  // One step fills this folder, and this is the last that it does here: what is temporary was left by a killed life.
  for (const { name } of await files.list(paths.reviewDir, LIMITS.hotFolderEntriesMax))
    if (name.startsWith(".hotplate-tmp.")) await files.unlink(joinPath(paths.reviewDir, name)).catch(ignore("ENOENT"));
  await files.syncDir(paths.reviewDir).catch(ignore("ENOENT"));
}

function sheetFor(first: string, name: string): string {
  const page = /_p(\d+)\.jpg$/.exec(name)?.[1];
  return page === undefined ? first : first.replace(/\.jpg$/, `_p${page}.jpg`);
}
