/**
 * What the loop learns from work that ended: how long it takes where, what loading models costs, who used the GPUs. Kept in
 * the store with each attempt, so that a restart forgets nothing that matters.
 */
import { LIMITS } from "../domain/limits.ts";
import { setNewest } from "../domain/boundedMap.ts";
import { keysOf } from "../domain/modelSet.ts";
import type { WorkKeys } from "../domain/modelSet.ts";
import { charged } from "../domain/share.ts";
import type { Flight, SlotState, StageContext } from "../live.ts";
import type { TaskRow } from "../storePort.ts";

export async function workOf(context: StageContext, task: TaskRow): Promise<WorkKeys> {
  const known = context.live.classes.get(task.classId) ?? (await context.world.store.taskClass(task.classId));
  if (known === null) return { workKey: `class ${task.classId}`, modelKey: "" };
  setNewest(context.live.classes, task.classId, { value: known, max: LIMITS.workKindsKept });
  return keysOf(known);
}

export function learn(
  context: StageContext,
  slot: SlotState,
  of: { readonly flight: Flight; readonly seconds: number },
): void {
  const { flight, seconds } = of;
  const { workKey, modelKey, cold } = flight;
  context.live.estimator.observe({ workKey, modelKey, slot: slot.config.name, seconds, cold });
  if (flight.peakVramMiB !== null) context.live.needs.observe(workKey, flight.peakVramMiB);
}

/** What such work takes on the slot, loading included, ms; null: not known. */
export function usualMsOf(context: StageContext, slot: SlotState, flight: Flight): number | null {
  const { estimator } = context.live;
  const seconds = estimator.secondsOf(flight.workKey, slot.config.name);
  const load = flight.cold ? estimator.loadSecondsOf(flight.modelKey) : 0;
  return seconds === null || load === null ? null : (seconds + load) * 1_000;
}

/** What was charged by an estimate when it was given becomes what it took. */
export function settleCharge(context: StageContext, flight: Flight): void {
  const now = context.world.clock.now();
  const took = flight.runningSince === null ? 0 : (now - flight.runningSince) / 1_000;
  const { show } = flight.task;
  context.live.ledger = charged(context.live.ledger, {
    show,
    person: flight.person,
    seconds: took - flight.charged,
    at: now,
  });
}

/** At a start, from the newest attempts of the lives before. */
export async function relearn(context: StageContext): Promise<void> {
  const { live, world } = context;
  for (const seen of await world.store.observations(LIMITS.observationsKept)) {
    const { slot, gpuSeconds: seconds, cold, show, person, endedAt: at } = seen;
    const keys = keysOf(seen.class);
    setNewest(live.classes, seen.class.id, { value: seen.class, max: LIMITS.workKindsKept });
    live.estimator.observe({ ...keys, slot, seconds, cold });
    if (seen.vramMiB !== null) live.needs.observe(keys.workKey, seen.vramMiB);
    live.ledger = charged(live.ledger, { show, person, seconds, at });
    const state = live.slots.get(slot);
    // Its ComfyUI most likely still runs with what it last loaded; a wrong guess costs one load.
    if (state !== undefined && keys.modelKey !== "") state.modelKey = keys.modelKey;
  }
}
