/**
 * Part of stage 9: the papers of a version that burnt because QC, or a person, refused what was made: the page where the version's
 * own would lie, its exports, and the report for machines beside it, for there is no version to keep it in. All of it derived.
 */
import { qcExports, quarantinedPath } from "../domain/naming.ts";
import type { ReviewPaths } from "../domain/naming.ts";
import { junitXml } from "../domain/junit.ts";
import { baseName, joinPath } from "../domain/paths.ts";
import { qcReport, qcText } from "../domain/qcReport.ts";
import { rejectedResults } from "../domain/rejection.ts";
import { refusedHtml, refusedView } from "../domain/refusedReport.ts";
import { sarifJson } from "../domain/sarif.ts";
import { replaceAnswer } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import type { FrameResult } from "./frameResults.ts";
import { frameResults, largest, refusedResults, versionFrame } from "./frameResults.ts";
import { refusedWholes } from "./inspectWhole.ts";
import { isSimulated } from "./machineRecord.ts";
import type { PicturesOf } from "./reviewPictures.ts";
import { ownMark } from "./reviewPictures.ts";
import { publicPlan } from "./versionRecord.ts";

/** `step`: burnt, with a number; its refused pictures are in quarantine. */
export async function writeRefused(
  context: StageContext,
  step: StepRow,
  of: {
    readonly tasks: readonly TaskRow[];
    readonly paths: ReviewPaths;
    readonly show: string;
    readonly picturesOf: PicturesOf;
  },
): Promise<void> {
  const { files, world } = context;
  const refused = refusedResults(step.plan, of.tasks);
  const report = qcReport(
    {
      plan: await publicPlan(context, step),
      version: step.version ?? 0,
      at: new Date(world.clock.now()).toISOString(),
      frames: frameResults(step.plan, of.tasks).map((result) => versionFrame(result, {})),
      files: [],
      tries: await world.store.seedTries(step.id),
      waivers: await world.store.waivers(step.id),
      rejections: rejectedResults(of.tasks),
      job: { id: step.jobId, show: of.show },
    },
    {
      tool: { name: "hotplate", version: context.options.version },
      simulated: isSimulated(of.tasks),
      installed: (await world.images.checks()).checks,
      sequences: new Map(refusedWholes(of.tasks)),
    },
  );
  const { junit, sarif, json } = qcExports(of.paths.qcReport);
  const view = refusedView(report, baseName(json));
  const places = new Map(refused.map((result) => [`${result.wedge}/${result.frame}`, pictureAt(step, result)]));
  const pictures = await of.picturesOf(
    view,
    ({ at, frame }) => places.get(`${report.wedges[at]?.index ?? 0}/${frame}`) ?? null,
  );
  const mark = ownMark(step);
  await replaceAnswer(files, json, qcText(report), mark);
  await replaceAnswer(files, junit, junitXml(view), mark);
  await replaceAnswer(files, sarif, sarifJson(view, "version"), mark);
  await replaceAnswer(files, of.paths.qcReport, refusedHtml(report, baseName(json), pictures), mark);
}

/** Where the picture of a refused frame lies after its version has ended; null: there is none. */
export function pictureAt(step: StepRow, { wedge, sources }: Pick<FrameResult, "wedge" | "sources">): string | null {
  const staged = largest(sources)?.staged;
  if (staged === undefined || step.version === null) return null;
  return joinPath(step.plan.target.productDir, quarantinedPath({ version: step.version, wedge, path: staged.path }));
}
