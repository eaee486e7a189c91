/**
 * Stage 1, once at every start: crash is the normal exit. Everything else that a crash can leave behind is closed by the
 * ordinary stages looking at what is true; this one adopts the attempts of the life before.
 *
 * An attempt whose slot is still configured becomes a flight again and is asked about like any other: ComfyUI says running
 * (adopted), completed (collected) or unknown (lost, sent again; it uses no retry). A version in `committing` is rolled
 * forward by publish; a claimed manifest without a job is put back by intake.
 */
import { triedPlan, tryOfTasks } from "../domain/seedRetry.ts";
import { taskPast } from "../domain/taskPast.ts";
import type { Flight, StageContext } from "../live.ts";
import { memorySlots } from "../live.ts";
import type { TaskRow } from "../storePort.ts";
import { relearn, workOf } from "./learn.ts";
import { planOf } from "./stepPlans.ts";

export async function recover(context: StageContext): Promise<void> {
  const { world, live } = context;
  await relearn(context);
  // A restart is how a mended plugin comes in: what waits for one is looked at now.
  await world.store.endPluginHolds();
  const running = await world.store.running();
  let adopted = 0;
  let lost = 0;
  for (const task of running) {
    const slot = task.slot === null ? undefined : live.slots.get(task.slot);
    const plan = await planOf(context, task.stepId);
    if (slot === undefined || plan === null || task.fence === null || task.promptId === null) {
      if (task.fence !== null) await world.store.giveBack({ taskId: task.id, fence: task.fence }, "lost");
      lost += 1;
      continue;
    }
    const work = await workOf(context, task);
    const person = (await world.store.job(task.jobId))?.source.submittedBy ?? "unknown";
    // It was given alone, if the attempts before it said so: its end must be read as that.
    const { alone } = taskPast(task.attempt > 1 ? await world.store.history(task.id) : [], memorySlots(live));
    const known = {
      fence: task.fence,
      promptId: task.promptId,
      plan: triedPlan(plan, tryOfTasks([task])),
      person,
      alone,
      ...work,
    };
    slot.flights.set(task.id, adoptedFlight(task, known, world.clock.now()));
    adopted += 1;
  }
  const fields = { adopted, lost };
  await world.store.note("daemon.recovered", null, fields);
  world.log.event("info", "daemon.recovered", fields);
}

function adoptedFlight(
  task: TaskRow,
  known: Pick<Flight, "fence" | "promptId" | "plan" | "workKey" | "modelKey" | "person" | "alone">,
  now: number,
): Flight {
  return {
    taskId: task.id,
    fence: known.fence,
    promptId: known.promptId,
    task,
    plan: known.plan,
    workKey: known.workKey,
    modelKey: known.modelKey,
    person: known.person,
    cold: false,
    alone: known.alone,
    charged: 0,
    runningSince: null,
    progress: null,
    movedAt: null,
    overTime: null,
    peakVramMiB: null,
    startedAt: now,
    phase: "submitted",
    submittedAt: now,
    stopFor: null,
    finishTries: 0,
    lastStatus: null,
    unknownSince: null,
    settled: false,
    toCollect: null,
  };
}
