/** `explain` looks at the board that the scheduler looks at: every head with its own facts. */
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { Config } from "../../daemon/domain/config.ts";
import type { JobId, PromptId, SlotName, StepId, TaskId } from "../../daemon/domain/ids.ts";
import type { NodeView } from "../../daemon/domain/nodeView.ts";
import type { Inspection } from "../../daemon/domain/qc.ts";
import type { Recipe } from "../../daemon/domain/recipe.ts";
import { explain, explainJob } from "../../daemon/explainTask.ts";
import type { JobShape } from "../contract/store.ts";
import { newJob } from "../contract/store.ts";
import { facts, NOW, slot } from "../domain/scheduleFacts.ts";

const recipe = (sha256: string, classType: string): Recipe =>
  ({ sha256, graph: { "1": { class_type: classType, inputs: {} } } }) as unknown as Recipe;

function memoryStore(): ReturnType<typeof openSqliteStore> {
  let ids = 0;
  return openSqliteStore({ path: ":memory:", clock: { now: () => NOW }, ids: { uuid: () => `id${(ids += 1)}` } });
}

const worldOf = (store: ReturnType<typeof openSqliteStore>): Parameters<typeof explain>[0] => ({
  store,
  config: { roots: [{ name: "s", linux: "/s" }] } as Config,
  recipes: { book: async () => ({ recipes: [recipe("r1", "LoadImage"), recipe("r2", "Magic")], broken: [] }) },
});

const view = {
  now: NOW,
  state: "up",
  roots: [],
  stepTrouble: {},
  scheduling: facts({ slots: [slot("g0", { modelKey: "Loader a" })] }),
  lacksOf: () => new Map(),
  needOf: () => null,
} as unknown as NodeView;

async function reasonsFor(id: string, jobs: Readonly<Record<string, JobShape>>): Promise<readonly string[]> {
  const store = memoryStore();
  for (const [name, shape] of Object.entries(jobs)) {
    const step = `${name}/1` as StepId;
    await store.submit([newJob(name, { wedges: 1, frames: [null], ...shape })]);
    await store.openVersion(step, await store.reserveVersion(step), { number: 1, stagingDir: `/s/${name}` });
  }
  const reasons = await explain(worldOf(store), view, `${id}/1/w1/still` as TaskId);
  await store.close();
  return (reasons ?? []).map(({ code }) => code);
}

describe("explain of what QC refused", () => {
  it("says what works: a retry while the version is open, then where it lies and to drop the manifest again", async () => {
    await using store = Object.assign(memoryStore(), { [Symbol.asyncDispose]: async () => store.close() });
    const step = "job_a/1" as StepId;
    const id = "job_a/1/w1/still" as TaskId;
    await store.submit([newJob("job_a", { wedges: 1, frames: [null], recipe: "r1" })]);
    const fence = await store.reserveVersion(step);
    await store.openVersion(step, fence, { number: 7, stagingDir: "/s/job_a" });
    const grant = (await store.grant(id, "g0" as SlotName, "p1" as PromptId))!;
    const failure = { class: "qc", code: "HP-QC-REJECTED", message: "it is black" } as const;
    await store.fail(grant, failure, { kind: "final" });
    const action = async (): Promise<string | null | undefined> =>
      (await explain(worldOf(store), view, id))?.[0]?.action;
    expect(await action()).toBe("hotplate retry");
    await store.burn(step, "all were refused");
    expect(await action()).toMatch(
      /^read \/.*_v007_qc\.html, the pictures lie in \/.*\/\.hotplate\/quarantine\/v007; drop the manifest again, and with qc: \{gate: hold\} it waits for you$/,
    );
  });
});

describe("explain", () => {
  const other = { models: [["Loader b"]], recipe: "r1" };

  it("says that a slot keeps its models for work that it can do", async () => {
    const jobs = { job_a: { models: [["Loader a"]], recipe: "r1" }, job_b: other };
    expect(await reasonsFor("job_b", jobs)).toEqual(["rank", "models"]);
  });

  it("does not say it where that work can't run there: the scheduler would not keep them either", async () => {
    const jobs = { job_a: { models: [["Loader a"]], recipe: "r2" }, job_b: other };
    expect(await reasonsFor("job_b", jobs)).toEqual(["rank", "next"]);
  });
});

describe("explain of a job with results that wait to be published", () => {
  const LOOKED: Inspection = { verdict: "fail", findings: [], notApplied: [], reader: "test" };

  it("tells those that QC holds for a person apart from those that wait for them, and calls neither published", async () => {
    const store = memoryStore();
    const step = "job_a/1" as StepId;
    await store.submit([newJob("job_a", { wedges: 3, frames: [1001] })]);
    await store.openVersion(step, await store.reserveVersion(step), { number: 1, stagingDir: "/s/a" });
    for (const [wedge, gate] of [
      [1, "pass"],
      [2, "hold"],
      [3, "pass"],
    ] as const) {
      const id = `job_a/1/w${wedge}/1001` as TaskId;
      const grant = (await store.grant(id, "g0" as SlotName, `p${wedge}` as PromptId))!;
      await store.stage(grant, [], { gpuSeconds: 1, cold: false, vramMiB: null });
      await store.inspected(grant, LOOKED, gate, NOW + 1_000);
    }
    const job = await store.job("job_a" as JobId);
    const { tasks } = await explainJob(worldOf(store), view, job!);
    await store.close();
    expect(tasks.map(({ task, alike, reasons }) => [task, alike, reasons[0]?.code])).toEqual([
      ["job_a/1/w2/1001", 1, "qc.hold"],
      ["job_a/1/w1/1001", 2, "held"],
    ]);
    expect(tasks[1]?.reasons[0]?.message).toBe("its version waits for 1 that QC holds for a person");
  });
});
