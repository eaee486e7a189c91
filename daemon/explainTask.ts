/**
 * `explain` for people: gathers the facts of one task from the store and from what the loop knows now, and asks the same
 * pure function that the scheduler uses. Reads only.
 */
import type { Head } from "./domain/board.ts";
import { boardOf } from "./domain/board.ts";
import type { ExplainFacts } from "./domain/explain.ts";
import { explainTask } from "./domain/explain.ts";
import { rejectionsOf } from "./domain/rejection.ts";
import { seedOfTry } from "./domain/seedRetry.ts";
import { heldReason } from "./qcStanding.ts";
import { waitingReasons } from "./domain/explainWaiting.ts";
import type { TaskId } from "./domain/ids.ts";
import { quarantineDir, reviewPaths } from "./domain/naming.ts";
import { LIMITS } from "./domain/limits.ts";
import { keysOf } from "./domain/modelSet.ts";
import type { NodeView } from "./domain/nodeView.ts";
import { rootOf } from "./domain/paths.ts";
import type { JobState } from "./domain/job.ts";
import type { TaskState } from "./domain/task.ts";
import { isTerminal, TASK_STATES } from "./domain/task.ts";
import type { TaskFacts, WaitReason } from "./domain/slotFit.ts";
import { rootTrouble } from "./domain/slotFit.ts";
import { taskPast } from "./domain/taskPast.ts";
import type { World } from "./ports.ts";
import type { JobRow, StepRow, TaskRow } from "./storePort.ts";

export type { WaitReason };

/** null: there is no such task. */
export async function explain(
  world: Pick<World, "store" | "recipes" | "config">,
  view: NodeView,
  taskId: TaskId,
): Promise<readonly WaitReason[] | null> {
  const task = await world.store.task(taskId);
  const step = task === null ? null : await world.store.step(task.stepId);
  if (task === null || step === null) return null;
  const { counts } = step;
  const siblingsOpen = counts.blocked + counts.ready + counts.running + counts.deferred;
  const facts = await taskFacts(world, view, { task, step });
  return explainTask({
    state: task.state,
    task: facts,
    slots: view.scheduling.slots,
    scheduling: await schedulingReasons(world, view, { task, facts }),
    draining: view.state === "draining",
    stepTrouble: view.stepTrouble[step.id] ?? null,
    dueInMs: task.dueAt === null ? null : Math.max(0, task.dueAt - view.now),
    lastFailure: task.failure,
    ahead: isTerminal(task.state) ? 0 : (await world.store.ahead(task.id)).alike,
    slot: task.slot,
    gate: task.gate,
    siblingsOpen,
    siblingsHeld: task.state === "committing" ? (await world.store.qcNotes(step.id, 0)).held.count : 0,
    ...(step.version !== null && (step.state === "burnt" || step.state === "committed")
      ? {
          quarantine: {
            place: quarantineDir(step.plan.target, step.version),
            report: reviewPaths(step.plan.target, step.version).qcReport,
          },
        }
      : {}),
    ...(await anywayOf(world, { task, step })),
    ...overruledOf(task),
    ...(task.seedTry === 0 ? {} : { reseeded: await reseededOf(world, { task, step }) }),
  });
}

async function anywayOf(
  world: Pick<World, "store">,
  { task, step }: { readonly task: TaskRow; readonly step: StepRow },
): Promise<Pick<ExplainFacts, "anyway">> {
  const verdict = task.inspection?.verdict;
  if (step.plan.qc.gate !== "warn" || task.gate !== "pass" || (verdict !== "fail" && verdict !== "error")) return {};
  const words = verdict === "fail" ? "QC failed it" : "QC could not look at it";
  return { anyway: `${words}: ${heldReason(task, await world.store.waivers(step.id))}` };
}

function overruledOf({ state, gate, inspection }: TaskRow): Pick<ExplainFacts, "overruled"> {
  const last = rejectionsOf(inspection).at(-1);
  const passed = gate === "pass" && (state === "committing" || state === "done");
  return last === undefined || !passed ? {} : { overruled: { by: last.by, reason: last.reason } };
}

async function reseededOf(
  world: Pick<World, "store">,
  { task, step }: { readonly task: TaskRow; readonly step: StepRow },
): Promise<NonNullable<ExplainFacts["reseeded"]>> {
  const tries = (await world.store.seedTries(step.id)).filter(({ wedge }) => wedge === task.wedge);
  const last = tries.at(-1);
  const seed = seedOfTry(step.plan.wedges[task.wedge - 1]?.seed ?? "0", task.seedTry);
  return { seed, tries: tries.length, reason: last === undefined ? "QC" : `${last.check}: ${last.reason}` };
}

export interface JobReasons {
  readonly job: string;
  readonly state: JobState;
  readonly tasks: {
    readonly task: string;
    readonly state: TaskState;
    /** Tasks of its step in this state, held ones apart; this one speaks for them. */
    readonly alike: number;
    readonly reasons: WaitReason[];
  }[];
}

/** Tasks of a step in one state mostly wait for the same reason: the first of them speaks for the others. */
export async function explainJob(
  world: Pick<World, "store" | "recipes" | "config">,
  view: NodeView,
  job: JobRow,
): Promise<JobReasons> {
  const tasks: JobReasons["tasks"] = [];
  for (const step of job.steps) {
    for (const state of TASK_STATES.filter((name) => step.counts[name] > 0))
      for (const { task, alike } of await speakers(world.store, step, state)) {
        const reasons = await explain(world, view, task.id);
        if (reasons !== null) tasks.push({ task: task.id, state, alike, reasons: [...reasons] });
      }
  }
  return { job: job.id, state: job.state, tasks };
}

/** Of results that wait to be published, those that a person must decide about are told apart from the others, and first. */
async function speakers(
  store: World["store"],
  step: StepRow,
  state: TaskState,
): Promise<readonly { readonly task: TaskRow; readonly alike: number }[]> {
  const ofQc = state === "committing" || state === "done" ? await store.qcNotes(step.id, 1) : null;
  const { count, tasks } =
    state === "committing" && ofQc !== null ? ofQc.held : { count: 0, tasks: [] as readonly TaskRow[] };
  const anyway = step.plan.qc.gate === "warn" && ofQc?.anyway.first?.state === state ? ofQc.anyway : null;
  const apart = count + (anyway?.tasks ?? 0);
  const others = step.counts[state] - apart;
  const first = others > 0 ? await store.tasks(step.id, { states: [state], limit: apart + 1 }) : [];
  const isApart = (task: TaskRow): boolean =>
    task.gate === "hold" ||
    (anyway !== null && (task.inspection?.verdict === "fail" || task.inspection?.verdict === "error"));
  const other = first.find((task) => apart === 0 || !isApart(task));
  return [
    ...tasks.map((task) => ({ task, alike: count })),
    ...(anyway === null || anyway.first === null ? [] : [{ task: anyway.first, alike: anyway.tasks }]),
    ...(other === undefined ? [] : [{ task: other, alike: others }]),
  ];
}

/** The scheduler's own words, on the board that it sees: every head with the facts of its first task, this one's with its own. */
async function schedulingReasons(
  world: Pick<World, "store" | "recipes" | "config">,
  view: NodeView,
  of: { readonly task: TaskRow; readonly facts: TaskFacts },
): Promise<readonly WaitReason[]> {
  if (of.task.state !== "ready") return [];
  const heads: Head[] = [];
  for (const row of await world.store.heads({ heads: LIMITS.headsMax, tasksEach: 1 })) {
    const [first] = row.tasks;
    const step = first === undefined ? null : await world.store.step(first.stepId);
    if (first === undefined || step === null) continue;
    const facts = row.id === of.task.headId ? of.facts : await taskFacts(world, view, { task: first, step });
    heads.push({ ...row, ...keysOf(row.class), waitingSince: first.readyAt ?? view.now, tasks: [facts] });
  }
  return waitingReasons(boardOf({ ...view.scheduling, heads }), of.task.headId, of.facts);
}

async function taskFacts(
  world: Pick<World, "store" | "recipes" | "config">,
  view: NodeView,
  of: { readonly task: TaskRow; readonly step: StepRow },
): Promise<TaskFacts> {
  const { plan } = of.step;
  const recipe = (await world.recipes.book()).recipes.find((known) => known.sha256 === plan.recipe.sha256);
  const rootPath = rootOf(plan.target.productDir, world.config.roots)?.linux;
  const root = view.roots.find((known) => known.path === rootPath);
  const attempts = await world.store.history(of.task.id);
  const kind = await world.store.taskClass(of.task.classId);
  const slots = view.scheduling.slots.map(({ name, gpuMemoryMiB }) => ({ name, gpuMiB: gpuMemoryMiB }));
  return {
    id: of.task.id,
    classes: recipe === undefined ? [] : [...new Set(Object.values(recipe.graph).map((node) => node.class_type))],
    demoRoot: root?.demo ?? false,
    rootTrouble: rootTrouble(root),
    ...taskPast(attempts, slots),
    lacks: view.lacksOf(plan, of.task.wedge),
    vramMiB: kind === null ? null : view.needOf(keysOf(kind).workKey),
  };
}
