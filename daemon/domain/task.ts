/**
 * What happens to a task. The one place that changes a status:
 *
 *   blocked --versionOpened--> ready --grant--> running --staged--> committing --published--> done
 *                                ^                 |  |                 |
 *                                |<--released/lost-+  +--failed-->failed<--rejected (QC)
 *                                |                 |
 *                                +----due------ deferred <--deferred----+ (from running)
 *
 *   any of blocked, ready, deferred, running --canceled--> canceled
 *   failed, canceled --retried--> ready (blocked when its version is not open), only while the version is uncommitted
 *   failed (by QC) --waived--> committing: a person let every failing finding stand
 *   committing, failed (by QC), running --reseeded--> ready: its wedge is made again with another seed (domain/seedRetry)
 *   committing --canceled--> canceled, until the version's publication has begun
 *
 * `committing` means: staged, fsynced, hashed and recorded under its fence; it waits for QC's gate and for its version.
 * `done` means: the file is in a committed version. Nothing leaves `done`.
 */
export const TASK_STATES = [
  "blocked",
  "ready",
  "running",
  "committing",
  "done",
  "failed",
  "deferred",
  "canceled",
] as const;
export type TaskState = (typeof TASK_STATES)[number];

export const TASK_EVENTS = [
  "versionOpened",
  "granted",
  "released",
  "lost",
  "deferred",
  "due",
  "staged",
  "failed",
  "rejected",
  "published",
  "canceled",
  "retried",
  "reseeded",
  "waived",
] as const;
export type TaskEvent = (typeof TASK_EVENTS)[number];

const TABLE: Readonly<Record<TaskState, Partial<Record<TaskEvent, TaskState>>>> = {
  blocked: { versionOpened: "ready", canceled: "canceled", failed: "failed" },
  ready: { granted: "running", canceled: "canceled", failed: "failed" },
  running: {
    released: "ready",
    lost: "ready",
    deferred: "deferred",
    staged: "committing",
    failed: "failed",
    canceled: "canceled",
    reseeded: "ready",
  },
  committing: { published: "done", rejected: "failed", canceled: "canceled", lost: "ready", reseeded: "ready" },
  done: {},
  failed: { retried: "ready", reseeded: "ready", waived: "committing" },
  deferred: { due: "ready", canceled: "canceled", failed: "failed" },
  canceled: { retried: "ready" },
};

/** The state after an event, or null when the event may not happen in that state. */
export function transition(state: TaskState, event: TaskEvent): TaskState | null {
  return TABLE[state][event] ?? null;
}

/** States from which `event` is allowed: the `WHERE state IN (...)` of a store's compare-and-set. */
export function statesBefore(event: TaskEvent): readonly TaskState[] {
  return TASK_STATES.filter((state) => TABLE[state][event] !== undefined);
}

/** Nothing more happens to it by itself. */
export function isTerminal(state: TaskState): boolean {
  return state === "done" || state === "failed" || state === "canceled";
}
