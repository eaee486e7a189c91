/**
 * Moving a task: one compare-and-set through the state chart of `domain/task`, its attempt's end, its event. Always inside a
 * transaction of the caller.
 */
import type { EventName } from "../../domain/events.ts";
import type { TaskEvent, TaskState } from "../../domain/task.ts";
import { transition } from "../../domain/task.ts";
import type { FenceRef } from "../../ports.ts";
import type { Applied } from "../../storePort.ts";
import type { Database, Row, Sql } from "./sqliteDatabase.ts";

export type Sets = Readonly<Record<string, Sql>>;

/** Moves one task by an event, or not at all. Inside a transaction. */
export function move(db: Database, row: Row, event: TaskEvent, sets: Sets = {}): boolean {
  const to = transition(row["state"] as TaskState, event);
  if (to === null) return false;
  // Since when it could begin: what waiting is measured by.
  const all: Sets = to === "ready" ? { state: to, ready_at: db.now(), ...sets } : { state: to, ...sets };
  const assignments = Object.keys(all)
    .map((column) => `${column} = ?`)
    .join(", ");
  db.run(`UPDATE task SET ${assignments} WHERE seq = ?`, ...Object.values(all), row["seq"] ?? null);
  return true;
}

/** Nobody holds it any more. */
export const NO_GRANT: Sets = { slot: null, prompt_id: null, lease_until: null };
/** Nothing of an earlier result is left. */
export const NO_RESULT: Sets = {
  staged: null,
  inspection: null,
  verdict: null,
  gate: null,
  hold_until: null,
  gpu_seconds: null,
};

export function endAttempt(db: Database, fence: Sql, outcome: string, failure: string | null = null): void {
  db.run(
    "UPDATE attempt SET ended_at = ?, outcome = ?, failure = ? WHERE fence = ? AND ended_at IS NULL",
    db.now(),
    outcome,
    failure,
    fence,
  );
}

/** Applies to the task under its fence; without one, or when `apply` says no, it is stale. */
export function changeUnderFence(db: Database, ref: FenceRef, apply: (row: Row) => boolean): Applied {
  return db.transaction(() => {
    const row = db.one("SELECT * FROM task WHERE id = ? AND fence = ?", ref.taskId, ref.fence);
    return row !== null && apply(row) ? "ok" : "stale";
  });
}

export function say(
  db: Database,
  name: EventName,
  row: Row,
  fields: Readonly<Record<string, string | number | null>> = {},
): void {
  db.event(name, String(row["job_id"]), { task: String(row["id"]), ...fields });
}
