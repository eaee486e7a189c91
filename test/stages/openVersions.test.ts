/** Versions of one root that hangs hold up no other root's, however many they are; priority says which is opened first. */
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { JobId } from "../../daemon/domain/ids.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { Files } from "../../daemon/ports.ts";
import { createInputHashes } from "../../daemon/stages/inputHashes.ts";
import { createPublish } from "../../daemon/stages/publish.ts";
import type { RecipeShelf } from "../../daemon/stages/recipeShelf.ts";
import { createWork } from "../../daemon/work.ts";
import { newJob } from "../contract/store.ts";
import { testStage } from "../fixtures/stageContext.ts";

describe("opening versions", () => {
  it("goes on on the root that answers while more than a tick's worth waits on one that hangs, urgent ones first", async () => {
    const store = openSqliteStore({ path: ":memory:", clock: { now: () => 1_000 }, ids: { uuid: () => "s" } });
    const many = LIMITS.stepsPerTick + 10;
    const at = (id: string, root: string, priority: number) => {
      const job = newJob(id, { root, priority });
      const target = { ...job.plan.steps[0]!.target, productDir: `${root}/${id}` };
      return { ...job, plan: { ...job.plan, steps: [{ ...job.plan.steps[0]!, target }] } };
    };
    await store.submit(Array.from({ length: many }, (_, n) => at(`job_hang${n}`, "/hangs", 50)));
    await store.submit([at("job_later", "/well", 20), at("job_first", "/well", 80)]);

    const stage = testStage({
      config: { roots: ["/hangs", "/well"].map((linux) => ({ name: linux.slice(1), linux })) },
      store,
      options: { node: "node1" },
    });
    const asked: string[] = [];
    const never = (path: string): Promise<never> => {
      asked.push(path);
      return new Promise(() => undefined);
    };
    const work = createWork({ wake: () => undefined, widthOf: () => 1, failed: () => Promise.resolve() });
    const context: StageContext = {
      ...stage.context,
      work,
      files: new Proxy({} as Files, { get: () => never }),
    };
    const shelf = { ready: () => true } as RecipeShelf;
    const pointers = { touch: () => undefined };
    await createPublish(context, { shelf, inputs: createInputHashes(context), pointers }).tick();
    expect(work.inFlight().toSorted()).toEqual(["open:job_first/1", "open:job_hang0/1"]);
    expect(asked.every((path) => path.startsWith("/hangs") || path.startsWith("/well/job_first"))).toBe(true);
    expect((await store.step("job_later/1" as never))?.fence).toBeNull();
    expect((await store.job("job_first" as JobId))?.steps[0]?.fence).not.toBeNull();
    await store.close();
  });
});
