/**
 * The SQLite schema as numbered migrations: applied in order, each once, in one transaction with its number. A released
 * migration never changes. A database with a higher number than ours is refused: an older program must not write it.
 */
import type { DatabaseSync } from "node:sqlite";
import { HotplateError } from "../../domain/errors.ts";
import { TASK_STATES } from "../../domain/task.ts";
import type { StepWork } from "../../storePort.ts";

const counters = TASK_STATES.map((state) => `n_${state} INTEGER NOT NULL DEFAULT 0`).join(",\n    ");
const moved = TASK_STATES.map(
  (state) => `n_${state} = n_${state} - (OLD.state = '${state}') + (NEW.state = '${state}')`,
).join(",\n      ");

/** An open version with nothing left to run or to judge. */
const RIPE = "state = 'open' AND ungated = 0 AND n_blocked + n_ready + n_running + n_deferred = 0";

/** What there is to do for a step, each with a partial index of its own by root and priority. */
export const STEP_WORK: Readonly<Record<StepWork, string>> = {
  planned: "state = 'planned'",
  ripe: RIPE,
  committing: "state = 'committing'",
  uncleared: "state = 'burnt' AND cleared = 0",
};

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE fence (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL) STRICT;
  INSERT INTO fence VALUES (1, 0);

  CREATE TABLE job (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    show TEXT NOT NULL,
    priority INTEGER NOT NULL,
    plan TEXT NOT NULL,
    source TEXT NOT NULL,
    dedupe_key TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
  ) STRICT;

  CREATE TABLE class (id INTEGER PRIMARY KEY, requirements TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE head (
    id INTEGER PRIMARY KEY,
    class_id INTEGER NOT NULL,
    show TEXT NOT NULL,
    person TEXT NOT NULL,
    priority INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    n_ready INTEGER NOT NULL DEFAULT 0,
    UNIQUE (class_id, show, person, priority, deadline_at)
  ) STRICT;
  CREATE INDEX head_ready ON head (priority DESC, id) WHERE n_ready > 0;

  CREATE TABLE step (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES job(id),
    idx INTEGER NOT NULL,
    plan TEXT NOT NULL,
    state TEXT NOT NULL,
    fence INTEGER,
    version INTEGER,
    staging_dir TEXT,
    target_path TEXT UNIQUE,
    staging_path TEXT,
    commit_sha256 TEXT,
    reason TEXT,
    ungated INTEGER NOT NULL DEFAULT 0,
    ${counters}
  ) STRICT;
  CREATE INDEX step_job ON step (job_id, idx);
  CREATE INDEX step_state ON step (state) WHERE state = 'planned' OR state = 'open' OR state = 'committing';
  CREATE INDEX step_ripe ON step (state) WHERE ${RIPE};

  CREATE TABLE task (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job_id TEXT NOT NULL,
    step_id TEXT NOT NULL REFERENCES step(id),
    show TEXT NOT NULL,
    class_id INTEGER NOT NULL,
    head_id INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    wedge INTEGER NOT NULL,
    frame INTEGER,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    fence INTEGER,
    slot TEXT,
    prompt_id TEXT,
    lease_until INTEGER,
    ready_at INTEGER,
    due_at INTEGER,
    failure TEXT,
    staged TEXT,
    inspection TEXT,
    gate TEXT,
    hold_until INTEGER,
    gpu_seconds REAL
  ) STRICT;
  CREATE INDEX task_step ON task (step_id, wedge, frame);
  CREATE INDEX task_ready ON task (head_id, seq) WHERE state = 'ready';
  CREATE INDEX task_ahead ON task (priority DESC, seq) WHERE state = 'ready';
  CREATE INDEX task_running ON task (lease_until) WHERE state = 'running';
  CREATE INDEX task_deferred ON task (due_at) WHERE state = 'deferred';
  CREATE INDEX task_unseen ON task (seq) WHERE state = 'committing' AND gate IS NULL;
  CREATE INDEX task_held ON task (hold_until) WHERE state = 'committing' AND gate = 'hold';
  CREATE TRIGGER task_counts AFTER UPDATE OF state, gate ON task BEGIN
    UPDATE step SET
      ungated = ungated - (OLD.state = 'committing' AND OLD.gate IS NOT 'pass') + (NEW.state = 'committing' AND NEW.gate IS NOT 'pass'),
      ${moved}
    WHERE id = NEW.step_id;
    UPDATE head SET n_ready = n_ready - (OLD.state = 'ready') + (NEW.state = 'ready')
    WHERE id = NEW.head_id AND (OLD.state = 'ready') != (NEW.state = 'ready');
  END;

  CREATE TABLE attempt (
    fence INTEGER PRIMARY KEY,
    task_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    slot TEXT NOT NULL,
    prompt_id TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT NOT NULL,
    failure TEXT,
    gpu_seconds REAL,
    cold INTEGER NOT NULL DEFAULT 0,
    vram_mib INTEGER,
    forgiven INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX attempt_task ON attempt (task_id, fence);
  CREATE INDEX attempt_seen ON attempt (fence) WHERE gpu_seconds IS NOT NULL;

  CREATE TABLE drop_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    job_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    claim_path TEXT UNIQUE,
    at INTEGER NOT NULL,
    filed_at TEXT,
    closed INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX drop_job ON drop_file (job_id);
  CREATE INDEX drop_open ON drop_file (id) WHERE closed = 0;

  CREATE TABLE asset (pattern TEXT NOT NULL, path TEXT NOT NULL, identity TEXT NOT NULL, PRIMARY KEY (pattern, path, identity)) STRICT, WITHOUT ROWID;
  CREATE TABLE baseline (pattern TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
  CREATE TABLE request (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, state TEXT NOT NULL, answer TEXT) STRICT;
  CREATE INDEX request_open ON request (id) WHERE state = 'open';
  CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, name TEXT NOT NULL, job_id TEXT, fields TEXT NOT NULL) STRICT;
  CREATE INDEX event_job ON event (job_id, seq) WHERE job_id IS NOT NULL;
  `,
  // A burnt version's staging is removed after the decision, and the crash between the two is closed by looking here.
  `
  ALTER TABLE step ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX step_uncleared ON step (state, cleared) WHERE state = 'burnt' AND cleared = 0;
  `,
  // A root that does not answer must not hold up others by the number of its steps, and priority orders what is done.
  `
  ALTER TABLE step ADD COLUMN root TEXT NOT NULL DEFAULT '';
  ALTER TABLE step ADD COLUMN priority INTEGER NOT NULL DEFAULT 50;
  UPDATE step SET root = coalesce(json_extract(plan, '$.target.root'), ''),
    priority = (SELECT priority FROM job WHERE job.id = step.job_id);
  DROP INDEX step_state;
  DROP INDEX step_ripe;
  DROP INDEX step_uncleared;
  CREATE INDEX step_planned ON step (root, priority DESC) WHERE state = 'planned';
  CREATE INDEX step_ripe ON step (root, priority DESC) WHERE ${RIPE};
  CREATE INDEX step_committing ON step (root, priority DESC) WHERE state = 'committing';
  CREATE INDEX step_uncleared ON step (root, priority DESC) WHERE state = 'burnt' AND cleared = 0;
  `,
  // What was answered under an Idempotency-Key.
  `
  CREATE TABLE answer_key (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    print TEXT NOT NULL,
    at INTEGER NOT NULL,
    answer TEXT
  ) STRICT;
  `,
  // Each task that moves changes its step's counters, and SQLite reads and writes a row whole: beside a plan of ten thousand
  // wedges (2 MB) opening one version took 3.4 s of the loop.
  `
  CREATE TABLE step_plan (step_id TEXT PRIMARY KEY REFERENCES step(id), plan TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO step_plan (step_id, plan) SELECT id, plan FROM step;
  ALTER TABLE step DROP COLUMN plan;
  `,
  // The claims on the disk remember every number, until somebody deletes a product's folder with them.
  `
  CREATE TABLE product_number (dir TEXT PRIMARY KEY, highest INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO product_number (dir, highest)
    SELECT json_extract(step_plan.plan, '$.target.productDir'), max(step.version)
    FROM step JOIN step_plan ON step_plan.step_id = step.id
    WHERE step.version IS NOT NULL AND json_extract(step_plan.plan, '$.target.productDir') IS NOT NULL GROUP BY 1;
  `,
  // A product is looked for by its show, and pointers are kept by the show's settings.
  `
  ALTER TABLE product_number ADD COLUMN show TEXT NOT NULL DEFAULT '';
  UPDATE product_number SET show = coalesce((
    SELECT job.show FROM step JOIN step_plan ON step_plan.step_id = step.id JOIN job ON job.id = step.job_id
    WHERE json_extract(step_plan.plan, '$.target.productDir') = product_number.dir ORDER BY job.seq DESC LIMIT 1), '');
  `,
  // A wedge that QC refused is made again with another seed; what was given up for it stays on record. An attempt is of one seed.
  `
  ALTER TABLE task ADD COLUMN seed_try INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE attempt ADD COLUMN seed_try INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE seed_try (
    step_id TEXT NOT NULL,
    wedge INTEGER NOT NULL,
    n INTEGER NOT NULL,
    seed TEXT NOT NULL,
    ended_at INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    check_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    results TEXT NOT NULL,
    PRIMARY KEY (step_id, wedge, n)
  ) STRICT, WITHOUT ROWID;
  `,
  // Answers say how many have QC warnings and which are held: read by an index, not out of every task's inspection.
  `
  ALTER TABLE task ADD COLUMN verdict TEXT;
  UPDATE task SET verdict = json_extract(inspection, '$.verdict') WHERE inspection IS NOT NULL;
  CREATE INDEX task_noted ON task (step_id, verdict, wedge) WHERE verdict IS NOT NULL AND verdict != 'pass';
  ALTER TABLE step ADD COLUMN warned INTEGER;
  `,
  // Waivers are only ever added; taking one back is a line of its own.
  `
  CREATE TABLE waiver (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    wedge INTEGER NOT NULL,
    frame INTEGER,
    sha256 TEXT NOT NULL,
    check_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    measures TEXT NOT NULL,
    who TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    revokes INTEGER REFERENCES waiver(id)
  ) STRICT;
  CREATE INDEX waiver_step ON waiver (step_id, id);
  CREATE UNIQUE INDEX waiver_revoked ON waiver (revokes) WHERE revokes IS NOT NULL;
  CREATE TRIGGER waiver_stays BEFORE UPDATE ON waiver BEGIN SELECT raise(ABORT, 'waivers are only added'); END;
  CREATE TRIGGER waiver_kept BEFORE DELETE ON waiver BEGIN SELECT raise(ABORT, 'waivers are only added'); END;
  `,
  // What a version holds although QC failed it or could not look: told for as long as the job is.
  `
  ALTER TABLE step ADD COLUMN anyway TEXT;
  `,
];

/** The schema's number. A reader of a newer schema would misread it, so it refuses as a writer does. */
export function knownSchema(db: DatabaseSync): number {
  const row = db.prepare("PRAGMA user_version").get() as { user_version: number };
  const have = row.user_version;
  if (have > MIGRATIONS.length) {
    throw new HotplateError(
      "HP-STATE-NEWER",
      `The state database has schema ${have}; this Hotplate knows ${MIGRATIONS.length}. A newer Hotplate wrote it.`,
    );
  }
  return have;
}

export function migrate(db: DatabaseSync): void {
  const have = knownSchema(db);
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < have) continue;
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}`);
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }
}
