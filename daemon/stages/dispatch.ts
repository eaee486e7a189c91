/**
 * Stage 4: ready tasks x slots -> assignments -> grant with a fence -> submit. Two in flight per slot, so the next prompt
 * is already queued in ComfyUI when one ends; a queued one is taken back when another slot would stand idle.
 *
 * Must never: submit without a grant, or count on the POST's answer (a lost one is settled by asking for the prompt).
 */
import type { PromptId, SlotName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { rootOf } from "../domain/paths.ts";
import type { StepPlan } from "../domain/plan.ts";
import type { TaskFacts } from "../domain/schedule.ts";
import { assign, giveBack, whyNot } from "../domain/schedule.ts";
import type { Flight, SlotState, Stage, StageContext } from "../live.ts";
import { slotFacts } from "../live.ts";
import type { TaskRow } from "../storePort.ts";
import type { RecipeShelf } from "./recipeShelf.ts";
import { planOf } from "./stepPlans.ts";
import { startSubmit } from "./submit.ts";

export function createDispatch(context: StageContext, shelf: RecipeShelf): Stage {
  return {
    name: "dispatch",
    async tick() {
      if (context.live.state === "draining" || !shelf.ready()) return;
      await context.world.store.wakeDeferred();
      const free = [...context.live.slots.values()].some(
        (slot) => slot.state === "up" && busy(slot) < LIMITS.promptsPerSlot,
      );
      if (!free) return;
      const candidates = await context.world.store.candidates(LIMITS.candidatesPerTick);
      const facts: TaskFacts[] = [];
      for (const task of candidates) {
        const plan = await planOf(context, task.stepId);
        if (plan !== null) facts.push(await factsOf(context, { task, plan, shelf }));
      }
      const slots = [...context.live.slots.values()].map(slotFacts);
      const assignments = assign(facts, slots);
      const byId = new Map(candidates.map((task) => [task.id as string, task]));
      for (const assignment of assignments) {
        const task = byId.get(assignment.taskId);
        const slot = context.live.slots.get(assignment.slot);
        if (task !== undefined && slot !== undefined) await grant(context, { task, slot, shelf });
      }
      if (assignments.length === 0 && candidates.length === 0) await takeBackForIdle(context, shelf);
    },
  };
}

function busy(slot: SlotState): number {
  let count = 0;
  for (const flight of slot.flights.values()) if (flight.phase !== "collecting") count += 1;
  return count;
}

export async function factsOf(
  context: StageContext,
  of: { readonly task: TaskRow; readonly plan: StepPlan; readonly shelf: RecipeShelf },
): Promise<TaskFacts> {
  const { task, plan, shelf } = of;
  const root = context.live.roots.get(rootOf(plan.target.productDir, context.world.config.roots)?.linux ?? "");
  const rootTrouble = root === undefined || root.state === "well" ? null : `${root.path}: ${root.reason ?? root.state}`;
  return {
    id: task.id,
    classes: shelf.classesOf(plan.recipe),
    demoRoot: root?.demo ?? false,
    rootTrouble,
    notSlots: await shunned(context, task),
  };
}

/** Slots on which this task failed before; forgotten when every slot is among them, so that it never waits for nobody. */
async function shunned(context: StageContext, task: TaskRow): Promise<ReadonlySet<string>> {
  if (task.attempt === 0) return new Set();
  const failed = new Set(
    (await context.world.store.history(task.id)).filter((a) => a.outcome === "failed").map((a) => a.slot as string),
  );
  return [...context.live.slots.keys()].every((name) => failed.has(name)) ? new Set() : failed;
}

async function grant(
  context: StageContext,
  to: { readonly task: TaskRow; readonly slot: SlotState; readonly shelf: RecipeShelf },
): Promise<void> {
  const { task, slot } = to;
  const plan = await planOf(context, task.stepId);
  if (plan === null) return;
  const promptId = context.world.ids.uuid() as PromptId;
  const granted = await context.world.store.grant(task.id, slot.config.name as SlotName, promptId);
  if (granted === null) return;
  const flight: Flight = {
    taskId: task.id,
    fence: granted.fence,
    promptId,
    task,
    plan,
    startedAt: context.world.clock.now(),
    phase: "preparing",
    submittedAt: null,
    placed: [],
    outputs: [],
    stopFor: null,
    lastStatus: null,
    unknownSince: null,
    settled: false,
  };
  slot.flights.set(task.id, flight);
  startSubmit(context, { slot, flight, shelf: to.shelf });
}

/** When nothing waits and a slot is idle, the prompt that is queued second elsewhere comes back to be given to it. */
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
  const back = giveBack(slots.map(slotFacts), (taskId, slot) => {
    const facts = able.get(taskId);
    return facts !== undefined && whyNot(facts, slot) === null;
  });
  const flight =
    back === null ? undefined : context.live.slots.get(back.from)?.flights.get(back.taskId as Flight["taskId"]);
  if (flight !== undefined) flight.stopFor = "steal";
}
