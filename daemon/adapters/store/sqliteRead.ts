/** Reading, for answers, the API and the command line; and what people ask for. */
import type { JobId } from "../../domain/ids.ts";
import type { WedgePlan } from "../../domain/plan.ts";
import { isTerminal } from "../../domain/task.ts";
import type { TaskState } from "../../domain/task.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { JobRow, Store } from "../../storePort.ts";
import type { Database, Row, Sql } from "./sqliteDatabase.ts";
import { eventRow, jobRow, requestRow, stepRow, taskRow } from "./sqliteRows.ts";
import { endAttempt, move, NO_GRANT } from "./sqliteTasks.ts";

type ReadMethods = Pick<Store, "job" | "jobs" | "tasks" | "task" | "wedge" | "ahead" | "events" | "jobsTouchedSince">;
type PeopleMethods = Pick<
  Store,
  "request" | "openRequests" | "requestRow" | "settleRequest" | "cancelJob" | "retryJob"
>;

export function readMethods(db: Database): ReadMethods {
  const whole = (row: Row): JobRow =>
    jobRow(row, db.all("SELECT * FROM step WHERE job_id = ? ORDER BY idx", row["id"] ?? null).map(stepRow));

  return {
    async job(id) {
      const row = db.one("SELECT * FROM job WHERE id = ?", id);
      return row === null ? null : whole(row);
    },
    async jobs(filter) {
      const out: JobRow[] = [];
      let before: Sql = Number.MAX_SAFE_INTEGER;
      // The state is derived, so it filters rows as they come; bounded by what is asked for and by the pages read.
      while (out.length < filter.limit) {
        const rows: readonly Row[] = db.all(
          "SELECT * FROM job WHERE seq < ? AND (? IS NULL OR show = ?) AND (? IS NULL OR substr(id, 1, length(?)) = ?) ORDER BY seq DESC LIMIT ?",
          before,
          filter.show ?? null,
          filter.show ?? null,
          filter.idPrefix ?? null,
          filter.idPrefix ?? null,
          filter.idPrefix ?? null,
          LIMITS.httpPageMax,
        );
        for (const row of rows) {
          const job = whole(row);
          if (filter.state === undefined || job.state === filter.state) out.push(job);
          if (out.length >= filter.limit) break;
        }
        const last = rows.at(-1);
        if (last === undefined || rows.length < LIMITS.httpPageMax) break;
        before = last["seq"] ?? null;
      }
      return out;
    },
    async tasks(stepId, filter) {
      const states = filter?.states ?? [];
      const marks = states.map(() => "?").join(", ");
      const inStates = states.length === 0 ? "" : `AND state IN (${marks})`;
      return db
        .all(
          `SELECT * FROM task WHERE step_id = ? AND seq > ? ${inStates} ORDER BY wedge, frame LIMIT ?`,
          stepId,
          filter?.afterSeq ?? 0,
          ...states,
          filter?.limit ?? LIMITS.tasksPerStepMax,
        )
        .map(taskRow);
    },
    async task(id) {
      const row = db.one("SELECT * FROM task WHERE id = ?", id);
      return row === null ? null : taskRow(row);
    },
    async wedge(stepId, index) {
      const row = db.one("SELECT plan FROM step WHERE id = ?", stepId);
      if (row === null) return null;
      const plan = JSON.parse(String(row["plan"])) as { wedges: readonly WedgePlan[] };
      return plan.wedges.find((wedge) => wedge.index === index) ?? null;
    },
    async ahead(taskId) {
      const task = db.one("SELECT priority, seq FROM task WHERE id = ?", taskId);
      if (task === null) return 0;
      const priority = task["priority"] ?? 0;
      const row = db.one(
        "SELECT count(*) AS n FROM (SELECT 1 FROM task WHERE state = 'ready' AND (priority > ? OR (priority = ? AND seq < ?)) LIMIT ?)",
        priority,
        priority,
        task["seq"] ?? null,
        LIMITS.tasksPerStepMax,
      );
      return Number(row?.["n"] ?? 0);
    },
    async events(afterSeq, limit, jobId) {
      const rows =
        jobId === undefined
          ? db.all("SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?", afterSeq, limit)
          : db.all("SELECT * FROM event WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?", jobId, afterSeq, limit);
      return rows.map(eventRow);
    },
    async jobsTouchedSince(seq, limit) {
      const rows = db.all("SELECT seq, job_id FROM event WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit);
      const head = Number(db.one("SELECT coalesce(max(seq), 0) AS n FROM event")?.["n"] ?? 0);
      const jobs = new Set(rows.flatMap((row) => (row["job_id"] === null ? [] : [row["job_id"] as JobId])));
      const last = rows.at(-1)?.["seq"];
      return { jobs: [...jobs], seq: typeof last === "number" ? last : Math.min(seq, head) };
    },
  };
}

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
    gate: null,
    hold_until: null,
    due_at: null,
    attempt: 0,
  };
  move(db, row, "retried", clean);
  if (row["step_state"] === "planned") db.run("UPDATE task SET state = 'blocked' WHERE seq = ?", row["seq"] ?? null);
  db.run("UPDATE attempt SET forgiven = 1 WHERE task_id = ?", row["id"] ?? null);
}
