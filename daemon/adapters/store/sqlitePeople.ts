/** What people ask for: requests and their answers, the keys under which they came, cancel, retry. */
import { LIMITS } from "../../domain/limits.ts";
import { isTerminal } from "../../domain/task.ts";
import type { TaskState } from "../../domain/task.ts";
import type { Store } from "../../storePort.ts";
import type { Database, Row } from "./sqliteDatabase.ts";
import { endAttempt, move, NO_GRANT } from "./sqliteMove.ts";
import { requestRow, taskRow } from "./sqliteRows.ts";

type PeopleMethods = Pick<
  Store,
  "request" | "openRequests" | "requestRow" | "settleRequest" | "takeKey" | "answerKey" | "cancelJob" | "retryJob"
>;

export function peopleMethods(db: Database): PeopleMethods {
  return {
    async request(body) {
      return db.transaction(() => {
        db.run("INSERT INTO request (body, state) VALUES (?, 'open')", JSON.stringify(body));
        return Number(db.one("SELECT last_insert_rowid() AS id")?.["id"]);
      });
    },
    async openRequests(limit) {
      return db.all("SELECT * FROM request WHERE state = 'open' ORDER BY id LIMIT ?", limit).map(requestRow);
    },
    async requestRow(id) {
      const row = db.one("SELECT * FROM request WHERE id = ?", id);
      return row === null ? null : requestRow(row);
    },
    async settleRequest(id, state, answer) {
      db.run("UPDATE request SET state = ?, answer = ? WHERE id = ? AND state = 'open'", state, answer, id);
    },
    async takeKey(key, print) {
      return db.transaction(() => {
        const now = db.now();
        db.run("DELETE FROM answer_key WHERE at <= ?", now - LIMITS.idempotencyKeepMs);
        const row = db.one("SELECT print, answer FROM answer_key WHERE key = ?", key);
        if (row !== null) return { print: String(row["print"]), answer: (row["answer"] ?? null) as string | null };
        db.run("INSERT INTO answer_key (key, print, at) VALUES (?, ?, ?)", key, print, now);
        db.run(
          "DELETE FROM answer_key WHERE seq <= (SELECT seq FROM answer_key ORDER BY seq DESC LIMIT 1 OFFSET ?)",
          LIMITS.idempotencyKeysMax,
        );
        return "taken";
      });
    },
    async answerKey(key, answer) {
      if (answer === null) db.run("DELETE FROM answer_key WHERE key = ?", key);
      else db.run("UPDATE answer_key SET answer = ? WHERE key = ?", answer, key);
    },
    async cancelJob(jobId, by) {
      return db.transaction(() => {
        if (
          db.one("SELECT id FROM step WHERE job_id = ? AND state IN ('committing', 'committed', 'burnt')", jobId) !==
          null
        )
          return { applied: "stale", running: [] };
        const rows = db.all("SELECT * FROM task WHERE job_id = ?", jobId);
        const running = rows.filter((row) => row["state"] === "running").map(taskRow);
        let canceled = 0;
        for (const row of rows) {
          if (isTerminal(row["state"] as TaskState)) continue;
          if (row["state"] === "running") endAttempt(db, row["fence"] ?? null, "canceled");
          if (move(db, row, "canceled", { ...NO_GRANT, due_at: null })) canceled += 1;
        }
        if (rows.length === 0) return { applied: "stale", running: [] };
        db.event("job.canceled", jobId, { by, tasks: canceled });
        return { applied: "ok", running };
      });
    },
    async retryJob(jobId, by) {
      return db.transaction(() => {
        const rows = db.all(
          "SELECT task.*, step.state AS step_state FROM task JOIN step ON step.id = task.step_id WHERE task.job_id = ? AND task.state IN ('failed', 'canceled') AND step.state IN ('planned', 'open')",
          jobId,
        );
        for (const row of rows) retryOne(db, row);
        if (rows.length === 0) return { applied: "stale", tasks: 0 };
        db.event("job.retried", jobId, { by, tasks: rows.length });
        return { applied: "ok", tasks: rows.length };
      });
    },
  };
}

/** A new beginning: the history no longer counts against it. With its version not open yet it waits for that. */
function retryOne(db: Database, row: Row): void {
  const clean = {
    ...NO_GRANT,
    fence: null,
    failure: null,
    staged: null,
    inspection: null,
    verdict: null,
    gate: null,
    hold_until: null,
    due_at: null,
    attempt: 0,
  };
  move(db, row, "retried", clean);
  if (row["step_state"] === "planned") db.run("UPDATE task SET state = 'blocked' WHERE seq = ?", row["seq"] ?? null);
  db.run("UPDATE attempt SET forgiven = 1 WHERE task_id = ?", row["id"] ?? null);
}
