/**
 * Stage 6: QC looks at every staged result before a person does, off the loop, and the gate says what happens: pass, hold
 * (a person or a cure), reject (quarantine), or the whole wedge again with another seed. A check that could not look is `error`: held, looked at again a bounded number
 * of times, never passed.
 */
import { systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Finding, GateOutcome, Inspection } from "../domain/qc.ts";
import { gateOf } from "../domain/qc.ts";
import type { Stage, StageContext } from "../live.ts";
import type { StagedFile, TaskRow } from "../storePort.ts";
import { maskPath } from "./finishResult.ts";
import type { InspectRequest } from "../ports.ts";
import { versionDir, versionFileName } from "../domain/naming.ts";
import { joinPath } from "../domain/paths.ts";
import type { StepPlan } from "../domain/plan.ts";
import { simulatedMark } from "../domain/simulatedMark.ts";
import { chunkAt } from "../domain/chunks.ts";
import { chunkInspection } from "./frameResults.ts";
import { plateTrouble } from "./plateGuard.ts";
import type { RecipeShelf } from "./recipeShelf.ts";
import { planOf } from "./stepPlans.ts";
import { wedgeHoldEnded } from "./wedgeVerdicts.ts";
import { anotherSeed } from "./anotherSeed.ts";
import { afterVerdict } from "../domain/seedRetry.ts";
import { isHeldAsWhole } from "../domain/wedgeGate.ts";
import { judgedPictures, openFindings } from "../domain/waiver.ts";
import { waitsForPlugins } from "../domain/notLoaded.ts";
import { expectedSize } from "../domain/expectedSize.ts";

export function createInspect(context: StageContext, shelf: RecipeShelf): Stage {
  const errorsSeen = new Map<string, number>();
  return {
    name: "inspect",
    async tick() {
      if (!shelf.ready()) return;
      if (!context.work.free("qc")) return;
      // The first result of a wedge ends the hold of all of it.
      const ended = new Set<string>();
      for (const task of await context.world.store.uninspected(LIMITS.candidatesPerTick)) {
        const plan = await planOf(context, task.stepId);
        const wedge = `${task.stepId}/${task.wedge}`;
        if (isHeldAsWhole(task)) {
          if (!ended.has(wedge)) await wedgeHoldEnded(context, task);
          ended.add(wedge);
        } else if (plan !== null) start(context, { task, plan, shelf, errorsSeen });
        if (!context.work.free("qc")) return;
      }
    },
  };
}

interface Parts {
  readonly task: TaskRow;
  readonly plan: StepPlan;
  readonly shelf: RecipeShelf;
  readonly errorsSeen: Map<string, number>;
}

function start(context: StageContext, parts: Parts): void {
  const { task } = parts;
  const file = task.staged[0];
  const { fence } = task;
  if (file === undefined || fence === null) return;
  const ref = { taskId: task.id, fence };
  context.work.start<Inspection>({
    key: `qc:${task.id}`,
    lane: "qc",
    run: () => inspect(context, parts),
    done: async (outcome) => {
      if (!outcome.ok && systemCode(outcome.error) === "ENOENT") {
        await context.world.store.unstage(ref, "its staged file is gone");
        return;
      }
      const seen = stillRejected(outcome.ok ? outcome.value : couldNotLook(outcome.error), task);
      if (await isLetStand(context, task, seen)) {
        await context.world.store.inspected(ref, seen, "pass", null);
        context.wake();
        return;
      }
      const after = afterVerdict(seen, parts.plan.qc.retry, task.seedTry);
      if (after.kind === "again") return anotherSeed(context, parts, seen);
      const inspection = after.why === null ? seen : { ...seen, why: after.why };
      const judged = judge(context, { ...parts, inspection });
      if (judged === null) return;
      await context.world.store.inspected(ref, inspection, judged.gate, judged.holdUntil);
      if (judged.gate === "reject")
        context.world.log.event("info", "task.rejected", { task: task.id, reason: worst(inspection) });
      context.wake();
    },
  });
}

/** What people said of the picture stays when it is looked at again. */
function stillRejected(inspection: Inspection, { inspection: before }: TaskRow): Inspection {
  return before?.rejections === undefined ? inspection : { ...inspection, rejections: before.rejections };
}

/** The same picture was judged by the same checks before, and a person let every failure stand. */
async function isLetStand(context: StageContext, task: TaskRow, inspection: Inspection): Promise<boolean> {
  if (inspection.verdict !== "fail") return false;
  const waivers = await context.world.store.waivers(task.stepId);
  return waivers.length > 0 && openFindings(judgedPictures({ ...task, inspection }), waivers).length === 0;
}

/** Every frame of a chunk that may be published; what it was fed as context only is nobody's picture. */
async function inspect(context: StageContext, parts: Parts): Promise<Inspection> {
  const { task, plan } = parts;
  const own = chunkAt(plan, task.frame)?.own ?? [];
  const looked: { frame: number | null; inspection: Inspection }[] = [];
  for (const file of task.staged) {
    if (!own.includes(file.frame)) continue;
    const at = { plan, wedge: task.wedge, shelf: parts.shelf };
    looked.push({ frame: file.frame, inspection: await inspectFrame(context, file, at) });
  }
  if (looked.length === 0) throw Object.assign(new Error("nothing staged"), { code: "ENOENT" });
  return chunkInspection(looked);
}

/** A picture to look at, and where its traces stand. */
export interface LookAt extends Pick<StagedFile, "path" | "frame" | "engine">, Partial<Pick<StagedFile, "sha256">> {
  /** Absent: beside it. */
  readonly trace?: string;
}

/** One picture at its frame: of a task, or blended of two. */
export async function inspectFrame(context: StageContext, file: LookAt, of: LookOf): Promise<Inspection> {
  return context.world.images.inspect(await inspectRequest(context, file, of));
}

interface LookOf {
  readonly plan: StepPlan;
  readonly wedge: number;
  readonly shelf: RecipeShelf;
}

/** The same request for the same picture, whoever asks: its traces are known by it. */
export async function inspectRequest(context: StageContext, file: LookAt, of: LookOf): Promise<InspectRequest> {
  const { plan, wedge, shelf } = of;
  const stat = await context.files.stat(file.path);
  const recipe = shelf.find(plan.recipe);
  const plate = plan.plate?.frames.find((frame) => frame.frame === file.frame) ?? plan.plate?.frames[0] ?? null;
  const size = expectedSize(plan, recipe?.file ?? null, wedge);
  const simulated = file.engine?.simulated ?? false;
  const problem = plate === null ? null : await plateTrouble(context, plate);
  return {
    path: file.path,
    bytes: stat.bytes,
    frame: file.frame,
    ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
    publishAs: publishedPath(plan, wedge, file),
    platePath: problem === null ? (plate?.path ?? null) : null,
    ...(problem === null ? {} : { plateProblem: problem }),
    expected: {
      width: size?.width ?? null,
      height: size?.height ?? null,
      bitDepth: recipe?.file.result.bitDepth ?? null,
      ignore: simulated && size !== null ? [simulatedMark(size.width, size.height)] : [],
    },
    checks: plan.qc.checks,
    composited: plan.color.how === "edit",
    ...maskRequest(plan, wedge, plate?.path ?? null),
    ...traceWish(plan, file),
  };
}

/** The number of its version is not known here, and changes when somebody else took it: v000 stands for it. */
function publishedPath(plan: StepPlan, wedge: number, file: LookAt): string {
  const { target } = plan;
  const padding = plan.plate?.padding ?? 4;
  const name = versionFileName(plan, { version: 0, wedge, frame: file.frame, stagedPath: file.path, padding });
  return joinPath(versionDir(target, 0), name);
}

/** Frames are kept for their sequence; of a sweep the first frame, which stands for its wedge. */
function traceWish(plan: StepPlan, file: LookAt): Pick<InspectRequest, "trace"> {
  const scopes = [
    ...(plan.frames.length > 1 ? (["sequence"] as const) : []),
    ...(plan.wedges.length > 1 && file.frame === plan.frames[0] ? (["set"] as const) : []),
  ];
  return scopes.length === 0 ? {} : { trace: { path: tracePath(file), scopes } };
}

/** In the staging directory, and gone with it. */
export function tracePath(file: LookAt): string {
  return file.trace ?? `${file.path}.trace`;
}

/** The mask that the edit was laid through: the plate's own alpha, or an image of the recipe that the manifest names. */
function maskRequest(plan: StepPlan, wedge: number, plate: string | null): Pick<InspectRequest, "mask"> {
  const mask = plan.color.mask;
  if (mask === null) return {};
  const path = mask.from === "plate" ? plate : maskPath({ plan, wedge });
  return path === null ? {} : { mask: { path, plan: mask } };
}

/** null: look again at the next tick (a check could not look, and its bounded number of looks is not used up). */
function judge(
  context: StageContext,
  of: Parts & { readonly inspection: Inspection },
): { readonly gate: GateOutcome; readonly holdUntil: number | null } | null {
  const { task, plan, inspection, errorsSeen } = of;
  const now = context.world.clock.now();
  const holdEnded = task.gate === "hold" && task.holdUntil !== null && task.holdUntil <= now;
  const gate = gateOf(inspection.verdict, plan.qc.gate);
  if (gate !== "hold") {
    errorsSeen.delete(task.id);
    return { gate, holdUntil: null };
  }
  if (inspection.verdict !== "error") {
    // A hold has a named bound; nobody decided in time, so it is not published. A timeout never approves.
    return holdEnded ? { gate: "reject", holdUntil: null } : { gate: "hold", holdUntil: now + LIMITS.holdMs };
  }
  const seen = (errorsSeen.get(task.id) ?? 0) + 1;
  errorsSeen.set(task.id, seen);
  // No look of this life cures it, and no picture is to blame: it waits as long as what waits for a person.
  if (waitsForPlugins(inspection) && seen * LIMITS.qcPluginLookMs < LIMITS.holdMs)
    return { gate: "hold", holdUntil: now + LIMITS.qcPluginLookMs };
  if (seen < LIMITS.qcLooksMax) return { gate: "hold", holdUntil: now + LIMITS.qcLookAgainMs };
  errorsSeen.delete(task.id);
  return { gate: "reject", holdUntil: null };
}

function couldNotLook(error: unknown): Inspection {
  const message = `QC could not look: ${error instanceof Error ? error.message : String(error)}`;
  const finding: Finding = {
    check: "file.decodes",
    version: 1,
    verdict: "error",
    measures: [],
    message,
    hint: "See the node's log.",
  };
  return { verdict: "error", findings: [finding], notApplied: [], reader: "none" };
}

function worst(inspection: Inspection): string {
  return inspection.findings.find((finding) => finding.verdict === inspection.verdict)?.message ?? inspection.verdict;
}
