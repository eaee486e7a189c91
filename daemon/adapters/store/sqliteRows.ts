/** Rows of tables to the rows of `storePort.ts`. JSON columns were written by this program and are trusted. */
import type { StoredEvent } from "../../domain/events.ts";
import { jobState, noTasks } from "../../domain/job.ts";
import type { TaskCounts } from "../../domain/job.ts";
import { TASK_STATES } from "../../domain/task.ts";
import type { RequestRow } from "../../requests.ts";
import type {
  AttemptRow,
  DropRow,
  HeadRow,
  JobRow,
  ObservationRow,
  StepRow,
  TaskClass,
  TaskRow,
} from "../../storePort.ts";
import type { Row, Sql } from "./sqliteDatabase.ts";

function json<T>(text: Sql | undefined, none: T): T {
  return typeof text === "string" ? (JSON.parse(text) as T) : none;
}

export function taskRow(row: Row): TaskRow {
  return {
    id: row["id"],
    jobId: row["job_id"],
    stepId: row["step_id"],
    show: row["show"],
    priority: row["priority"],
    seq: row["seq"],
    classId: row["class_id"],
    headId: row["head_id"],
    readyAt: row["ready_at"],
    wedge: row["wedge"],
    frame: row["frame"],
    state: row["state"],
    attempt: row["attempt"],
    fence: row["fence"],
    slot: row["slot"],
    promptId: row["prompt_id"],
    leaseUntil: row["lease_until"],
    dueAt: row["due_at"],
    failure: json(row["failure"], null),
    staged: json(row["staged"], []),
    inspection: json(row["inspection"], null),
    gate: row["gate"],
    holdUntil: row["hold_until"],
    gpuSeconds: row["gpu_seconds"],
    seedTry: row["seed_try"],
  } as unknown as TaskRow;
}

/** A ready task: nobody holds it and nothing of a result is left, so only what can be there was read. */
export function readyRow(row: Row): TaskRow {
  return taskRow({ ...NOTHING_HELD, ...row });
}
const NOTHING_HELD: Row = {
  state: "ready",
  fence: null,
  slot: null,
  prompt_id: null,
  lease_until: null,
  due_at: null,
  gate: null,
  hold_until: null,
  gpu_seconds: null,
};

/** What `stepRow` reads: the plan lies beside the row, for the row changes with every task. */
export const STEP_AND_PLAN = "step.*, (SELECT plan FROM step_plan WHERE step_id = step.id) AS plan";

export function stepRow(row: Row): StepRow {
  const target = row["target_path"];
  return {
    id: row["id"],
    jobId: row["job_id"],
    index: row["idx"],
    plan: json(row["plan"], null),
    state: row["state"],
    fence: row["fence"],
    version: row["version"],
    stagingDir: row["staging_dir"],
    counts: countsOf(row),
    ungated: row["ungated"],
    publication:
      typeof target === "string"
        ? {
            targetPath: target,
            stagingPath: String(row["staging_path"]),
            commitSha256: String(row["commit_sha256"]),
            warned: row["warned"] ?? null,
            anyway: typeof row["anyway"] === "string" ? (JSON.parse(row["anyway"]) as unknown) : null,
          }
        : null,
    reason: row["reason"],
  } as unknown as StepRow;
}

export function countsOf(row: Row): TaskCounts {
  return Object.fromEntries(TASK_STATES.map((state) => [state, Number(row[`n_${state}`])])) as TaskCounts;
}

export function jobRow(row: Row, steps: readonly StepRow[]): JobRow {
  const counts = noTasks();
  for (const step of steps) for (const state of TASK_STATES) counts[state] += step.counts[state];
  return {
    id: row["id"],
    name: row["name"],
    show: row["show"],
    priority: row["priority"],
    plan: { ...json<object>(row["plan"], {}), steps: steps.map((step) => step.plan) },
    source: json(row["source"], null),
    state: jobState(steps),
    createdAt: row["created_at"],
    startedAt: row["started_at"],
    endedAt: row["ended_at"],
    steps,
    counts,
  } as unknown as JobRow;
}

export function attemptRow(row: Row): AttemptRow {
  return {
    taskId: row["task_id"],
    attempt: row["attempt"],
    fence: row["fence"],
    slot: row["slot"],
    promptId: row["prompt_id"],
    startedAt: row["started_at"],
    endedAt: row["ended_at"],
    outcome: row["outcome"],
    failure: json(row["failure"], null),
  } as unknown as AttemptRow;
}

export function headRow(row: Row, tasks: readonly TaskRow[]): HeadRow {
  const deadline = Number(row["deadline_at"]);
  return {
    id: Number(row["id"]),
    class: classRow({ id: row["class_id"] ?? null, requirements: row["requirements"] ?? null }),
    show: String(row["show"]),
    person: String(row["person"]),
    priority: Number(row["priority"]),
    deadlineAt: deadline === 0 ? null : deadline,
    waiting: Number(row["n_ready"]),
    tasks,
  };
}

export function classRow(row: Row): TaskClass {
  const none = { models: [], recipe: "", root: "" };
  const { models, recipe, root } = json<{ models: readonly string[]; recipe: string; root: string }>(
    row["requirements"],
    none,
  );
  return { id: Number(row["id"]), recipeSha256: recipe, root, models };
}

export function observationRow(row: Row): ObservationRow {
  return {
    class: classRow({ id: row["class_id"] ?? null, requirements: row["requirements"] ?? null }),
    slot: row["slot"],
    show: row["show"],
    person: row["person"],
    endedAt: row["ended_at"],
    gpuSeconds: row["gpu_seconds"],
    cold: row["cold"] === 1,
    vramMiB: row["vram_mib"],
  } as unknown as ObservationRow;
}

export function dropRow(row: Row): DropRow {
  return {
    id: row["id"],
    folder: row["folder"],
    name: row["name"],
    jobId: row["job_id"],
    outcome: row["outcome"],
    claimPath: row["claim_path"],
    at: row["at"],
    filedAt: row["filed_at"],
    closed: row["closed"] === 1,
  } as unknown as DropRow;
}

export function requestRow(row: Row): RequestRow {
  return {
    id: row["id"],
    body: json(row["body"], null),
    state: row["state"],
    answer: row["answer"],
  } as unknown as RequestRow;
}

export function eventRow(row: Row): StoredEvent {
  return {
    seq: row["seq"],
    at: row["at"],
    name: row["name"],
    jobId: row["job_id"],
    fields: json(row["fields"], {}),
  } as unknown as StoredEvent;
}
