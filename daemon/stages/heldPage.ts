/**
 * Part of stage 9: the page of what QC holds, where the version's own report will lie, so that people can look before they decide;
 * for machines the same as `held_qc.json` in the job's staging. Written when a hold begins and after every decision, gone when nothing
 * waits any more. Bounded; all of it derived.
 */
import { systemCode } from "../domain/errors.ts";
import type { HeldTask } from "../domain/heldReport.ts";
import { HELD_MARK, heldHtml, heldReport, heldView } from "../domain/heldReport.ts";
import { LIMITS } from "../domain/limits.ts";
import type { ReviewPaths } from "../domain/naming.ts";
import { joinPath } from "../domain/paths.ts";
import type { Inspection } from "../domain/qc.ts";
import { qcText } from "../domain/qcReport.ts";
import { rejectedResults } from "../domain/rejection.ts";
import type { VersionFile } from "../domain/versionFacts.ts";
import { isHeldAsWhole } from "../domain/wedgeGate.ts";
import { exists, ignore, replaceAnswer } from "../durable.ts";
import type { StageContext } from "../live.ts";
import { heldReason, waivableChecks } from "../qcStanding.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import type { FrameResult } from "./frameResults.ts";
import { isSimulated } from "./machineRecord.ts";
import { frameResults, largest, versionFrame } from "./frameResults.ts";
import type { PicturesOf } from "./reviewPictures.ts";
import { ownMark } from "./reviewPictures.ts";
import { publicPlan } from "./versionRecord.ts";

export interface HeldPages {
  /** The page of an open step, as its tasks are now; removed where nothing waits. */
  update(step: StepRow, of: HeldUpdate): Promise<void>;
}

interface HeldUpdate {
  readonly tasks: readonly TaskRow[];
  readonly paths: ReviewPaths;
  readonly show: string;
  readonly picturesOf: PicturesOf;
}

export function createHeldPages(context: StageContext): HeldPages {
  /** Step -> what its page was made of and where it lies, in this life: nothing is drawn again that is as it was. */
  const written = new Map<string, { readonly of: string; readonly path: string }>();
  const { files, world } = context;

  async function remove(path: string): Promise<void> {
    if (!(await exists(files, path))) return;
    const bytes = await files.read(path, LIMITS.heldPageBytesMax).catch((error: unknown) => {
      if (systemCode(error) === "EFBIG" || systemCode(error) === "ENOENT") return new Uint8Array(0);
      throw error;
    });
    const text = new TextDecoder().decode(bytes);
    if (text.includes(HELD_MARK)) await files.unlink(path).catch(ignore("ENOENT"));
  }

  return {
    async update(step, of) {
      const known = written.get(step.id);
      const path = of.paths.qcReport;
      const held = heldTasks(of.tasks);
      // Its number was taken by somebody else.
      if (known !== undefined && known.path !== path) await remove(known.path);
      if (held.length === 0) {
        written.delete(step.id);
        await remove(path);
        if (step.stagingDir !== null) await files.unlink(joinPath(step.stagingDir, HELD_FILE)).catch(ignore("ENOENT"));
        return;
      }
      const waivers = await world.store.waivers(step.id);
      const made = JSON.stringify([
        held.map(({ id, fence, holdUntil }) => [id, fence, holdUntil]),
        waivers.map(({ id, revoked }) => [id, revoked]),
        rejectedResults(of.tasks),
      ]);
      if (known?.of === made && known.path === path) return;
      const page = await pageOf(context, step, { ...of, held });
      const mark = ownMark(step);
      if (step.stagingDir !== null) await replaceAnswer(files, joinPath(step.stagingDir, HELD_FILE), page.json, mark);
      await replaceAnswer(files, path, page.html, mark);
      written.set(step.id, { of: made, path });
      for (const oldest of written.keys()) if (written.size > LIMITS.finishedKeptMax) written.delete(oldest);
    },
  };
}

const HELD_FILE = "held_qc.json";

function heldTasks(tasks: readonly TaskRow[]): readonly TaskRow[] {
  return tasks.filter(({ state, gate }) => state === "committing" && gate === "hold");
}

async function pageOf(
  context: StageContext,
  step: StepRow,
  of: HeldUpdate & { readonly held: readonly TaskRow[] },
): Promise<{ readonly html: string; readonly json: string }> {
  const { world } = context;
  const shown = of.held.slice(0, LIMITS.heldPageTasksMax);
  const ids = new Set(shown.map(({ id }) => id));
  const results = frameResults(step.plan, of.tasks)
    .filter(({ task }) => ids.has(task.id))
    .slice(0, LIMITS.heldPageFramesMax);
  const wedges = new Set(results.map(({ wedge }) => wedge));
  const waivers = await world.store.waivers(step.id);
  const plan = await publicPlan(context, step);
  const report = heldReport(
    {
      plan: { ...plan, wedges: plan.wedges.filter(({ index }) => wedges.has(index)) },
      version: step.version ?? 0,
      at: new Date(world.clock.now()).toISOString(),
      frames: results.map((result) => versionFrame(result, {})),
      files: results.flatMap((result) => fileOf(step, result)),
      tries: await world.store.seedTries(step.id),
      waivers,
      rejections: rejectedResults(of.tasks),
      job: { id: step.jobId, show: of.show },
    },
    {
      tool: { name: "hotplate", version: context.options.version },
      simulated: isSimulated(shown),
      installed: (await world.images.checks()).checks,
    },
    wholesOf(shown),
  );
  const held = shown.map(
    (task): HeldTask => ({
      id: task.id,
      of: `${task.stepId}/w${task.wedge}`,
      whole: isHeldAsWhole(task),
      wedge: task.wedge,
      frame: task.frame,
      until: task.holdUntil,
      reason: heldReason(task, waivers),
      checks: waivableChecks(task, waivers),
    }),
  );
  const page = { held, more: of.held.length - shown.length, wedges: plan.wedges.length };
  const staged = new Map(
    results.map((result) => [`${result.wedge}/${result.frame}`, largest(result.sources)?.staged.path ?? null]),
  );
  const view = heldView(report, page);
  const pictures = await of.picturesOf(
    view,
    ({ at, frame }) => staged.get(`${report.wedges[at]?.index ?? 0}/${frame}`) ?? null,
  );
  return { html: heldHtml(report, page, pictures), json: qcText(report) };
}

/** Its place is told from the job's staging, where the record for machines lies. */
function fileOf(step: StepRow, { wedge, frame, sources }: FrameResult): readonly VersionFile[] {
  const staged = largest(sources)?.staged;
  if (staged === undefined) return [];
  const path = staged.path.replace(`${step.stagingDir ?? ""}/`, "");
  const { bytes, sha256, finished } = staged;
  const roundTrip = finished?.roundTrip ?? null;
  return [{ path, wedge, frame, bytes, sha256, ...(roundTrip === null ? {} : { roundTrip }) }];
}

function wholesOf(held: readonly TaskRow[]): ReadonlyMap<number, Inspection> {
  return new Map(
    held.flatMap(({ wedge, inspection }) =>
      inspection?.whole === undefined || inspection.whole.lean === true
        ? []
        : [[wedge, inspection.whole.inspection] as const],
    ),
  );
}
