/** A state database of a newer Hotplate: read and written by nobody older. */
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { openSqliteReader, openSqliteStore } from "../../../daemon/adapters/store/sqlite.ts";
import type { JobId, StepId } from "../../../daemon/domain/ids.ts";
import { newJob } from "../../contract/store.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

it("is refused by an older one, untouched (HP-STATE-NEWER)", async () => {
  using dir = tempDir();
  const path = dir.file("hotplate.db");
  const parts = { path, clock: { now: () => 1 }, ids: { uuid: () => "s" } };
  await openSqliteStore(parts).close();
  const db = new DatabaseSync(path);
  db.exec("PRAGMA user_version = 99");
  db.close();
  expect(() => openSqliteStore(parts)).toThrow(expect.objectContaining({ code: "HP-STATE-NEWER", exit: 7 }));
  expect(() => openSqliteReader(path, { now: () => 1 } as never)).toThrow(/schema 99/);
  const again = new DatabaseSync(path);
  expect(again.prepare("PRAGMA user_version").get()).toEqual({ user_version: 99 });
  again.close();
});

it("of an earlier schema keeps its jobs, their plans and the numbers that it gave", async () => {
  using dir = tempDir();
  const path = dir.file("hotplate.db");
  const parts = { path, clock: { now: () => 1 }, ids: { uuid: () => "s" } };
  const store = openSqliteStore(parts);
  await store.submit([newJob("job_a", { wedges: 3 })]);
  const step = "job_a/1" as StepId;
  await store.openVersion(step, await store.reserveVersion(step), { number: 7, stagingDir: "/s/x" });
  const before = await store.job("job_a" as JobId);
  await store.close();
  const db = new DatabaseSync(path);
  db.exec(
    "ALTER TABLE step ADD COLUMN plan TEXT NOT NULL DEFAULT ''; UPDATE step SET plan = (SELECT plan FROM step_plan WHERE step_id = step.id); DROP TABLE step_plan; DROP TABLE product_number; ALTER TABLE task DROP COLUMN seed_try; ALTER TABLE attempt DROP COLUMN seed_try; DROP TABLE seed_try; DROP INDEX task_noted; ALTER TABLE task DROP COLUMN verdict; ALTER TABLE step DROP COLUMN warned; ALTER TABLE step DROP COLUMN anyway; DROP TABLE waiver; PRAGMA user_version = 4",
  );
  db.close();
  const again = openSqliteStore(parts);
  expect(await again.job("job_a" as JobId)).toEqual(before);
  expect((await again.wedge("job_a/1" as StepId, 2))?.index).toBe(2);
  expect(await again.highestVersion(newJob("job_a").plan.steps[0]!.target.productDir)).toBe(7);
  expect(await again.products()).toEqual([
    { dir: newJob("job_a").plan.steps[0]!.target.productDir, show: newJob("job_a").plan.show, highest: 7 },
  ]);
  await again.close();
});
