/**
 * `hotplate explain ID`: the reasons, from the scheduler's own function, by the running daemon. With the daemon down that is
 * the first reason of whatever has not ended; what has ended explains itself from the store.
 */
import { buildBase } from "../adapters/world.ts";
import { HotplateError } from "../domain/errors.ts";
import { createEstimator } from "../domain/estimate.ts";
import { keptTaskId } from "../domain/ids.ts";
import type { NodeView } from "../domain/nodeView.ts";
import { EMPTY_LEDGER } from "../domain/share.ts";
import { isTerminal } from "../domain/task.ts";
import type { WaitReason } from "../explainTask.ts";
import { explain, explainJob } from "../explainTask.ts";
import { findJob } from "../http/lookup.ts";
import type { JobExplainShape, TaskExplainShape } from "../http/shapes.ts";
import type { Context } from "./context.ts";
import { withStore } from "./storeReader.ts";

type Explained = JobExplainShape | TaskExplainShape;

export async function action(context: Context, [id = ""]: readonly string[]): Promise<void> {
  const answer =
    (await context.daemonIfAny()) === null
      ? await fromStore(context, id)
      : ((await context.api("GET", pathOf(id))) as Explained);
  context.print(answer, () => text(answer));
}

/** A task's id holds slashes, a job's none. */
function pathOf(id: string): string {
  const name = encodeURIComponent(id);
  return id.includes("/") ? `/v1/tasks/${name}/explain` : `/v1/jobs/${name}/explain`;
}

async function fromStore(context: Context, id: string): Promise<Explained> {
  const { config } = await context.config();
  const base = buildBase(config, "error");
  try {
    return await withStore(context, async (store) => {
      const world = { ...base, store };
      const view = nobodyHome(base.clock.now());
      if (!id.includes("/")) {
        const { tasks, ...job } = await explainJob(world, view, await findJob(store, id));
        return { ...job, tasks: tasks.map((task) => (isTerminal(task.state) ? task : { ...task, reasons: [DOWN] })) };
      }
      const task = await store.task(keptTaskId(id));
      const reasons = task === null ? null : await explain(world, view, task.id);
      if (task === null || reasons === null) throw new HotplateError("HP-NOT-FOUND", `There is no task ${id}.`);
      return { task: task.id, state: task.state, reasons: isTerminal(task.state) ? [...reasons] : [DOWN] };
    });
  } finally {
    await base.images.close();
  }
}

const DOWN: WaitReason = {
  code: "HP-DAEMON-ABSENT",
  message: "no daemon runs, so nothing goes on",
  action: "hotplate run",
};

function nobodyHome(now: number): NodeView {
  const nothing = {
    slots: [],
    folders: [],
    roots: [],
    stepTrouble: {},
    secondsPerTask: {},
    needOf: () => null,
    lacksOf: () => new Map(),
  };
  const gpus: NodeView["gpus"] = { kind: "unknown", reason: DOWN.message, silent: false };
  const scheduling: NodeView["scheduling"] = {
    now,
    slots: [],
    estimates: createEstimator(),
    ledger: EMPTY_LEDGER,
    weights: {},
    running: [],
    servedAt: new Map(),
  };
  return { node: "", pid: 0, version: "", startedAt: now, now, state: "starting", gpus, scheduling, ...nothing };
}

function text(answer: Explained): string {
  if ("task" in answer) return [`${answer.task} is ${answer.state}`, ...answer.reasons.map(line)].join("\n");
  const groups = answer.tasks.map((group) =>
    [`${group.alike} ${group.state}, such as ${group.task}`, ...group.reasons.map(line)].join("\n"),
  );
  return [`${answer.job} is ${answer.state}`, ...groups].join("\n");
}

function line(reason: WaitReason): string {
  return `  ${reason.message}${reason.action === null ? "" : `\n    do this: ${reason.action}`}`;
}
