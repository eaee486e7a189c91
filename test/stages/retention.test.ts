/** Retention in the daemon: by schedule it looks and collects only where it may; asked by a person, it collects and answers. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { StepId } from "../../daemon/domain/ids.ts";
import type { StageContext } from "../../daemon/live.ts";
import { createRetention } from "../../daemon/stages/retention.ts";
import type { RetentionStage } from "../../daemon/stages/retention.ts";
import { createWork } from "../../daemon/work.ts";
import { newJob } from "../contract/store.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { makeVersion, versionWorld } from "../fixtures/versions.ts";

async function daemonAt(root: string, apply: boolean) {
  const env = join(root, "SH010/env");
  makeVersion(env, 1, { committedAt: "2020-01-01T00:00:00.000Z" });
  makeVersion(env, 2);
  const real = versionWorld();
  const store = openSqliteStore({ path: ":memory:", clock: real.clock, ids: real.ids });
  const job = newJob("job_a");
  const step = { ...job.plan.steps[0]!, target: { ...job.plan.steps[0]!.target, productDir: env } };
  await store.submit([{ ...job, plan: { ...job.plan, steps: [step] } }]);
  const id = "job_a/1" as StepId;
  await store.openVersion(id, await store.reserveVersion(id), { number: 2, stagingDir: "/s/x" });
  let rung = false;
  const stage = testStage({
    config: { roots: [{ name: "shows", linux: root }], retention: { wip: "90d", schedule: "30 3 * * *", apply } },
    store,
    options: {
      retentionDue: () => {
        const was = rung;
        rung = false;
        return was;
      },
    },
  });
  let wake: () => void = () => undefined;
  const work = createWork({
    wake: () => wake(),
    widthOf: () => 1,
    failed: (_what, error) => Promise.reject(error as Error),
  });
  const world = {
    ...stage.context.world,
    ...real,
    store,
    log: stage.context.world.log,
    config: stage.context.world.config,
  };
  const context: StageContext = { ...stage.context, world, files: real.files, work };
  const retention = createRetention(context);
  const settle = async (): Promise<void> => {
    await retention.tick();
    while (work.inFlight().length > 0) {
      await new Promise<void>((resolve) => (wake = resolve));
      await work.apply();
    }
  };
  return { env, store, retention, stage, settle, ring: () => void (rung = true) };
}

it.each([
  [false, false],
  [true, true],
])("by its schedule, with apply: %s", async (apply, gone) => {
  using dir = tempDir();
  const { env, store, stage, settle, ring } = await daemonAt(dir.path, apply);
  await settle();
  expect(stage.events).toEqual([]);
  ring();
  await settle();
  expect(existsSync(join(env, "v001/collected.json"))).toBe(gone);
  const looked = stage.events.find((event) => event.name === "retention.looked");
  expect(looked?.fields).toMatchObject({ apply, by: "schedule", items: 1, kept: 0, trouble: null });
  const told = (await store.events(0, 100)).filter((event) => event.name === "retention.collected");
  expect(told.map((event) => event.fields["subject"])).toEqual(gone ? ["v001"] : []);
  await store.close();
});

it("asked by a person it collects whatever the schedule may, once, and the request has its answer", async () => {
  using dir = tempDir();
  const { env, store, retention, settle } = await daemonAt(dir.path, false);
  const ask = async (stage: RetentionStage): Promise<number> => {
    const id = await store.request({ kind: "retention", by: "ana" });
    stage.ask(id, "ana");
    stage.ask(id, "ana");
    return id;
  };
  const id = await ask(retention);
  await settle();
  expect(existsSync(join(env, "v001/collected.json"))).toBe(true);
  expect(await store.requestRow(id)).toMatchObject({
    state: "done",
    answer: expect.stringMatching(/^Collected 1 thing, .*; 0 old enough but kept\.$/),
  });
  await settle();
  expect((await store.events(0, 100)).filter((event) => event.name === "retention.looked")).toHaveLength(1);
  await store.close();
});
