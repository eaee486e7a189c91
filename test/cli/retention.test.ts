/** `hotplate retention` with the daemon down: it looks, it collects when told to, and each thing that went is on record. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { StepId } from "../../daemon/domain/ids.ts";
import { newJob } from "../contract/store.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { makeVersion, versionWorld } from "../fixtures/versions.ts";
import { hotplate } from "./commandLine.ts";

async function studio(root: string) {
  const env = join(root, "shows/SH010/env");
  makeVersion(env, 1, { committedAt: "2020-01-01T00:00:00.000Z" });
  makeVersion(env, 2);
  mkdirSync(join(root, "state"));
  const db = join(root, "state/hotplate.db");
  const { clock, ids } = versionWorld();
  const store = openSqliteStore({ path: db, clock, ids });
  const job = newJob("job_a");
  const step = { ...job.plan.steps[0]!, target: { ...job.plan.steps[0]!.target, productDir: env } };
  await store.submit([{ ...job, plan: { ...job.plan, steps: [step] } }]);
  const id = "job_a/1" as StepId;
  await store.openVersion(id, await store.reserveVersion(id), { number: 2, stagingDir: "/s/x" });
  await store.close();
  const config = join(root, "hotplate.yaml");
  writeFileSync(
    config,
    `hotplate: 1\nstateDir: ${root}/state\nroots: [{name: shows, linux: ${root}/shows}]\nslots: [{name: gpu0, url: "http://127.0.0.1:9"}]\nretention: {wip: 90d}\n`,
  );
  const events = async (): Promise<readonly object[]> => {
    const open = openSqliteStore({ path: db, clock, ids });
    const all = await open.events(0, 100);
    await open.close();
    return all.filter((event) => event.name.startsWith("retention.")).map((event) => event.fields);
  };
  return { env, events, say: (...args: readonly string[]) => hotplate([...args, "--config", config]) };
}

it("says that nothing is ever collected where the configuration gives no age", async () => {
  using dir = tempDir();
  const { say } = await studio(dir.path);
  expect((await say("retention")).stdout).not.toContain("sets neither");
  const config = join(dir.path, "hotplate.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace("retention: {wip: 90d}\n", ""));
  const { stdout } = await say("retention");
  expect(stdout).toContain("Would collect 0 things");
  expect(stdout).toContain("sets neither retention.rejects nor retention.wip");
}, 60_000);

it("looks, and says what would go and what stays; nothing is touched", async () => {
  using dir = tempDir();
  const { env, say, events } = await studio(dir.path);
  const said = await say("retention");
  expect([said.code, said.stderr]).toEqual([0, ""]);
  expect(said.stdout).toMatch(/^env\tv001\tundecided\t\d+ d\t1 file\t/);
  expect(said.stdout).toContain("Would collect 1 thing");
  expect(said.stdout).toContain("Nothing was touched: hotplate retention --apply does it.");
  expect(readdirSync(join(env, "v001"))).not.toContain("collected.json");
  expect(await events()).toEqual([]);
}, 60_000);

it("collects with --apply, leaves a line of it in the event log, and what went can be neither approved nor a plate", async () => {
  using dir = tempDir();
  const { env, say, events } = await studio(dir.path);
  const said = await say("retention", "--apply", "--json");
  expect(said.code).toBe(0);
  expect(said.json()).toMatchObject({
    applied: true,
    items: [{ product: env, subject: "v001", kind: "undecided", files: 1 }],
  });
  expect(readdirSync(join(env, "v001"))).toContain("collected.json");
  expect(await events()).toEqual([
    expect.objectContaining({ path: join(env, "v001"), subject: "v001", why: "undecided", files: 1 }),
  ]);
  const approve = await say("approve", `${env}@v001`);
  expect([approve.code, approve.stderr]).toEqual([3, expect.stringContaining("HP-REF-COLLECTED")]);
  expect((await say("retention")).stdout).toContain("Would collect 0 things");
}, 60_000);
