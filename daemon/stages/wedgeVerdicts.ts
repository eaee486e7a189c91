/**
 * Part of stage 6: what QC's word on a wedge's frames as a whole does, by the gate, when the version is about to be assembled. All of the
 * wedge is held, refused or made again with another seed, in one transaction of the store: no part of it is published meanwhile.
 */
import { LIMITS } from "../domain/limits.ts";
import type { StepPlan } from "../domain/plan.ts";
import type { Inspection, WholeWord } from "../domain/qc.ts";
import { gateOf } from "../domain/qc.ts";
import { afterVerdict } from "../domain/seedRetry.ts";
import { wedgeGate, wholeFindings, wholeVerdict } from "../domain/wedgeGate.ts";
import type { StageContext } from "../live.ts";
import type { FenceRef } from "../ports.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import { anotherSeed } from "./anotherSeed.ts";

/** A wedge that may not be published as it is. */
export interface WedgeWord {
  /** All that is staged of it. */
  readonly tasks: readonly TaskRow[];
  readonly inspection: Inspection;
}

/** Empty: nothing holds the version up. */
export function wedgesToJudge(
  plan: Pick<StepPlan, "qc">,
  tasks: readonly TaskRow[],
  of: {
    readonly sequences: ReadonlyMap<number, Inspection>;
    /** A person let it stand. */
    readonly isWaived: (inspection: Inspection, staged: readonly TaskRow[]) => boolean;
  },
): readonly WedgeWord[] {
  return [...of.sequences].flatMap(([wedge, inspection]) => {
    if (gateOf(wholeVerdict(inspection), plan.qc.gate) === "pass") return [];
    const staged = tasks.filter((task) => task.wedge === wedge && task.state === "committing");
    return staged.length === 0 || of.isWaived(inspection, staged) ? [] : [{ tasks: staged, inspection }];
  });
}

/** `step`: with its own seeds, as it was planned. */
export async function judgeWedges(context: StageContext, step: StepRow, words: readonly WedgeWord[]): Promise<void> {
  for (const { tasks, inspection } of words) {
    const [first] = tasks;
    if (first === undefined) continue;
    const findings = wholeFindings(inspection);
    const judged = { ...inspection, findings, verdict: wholeVerdict(inspection) };
    const after = afterVerdict(judged, step.plan.qc.retry, first.seedTry);
    if (after.kind === "again") {
      await anotherSeed(context, { task: first, plan: step.plan, whole: true }, judged);
      continue;
    }
    const looks = Math.max(...tasks.map((task) => task.inspection?.whole?.looks ?? 0)) + 1;
    const whole = { inspection: after.why === null ? inspection : { ...inspection, why: after.why }, looks };
    const outcome = wedgeGate(inspection, { gate: step.plan.qc.gate, looks, now: context.world.clock.now() });
    await context.world.store.inspectedWedge(refsOf(tasks), whole, outcome.gate, outcome.holdUntil);
    if (outcome.gate === "reject") tell(context, first, inspection);
  }
  context.wake();
}

/** What could not be looked at is looked at again when the version is assembled; nobody decided about the rest: not published. */
export async function wedgeHoldEnded(context: StageContext, held: TaskRow): Promise<void> {
  const tasks = await wedgeTasks(context, held);
  const [first] = tasks;
  const word = wordOf(tasks);
  if (first === undefined || word === null) return;
  const again = wholeVerdict(word.inspection) === "error" && word.looks < LIMITS.qcLooksMax;
  const applied = await context.world.store.inspectedWedge(refsOf(tasks), word, again ? "pass" : "reject", null);
  // One of its tasks changed meanwhile, or the first of its tasks that was looked at ended the hold of all.
  if (applied === "ok" && !again) tell(context, first, word.inspection);
}

/** All that is staged of its wedge. */
export async function wedgeTasks(
  context: StageContext,
  { stepId, wedge }: Pick<TaskRow, "stepId" | "wedge">,
): Promise<readonly TaskRow[]> {
  return context.world.store.tasks(stepId, { states: ["committing"], wedge });
}

/** QC's word on the wedge, in full where it stands so; null: there is none. */
export function wordOf(tasks: readonly TaskRow[]): WholeWord | null {
  const said = tasks.find(saysInFull) ?? tasks.find(({ inspection }) => inspection?.whole !== undefined);
  return said?.inspection?.whole ?? null;
}

function saysInFull({ inspection }: Pick<TaskRow, "inspection">): boolean {
  return inspection?.whole !== undefined && inspection.whole.lean !== true;
}

export function refsOf(tasks: readonly TaskRow[]): readonly FenceRef[] {
  return tasks.flatMap(({ id, fence }) => (fence === null ? [] : [{ taskId: id, fence }]));
}

function tell(context: StageContext, task: TaskRow, inspection: Inspection): void {
  const verdict = wholeVerdict(inspection);
  const finding = wholeFindings(inspection).find((known) => known.verdict === verdict);
  const reason = `wedge ${task.wedge}: ${finding?.message ?? `QC says ${verdict}`}`;
  context.world.log.event("info", "task.rejected", { task: task.id, reason });
}
