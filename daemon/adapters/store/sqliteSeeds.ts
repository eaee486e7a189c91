/**
 * Another seed for a wedge: its tasks go back to ready at the next try, in one transaction with the record of the try that was
 * given up. An attempt belongs to the seed that it was granted with; one of an earlier seed is never staged.
 */
import type { StepId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Inspection } from "../../domain/qc.ts";
import type { SeedTry, TriedResult } from "../../domain/seedRetry.ts";
import { triedFindings } from "../../domain/seedRetry.ts";
import type { QcNotes, StagedFile, Store, TaskRow } from "../../storePort.ts";
import type { Database, Row } from "./sqliteDatabase.ts";
import { changeUnderFence, endAttempt, move, NO_GRANT, NO_RESULT, say } from "./sqliteMove.ts";
import { taskRow } from "./sqliteRows.ts";

export function seedMethods(db: Database): Pick<Store, "reseed" | "seedTries" | "qcNotes"> {
  return {
    async reseed(ref, ended) {
      return changeUnderFence(db, ref, (row) => reseed(db, row, ended));
    },
    async seedTries(stepId) {
      return triesOf(db, stepId);
    },
    async qcNotes(stepId, limitEach) {
      return notesOf(db, stepId, limitEach);
    },
  };
}

/** A wedge of whose seed something else came meanwhile: what ran with the one before goes back. */
export function ofAnotherSeed(db: Database, row: Row): boolean {
  const attempt = db.one("SELECT seed_try FROM attempt WHERE fence = ?", row["fence"] ?? null);
  if (attempt === null || attempt["seed_try"] === row["seed_try"]) return false;
  if (!move(db, row, "reseeded", { ...NO_GRANT, fence: null })) return false;
  endAttempt(db, row["fence"] ?? null, "released");
  say(db, "task.released", row, { slot: row["slot"] ?? null, reason: "its wedge is made with another seed" });
  return true;
}

function reseed(db: Database, row: Row, ended: Parameters<Store["reseed"]>[1]): boolean {
  if (row["state"] !== "committing" || (row["gate"] === "pass" && ended.whole !== true)) return false;
  const [stepId, wedge, n] = [row["step_id"] ?? null, row["wedge"] ?? null, Number(row["seed_try"])];
  if (db.one("SELECT id FROM step WHERE id = ? AND state = 'open'", stepId) === null) return false;
  const rows = db.all("SELECT * FROM task WHERE step_id = ? AND wedge = ? ORDER BY frame", stepId, wedge);
  const { inspection, seed } = ended;
  const finding = inspection.findings.find((known) => known.verdict === inspection.verdict);
  const check = finding?.check ?? "qc";
  const reason = finding?.message ?? `QC says ${inspection.verdict}`;
  const results = rows.flatMap((task) => resultsOf(task, task["id"] === row["id"] ? inspection : null));
  db.run(
    "INSERT INTO seed_try (step_id, wedge, n, seed, ended_at, verdict, check_id, reason, results) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    stepId,
    wedge,
    n,
    seed,
    db.now(),
    inspection.verdict,
    check,
    reason,
    JSON.stringify(results),
  );
  db.run("UPDATE task SET seed_try = ? WHERE step_id = ? AND wedge = ?", n + 1, stepId, wedge);
  for (const task of rows)
    if (isOver(task)) move(db, task, "reseeded", { ...NO_GRANT, ...NO_RESULT, fence: null, failure: null });
  db.event("wedge.reseeded", String(row["job_id"]), {
    step: String(stepId),
    wedge: Number(wedge),
    try: n + 1,
    check,
    reason,
  });
  return true;
}

/** Staged, or refused by QC. What failed otherwise stays failed: a seed cures none of that. What runs is dropped when it ends. */
function isOver(row: Row): boolean {
  return row["state"] === "committing" || (row["state"] === "failed" && taskRow(row).failure?.class === "qc");
}

function resultsOf(row: Row, now: Inspection | null): readonly TriedResult[] {
  if (!isOver(row)) return [];
  const task = taskRow(row);
  const whole = now ?? task.inspection;
  return task.staged.map((file: StagedFile) => {
    const seen = whole?.frames?.find(({ frame }) => frame === file.frame)?.inspection ?? whole;
    return {
      frame: file.frame,
      path: file.path,
      bytes: file.bytes,
      sha256: file.sha256,
      verdict: seen?.verdict ?? null,
      findings: seen === null ? [] : triedFindings(seen),
    };
  });
}

function triesOf(db: Database, stepId: StepId): readonly SeedTry[] {
  return db.all("SELECT * FROM seed_try WHERE step_id = ? ORDER BY wedge, n", stepId).map(
    (row) =>
      ({
        wedge: row["wedge"],
        n: row["n"],
        seed: row["seed"],
        endedAt: row["ended_at"],
        verdict: row["verdict"],
        check: row["check_id"],
        reason: row["reason"],
        results: JSON.parse(String(row["results"])) as readonly TriedResult[],
      }) as unknown as SeedTry,
  );
}

const HELD = "FROM task WHERE step_id = ? AND verdict IN ('fail', 'error') AND state = 'committing' AND gate = 'hold'";

const ANYWAY =
  "FROM task WHERE step_id = ? AND verdict IN ('fail', 'error') AND state IN ('committing', 'done') AND gate = 'pass'";

function firstOf(row: Parameters<typeof taskRow>[0] | null | undefined): TaskRow | null {
  return row === null || row === undefined ? null : taskRow(row);
}

function heldWedges(db: Database, stepId: StepId, limit: number): QcNotes["held"]["wedges"] {
  const groups = db.all(`SELECT wedge, count(*) AS n ${HELD} GROUP BY wedge ORDER BY wedge LIMIT ?`, stepId, limit);
  return groups.map((group) => {
    const wedge = group["wedge"] ?? null;
    const rows = db.all(`SELECT * ${HELD} AND wedge = ? ORDER BY frame LIMIT ?`, stepId, wedge, LIMITS.answerHeldRead);
    return { wedge: Number(wedge), count: Number(group["n"]), tasks: rows.map(taskRow) };
  });
}

function notesOf(db: Database, stepId: StepId, limitEach: number): QcNotes {
  const count = (sql: string): number => Number(db.one(sql, stepId)?.["n"] ?? 0);
  return {
    warned: count(
      "SELECT count(DISTINCT wedge) AS n FROM task WHERE step_id = ? AND verdict = 'warn' AND state IN ('committing', 'done')",
    ),
    anyway: {
      failed: count(`SELECT count(DISTINCT wedge) AS n ${ANYWAY} AND verdict = 'fail'`),
      unlooked:
        count(`SELECT count(DISTINCT wedge) AS n ${ANYWAY}`) -
        count(`SELECT count(DISTINCT wedge) AS n ${ANYWAY} AND verdict = 'fail'`),
      tasks: count(`SELECT count(*) AS n ${ANYWAY}`),
      first: firstOf(db.one(`SELECT * ${ANYWAY} ORDER BY verdict DESC, wedge, frame LIMIT 1`, stepId)),
    },
    held: {
      count: count(`SELECT count(*) AS n ${HELD}`),
      tasks: db.all(`SELECT * ${HELD} ORDER BY wedge, frame LIMIT ?`, stepId, limitEach).map(taskRow),
      wedges: heldWedges(db, stepId, Math.min(limitEach, LIMITS.answerQcShown)),
    },
    reseeded: {
      wedges: count("SELECT count(DISTINCT wedge) AS n FROM seed_try WHERE step_id = ?"),
      tries: db.all(
        `SELECT wedge, n, seed, check_id AS "check", reason FROM seed_try WHERE step_id = ? AND wedge IN
         (SELECT DISTINCT wedge FROM seed_try WHERE step_id = ? ORDER BY wedge LIMIT ?) ORDER BY wedge, n`,
        stepId,
        stepId,
        limitEach,
      ) as unknown as QcNotes["reseeded"]["tries"],
    },
  };
}
