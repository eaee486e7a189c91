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
import type { TaskPast } from "../domain/taskPast.ts";
import { taskPast } from "../domain/taskPast.ts";
import type { SlotState, StageContext } from "../live.ts";
import { memorySlots, slotFacts } from "../live.ts";
import type { HeadRow, TaskRow } from "../storePort.ts";
import { workOf } from "./learn.ts";
import type { RecipeShelf } from "./recipeShelf.ts";
import { lacksOf } from "./standing.ts";
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
  for (const slot of context.live.slots.values()) free += Math.max(0, LIMITS.promptsPerSlot - busyPlaces(slot));
  return free;
}

/** Prompts that are ComfyUI's still: what is being collected holds no place. */
export function busyPlaces(slot: SlotState): number {
  let busy = 0;
  for (const flight of slot.flights.values()) if (flight.phase !== "collecting") busy += 1;
  return busy;
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
    classes: classesToFind(context, shelf.classesOf(plan.recipe)),
    demoRoot: root?.demo ?? false,
    rootTrouble: rootTrouble(root),
    ...(await pastOf(context, task)),
    lacks: lacksOf(context, shelf, { plan, wedge: task.wedge }),
    vramMiB: needOf(context, (await workOf(context, task)).workKey),
  };
}

/** What its failed attempts mean for where it goes, and whether alone. */
async function pastOf(context: StageContext, task: TaskRow): Promise<TaskPast> {
  const attempts = task.attempt === 0 ? [] : await context.world.store.history(task.id);
  return taskPast(attempts, memorySlots(context.live));
}

/** What work of its kind was seen to need; not when no GPU here has so much any more: then trying tells more than waiting. */
export function needOf(context: StageContext, workKey: string): number | null {
  const need = context.live.needs.of(workKey);
  const largest = Math.max(0, ...[...context.live.slots.values()].map((slot) => slot.gpuMemoryMiB ?? Infinity));
  return need === null || need > largest ? null : need;
}

/**
 * Classes that a slot must have. When every slot was read and none has them all, none would ever be found: then the task is
 * given anyway, is refused before it is sent, and ends with the nearest names.
 */
function classesToFind(context: StageContext, classes: readonly string[]): readonly string[] {
  const slots = [...context.live.slots.values()];
  const nowhere = slots.every(
    (slot) => slot.state === "up" && slot.classes !== null && classes.some((name) => slot.classes?.has(name) === false),
  );
  return nowhere ? [] : classes;
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
