/**
 * What waits, in the scheduler's words: heads of the store with the facts of their first tasks, and the slots as they are
 * now. `dispatch` decides by it; the daemon's picture for `explain` is made of the same parts.
 */
import type { Head, ScheduleFacts } from "../domain/board.ts";
import { setNewest } from "../domain/boundedMap.ts";
import { LIMITS } from "../domain/limits.ts";
import { keysOf } from "../domain/modelSet.ts";
import { rootOf } from "../domain/paths.ts";
import type { StepPlan } from "../domain/plan.ts";
import type { TaskFacts } from "../domain/slotFit.ts";
import { rootTrouble } from "../domain/slotFit.ts";
import type { StageContext } from "../live.ts";
import { slotFacts } from "../live.ts";
import type { HeadRow, TaskRow } from "../storePort.ts";
import type { RecipeShelf } from "./recipeShelf.ts";
import { planOf } from "./stepPlans.ts";

export interface Waiting {
  readonly heads: readonly Head[];
  readonly tasks: ReadonlyMap<string, TaskRow>;
}

export async function readHeads(context: StageContext, shelf: RecipeShelf): Promise<Waiting> {
  const { live, world } = context;
  // Enough of each head for every free place to take from it, and a few that some slot may not have.
  const tasksEach = freePlaces(context) + LIMITS.tasksBesides;
  const rows = await world.store.heads({ heads: LIMITS.headsMax, tasksEach });
  const tasks = new Map<string, TaskRow>();
  const heads: Head[] = [];
  for (const row of rows) {
    setNewest(live.classes, row.class.id, { value: row.class, max: LIMITS.workKindsKept });
    for (const task of row.tasks) tasks.set(task.id, task);
    heads.push(await headOf(context, row, shelf));
  }
  return { heads, tasks };
}

function freePlaces(context: StageContext): number {
  let free = 0;
  for (const slot of context.live.slots.values()) {
    let busy = 0;
    for (const flight of slot.flights.values()) if (flight.phase !== "collecting") busy += 1;
    free += Math.max(0, LIMITS.promptsPerSlot - busy);
  }
  return free;
}

async function headOf(context: StageContext, row: HeadRow, shelf: RecipeShelf): Promise<Head> {
  const facts: TaskFacts[] = [];
  for (const task of row.tasks) {
    const plan = await planOf(context, task.stepId);
    if (plan !== null) facts.push(await factsOf(context, { task, plan, shelf }));
  }
  const { id, show, person, priority, deadlineAt, waiting } = row;
  const waitingSince = row.tasks[0]?.readyAt ?? context.world.clock.now();
  return { id, ...keysOf(row.class), show, person, priority, deadlineAt, waiting, waitingSince, tasks: facts };
}

export async function factsOf(
  context: StageContext,
  of: { readonly task: TaskRow; readonly plan: StepPlan; readonly shelf: RecipeShelf },
): Promise<TaskFacts> {
  const { task, plan, shelf } = of;
  const root = context.live.roots.get(rootOf(plan.target.productDir, context.world.config.roots)?.linux ?? "");
  return {
    id: task.id,
    classes: shelf.classesOf(plan.recipe),
    demoRoot: root?.demo ?? false,
    rootTrouble: rootTrouble(root),
    notSlots: await shunned(context, task),
    vramMiB: null,
    alone: false,
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

/** Everything but the heads: what the slots do and what was learned. */
export function scheduling(context: StageContext): Omit<ScheduleFacts, "heads"> {
  const { live, world } = context;
  const now = world.clock.now();
  const running = [...live.slots.values()].flatMap((slot) =>
    [...slot.flights.values()].map((flight) => ({ show: flight.task.show, person: flight.person })),
  );
  return {
    now,
    slots: [...live.slots.values()].map((slot) => slotFacts(slot, now)),
    estimates: live.estimator,
    ledger: live.ledger,
    weights: world.config.shares,
    running,
    servedAt: live.servedAt,
  };
}
