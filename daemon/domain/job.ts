/**
 * A job's state is always derived from its tasks and steps, never stored: a finished job that says "running" cannot exist.
 */
import type { TaskState } from "./task.ts";
import { TASK_STATES } from "./task.ts";

export const JOB_STATES = ["waiting", "running", "publishing", "done", "failed", "canceled"] as const;
export type JobState = (typeof JOB_STATES)[number];

/**
 * A step's version: `planned` (no number yet) -> `open` (number claimed, staging made) -> `committing` (the store decided;
 * only forward from here) -> `committed`; or `burnt` (number spent, nothing published, the claim says why).
 */
export const STEP_STATES = ["planned", "open", "committing", "committed", "burnt"] as const;
export type StepState = (typeof STEP_STATES)[number];

export type TaskCounts = Readonly<Record<TaskState, number>>;

export function noTasks(): Record<TaskState, number> {
  return Object.fromEntries(TASK_STATES.map((state) => [state, 0])) as Record<TaskState, number>;
}

export interface StepSummary {
  readonly state: StepState;
  readonly counts: TaskCounts;
}

export function jobState(steps: readonly StepSummary[]): JobState {
  if (steps.length > 0 && steps.every((s) => s.state === "committed")) return "done";
  const ended = steps.every((s) => s.state === "committed" || s.state === "burnt");
  if (steps.length > 0 && ended) {
    const canceled = steps.some((s) => s.state === "burnt" && s.counts.canceled > 0 && s.counts.failed === 0);
    return canceled ? "canceled" : "failed";
  }
  if (steps.some((s) => s.state === "committing")) return "publishing";
  const started = steps.some((s) => s.counts.running + s.counts.committing + s.counts.failed + s.counts.done > 0);
  return started ? "running" : "waiting";
}

export function isJobEnded(state: JobState): boolean {
  return state === "done" || state === "failed" || state === "canceled";
}
