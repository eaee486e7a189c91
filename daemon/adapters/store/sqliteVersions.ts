/**
 * Versions: reserved, opened, published in two steps, or burnt. `beginPublish` is the decision; after it only forward. The
 * UNIQUE target path is the last guard: two versions of this store never share a place.
 */
import type { StepState } from "../../domain/job.ts";
import { isJobEnded, jobState } from "../../domain/job.ts";
import type { Fence, StepId } from "../../domain/ids.ts";
import type { StepRow, Store } from "../../storePort.ts";
import type { Database, Row } from "./sqliteDatabase.ts";
import { countsOf, STEP_AND_PLAN, stepRow } from "./sqliteRows.ts";
import { STEP_WORK } from "./sqliteSchema.ts";

type OpenMethods = Pick<Store, "reserveVersion" | "openVersion" | "burn" | "stepsToDo" | "cleared" | "step">;
type PublishMethods = Pick<Store, "beginPublish" | "endPublish" | "renumber">;

function stepOf(db: Database, id: StepId): Row | null {
  return db.one("SELECT * FROM step WHERE id = ?", id);
}
function under(db: Database, step: { readonly id: StepId; readonly fence: Fence; readonly state: string }): Row | null {
  return db.one("SELECT * FROM step WHERE id = ? AND fence = ? AND state = ?", step.id, step.fence, step.state);
}

export function openMethods(db: Database): OpenMethods {
  return {
    async reserveVersion(stepId) {
      return db.transaction(() => {
        const step = stepOf(db, stepId);
        if (step === null) throw new Error(`no step ${stepId}`);
        if (typeof step["fence"] === "number") return step["fence"] as Fence;
        const fence = db.nextFence();
        db.run("UPDATE step SET fence = ? WHERE id = ?", fence, stepId);
        return fence;
      });
    },
    async openVersion(stepId, fence, version) {
      return db.transaction(() => {
        const step = under(db, { id: stepId, fence, state: "planned" });
        if (step === null) return "stale";
        db.run(
          "UPDATE step SET state = 'open', version = ?, staging_dir = ? WHERE id = ?",
          version.number,
          version.stagingDir,
          stepId,
        );
        rememberNumber(db, stepId, version.number);
        // Thousands of tasks move alike: one statement, the same chart (blocked --versionOpened--> ready).
        db.run(
          "UPDATE task SET state = 'ready', ready_at = ? WHERE step_id = ? AND state = 'blocked'",
          db.now(),
          stepId,
        );
        db.event("version.claimed", String(step["job_id"]), { step: stepId, version: version.number });
        return "ok";
      });
    },
    async burn(stepId, reason) {
      return db.transaction(() => {
        const step = stepOf(db, stepId);
        if (step === null || (step["state"] !== "planned" && step["state"] !== "open")) return "stale";
        const counts = countsOf(step);
        if (counts.blocked + counts.ready + counts.running + counts.deferred + counts.committing + counts.done > 0)
          return "stale";
        db.run("UPDATE step SET state = 'burnt', reason = ? WHERE id = ?", reason, stepId);
        db.event("version.burnt", String(step["job_id"]), { code: "HP-PUBLISH-BURNT", step: stepId, reason });
        endJobIfEnded(db, String(step["job_id"]));
        return "ok";
      });
    },
    async stepsToDo(what, limitEach) {
      // The index is named: without it SQLite may take a wider one and sort thousands. A seek for each root.
      const from = `FROM step INDEXED BY step_${what} WHERE ${STEP_WORK[what]}`;
      const out: StepRow[] = [];
      let root = db.one(`SELECT root ${from} ORDER BY root LIMIT 1`);
      while (root !== null) {
        const name = root["root"] ?? null;
        const rows = db.all(
          `SELECT ${STEP_AND_PLAN} ${from} AND root = ? ORDER BY priority DESC, rowid LIMIT ?`,
          name,
          limitEach,
        );
        out.push(...rows.map(stepRow));
        root = db.one(`SELECT root ${from} AND root > ? ORDER BY root LIMIT 1`, name);
      }
      return out;
    },
    async cleared(stepId) {
      db.run("UPDATE step SET cleared = 1 WHERE id = ? AND state = 'burnt'", stepId);
    },
    async step(id) {
      const row = db.one(`SELECT ${STEP_AND_PLAN} FROM step WHERE id = ?`, id);
      return row === null ? null : stepRow(row);
    },
  };
}

export function numberMethods(db: Database): Pick<Store, "highestVersion" | "products"> {
  return {
    async highestVersion(productDir) {
      return Number(db.one("SELECT highest FROM product_number WHERE dir = ?", productDir)?.["highest"] ?? 0);
    },
    async products() {
      return db.all("SELECT dir, show, highest FROM product_number ORDER BY dir").map((row) => ({
        dir: String(row["dir"]),
        show: String(row["show"]),
        highest: Number(row["highest"]),
      }));
    },
  };
}

/** A number once given stays given, whatever becomes of the folder. */
function rememberNumber(db: Database, stepId: StepId, number: number): void {
  db.run(
    `INSERT INTO product_number (dir, highest, show)
     SELECT json_extract(step_plan.plan, '$.target.productDir'), ?, job.show
     FROM step_plan JOIN step ON step.id = step_plan.step_id JOIN job ON job.id = step.job_id WHERE step_id = ?
     ON CONFLICT (dir) DO UPDATE SET highest = max(highest, excluded.highest), show = excluded.show`,
    number,
    stepId,
  );
}

/** From the decision on there is only forward. */
export function publishMethods(db: Database): PublishMethods {
  return {
    async beginPublish(stepId, fence, publication) {
      return db.transaction(() => {
        const step = under(db, { id: stepId, fence, state: "open" });
        if (step === null) return "stale";
        const counts = countsOf(step);
        const open = counts.blocked + counts.ready + counts.running + counts.deferred;
        if (open > 0 || Number(step["ungated"]) > 0 || counts.committing === 0) return "stale";
        db.run(
          "UPDATE step SET state = 'committing', target_path = ?, staging_path = ?, commit_sha256 = ?, warned = ?, anyway = ? WHERE id = ?",
          publication.targetPath,
          publication.stagingPath,
          publication.commitSha256,
          publication.warned ?? null,
          publication.anyway === undefined ? null : JSON.stringify(publication.anyway),
          stepId,
        );
        db.event("version.committing", String(step["job_id"]), { step: stepId, path: publication.targetPath });
        return "ok";
      });
    },
    async endPublish(stepId, fence) {
      return db.transaction(() => {
        if (under(db, { id: stepId, fence, state: "committed" }) !== null) return "already";
        const step = under(db, { id: stepId, fence, state: "committing" });
        if (step === null) return "stale";
        db.run("UPDATE step SET state = 'committed' WHERE id = ?", stepId);
        db.run("UPDATE task SET state = 'done' WHERE step_id = ? AND state = 'committing'", stepId);
        db.event("version.committed", String(step["job_id"]), {
          step: stepId,
          path: step["target_path"] ?? null,
          version: step["version"] ?? null,
        });
        endJobIfEnded(db, String(step["job_id"]));
        return "ok";
      });
    },
    async renumber(stepId, fence, number) {
      return db.transaction(() => {
        const step = under(db, { id: stepId, fence, state: "committing" });
        if (step === null) return "stale";
        db.run(
          "UPDATE step SET state = 'open', version = ?, target_path = NULL, staging_path = NULL, commit_sha256 = NULL WHERE id = ?",
          number,
          stepId,
        );
        rememberNumber(db, stepId, number);
        db.event("version.claimed", String(step["job_id"]), {
          code: "HP-PUBLISH-CONFLICT",
          step: stepId,
          version: number,
          instead: step["version"] ?? null,
        });
        return "ok";
      });
    },
  };
}

/** Writes the end of a job whose last step has ended, and frees its dedupe key when it did not end well. */
export function endJobIfEnded(db: Database, jobId: string): void {
  const steps = db.all("SELECT * FROM step WHERE job_id = ? ORDER BY idx", jobId);
  const state = jobState(steps.map((row) => ({ state: row["state"] as StepState, counts: countsOf(row) })));
  if (!isJobEnded(state)) return;
  db.run("UPDATE job SET ended_at = ? WHERE id = ? AND ended_at IS NULL", db.now(), jobId);
  if (state !== "done") db.run("UPDATE job SET dedupe_key = NULL WHERE id = ?", jobId);
  db.event("job.ended", jobId, { state });
}
