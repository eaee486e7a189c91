/** The page of what QC holds, on the real disk: drawn once per state of things, bounded, gone with the holds, and nobody else's file with it. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { reviewPaths } from "../../daemon/domain/naming.ts";
import type { Waiver } from "../../daemon/domain/waiver.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { World } from "../../daemon/ports.ts";
import { createHeldPages } from "../../daemon/stages/heldPage.ts";
import type { StepRow, TaskRow } from "../../daemon/storePort.ts";
import { testStage } from "../fixtures/stageContext.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { finding, inspection, versionFacts } from "../fixtures/versionFacts.ts";

function bench(dir: TempDir, wedges: number) {
  const waivers: Waiver[] = [];
  const stage = testStage({
    store: { waivers: async () => waivers, seedTries: async () => [], storeId: async () => "store_a" },
    options: { version: "0.1.0" },
  });
  const images = { checks: async () => ({ checks: [], profiles: [], refused: [] }) };
  const world = { ...stage.context.world, images } as unknown as World;
  const context: StageContext = { ...stage.context, files: createFiles(), world };
  const { plan } = versionFacts({ wedges });
  const target = { ...plan.target, productDir: dir.file("p"), reviewDir: dir.file("review"), root: dir.path };
  const stagingDir = dir.file("staging");
  const of = { id: "job_a/1", jobId: "job_a", version: 7, stagingDir, plan: { ...plan, target } };
  const step = of as unknown as StepRow;
  const paths = reviewPaths(target, 7);
  for (const folder of [stagingDir, paths.reviewDir]) mkdirSync(folder, { recursive: true });
  const tasks = plan.wedges.map(({ index }) => held(index, stagingDir));
  let drawn = 0;
  const update = async (rows: readonly TaskRow[], at: StepRow = step) =>
    pages.update(at, {
      tasks: rows,
      paths: reviewPaths(target, at.version ?? 0),
      show: "AGM",
      picturesOf: async () => {
        drawn += 1;
        return {};
      },
    });
  const pages = createHeldPages(context);
  return {
    step,
    tasks,
    update,
    waivers,
    page: paths.qcReport,
    record: dir.file("staging/held_qc.json"),
    drawn: () => drawn,
  };
}

function held(wedge: number, staging: string): TaskRow {
  const row = {
    id: `job_a/1/w${wedge}/still`,
    stepId: "job_a/1",
    wedge,
    frame: null,
    state: "committing",
    gate: "hold",
    fence: wedge,
    holdUntil: Date.UTC(2026, 10, 29, 9, 30),
    seedTry: 0,
    failure: null,
    inspection: inspection(finding("image.soft", "fail", { message: `w${wedge} is <soft>.` })),
    staged: [{ path: `${staging}/attempts/w${wedge}.png`, sha256: "ab".repeat(32), bytes: 10, frame: null }],
  };
  return row as unknown as TaskRow;
}

describe("the page of what is held", () => {
  it("says what waits, until when, why and how to decide, and is drawn again only when something changed", async () => {
    using dir = tempDir();
    const { tasks, update, page, record, drawn, waivers } = bench(dir, 3);
    const passed = { ...tasks[2]!, gate: "pass" } as TaskRow;
    await update([tasks[0]!, tasks[1]!, passed]);
    const text = readFileSync(page, "utf8");
    expect(text).toContain("2 of 3 variations");
    expect(text).toContain("until 2026-11-29 09:30 UTC");
    expect(text).toContain("w1 is &lt;soft&gt;.");
    // Lines to be pasted, the task as people spell it.
    expect(text).toContain("hotplate waive job_a/1/w002/still --check image.soft --reason WHY");
    expect(text).toContain("hotplate reject job_a/1/w002/still --reason WHY");
    expect(text).not.toContain("w003");
    const json = JSON.parse(readFileSync(record, "utf8")) as { wedges: { frames: { file: { path: string } }[] }[] };
    expect(json.wedges.map(({ frames }) => frames[0]?.file.path)).toEqual(["attempts/w1.png", "attempts/w2.png"]);
    await update([tasks[0]!, tasks[1]!, passed]);
    expect(drawn()).toBe(1);
    waivers.push({ id: 1, wedge: 1, frame: null, revoked: null } as Waiver);
    await update([tasks[0]!, tasks[1]!, passed]);
    await update([tasks[0]!, passed]);
    expect(drawn()).toBe(3);
    expect(readFileSync(page, "utf8")).toContain("1 of 3 variations");
    await update([passed]);
    expect([existsSync(page), existsSync(record)]).toEqual([false, false]);
  });

  it("gives the line for a whole variation where several of its frames wait, and names who rejected one of them", async () => {
    using dir = tempDir();
    const { tasks, update, page, record } = bench(dir, 1);
    const [one] = tasks;
    const frame = (n: number, more: object = {}): TaskRow =>
      ({ ...one!, id: `job_a/1/w1/${n}`, frame: n, ...more }) as TaskRow;
    const rejections = [{ by: "anna", reason: "too <dark>", at: Date.UTC(2026, 10, 28) }];
    const failure = { class: "qc", code: "image.soft", message: "m" };
    const out = { state: "failed", gate: "reject", failure, inspection: { ...one!.inspection!, rejections } };
    await update([frame(1001), frame(1002, out), frame(1003)]);
    const text = readFileSync(page, "utf8");
    expect(text).toContain("2 of its results wait");
    expect(text).toContain("<code>hotplate waive job_a/1/w001 --check image.soft --reason WHY</code>");
    expect(text).toContain("<code>hotplate reject job_a/1/w001/1003 --reason WHY</code>");
    expect(text).toContain("rejected by <bdi>anna</bdi> on 2026-11-28: <bdi>too &lt;dark&gt;</bdi>");
    expect(JSON.parse(readFileSync(record, "utf8"))).toMatchObject({
      rejections: [{ wedge: "w001", frame: 1002, by: "anna", reason: "too <dark>", stands: true }],
    });
    const whole = { inspection: { ...one!.inspection!, whole: { inspection: one!.inspection!, looks: 1 } } };
    await update([frame(1001, whole), frame(1003, { ...whole, fence: 9 })]);
    const asWhole = readFileSync(page, "utf8");
    expect(asWhole.match(/hotplate reject /g)).toHaveLength(1);
    expect(asWhole).toContain("hotplate reject job_a/1/w001 --reason WHY");
  });

  it("tells of a bounded number, and counts the others", async () => {
    using dir = tempDir();
    const { tasks, update, page } = bench(dir, LIMITS.heldPageTasksMax + 7);
    await update(tasks);
    const text = readFileSync(page, "utf8");
    expect(text).toContain("and 7 more results than this page holds");
    expect(text.match(/hotplate reject /g)).toHaveLength(LIMITS.heldPageTasksMax);
    expect(text.length).toBeLessThan(2_000_000);
  });

  it("goes when its version gets another number, after a restart too, and leaves alone what is nobody's of ours", async () => {
    using dir = tempDir();
    const { step, tasks, update, page } = bench(dir, 1);
    await update(tasks);
    const next = { ...step, version: 8 } as StepRow;
    mkdirSync(reviewPaths(step.plan.target, 8).reviewDir, { recursive: true });
    await update(tasks, next);
    expect([existsSync(page), existsSync(reviewPaths(step.plan.target, 8).qcReport)]).toEqual([false, true]);
    // Another life knows only what lies there.
    const again = bench(tempDirOf(dir), 1);
    await again.update([], { ...again.step, version: 8 } as StepRow);
    expect(existsSync(reviewPaths(step.plan.target, 8).qcReport)).toBe(false);
    writeFileSync(page, "<!doctype html><p>A page of somebody's.</p>");
    await again.update([]);
    expect(existsSync(page)).toBe(true);
    rmSync(page);
    await again.update([]);
  });
});

function tempDirOf(dir: TempDir): TempDir {
  return { ...dir, file: (name: string) => dir.file(name) };
}
