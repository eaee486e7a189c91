/**
 * Waivers: lines that are only ever added, in the transaction with what they release. Taking one back is a line of its own; the
 * table refuses changes, whoever asks.
 */
import type { GateOutcome } from "../../domain/qc.ts";
import type { NewWaiver, Waiver } from "../../domain/waiver.ts";
import type { StepId } from "../../domain/ids.ts";
import type { Store } from "../../storePort.ts";
import type { Database, Row } from "./sqliteDatabase.ts";
import { changeUnderFence, move, say } from "./sqliteMove.ts";
import { taskRow } from "./sqliteRows.ts";

type WaiverMethods = Pick<Store, "waive" | "revokeWaiver" | "waivers">;

export function waiverMethods(db: Database): WaiverMethods {
  return {
    async waive(ref, lines, release) {
      return changeUnderFence(db, ref, (row) => waive(db, row, { lines, release }));
    },
    async revokeWaiver(id, by, holdUntil) {
      return db.transaction(() => (revoke(db, id, { by, holdUntil }) ? "ok" : "stale"));
    },
    async waivers(stepId) {
      return waiversOf(db, stepId);
    },
  };
}

function isOpen(db: Database, row: Row): boolean {
  return db.one("SELECT id FROM step WHERE id = ? AND state = 'open'", row["step_id"] ?? null) !== null;
}

function waive(
  db: Database,
  row: Row,
  of: { readonly lines: readonly NewWaiver[]; readonly release: boolean },
): boolean {
  if ((row["state"] !== "committing" && row["state"] !== "failed") || !isOpen(db, row)) return false;
  // What failed was refused by QC, or there is nothing to bring back.
  if (row["state"] === "failed" && row["gate"] !== "reject") return false;
  for (const line of of.lines) {
    db.run(
      "INSERT INTO waiver (job_id, step_id, task_id, wedge, frame, sha256, check_id, version, verdict, measures, who, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      row["job_id"] ?? null,
      row["step_id"] ?? null,
      row["id"] ?? null,
      line.wedge,
      line.frame,
      line.sha256,
      line.check,
      line.version,
      line.verdict,
      JSON.stringify(line.measures),
      line.by,
      line.reason,
      db.now(),
    );
    say(db, "qc.waived", row, { check: line.check, version: line.version, by: line.by, reason: line.reason });
  }
  if (!of.release) return true;
  const pass: GateOutcome = "pass";
  if (row["state"] === "failed") return move(db, row, "waived", { gate: pass, hold_until: null, failure: null });
  db.run("UPDATE task SET gate = ?, hold_until = NULL WHERE seq = ?", pass, row["seq"] ?? null);
  return true;
}

/**
 * What it released waits for a person again, as long as its version is open; a published one keeps its waiver. A picture that was made
 * since is not the one that was waived, and goes its own way.
 */
function revoke(db: Database, id: number, of: { readonly by: string; readonly holdUntil: number }): boolean {
  const line = db.one("SELECT * FROM waiver WHERE id = ? AND revokes IS NULL", id);
  const task = line === null ? null : db.one("SELECT * FROM task WHERE id = ?", line["task_id"] ?? null);
  if (line === null || task === null || !isOpen(db, task)) return false;
  if (db.one("SELECT id FROM waiver WHERE revokes = ?", id) !== null) return false;
  db.run(
    "INSERT INTO waiver (job_id, step_id, task_id, wedge, frame, sha256, check_id, version, verdict, measures, who, reason, at, revokes) SELECT job_id, step_id, task_id, wedge, frame, sha256, check_id, version, verdict, '[]', ?, '', ?, id FROM waiver WHERE id = ?",
    of.by,
    db.now(),
    id,
  );
  const isOfIt = taskRow(task).staged.some(({ sha256 }) => sha256 === line["sha256"]);
  if (isOfIt && task["state"] === "committing" && task["gate"] === "pass" && line["verdict"] === "fail")
    db.run("UPDATE task SET gate = 'hold', hold_until = ? WHERE seq = ?", of.holdUntil, task["seq"] ?? null);
  say(db, "qc.revoked", task, { check: line["check_id"] ?? null, waiver: id, by: of.by });
  return true;
}

function waiversOf(db: Database, stepId: StepId): readonly Waiver[] {
  const rows = db.all("SELECT * FROM waiver WHERE step_id = ? ORDER BY id", stepId);
  const revoked = new Map(
    rows.flatMap((row) => (row["revokes"] === null ? [] : [[Number(row["revokes"]), row] as const])),
  );
  return rows
    .filter((row) => row["revokes"] === null)
    .map((row) => {
      const back = revoked.get(Number(row["id"]));
      return {
        id: row["id"],
        wedge: row["wedge"],
        frame: row["frame"],
        sha256: row["sha256"],
        check: row["check_id"],
        version: row["version"],
        verdict: row["verdict"],
        measures: JSON.parse(String(row["measures"])) as Waiver["measures"],
        by: row["who"],
        reason: row["reason"],
        at: row["at"],
        revoked: back === undefined ? null : { by: back["who"], at: back["at"] },
      } as unknown as Waiver;
    });
}
