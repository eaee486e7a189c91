/**
 * How attempts end: staged, inspected, failed, given back. Each method is one transaction and one compare-and-set under the
 * attempt's fence; a stale fence changes nothing.
 */
import type { GateOutcome, Inspection } from "../../domain/qc.ts";
import type { Store } from "../../storePort.ts";
import type { Database, Row } from "./sqliteDatabase.ts";
import { changeUnderFence, endAttempt, move, NO_GRANT, NO_RESULT, say } from "./sqliteMove.ts";
import { ofAnotherSeed } from "./sqliteSeeds.ts";

type AttemptMethods = Pick<Store, "stage" | "inspected" | "unstage" | "fail" | "giveBack">;

export function attemptMethods(db: Database): AttemptMethods {
  return {
    async stage(ref, files, ran) {
      return changeUnderFence(db, ref, (row) => {
        if (ofAnotherSeed(db, row)) return false;
        const sets = {
          ...NO_GRANT,
          slot: row["slot"] ?? null,
          staged: JSON.stringify(files),
          inspection: null,
          verdict: null,
          gate: null,
          hold_until: null,
          failure: null,
          gpu_seconds: ran.gpuSeconds,
        };
        if (!move(db, row, "staged", sets)) return false;
        endAttempt(db, ref.fence, "staged");
        db.run(
          "UPDATE attempt SET gpu_seconds = ?, cold = ?, vram_mib = ? WHERE fence = ?",
          ran.gpuSeconds,
          ran.cold ? 1 : 0,
          ran.vramMiB,
          ref.fence,
        );
        say(db, "task.staged", row, { fence: ref.fence, files: files.length });
        return true;
      });
    },
    async inspected(ref, inspection, gate, holdUntil) {
      return changeUnderFence(db, ref, (row) => judged(db, row, { inspection, gate, holdUntil }));
    },
    async unstage(ref, why) {
      return changeUnderFence(db, ref, (row) => {
        if (row["state"] !== "committing" || !move(db, row, "lost", { ...NO_GRANT, ...NO_RESULT, fence: null }))
          return false;
        say(db, "task.lost", row, { reason: why });
        return true;
      });
    },
    async fail(ref, failure, then) {
      return changeUnderFence(db, ref, (row) => {
        const text = JSON.stringify(failure);
        const final = then.kind === "final";
        const due = final ? null : db.now() + then.inMs;
        if (!move(db, row, final ? "failed" : "deferred", { ...NO_GRANT, failure: text, due_at: due })) return false;
        endAttempt(db, ref.fence, final || then.counts ? "failed" : "deferred", text);
        say(db, final ? "task.failed" : "task.retried", row, {
          code: failure.code,
          class: failure.class,
          reason: failure.message,
        });
        return true;
      });
    },
    async giveBack(ref, how) {
      return changeUnderFence(db, ref, (row) => {
        if (row["state"] !== "running" || !move(db, row, how, NO_GRANT)) return false;
        endAttempt(db, ref.fence, how);
        const slot = String(row["slot"]);
        if (how === "lost") say(db, "task.lost", row, { code: "HP-COMFY-LOST", slot });
        else say(db, "task.released", row, { slot });
        return true;
      });
    },
  };
}

/** QC's word: pass and hold stay committing, reject becomes failed with the finding as its reason. */
function judged(
  db: Database,
  row: Row,
  said: { readonly inspection: Inspection; readonly gate: GateOutcome; readonly holdUntil: number | null },
): boolean {
  const { inspection, gate, holdUntil } = said;
  if (row["state"] !== "committing" || row["gate"] === "pass") return false;
  const sets = { inspection: JSON.stringify(inspection), verdict: inspection.verdict, gate, hold_until: holdUntil };
  say(db, "task.inspected", row, { verdict: inspection.verdict, gate });
  if (gate !== "reject") {
    db.run(
      "UPDATE task SET inspection = ?, verdict = ?, gate = ?, hold_until = ? WHERE seq = ?",
      sets.inspection,
      sets.verdict,
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
    message: [
      finding?.message ?? `QC says ${inspection.verdict}`,
      ...(inspection.why === undefined ? [] : [inspection.why]),
    ].join(" "),
  };
  move(db, row, "rejected", { ...sets, failure: JSON.stringify(failure) });
  say(db, "task.rejected", row, { check: failure.code, reason: failure.message });
  return true;
}
