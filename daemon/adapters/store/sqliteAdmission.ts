/**
 * Admission: jobs, steps, tasks and drops of a batch in one transaction; what was dropped and where its manifest lies; what
 * asset paths have seen. The dedupe key belongs to one live or done job.
 */
import { bisected } from "../../domain/bisect.ts";
import { canonicalJson } from "../../domain/canonicalJson.ts";
import { taskFrames } from "../../domain/chunks.ts";
import type { JobId } from "../../domain/ids.ts";
import type { StepPlan } from "../../domain/plan.ts";
import type { NewJob, Store, SubmitResult } from "../../storePort.ts";
import type { Database } from "./sqliteDatabase.ts";
import { dropRow } from "./sqliteRows.ts";

type AdmissionMethods = Pick<
  Store,
  | "submit"
  | "findByKey"
  | "findByClaim"
  | "drops"
  | "fileDrops"
  | "closeDrop"
  | "rememberAsset"
  | "knowsAsset"
  | "hasBaseline"
  | "setBaseline"
>;

export function admissionMethods(db: Database): AdmissionMethods {
  const keyHolder = (key: string): JobId | null =>
    (db.one("SELECT id FROM job WHERE dedupe_key = ?", key)?.["id"] ?? null) as JobId | null;

  return {
    async submit(jobs) {
      if (jobs.length === 0) return [];
      return db.transaction(() => jobs.map((job) => submitOne(db, job, keyHolder(job.dedupeKey))));
    },
    async findByKey(key) {
      return keyHolder(key);
    },
    async findByClaim(claimPath) {
      const row = db.one("SELECT * FROM drop_file WHERE claim_path = ?", claimPath);
      return row === null ? null : dropRow(row);
    },
    async drops(filter) {
      const rows =
        "jobId" in filter
          ? db.all("SELECT * FROM drop_file WHERE job_id = ? ORDER BY id", filter.jobId)
          : db.all("SELECT * FROM drop_file WHERE closed = 0 ORDER BY id");
      return rows.map(dropRow);
    },
    async fileDrops(filed) {
      db.transaction(() => {
        for (const { id, path } of filed) db.run("UPDATE drop_file SET filed_at = ? WHERE id = ?", path, id);
      });
    },
    async closeDrop(id) {
      db.run("UPDATE drop_file SET closed = 1 WHERE id = ?", id);
    },
    async rememberAsset(pattern, path, identity) {
      return (
        db.run("INSERT OR IGNORE INTO asset (pattern, path, identity) VALUES (?, ?, ?)", pattern, path, identity) > 0
      );
    },
    async knowsAsset(pattern, path, identity) {
      return (
        db.one(
          "SELECT 1 AS one FROM asset WHERE pattern = ? AND path = ? AND identity = ?",
          pattern,
          path,
          identity,
        ) !== null
      );
    },
    async hasBaseline(pattern) {
      return db.one("SELECT 1 AS one FROM baseline WHERE pattern = ?", pattern) !== null;
    },
    async setBaseline(pattern, plates) {
      db.transaction(() => {
        for (const plate of plates)
          db.run(
            "INSERT OR IGNORE INTO asset (pattern, path, identity) VALUES (?, ?, ?)",
            pattern,
            plate.path,
            plate.identity,
          );
        db.run("INSERT OR IGNORE INTO baseline (pattern, at) VALUES (?, ?)", pattern, db.now());
      });
    },
  };
}

function submitOne(db: Database, job: NewJob, holder: JobId | null): SubmitResult {
  if (holder !== null && !job.plan.rerun) {
    recordDrop(db, job, holder, "duplicate");
    const { name, folder } = job.source;
    db.event("manifest.duplicate", holder, { code: "HP-INTAKE-DUPLICATE", name, folder });
    return { kind: "duplicate", jobId: holder };
  }
  // rerun: true takes the key over in the same transaction.
  if (holder !== null) db.run("UPDATE job SET dedupe_key = NULL WHERE id = ?", holder);
  const { steps, ...plan } = job.plan;
  db.run(
    "INSERT INTO job (id, name, show, priority, plan, source, dedupe_key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    job.id,
    plan.name,
    plan.show,
    plan.priority,
    JSON.stringify(plan),
    JSON.stringify(job.source),
    job.dedupeKey,
    db.now(),
  );
  for (const [index, step] of steps.entries()) insertStep(db, job, { step, index });
  recordDrop(db, job, job.id, "accepted");
  db.event("manifest.accepted", job.id, { name: job.source.name, folder: job.source.folder });
  return { kind: "created", jobId: job.id };
}

function insertStep(db: Database, job: NewJob, of: { readonly step: StepPlan; readonly index: number }): void {
  const { step, index } = of;
  const frames = taskFrames(step);
  const stepId = `${job.id}/${index + 1}`;
  db.run(
    "INSERT INTO step (id, job_id, idx, root, priority, state, n_blocked) VALUES (?, ?, ?, ?, ?, 'planned', ?)",
    stepId,
    job.id,
    index,
    step.target.root,
    job.plan.priority,
    step.wedges.length * frames.length,
  );
  db.run("INSERT INTO step_plan (step_id, plan) VALUES (?, ?)", stepId, JSON.stringify(step));
  const heads = new Map<string, HeadIds>();
  // Tasks wait in the order of their rows: the span of a sweep is seen after a few, frame by frame.
  for (const frame of bisected(frames)) {
    for (const wedge of bisected(step.wedges)) {
      const requirements = canonicalJson({
        models: wedge.models ?? [],
        recipe: step.recipe.sha256,
        root: step.target.root,
      });
      const ids = heads.get(requirements) ?? headOf(db, job, requirements);
      heads.set(requirements, ids);
      db.run(
        "INSERT INTO task (id, job_id, step_id, show, class_id, head_id, priority, wedge, frame, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'blocked')",
        `${stepId}/w${wedge.index}/${frame ?? "still"}`,
        job.id,
        stepId,
        job.plan.show,
        ids.classId,
        ids.headId,
        job.plan.priority,
        wedge.index,
        frame,
      );
    }
  }
}

interface HeadIds {
  readonly classId: number;
  readonly headId: number;
}

/**
 * One row per distinct set of requirements, and one head per class, show, person, priority and deadline: a claim reads the
 * heads of what waits, never filters unsuitable rows.
 */
function headOf(db: Database, job: NewJob, requirements: string): HeadIds {
  db.run("INSERT OR IGNORE INTO class (requirements) VALUES (?)", requirements);
  const classId = Number(db.one("SELECT id FROM class WHERE requirements = ?", requirements)?.["id"]);
  // 0: no deadline. NULLs would never be equal to each other.
  const key = [classId, job.plan.show, job.source.submittedBy, job.plan.priority, job.plan.deadlineAt ?? 0] as const;
  db.run("INSERT OR IGNORE INTO head (class_id, show, person, priority, deadline_at) VALUES (?, ?, ?, ?, ?)", ...key);
  const head = db.one(
    "SELECT id FROM head WHERE class_id = ? AND show = ? AND person = ? AND priority = ? AND deadline_at = ?",
    ...key,
  );
  return { classId, headId: Number(head?.["id"]) };
}

function recordDrop(db: Database, job: NewJob, jobId: JobId, outcome: "accepted" | "duplicate"): void {
  db.run(
    "INSERT INTO drop_file (folder, name, job_id, outcome, claim_path, at) VALUES (?, ?, ?, ?, ?, ?)",
    job.source.folder,
    job.source.name,
    jobId,
    outcome,
    job.source.claimPath,
    db.now(),
  );
}
