/**
 * Stage 4: ready tasks x slots -> assignments -> grant with a fence -> submit. Two in flight per slot, so the next prompt
 * is already queued in ComfyUI when one ends; a queued one is taken back when another slot would stand idle.
 *
 * Must never: submit without a grant, or count on the POST's answer (a lost one is settled by asking for the prompt).
 */
import type { Head } from "../domain/board.ts";
import { setNewest } from "../domain/boundedMap.ts";
import { chargeSeconds } from "../domain/estimate.ts";
import type { PromptId, SlotName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Assignment } from "../domain/schedule.ts";
import { assign, giveBack } from "../domain/schedule.ts";
import { charged } from "../domain/share.ts";
import { triedPlan } from "../domain/seedRetry.ts";
import type { TaskFacts } from "../domain/slotFit.ts";
import { whyNot } from "../domain/slotFit.ts";
import type { Flight, SlotState, Stage, StageContext } from "../live.ts";
import { slotFacts } from "../live.ts";
import type { TaskRow } from "../storePort.ts";
import { busyPlaces, factsOf, readHeads, scheduling } from "./heads.ts";
import type { RecipeShelf } from "./recipeShelf.ts";
import { noteRan } from "./standing.ts";
import { planOf } from "./stepPlans.ts";
import { startSubmit } from "./submit.ts";

export function createDispatch(context: StageContext, shelf: RecipeShelf): Stage {
  const { live, world } = context;
  return {
    name: "dispatch",
    async tick() {
      if (live.state === "draining" || !shelf.ready()) return;
      await world.store.wakeDeferred();
      const free = [...live.slots.values()].some(
        (slot) => slot.state === "up" && busyPlaces(slot) < LIMITS.promptsPerSlot,
      );
      if (!free) return;
      const { heads, tasks } = await readHeads(context, shelf);
      const headOf = new Map(heads.flatMap((head) => head.tasks.map((task) => [task.id, head] as const)));
      for (const assignment of heads.length === 0 ? [] : assign({ ...scheduling(context), heads })) {
        const task = tasks.get(assignment.taskId);
        const slot = live.slots.get(assignment.slot);
        const head = headOf.get(assignment.taskId);
        if (task !== undefined && slot !== undefined && head !== undefined)
          await grant(context, { task, slot, head, assignment, shelf });
      }
      if ([...live.slots.values()].some((slot) => slot.state === "up" && busyPlaces(slot) === 0))
        await takeBackForIdle(context, shelf);
    },
  };
}

async function grant(
  context: StageContext,
  to: {
    readonly task: TaskRow;
    readonly slot: SlotState;
    readonly head: Head;
    readonly assignment: Assignment;
    readonly shelf: RecipeShelf;
  },
): Promise<void> {
  const { task, slot, head, assignment } = to;
  const { live } = context;
  const plan = await planOf(context, task.stepId);
  if (plan === null) return;
  // Before the grant, so that no result exists whose papers could not say what made it.
  await noteRan(context, { slot, task, plan, shelf: to.shelf });
  const promptId = context.world.ids.uuid() as PromptId;
  const granted = await context.world.store.grant(task.id, slot.config.name as SlotName, promptId);
  if (granted === null) return;
  const now = context.world.clock.now();
  const seconds = chargeSeconds(live.estimator, head.workKey, slot.config.name);
  const flight: Flight = {
    taskId: task.id,
    fence: granted.fence,
    promptId,
    task: { ...task, seedTry: granted.seedTry },
    plan: triedPlan(plan, (wedge) => (wedge === task.wedge ? granted.seedTry : 0)),
    workKey: head.workKey,
    modelKey: head.modelKey,
    person: head.person,
    cold: assignment.cold,
    alone: head.tasks.find((facts) => facts.id === task.id)?.alone ?? false,
    charged: seconds,
    runningSince: null,
    progress: null,
    movedAt: null,
    overTime: null,
    peakVramMiB: null,
    startedAt: now,
    phase: "preparing",
    submittedAt: null,
    stopFor: null,
    finishTries: 0,
    lastStatus: null,
    unknownSince: null,
    settled: false,
    toCollect: null,
  };
  slot.flights.set(task.id, flight);
  // A graph without models leaves those that are there.
  if (head.modelKey !== "") {
    if (slot.modelKey !== null) setNewest(live.servedAt, slot.modelKey, { value: now, max: LIMITS.workKindsKept });
    slot.modelKey = head.modelKey;
    setNewest(live.servedAt, head.modelKey, { value: now, max: LIMITS.workKindsKept });
  }
  live.ledger = charged(live.ledger, { show: head.show, person: head.person, seconds, at: now });
  startSubmit(context, { slot, flight, shelf: to.shelf });
}

/** A slot is idle and nothing that waits may go there: a prompt that is queued second elsewhere comes back for it. */
async function takeBackForIdle(context: StageContext, shelf: RecipeShelf): Promise<void> {
  const slots = [...context.live.slots.values()];
  const able = new Map<string, TaskFacts>();
  for (const slot of slots) {
    for (const flight of slot.flights.values()) {
      if (flight.lastStatus === "pending" && flight.stopFor === null) {
        able.set(flight.taskId, await factsOf(context, { task: flight.task, plan: flight.plan, shelf }));
      }
    }
  }
  const now = context.world.clock.now();
  const facts = { slots: slots.map((slot) => slotFacts(slot, now)), estimates: context.live.estimator };
  const back = giveBack(facts, (taskId, slot) => {
    const task = able.get(taskId);
    return task !== undefined && whyNot(task, slot) === null;
  });
  const from = back === null ? undefined : context.live.slots.get(back.from);
  const flight = from?.flights.get(back?.taskId as Flight["taskId"]);
  if (from === undefined || flight === undefined) return;
  flight.stopFor = "steal";
  from.woken.add(flight.promptId);
}
