/** Reading, for answers, the API and the command line. */
import type { JobId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { WedgePlan } from "../../domain/plan.ts";
import type { JobRow, Store } from "../../storePort.ts";
import type { Database, Row, Sql } from "./sqliteDatabase.ts";
import { eventRow, jobRow, STEP_AND_PLAN, stepRow, taskRow } from "./sqliteRows.ts";

type JobMethods = Pick<Store, "job" | "jobs">;
type TaskMethods = Pick<Store, "tasks" | "task" | "wedge" | "ahead">;
type EventMethods = Pick<Store, "events" | "jobsTouchedSince">;

export function readJobs(db: Database): JobMethods {
  const whole = (row: Row): JobRow =>
    jobRow(
      row,
      db.all(`SELECT ${STEP_AND_PLAN} FROM step WHERE job_id = ? ORDER BY idx`, row["id"] ?? null).map(stepRow),
    );
  return {
    async job(id) {
      const row = db.one("SELECT * FROM job WHERE id = ?", id);
      return row === null ? null : whole(row);
    },
    async jobs(filter) {
      const out: JobRow[] = [];
      let before: Sql = Number.MAX_SAFE_INTEGER;
      if (filter.before !== undefined) {
        const newer = db.one("SELECT seq FROM job WHERE id = ?", filter.before);
        if (newer === null) return [];
        before = newer["seq"] ?? null;
      }
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
  };
}

export function readTasks(db: Database): TaskMethods {
  return {
    async tasks(stepId, filter) {
      const states = filter?.states ?? [];
      const marks = states.map(() => "?").join(", ");
      const inStates = states.length === 0 ? "" : `AND state IN (${marks})`;
      const ofWedge = filter?.wedge === undefined ? "" : "AND wedge = ?";
      // A still's frame is NULL, which sorts first.
      const { wedge, frame } = filter?.after ?? { wedge: 0, frame: null };
      return db
        .all(
          `SELECT * FROM task WHERE step_id = ? AND (wedge > ? OR (wedge = ? AND frame > ?)) ${inStates} ${ofWedge} ORDER BY wedge, frame LIMIT ?`,
          stepId,
          wedge,
          wedge,
          frame ?? Number.MAX_SAFE_INTEGER,
          ...states,
          ...(filter?.wedge === undefined ? [] : [filter.wedge]),
          filter?.limit ?? LIMITS.tasksPerStepMax,
        )
        .map(taskRow);
    },
    async task(id) {
      const row = db.one("SELECT * FROM task WHERE id = ?", id);
      return row === null ? null : taskRow(row);
    },
    async wedge(stepId, index) {
      const row = db.one("SELECT plan FROM step_plan WHERE step_id = ?", stepId);
      if (row === null) return null;
      const plan = JSON.parse(String(row["plan"])) as { wedges: readonly WedgePlan[] };
      return plan.wedges.find((wedge) => wedge.index === index) ?? null;
    },
    async ahead(taskId) {
      const task = db.one("SELECT priority, seq, head_id FROM task WHERE id = ?", taskId);
      if (task === null) return { alike: 0, all: 0 };
      const { priority = 0, seq = null, head_id: head = null } = task;
      const count = (where: string, ...values: readonly Sql[]): number =>
        Number(
          db.one(
            `SELECT count(*) AS n FROM (SELECT 1 FROM task WHERE state = 'ready' AND ${where} LIMIT ?)`,
            ...values,
            LIMITS.tasksPerStepMax,
          )?.["n"] ?? 0,
        );
      return {
        alike: count("head_id = ? AND seq < ?", head, seq),
        all: count("(priority > ? OR (priority = ? AND seq < ?))", priority, priority, seq),
      };
    },
  };
}

export function readEvents(db: Database): EventMethods {
  return {
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
