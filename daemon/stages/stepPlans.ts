/**
 * Plans of steps at hand: a plan never changes, so it is read from the store once per step that has work now.
 */
import type { StepId } from "../domain/ids.ts";
import type { StepPlan } from "../domain/plan.ts";
import type { StageContext } from "../live.ts";

const PLANS_KEPT_MAX = 512;

export async function planOf(context: StageContext, stepId: StepId): Promise<StepPlan | null> {
  const kept = context.live.plans.get(stepId);
  if (kept !== undefined) return kept;
  const step = await context.world.store.step(stepId);
  if (step === null) return null;
  // The oldest goes first: a Map keeps insertion order.
  if (context.live.plans.size >= PLANS_KEPT_MAX) {
    for (const oldest of context.live.plans.keys()) {
      context.live.plans.delete(oldest);
      break;
    }
  }
  context.live.plans.set(stepId, step.plan);
  return step.plan;
}
