/**
 * QC's word on a wedge as a whole: on all of its staged tasks or on none, in one transaction. Half a wedge that is refused would be
 * published as a wedge with missing frames after a crash.
 */
import type { GateOutcome, Inspection, WholeWord } from "../../domain/qc.ts";
import { decidingFinding, wholeVerdict } from "../../domain/wedgeGate.ts";
import type { Store } from "../../storePort.ts";
import type { Database, Row } from "./sqliteDatabase.ts";
import { move, say } from "./sqliteMove.ts";

export function wedgeMethods(db: Database): Pick<Store, "inspectedWedge"> {
  return {
    async inspectedWedge(refs, whole, gate, holdUntil) {
      return db.transaction(() => {
        const rows = refs.flatMap(({ taskId, fence }) =>
          db.all("SELECT * FROM task WHERE id = ? AND fence = ? AND state = 'committing'", taskId, fence),
        );
        const [first] = rows;
        if (first === undefined || rows.length !== refs.length || !isAllOfIt(db, first, rows.length)) return "stale";
        for (const row of rows) judge(db, row, { whole: row === first ? whole : lean(whole), gate, holdUntil });
        return "ok";
      });
    },
  };
}

/** All that is staged of a wedge whose version is open. */
function isAllOfIt(db: Database, row: Row, count: number): boolean {
  const [stepId, wedge] = [row["step_id"] ?? null, row["wedge"] ?? null];
  if (db.one("SELECT id FROM step WHERE id = ? AND state = 'open'", stepId) === null) return false;
  const staged = db.one(
    "SELECT count(*) AS n FROM task WHERE step_id = ? AND wedge = ? AND state = 'committing'",
    stepId,
    wedge,
  );
  return Number(staged?.["n"]) === count;
}

/** What is shown of it stands once. */
function lean({ inspection, looks }: WholeWord): WholeWord {
  const findings = inspection.findings.map(({ evidence: _evidence, ...finding }) => ({ ...finding, measures: [] }));
  return { inspection: { ...inspection, findings }, looks, lean: true };
}

function judge(
  db: Database,
  row: Row,
  said: { readonly whole: WholeWord; readonly gate: GateOutcome; readonly holdUntil: number | null },
): void {
  const { whole, gate, holdUntil } = said;
  const own = JSON.parse(String(row["inspection"])) as Inspection;
  const inspection: Inspection = { ...own, whole };
  const verdict = gate === "pass" ? own.verdict : wholeVerdict(whole.inspection);
  say(db, "task.inspected", row, { verdict, gate });
  const sets = { inspection: JSON.stringify(inspection), verdict, gate, hold_until: holdUntil };
  if (gate !== "reject") {
    db.run(
      "UPDATE task SET inspection = ?, verdict = ?, gate = ?, hold_until = ? WHERE seq = ?",
      ...Object.values(sets),
      row["seq"] ?? null,
    );
    return;
  }
  const finding = decidingFinding(inspection);
  const message = [finding?.message ?? `QC says ${verdict}`, whole.inspection.why ?? ""].join(" ").trim();
  const failure = { class: "qc", code: finding?.check ?? "qc", message };
  move(db, row, "rejected", { ...sets, failure: JSON.stringify(failure) });
  say(db, "task.rejected", row, { check: failure.code, reason: failure.message });
}
