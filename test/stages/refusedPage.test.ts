/** The papers of a version that burnt because of what was refused, on the real disk: what, why, and where the pictures lie. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { createIds } from "../../daemon/adapters/ids.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { HotplateError } from "../../daemon/domain/errors.ts";
import { qcExports, quarantineDir, reviewPaths } from "../../daemon/domain/naming.ts";
import { qcReportSchema } from "../../daemon/domain/qcReport.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { World } from "../../daemon/ports.ts";
import { makeProxies } from "../../daemon/stages/proxies.ts";
import { writeRefused } from "../../daemon/stages/refusedPage.ts";
import type { StepRow, TaskRow } from "../../daemon/storePort.ts";
import { testStage } from "../fixtures/stageContext.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { finding, inspection, versionFacts } from "../fixtures/versionFacts.ts";

function bench(dir: TempDir, wedges: number) {
  const stage = testStage({
    store: { waivers: async () => [], seedTries: async () => [], storeId: async () => "store_a" },
    options: { version: "0.1.0", machine: { os: "Linux", cpu: "cpu" }, node: "n" } as never,
  });
  const thumbs: string[] = [];
  const images = {
    checks: async () => ({ checks: [], profiles: [], refused: [] }),
    thumbnail: async (from: string, to: string) => {
      if (from.endsWith("w2.png")) throw new HotplateError("HP-PLATE-BROKEN", "It is cut off.");
      thumbs.push(from);
      writeFileSync(to, "jpeg");
    },
  };
  const world = { ...stage.context.world, images, ids: createIds(() => 0) } as unknown as World;
  const context: StageContext = { ...stage.context, files: createFiles(), world };
  const { plan } = versionFacts({ wedges });
  const target = { ...plan.target, productDir: dir.file("p"), reviewDir: dir.file("review"), root: dir.path };
  const step = {
    id: "job_a/1",
    jobId: "job_a",
    version: 7,
    state: "burnt",
    stagingDir: dir.file("staging"),
    plan: { ...plan, target },
  } as unknown as StepRow;
  const paths = reviewPaths(target, 7);
  mkdirSync(paths.reviewDir, { recursive: true });
  const tasks = plan.wedges.map(({ index }) => refused(index));
  for (const { wedge } of tasks) {
    const folder = join(quarantineDir(target, 7), `w${String(wedge).padStart(3, "0")}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `w${wedge}.png`), "pixels");
  }
  return { context, step, tasks, paths, thumbs };
}

function refused(wedge: number): TaskRow {
  return {
    id: `job_a/1/w${wedge}/still`,
    stepId: "job_a/1",
    wedge,
    frame: null,
    state: "failed",
    fence: wedge,
    seedTry: 0,
    failure: { class: "qc", code: "HP-QC-REJECTED", message: `w${wedge} is <black>.` },
    inspection: inspection(finding("image.not_black", "fail", { message: `w${wedge} is <black>.` })),
    staged: [{ path: `/staging/attempts/w${wedge}.png`, sha256: "ab".repeat(32), bytes: 6, frame: null }],
  } as unknown as TaskRow;
}

const broken = (wedge: number): TaskRow => ({
  ...refused(wedge),
  failure: { class: "memory", code: "HP-COMFY-MEMORY", message: "out of memory" },
  inspection: null,
  staged: [],
});

describe("the papers of what was refused", () => {
  it("say what, why and where it lies, for people and for machines, and what failed otherwise too", async () => {
    using dir = tempDir();
    const { context, step, tasks, paths } = bench(dir, 3);
    const all = [tasks[0]!, tasks[1]!, broken(3)];
    let asked: (string | null)[] = [];
    await writeRefused(context, step, {
      tasks: all,
      paths,
      show: "AGM",
      picturesOf: async (view, fileOf) => {
        asked = view.places.map(({ frames }, at) => fileOf({ at, frame: frames[0]?.frame ?? null }));
        return {};
      },
    });
    expect(asked).toEqual([
      dir.file("p/.hotplate/quarantine/v007/w001/w1.png"),
      dir.file("p/.hotplate/quarantine/v007/w002/w2.png"),
      null,
    ]);
    expect(asked.filter((path) => path !== null).every((path) => existsSync(path))).toBe(true);
    const html = readFileSync(paths.qcReport, "utf8");
    for (const words of [
      "Refused: AGM_010_PL01 envTunnel v007",
      "2 of 3 variations; nothing was published",
      "Refused: w001, w002. What was made of them lies in .hotplate/quarantine/v007/ of the product",
      ".hotplate/quarantine/v007/w001/w1.png",
      "w1 is &lt;black&gt;.",
      "out of memory",
      "envTunnel_v007_qc.json beside this page",
    ])
      expect(html).toContain(words);
    const { json, sarif, junit } = qcExports(paths.qcReport);
    const report = qcReportSchema.parse(JSON.parse(readFileSync(json, "utf8")));
    expect(report.wedges.map(({ frames }) => [frames[0]?.outcome, frames[0]?.refused?.quarantine])).toEqual([
      ["rejected", ".hotplate/quarantine/v007/w001/w1.png"],
      ["rejected", ".hotplate/quarantine/v007/w002/w2.png"],
      ["failed", undefined],
    ]);
    expect(report.publishedResult).toBeNull();
    expect([existsSync(sarif), existsSync(junit)]).toEqual([true, true]);
  });

  it("names a bounded number of variations in a line", async () => {
    using dir = tempDir();
    const { context, step, tasks, paths } = bench(dir, LIMITS.answerNamesShown + 5);
    await writeRefused(context, step, { tasks, paths, show: "AGM", picturesOf: async () => ({}) });
    expect(readFileSync(paths.qcReport, "utf8")).toContain("w012 and 5 more. What was made");
  });

  it("have thumbnails of what lies in quarantine; what can't be decoded has none, and holds nothing up", async () => {
    using dir = tempDir();
    const { context, step, tasks, paths, thumbs } = bench(dir, 3);
    const proxies = new Set<string>();
    expect(await makeProxies(context, step, { tasks, proxies })).toBe(false);
    expect(thumbs).toEqual([1, 3].map((n) => dir.file(`p/.hotplate/quarantine/v007/w00${n}/w${n}.png`)));
    expect([1, 2, 3].map((n) => existsSync(join(paths.reviewDir, `w00${n}.jpg`)))).toEqual([true, false, true]);
    await makeProxies(context, step, { tasks, proxies });
    expect(thumbs).toHaveLength(2);
  });
});
