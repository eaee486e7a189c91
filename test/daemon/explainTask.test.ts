/** `explain` looks at the board that the scheduler looks at: every head with its own facts. */
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { Config } from "../../daemon/domain/config.ts";
import type { StepId, TaskId } from "../../daemon/domain/ids.ts";
import type { NodeView } from "../../daemon/domain/nodeView.ts";
import type { Recipe } from "../../daemon/domain/recipe.ts";
import { explain } from "../../daemon/explainTask.ts";
import type { JobShape } from "../contract/store.ts";
import { newJob } from "../contract/store.ts";
import { facts, NOW, slot } from "../domain/scheduleFacts.ts";

const recipe = (sha256: string, classType: string): Recipe =>
  ({ sha256, graph: { "1": { class_type: classType, inputs: {} } } }) as unknown as Recipe;

async function reasonsFor(id: string, jobs: Readonly<Record<string, JobShape>>): Promise<readonly string[]> {
  let ids = 0;
  const store = openSqliteStore({
    path: ":memory:",
    clock: { now: () => NOW },
    ids: { uuid: () => `id${(ids += 1)}` },
  });
  for (const [name, shape] of Object.entries(jobs)) {
    const step = `${name}/1` as StepId;
    await store.submit([newJob(name, { wedges: 1, frames: [null], ...shape })]);
    await store.openVersion(step, await store.reserveVersion(step), { number: 1, stagingDir: `/s/${name}` });
  }
  const world = {
    store,
    config: { roots: [{ name: "s", linux: "/s" }] } as Config,
    recipes: { book: async () => ({ recipes: [recipe("r1", "LoadImage"), recipe("r2", "Magic")], broken: [] }) },
  };
  const view = {
    now: NOW,
    state: "up",
    roots: [],
    stepTrouble: {},
    scheduling: facts({ slots: [slot("g0", { modelKey: "Loader a" })] }),
    lacksOf: () => new Map(),
    needOf: () => null,
  } as unknown as NodeView;
  const reasons = await explain(world, view, `${id}/1/w1/still` as TaskId);
  await store.close();
  return (reasons ?? []).map(({ code }) => code);
}

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
