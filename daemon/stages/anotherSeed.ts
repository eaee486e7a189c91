/**
 * QC refused a result for what another seed may cure: the store moves the whole wedge to its next seed, in one transaction
 * (a frame with a seed of its own would flicker among the others), and what still runs of the wedge is taken back.
 */
import type { Inspection } from "../domain/qc.ts";
import { seedOfTry, triedPlan, tryOfTasks } from "../domain/seedRetry.ts";
import type { StepPlan } from "../domain/plan.ts";
import type { StageContext } from "../live.ts";
import type { StepRow, TaskRow } from "../storePort.ts";

export async function anotherSeed(
  context: StageContext,
  of: { readonly task: TaskRow; readonly plan: StepPlan; readonly whole?: boolean },
  inspection: Inspection,
): Promise<void> {
  const { task, plan } = of;
  const own = plan.wedges[task.wedge - 1]?.seed;
  if (task.fence === null || own === undefined) return;
  const ref = { taskId: task.id, fence: task.fence };
  const ended = { seed: seedOfTry(own, task.seedTry), inspection, whole: of.whole ?? false };
  const applied = await context.world.store.reseed(ref, ended);
  // Another frame of the wedge was refused before, or a person canceled it.
  if (applied !== "ok") return;
  for (const slot of context.live.slots.values()) {
    for (const flight of slot.flights.values()) {
      if (flight.task.stepId !== task.stepId || flight.task.wedge !== task.wedge) continue;
      flight.stopFor ??= "steal";
      slot.woken.add(flight.promptId);
    }
  }
  const finding = inspection.findings.find((known) => known.verdict === inspection.verdict);
  context.world.log.event("info", "wedge.reseeded", {
    task: task.id,
    wedge: task.wedge,
    try: task.seedTry + 1,
    check: finding?.check ?? "qc",
    reason: finding?.message ?? `QC says ${inspection.verdict}`,
  });
  context.wake();
}

/** The step with the seeds that its wedges were made with: what its papers, sheets and movies are written from. */
export function asMade(step: StepRow, tasks: readonly TaskRow[]): StepRow {
  const plan = triedPlan(step.plan, tryOfTasks(tasks));
  return plan === step.plan ? step : { ...step, plan };
}
