/**
 * What happens to tasks, each method one transaction and one compare-and-set through the state chart of `domain/task`. A
 * stale fence changes nothing and is told so.
 */
import type { EventName } from "../../domain/events.ts";
import type { SlotName, TaskId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { TaskEvent, TaskState } from "../../domain/task.ts";
import { transition } from "../../domain/task.ts";
import type { FenceRef } from "../../ports.ts";
import type { Applied, Grant, Store } from "../../storePort.ts";
import type { Database, Row, Sql } from "./sqliteDatabase.ts";
import { attemptRow, taskRow } from "./sqliteRows.ts";

export type Sets = Readonly<Record<string, Sql>>;

/** Moves one task by an event, or not at all. Inside a transaction. */
export function move(db: Database, row: Row, event: TaskEvent, sets: Sets = {}): boolean {
  const to = transition(row["state"] as TaskState, event);
  if (to === null) return false;
  const columns = ["state", ...Object.keys(sets)];
  const assignments = columns.map((column) => `${column} = ?`).join(", ");
  db.run(`UPDATE task SET ${assignments} WHERE seq = ?`, to, ...Object.values(sets), row["seq"] ?? null);
  return true;
}

/** Nobody holds it any more. */
export const NO_GRANT: Sets = { slot: null, prompt_id: null, lease_until: null };
/** Nothing of an earlier result is left. */
const NO_RESULT: Sets = { staged: null, inspection: null, gate: null, hold_until: null, gpu_seconds: null };

export function endAttempt(db: Database, fence: Sql, outcome: string, failure: string | null = null): void {
  db.run(
    "UPDATE attempt SET ended_at = ?, outcome = ?, failure = ? WHERE fence = ? AND ended_at IS NULL",
    db.now(),
    outcome,
    failure,
    fence,
  );
}

type TaskMethods = Pick<
  Store,
  | "candidates"
  | "grant"
  | "renew"
  | "stage"
  | "inspected"
  | "unstage"
  | "fail"
  | "giveBack"
  | "wakeDeferred"
  | "reap"
  | "running"
  | "uninspected"
  | "history"
>;

export function taskMethods(db: Database): TaskMethods {
  /** The task under its fence in one of the event's states; null is `stale`. */
  const held = (ref: FenceRef): Row | null =>
    db.one("SELECT * FROM task WHERE id = ? AND fence = ?", ref.taskId, ref.fence);

  const change = (ref: FenceRef, apply: (row: Row) => boolean): Applied =>
    db.transaction(() => {
      const row = held(ref);
      return row !== null && apply(row) ? "ok" : "stale";
    });

  const say = (name: EventName, row: Row, fields: Readonly<Record<string, string | number | null>> = {}): void =>
    db.event(name, String(row["job_id"]), { task: String(row["id"]), ...fields });

  return {
    async candidates(limit) {
      const heads = db.all("SELECT class_id, show FROM head");
      const rows = heads.flatMap((head) =>
        db.all(
          "SELECT * FROM task WHERE state = 'ready' AND class_id = ? AND show = ? ORDER BY priority DESC, seq LIMIT ?",
          head["class_id"] ?? null,
          head["show"] ?? null,
          limit,
        ),
      );
      return rows
        .map(taskRow)
        .sort((a, b) => b.priority - a.priority || a.seq - b.seq)
        .slice(0, limit);
    },
    async grant(taskId, slot, promptId) {
      return db.transaction(() => grant(db, { taskId, slot, promptId }, say));
    },
    async renew(grants) {
      return db.transaction(() => {
        const until = db.now() + LIMITS.leaseMs;
        const lost: TaskId[] = [];
        for (const ref of grants) {
          const changed = db.run(
            "UPDATE task SET lease_until = ? WHERE id = ? AND fence = ? AND state = 'running'",
            until,
            ref.taskId,
            ref.fence,
          );
          if (changed === 0) lost.push(ref.taskId as TaskId);
        }
        return { lost };
      });
    },
    async stage(ref, files, gpuSeconds) {
      return change(ref, (row) => {
        const sets = {
          ...NO_GRANT,
          slot: row["slot"] ?? null,
          staged: JSON.stringify(files),
          inspection: null,
          gate: null,
          hold_until: null,
          failure: null,
          gpu_seconds: gpuSeconds,
        };
        if (!move(db, row, "staged", sets)) return false;
        endAttempt(db, ref.fence, "staged");
        say("task.staged", row, { fence: ref.fence, files: files.length });
        return true;
      });
    },
    async inspected(ref, inspection, gate, holdUntil) {
      return change(ref, (row) => {
        if (row["state"] !== "committing" || row["gate"] === "pass") return false;
        const sets = { inspection: JSON.stringify(inspection), gate, hold_until: holdUntil };
        say("task.inspected", row, { verdict: inspection.verdict, gate });
        if (gate !== "reject") {
          db.run(
            "UPDATE task SET inspection = ?, gate = ?, hold_until = ? WHERE seq = ?",
            sets.inspection,
            gate,
            holdUntil,
            row["seq"] ?? null,
          );
          return true;
        }
        const finding = inspection.findings.find((known) => known.verdict === inspection.verdict);
        const failure = {
          class: "qc",
          code: finding?.check ?? "qc",
          message: finding?.message ?? `QC says ${inspection.verdict}`,
        };
        move(db, row, "rejected", { ...sets, failure: JSON.stringify(failure) });
        say("task.rejected", row, { check: failure.code, reason: failure.message });
        return true;
      });
    },
    async unstage(ref, why) {
      return change(ref, (row) => {
        if (row["state"] !== "committing" || !move(db, row, "lost", { ...NO_GRANT, ...NO_RESULT, fence: null }))
          return false;
        say("task.lost", row, { reason: why });
        return true;
      });
    },
    async fail(ref, failure, then) {
      return change(ref, (row) => {
        const text = JSON.stringify(failure);
        const final = then.kind === "final";
        const due = final ? null : db.now() + then.inMs;
        if (!move(db, row, final ? "failed" : "deferred", { ...NO_GRANT, failure: text, due_at: due })) return false;
        endAttempt(db, ref.fence, final || then.counts ? "failed" : "deferred", text);
        say(final ? "task.failed" : "task.retried", row, {
          code: failure.code,
          class: failure.class,
          reason: failure.message,
        });
        return true;
      });
    },
    async giveBack(ref, how) {
      return change(ref, (row) => {
        if (row["state"] !== "running" || !move(db, row, how, NO_GRANT)) return false;
        endAttempt(db, ref.fence, how);
        say(how === "lost" ? "task.lost" : "task.released", row, { slot: String(row["slot"]) });
        return true;
      });
    },
    async wakeDeferred() {
      if (db.one("SELECT seq FROM task WHERE state = 'deferred' AND due_at <= ? LIMIT 1", db.now()) === null) return 0;
      return db.transaction(() => {
        const due = db.all(
          "SELECT * FROM task WHERE state = 'deferred' AND due_at <= ? LIMIT ?",
          db.now(),
          LIMITS.sqlPerTick,
        );
        for (const row of due) move(db, row, "due", { due_at: null });
        return due.length;
      });
    },
    async reap() {
      if (db.one("SELECT seq FROM task WHERE state = 'running' AND lease_until < ? LIMIT 1", db.now()) === null)
        return [];
      return db.transaction(() => {
        const ended = db.all(
          "SELECT * FROM task WHERE state = 'running' AND lease_until < ? LIMIT ?",
          db.now(),
          LIMITS.sqlPerTick,
        );
        for (const row of ended) {
          move(db, row, "lost", NO_GRANT);
          endAttempt(db, row["fence"] ?? null, "lost");
          say("task.lost", row, { slot: String(row["slot"]), reason: "its lease ended" });
        }
        return ended.map((row) => row["id"] as TaskId);
      });
    },
    async running() {
      return db.all("SELECT * FROM task WHERE state = 'running' ORDER BY seq").map(taskRow);
    },
    async uninspected(limit) {
      const unseen = db.all(
        "SELECT * FROM task WHERE state = 'committing' AND gate IS NULL ORDER BY seq LIMIT ?",
        limit,
      );
      const held = db.all(
        "SELECT * FROM task WHERE state = 'committing' AND gate = 'hold' AND hold_until <= ? ORDER BY hold_until LIMIT ?",
        db.now(),
        limit,
      );
      return [...unseen, ...held].slice(0, limit).map(taskRow);
    },
    async history(taskId) {
      return db.all("SELECT * FROM attempt WHERE task_id = ? AND forgiven = 0 ORDER BY fence", taskId).map(attemptRow);
    },
  };
}

function grant(
  db: Database,
  to: { readonly taskId: TaskId; readonly slot: SlotName; readonly promptId: Grant["promptId"] },
  say: (name: EventName, row: Row, fields: Readonly<Record<string, string | number>>) => void,
): Grant | null {
  const row = db.one("SELECT * FROM task WHERE id = ? AND state = 'ready'", to.taskId);
  if (row === null) return null;
  const fence = db.nextFence();
  const attempt = Number(row["attempt"]) + 1;
  const now = db.now();
  const leaseUntil = now + LIMITS.leaseMs;
  if (!move(db, row, "granted", { attempt, fence, slot: to.slot, prompt_id: to.promptId, lease_until: leaseUntil }))
    return null;
  db.run(
    "INSERT INTO attempt (fence, task_id, attempt, slot, prompt_id, started_at, outcome) VALUES (?, ?, ?, ?, ?, ?, 'running')",
    fence,
    to.taskId,
    attempt,
    to.slot,
    to.promptId,
    now,
  );
  db.run("UPDATE job SET started_at = ? WHERE id = ? AND started_at IS NULL", now, row["job_id"] ?? null);
  say("task.granted", row, { slot: to.slot, fence, attempt });
  return { taskId: to.taskId, attempt, fence, slot: to.slot, promptId: to.promptId, leaseUntil };
}
