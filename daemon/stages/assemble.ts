/**
 * The whole version, built in staging before anybody may see it: results under their final names (links of what was
 * staged), contact sheet, wedges.json, and `.hotplate/` with asset.json, graph.api.json, frames.sha256, qc.json and, last,
 * commit.json. Every file and directory is fsynced before the store is asked to decide. Repeatable: it starts from empty.
 */
import { shownAs } from "../domain/colorWay.ts";
import type { Fence } from "../domain/ids.ts";
import { sheetName, versionDir } from "../domain/naming.ts";
import { joinPath, parentDir } from "../domain/paths.ts";
import { recordCopyName } from "../domain/assetFiles.ts";
import { assetRecord } from "../domain/assetJson.ts";
import type { AssetRecord } from "../domain/assetRecord.ts";
import { canonicalJson, prettyJson } from "../domain/canonicalJson.ts";
import { commitJson, framesSha256, wedgesJson } from "../domain/version.ts";
import type { CommitEntry } from "../domain/version.ts";
import type { VersionFacts, VersionFile } from "../domain/versionFacts.ts";
import { LIMITS } from "../domain/limits.ts";
import type { RanOn } from "../domain/ranOn.ts";
import { ranOnEvents, ranTogether } from "../domain/ranOn.ts";
import type { QcExtra } from "../domain/qcReport.ts";
import { qcReport, qcText } from "../domain/qcReport.ts";
import { rejectedResults } from "../domain/rejection.ts";
import { asMade } from "./anotherSeed.ts";
import { comfyMetadata } from "./comfySaid.ts";
import { makeDirs } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { FenceRef } from "../ports.ts";
import type { PublishedAnyway } from "../domain/publication.ts";
import type { JobRow, StepRow, TaskRow } from "../storePort.ts";
import { sheetPages } from "./contactSheet.ts";
import { isSimulated } from "./machineRecord.ts";
import { measureRerun } from "./measureRerun.ts";
import type { InputHashes } from "./inputHashes.ts";
import { inspectWhole } from "./inspectWhole.ts";
import type { PlacedFrames } from "./placeFrames.ts";
import { placeFrames } from "./placeFrames.ts";
import { movieLack, noteLack, placeProxies } from "./movies.ts";
import type { RecipeShelf } from "./recipeShelf.ts";
import { publishedAnyway } from "./publishedAnyway.ts";
import { isWholeWaived } from "./decideWhole.ts";
import type { WedgeWord } from "./wedgeVerdicts.ts";
import { wedgesToJudge } from "./wedgeVerdicts.ts";
import { publicPlan, recordFacts, redactOf } from "./versionRecord.ts";

export interface Assembled {
  readonly publication: {
    readonly targetPath: string;
    readonly stagingPath: string;
    readonly commitSha256: string;
    /** Variations with a QC warning. */
    readonly warned: number;
    readonly anyway: PublishedAnyway;
  } | null;
  /** What a rerun was found to be. */
  readonly graded?: ({ readonly ref: string } & AssetRecord["determinism"]) | null;
  /** Tasks whose staged file is gone or not what was recorded: rendered again. */
  readonly lost: readonly FenceRef[];
  /** Wedges that as a whole may not be published as they are; absent: none. */
  readonly words?: readonly WedgeWord[];
}

export interface AssembleParts {
  readonly shelf: RecipeShelf;
  readonly inputs: InputHashes;
}

export async function assemble(context: StageContext, planned: StepRow, parts: AssembleParts): Promise<Assembled> {
  const { shelf, inputs } = parts;
  const { files, world } = context;
  const tasks = await world.store.tasks(planned.id);
  const step = asMade(planned, tasks);
  const { stagingDir, version, fence } = step;
  const job = await world.store.job(step.jobId);
  if (stagingDir === null || version === null || fence === null || job === null) return { publication: null, lost: [] };
  const tree = joinPath(stagingDir, "tree");
  await files.removeTree(tree);
  await makeDirs(files, stagingDir, joinPath(tree, ".hotplate"));

  const placed = await placeFrames(context, step, { tasks, tree, shelf });
  if (placed.lost.length > 0) return { publication: null, lost: placed.lost };
  const whole = await inspectWhole(context, step, { placed, shelf, tasks });
  const waivers = await world.store.waivers(step.id);
  const words = wedgesToJudge(step.plan, tasks, {
    sequences: whole.sequences,
    isWaived: (inspection, staged) => isWholeWaived(inspection, staged, waivers),
  });
  if (words.length > 0) return { publication: null, lost: [], words };
  const entries: CommitEntry[] = placed.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }));
  const put = async (path: string, text: string): Promise<void> => {
    await files.create(joinPath(tree, path), text);
    await files.sync(joinPath(tree, path));
    entries.push({ path, bytes: new TextEncoder().encode(text).length, sha256: world.digest.sha256(text) });
  };

  entries.push(...(await placeSheets(context, step, { tasks, tree, placed: placed.files })));
  const lack = await movieLack(context, step.plan);
  noteLack(context, step, lack);
  entries.push(...(await placeProxies(context, step, { show: job.show, tree, placed: placed.files, tasks, lack })));
  const graph = shelf.graphText(step.plan.recipe);
  const recipe = shelf.recipeText(step.plan.recipe);
  const facts = await factsOf(context, step, {
    job,
    tasks,
    placed,
    graphSha256: world.digest.sha256(canonicalJson(JSON.parse(graph))),
    fence,
    version,
  });
  await put("wedges.json", wedgesJson(facts, redactOf(context, facts)));
  await put(".hotplate/graph.api.json", graph);
  if (recipe !== null) await put(".hotplate/recipe.json", recipe);
  const said = await comfyMetadata(context, tasks);
  if (said !== null) await put(".hotplate/comfy_metadata.json", said);
  await put(".hotplate/frames.sha256", framesSha256(placed.files));
  const qcFacts = { ...facts, plan: await publicPlan(context, step) };
  const report = qcReport(qcFacts, { ...whole, ...(await qcExtra(context, { tasks, lack })) });
  await put(".hotplate/qc.json", qcText(report));
  const { rerun } = step.plan;
  const measured = rerun === undefined ? null : await measureRerun(context, rerun, { files: placed.files, tree });
  const record = assetRecord(facts, await recordFacts(context, { step, tasks, facts, tree, inputs, measured }));
  await put(".hotplate/asset.json", prettyJson(record));
  if (step.plan.target.publish === true) await put(recordCopyName(placed.files, version), prettyJson(record));
  const commit = commitJson(facts, entries);
  await files.create(joinPath(tree, ".hotplate/commit.json"), commit);
  await files.sync(joinPath(tree, ".hotplate/commit.json"));
  await syncTree(context, tree, entries);
  return {
    publication: {
      targetPath: versionDir(step.plan.target, version),
      stagingPath: tree,
      commitSha256: world.digest.sha256(commit),
      warned: report.totals.wedges.warn,
      anyway: publishedAnyway(tasks, whole.sequences, waivers),
    },
    lost: [],
    graded: rerun === undefined ? null : { ref: rerun.ref, ...record.determinism },
  };
}

async function placeSheets(
  context: StageContext,
  step: StepRow,
  of: { readonly tasks: readonly TaskRow[]; readonly tree: string; readonly placed: readonly VersionFile[] },
): Promise<readonly CommitEntry[]> {
  const { files, world } = context;
  const out: CommitEntry[] = [];
  const placed = new Map(of.placed.map(({ wedge, frame, path }) => [`${wedge}/${frame}`, joinPath(of.tree, path)]));
  const shown = shownAs(step.plan, of.placed.find((file) => file.roundTrip !== undefined)?.roundTrip?.exposureStops);
  const plan = await publicPlan(context, step);
  for (const page of sheetPages(plan, of.tasks, ({ wedge, frame }) => placed.get(`${wedge}/${frame}`) ?? null)) {
    const path = sheetName(step.plan.target, step.version ?? 0, page.page);
    const target = joinPath(of.tree, path);
    await makeDirs(files, of.tree, parentDir(target));
    const title = `${step.plan.target.name} ${step.plan.target.product} v${String(step.version).padStart(3, "0")}`;
    await world.images.sheet(
      {
        title: page.pages > 1 ? `${title} (${page.page}/${page.pages})` : title,
        columns: page.columns,
        ...(page.heads === undefined ? {} : { heads: page.heads }),
        tiles: page.tiles,
        shown,
      },
      target,
    );
    await files.sync(target);
    out.push({ path, ...(await files.hash(target)) });
  }
  return out;
}

async function factsOf(
  context: StageContext,
  step: StepRow,
  of: {
    readonly job: JobRow;
    readonly tasks: readonly TaskRow[];
    readonly placed: PlacedFrames;
    readonly graphSha256: string;
    readonly fence: Fence;
    readonly version: number;
  },
): Promise<VersionFacts> {
  const { job } = of;
  return {
    plan: step.plan,
    stepId: step.id,
    version: of.version,
    fence: of.fence,
    store: await context.world.store.storeId(),
    at: new Date(context.world.clock.now()).toISOString(),
    tasks: of.tasks,
    frames: of.placed.frames,
    files: of.placed.files,
    tries: await context.world.store.seedTries(step.id),
    waivers: await context.world.store.waivers(step.id),
    rejections: rejectedResults(of.tasks),
    graphSha256: of.graphSha256,
    ran: ranTogether(await recordsOf(context, job.id)),
    checks: checksOf(of.tasks),
    job: {
      id: job.id,
      name: job.name,
      show: job.show,
      manifestSha256: job.source.manifestSha256,
      manifestText: job.source.manifestText,
      manifestRead: job.plan.manifestCanonical,
      requestedBy: job.source.submittedBy,
      createdAt: job.createdAt,
      startedAt: job.startedAt,
    },
  };
}

/** From the event sequence, so that a roll-forward in another life writes the same. */
async function recordsOf(context: StageContext, jobId: JobRow["id"]): Promise<readonly RanOn[]> {
  const out: RanOn[] = [];
  let after = 0;
  for (;;) {
    const events = await context.world.store.events(after, LIMITS.ranOnEventsRead, jobId);
    out.push(...ranOnEvents(events));
    const last = events.at(-1);
    if (last === undefined || events.length < LIMITS.ranOnEventsRead) return out;
    after = last.seq;
  }
}

async function qcExtra(
  context: StageContext,
  of: { readonly tasks: readonly TaskRow[]; readonly lack: string | null },
): Promise<Omit<QcExtra, "sequences" | "set">> {
  return {
    tool: { name: "hotplate", version: context.options.version },
    simulated: isSimulated(of.tasks),
    installed: (await context.world.images.checks()).checks,
    notes: of.lack === null ? [] : [of.lack],
  };
}

function checksOf(tasks: readonly TaskRow[]): readonly { readonly name: string; readonly version: number }[] {
  const seen = new Map<string, number>();
  for (const task of tasks)
    for (const finding of task.inspection?.findings ?? []) seen.set(finding.check, finding.version);
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, version]) => ({ name, version }));
}

/** Every directory of the tree, deepest first, then the staging directory that holds the tree's own name. */
async function syncTree(context: StageContext, tree: string, entries: readonly CommitEntry[]): Promise<void> {
  const dirs = new Set<string>([tree, joinPath(tree, ".hotplate")]);
  for (const entry of entries) dirs.add(parentDir(joinPath(tree, entry.path)));
  for (const dir of [...dirs].sort((a, b) => b.length - a.length)) await context.files.syncDir(dir);
  await context.files.syncDir(parentDir(tree));
}
