/** What one scheduling decision costs: the store's heads and the pure choice, with few and with very many tasks waiting. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "../../../daemon/adapters/store/sqlite.ts";
import type { Head } from "../../../daemon/domain/board.ts";
import { createEstimator } from "../../../daemon/domain/estimate.ts";
import type { JobId, StepId } from "../../../daemon/domain/ids.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import { keysOf } from "../../../daemon/domain/modelSet.ts";
import type { StepPlan } from "../../../daemon/domain/plan.ts";
import { assign } from "../../../daemon/domain/schedule.ts";
import { EMPTY_LEDGER } from "../../../daemon/domain/share.ts";
import type { SlotFacts } from "../../../daemon/domain/slotFit.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import type { HeadRow, Store } from "../../../daemon/storePort.ts";
import type { Figure } from "../measure.ts";
import { figure, quantile } from "../measure.ts";

/** Kinds of work, the same for every count: 5 shows x 2 people x 2 sets of models, 20 heads. */
const SHOWS = 5;
const PEOPLE = 2;
const SETS = 2;
const DECISIONS = 500;

export async function decisionFigures(counts: readonly number[], repeats: number): Promise<readonly Figure[]> {
  const out: Figure[] = [];
  const medians: number[][] = [];
  for (const count of counts) {
    const p50: number[] = [];
    const p99: number[] = [];
    await using filled = await filledStore(count);
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const took: number[] = [];
      for (let n = 0; n < DECISIONS; n += 1) took.push(await decide(filled.store));
      p50.push(quantile(took, 0.5));
      p99.push(quantile(took, 0.99));
    }
    medians.push(p50);
    out.push(figure(`${count} waiting: p50`, "ms", p50), figure(`${count} waiting: p99`, "ms", p99));
  }
  const [few = [], many = []] = [medians[0], medians.at(-1)];
  const ratios = many.map((ms, index) => ms / (few[index] ?? Number.NaN));
  return [...out, figure("p50 of the most / p50 of the fewest", "", ratios)];
}

async function decide(store: Store): Promise<number> {
  const start = performance.now();
  const rows = await store.heads({ heads: LIMITS.headsMax, tasksEach: 1 + LIMITS.tasksBesides });
  const given = assign({
    now: Date.now(),
    heads: rows.map(headOf),
    slots: SLOTS,
    estimates: createEstimator(),
    ledger: EMPTY_LEDGER,
    weights: {},
    running: [],
    servedAt: new Map(),
  });
  const took = performance.now() - start;
  if (given.length === 0) throw new Error("nothing was assigned");
  return took;
}

const SLOTS: readonly SlotFacts[] = Array.from({ length: 8 }, (_, index) => ({
  name: `gpu${index}`,
  state: "up",
  reason: null,
  simulated: false,
  classes: new Set(["LoadImage", "SaveImage"]),
  blocks: [],
  modelKey: `Loader ${index % SETS}`,
  gpuMemoryMiB: null,
  // One place is free, as when a prompt has ended.
  flights: ["x", "y"].slice(0, index === 0 ? 1 : 2).map((taskId) => ({
    taskId,
    phase: "submitted",
    workKey: "w",
    modelKey: `Loader ${index % SETS}`,
    alone: false,
    cold: false,
    runningMs: 0,
  })),
}));

function headOf(row: HeadRow): Head {
  const tasks = row.tasks.map(({ id }) => ({
    id,
    classes: ["LoadImage", "SaveImage"],
    demoRoot: true,
    rootTrouble: null,
    notSlots: new Map(),
    vramMiB: null,
    alone: false,
  }));
  return { ...row, ...keysOf(row.class), waitingSince: row.tasks[0]?.readyAt ?? 0, tasks };
}

async function filledStore(count: number): Promise<{ readonly store: Store } & AsyncDisposable> {
  const dir = mkdtempSync(join(tmpdir(), "hotplate-decision-"));
  let ids = 0;
  const store = openSqliteStore({
    path: join(dir, "hotplate.db"),
    clock: { now: () => Date.now() },
    ids: { uuid: () => `id-${(ids += 1)}` },
  });
  const jobs = SHOWS * PEOPLE;
  const tasks = Math.max(SETS, Math.round(count / jobs));
  for (let job = 0; job < jobs; job += 1) await openJob(store, job, tasks);
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** As many frames as it takes for a step to stay within the wedges that a manifest may have. */
async function openJob(store: Store, job: number, tasks: number): Promise<void> {
  const wedges = Math.min(tasks, LIMITS.wedgesPerStepMax);
  const frames = Math.round(tasks / wedges);
  const id = `job_${job}` as JobId;
  const show = `show${job % SHOWS}`;
  const step: StepPlan = {
    name: "main",
    recipe: { name: "race", version: "1.0.0", sha256: "r", dir: "/r" },
    plate: null,
    frames: frames === 1 ? [null] : Array.from({ length: frames }, (_, n) => 1_001 + n),
    wedges: Array.from({ length: wedges }, (_, n) => ({
      index: n + 1,
      axes: {},
      parameters: {},
      seed: String(n),
      models: [`Loader ${n % SETS}`],
    })),
    target: { shotDir: "/s", productDir: `/s/${id}`, reviewDir: "/s/r", product: "p", name: "n", root: "/s" },
    output: { format: { kind: "png" } },
    color: PLAIN_COLOR,
    qc: { gate: "reject", checks: [] },
    gpuSecondsPerTask: null,
    timeoutMs: 60_000,
  };
  const person = `uid:${Math.floor(job / SHOWS)}`;
  const plan = {
    name: id,
    show,
    priority: 50,
    deadlineAt: null,
    rerun: false,
    steps: [step],
    manifestCanonical: "",
    notes: [],
  };
  const source = { folder: "/h", name: id, manifestSha256: id, manifestText: "", submittedBy: person, claimPath: null };
  await store.submit([{ id, plan, dedupeKey: id, source }]);
  const stepId = `${id}/1` as StepId;
  const fence = await store.reserveVersion(stepId);
  await store.openVersion(stepId, fence, { number: 1, stagingDir: `/s/${id}` });
}
