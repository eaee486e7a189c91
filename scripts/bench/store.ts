/**
 * The store's cycles: submitted -> version open -> granted -> staged -> inspected -> published, on a database file with full
 * fsync, without any of the work between. Method and figures: docs/benchmarks.md.
 *
 *   node scripts/bench/store.ts [--jobs 500] [--wedges 200] [--repeats 5] [--quick] [--json]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import { createClock } from "../../daemon/adapters/clock.ts";
import { createIds } from "../../daemon/adapters/ids.ts";
import type { Fence, JobId, PromptId, SlotName, StepId } from "../../daemon/domain/ids.ts";
import { PLAIN_COLOR } from "../../daemon/domain/colorPlan.ts";
import type { JobPlan } from "../../daemon/domain/plan.ts";
import type { NewJob, Store, TaskRow } from "../../daemon/storePort.ts";
import { figure, print } from "./measure.ts";

const { values: given } = parseArgs({
  options: {
    jobs: { type: "string", default: "500" },
    wedges: { type: "string", default: "200" },
    repeats: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const repeats = given.quick ? 1 : Number(given.repeats);
const jobs = given.quick ? 5 : Number(given.jobs);
const wedges = given.quick ? 5 : Number(given.wedges);
const SUBMIT_BATCH = 64;

const dir = mkdtempSync(join(tmpdir(), "hotplate-bench-"));
try {
  const single: number[] = [];
  const many: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    single.push(await cycles(join(dir, `one-${repeat}.db`), { jobs, wedges: 1 }));
    many.push(await cycles(join(dir, `many-${repeat}.db`), { jobs: 1, wedges }));
  }
  const figures = [
    figure(`cycles, ${jobs} jobs of one task`, "1/s", single),
    figure(`cycles, one job of ${wedges} tasks`, "1/s", many),
  ];
  print("store", dir, figures, given.json);
} finally {
  rmSync(dir, { recursive: true, force: true });
}

/** Tasks that went all the way, per second. */
async function cycles(path: string, of: { readonly jobs: number; readonly wedges: number }): Promise<number> {
  const clock = createClock();
  const store = openSqliteStore({ path, clock, ids: createIds(() => clock.now()) });
  const start = performance.now();
  const all = Array.from({ length: of.jobs }, (_, n) => newJob(n, of.wedges));
  for (let from = 0; from < all.length; from += SUBMIT_BATCH) await store.submit(all.slice(from, from + SUBMIT_BATCH));
  const fences = new Map<string, Fence>();
  for (const job of all) {
    const step = `${job.id}/1` as StepId;
    const fence = await store.reserveVersion(step);
    fences.set(step, fence);
    await store.openVersion(step, fence, { number: 1, stagingDir: `/s/${job.id}/staging` });
  }
  let ended = 0;
  for (;;) {
    const task = (await store.heads({ heads: 1, tasksEach: 1 }))[0]?.tasks[0];
    if (task === undefined) break;
    await oneTask(store, task);
    ended += 1;
  }
  for (const [step, fence] of fences) {
    const publication = { targetPath: `/s/${step}/v001`, stagingPath: `/s/${step}/tree`, commitSha256: "c" };
    await store.beginPublish(step as StepId, fence, publication);
    const done = await store.endPublish(step as StepId, fence);
    if (done !== "ok") throw new Error(`${step} was not published: ${done}`);
  }
  const seconds = (performance.now() - start) / 1000;
  await store.close();
  if (ended !== of.jobs * of.wedges) throw new Error(`${ended} of ${of.jobs * of.wedges} tasks ended`);
  return ended / seconds;
}

async function oneTask(store: Store, task: TaskRow): Promise<void> {
  const grant = await store.grant(task.id, "gpu0" as SlotName, `prompt-${task.id}` as PromptId);
  if (grant === null) throw new Error(`${task.id} was not granted`);
  const file = { path: `/s/${task.id}.png`, sha256: "a".repeat(64), bytes: 1, frame: task.frame };
  await store.stage(grant, [file], { gpuSeconds: 0.5, cold: false, vramMiB: null });
  await store.inspected(grant, { verdict: "pass", findings: [], notApplied: [], reader: "bench" }, "pass", null);
}

function newJob(n: number, count: number): NewJob {
  const id = `job_${n}` as JobId;
  const plan: JobPlan = {
    name: id,
    show: "BENCH",
    priority: 50,
    rerun: false,
    deadlineAt: null,
    steps: [
      {
        name: "main",
        recipe: { name: "grain", version: "1.0.0", sha256: "r1", dir: "/recipes/grain" },
        plate: null,
        frames: [1001],
        wedges: Array.from({ length: count }, (_, index) => ({
          index: index + 1,
          axes: {},
          parameters: { seed: index },
          seed: String(index),
        })),
        target: {
          shotDir: "/s",
          productDir: `/s/${id}`,
          reviewDir: "/s/review",
          product: id,
          name: "SH010",
          root: "/s",
        },
        output: { format: { kind: "png" } },
        color: PLAIN_COLOR,
        qc: { gate: "reject", checks: [] },
        gpuSecondsPerTask: 1,
        timeoutMs: 60_000,
      },
    ],
    manifestCanonical: "{}",
    notes: [],
  };
  const source = {
    folder: "/hot",
    name: `${id}.yaml`,
    manifestSha256: id,
    manifestText: "use: grain\n",
    submittedBy: "uid:0",
    claimPath: `/hot/.hotplate/claimed/${id}`,
  };
  return { id, plan, dedupeKey: id, source };
}
