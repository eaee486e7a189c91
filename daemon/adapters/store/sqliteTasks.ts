/**
 * Claiming: heads of what is ready, grants with a fence, leases. Each method is one transaction; whoever holds an old fence
 * is told that it is stale.
 */
import type { SlotName, TaskId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { STAND_IN } from "../../domain/notLoaded.ts";
import type { Grant, Store, TaskRow } from "../../storePort.ts";
import type { Database, Sql } from "./sqliteDatabase.ts";
import { endAttempt, move, NO_GRANT, say } from "./sqliteMove.ts";
import { attemptRow, classRow, headRow, observationRow, readyRow, taskRow } from "./sqliteRows.ts";

type ClaimMethods = Pick<Store, "heads" | "taskClass" | "grant">;
type LeaseMethods = Pick<Store, "renew" | "wakeDeferred" | "reap">;
type WorkMethods = Pick<Store, "running" | "uninspected" | "endPluginHolds" | "history" | "observations">;

/** The first tasks of the same heads in one statement: a seek per head, whatever waits behind them. */
const FIRST_OF_HEADS = `
  SELECT task.seq, task.id, task.job_id, task.step_id, task.show, task.class_id, task.head_id, task.priority, task.wedge,
    task.frame, task.attempt, task.ready_at, task.failure, task.seed_try
  FROM (SELECT id FROM head WHERE n_ready > 0 ORDER BY priority DESC, id LIMIT ?) AS first
  JOIN task ON task.seq IN (SELECT seq FROM task WHERE state = 'ready' AND head_id = first.id ORDER BY seq LIMIT ?)
  ORDER BY task.seq`;

/** As waitsForPlugins (domain/notLoaded.ts) says it, in the database: inspections of tens of thousands of results are long. */
const END_PLUGIN_HOLDS = `
  UPDATE task SET hold_until = ?
  WHERE state = 'committing' AND gate = 'hold' AND verdict = 'error' AND hold_until > ?
    AND json_extract(inspection, '$.whole') IS NULL
    AND (
      SELECT count(*) > 0 AND min(substr(json_extract(value, '$.check'), 1, ${STAND_IN.length}) = '${STAND_IN}') = 1
      FROM json_each(task.inspection, '$.findings') WHERE json_extract(value, '$.verdict') = 'error')`;

export function claimMethods(db: Database): ClaimMethods {
  return {
    async heads(limits) {
      const heads = db.all(
        "SELECT head.*, class.requirements FROM head JOIN class ON class.id = head.class_id WHERE n_ready > 0 ORDER BY priority DESC, head.id LIMIT ?",
        limits.heads,
      );
      const tasks = new Map<Sql, TaskRow[]>(heads.map((head) => [head["id"] ?? null, []]));
      for (const row of db.all(FIRST_OF_HEADS, limits.heads, limits.tasksEach))
        tasks.get(row["head_id"] ?? null)?.push(readyRow(row));
      return heads.map((head) => headRow(head, tasks.get(head["id"] ?? null) ?? []));
    },
    async taskClass(id) {
      const row = db.one("SELECT * FROM class WHERE id = ?", id);
      return row === null ? null : classRow(row);
    },
    async grant(taskId, slot, promptId) {
      return db.transaction(() => grant(db, { taskId, slot, promptId }));
    },
  };
}

/** How long a grant is good for, and what becomes due. */
export function leaseMethods(db: Database): LeaseMethods {
  return {
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
          say(db, "task.lost", row, { slot: String(row["slot"]), reason: "its lease ended" });
        }
        return ended.map((row) => row["id"] as TaskId);
      });
    },
  };
}

/** What is in somebody's hands now. */
export function workMethods(db: Database): WorkMethods {
  return {
    async running() {
      return db.all("SELECT * FROM task WHERE state = 'running' ORDER BY +seq").map(taskRow);
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
    async endPluginHolds() {
      return db.run(END_PLUGIN_HOLDS, db.now(), db.now());
    },
    async observations(limit) {
      const rows = db.all(
        `SELECT attempt.*, task.class_id, task.show, head.person, class.requirements
         FROM attempt JOIN task ON task.id = attempt.task_id JOIN class ON class.id = task.class_id JOIN head ON head.id = task.head_id
         WHERE attempt.gpu_seconds IS NOT NULL ORDER BY attempt.fence DESC LIMIT ?`,
        limit,
      );
      return rows.map(observationRow).reverse();
    },
    async history(taskId) {
      return db.all("SELECT * FROM attempt WHERE task_id = ? AND forgiven = 0 ORDER BY fence", taskId).map(attemptRow);
    },
  };
}

function grant(
  db: Database,
  to: { readonly taskId: TaskId; readonly slot: SlotName; readonly promptId: Grant["promptId"] },
): Grant | null {
  const row = db.one("SELECT * FROM task WHERE id = ? AND state = 'ready'", to.taskId);
  if (row === null) return null;
  const fence = db.nextFence();
  const attempt = Number(row["attempt"]) + 1;
  const now = db.now();
  const leaseUntil = now + LIMITS.leaseMs;
  if (!move(db, row, "granted", { attempt, fence, slot: to.slot, prompt_id: to.promptId, lease_until: leaseUntil }))
    return null;
  const seedTry = Number(row["seed_try"]);
  db.run(
    "INSERT INTO attempt (fence, task_id, attempt, slot, prompt_id, started_at, seed_try, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, 'running')",
    fence,
    to.taskId,
    attempt,
    to.slot,
    to.promptId,
    now,
    seedTry,
  );
  db.run("UPDATE job SET started_at = ? WHERE id = ? AND started_at IS NULL", now, row["job_id"] ?? null);
  say(db, "task.granted", row, { slot: to.slot, fence, attempt });
  return { taskId: to.taskId, attempt, fence, slot: to.slot, promptId: to.promptId, leaseUntil, seedTry };
}
