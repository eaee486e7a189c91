/** What `qc run` tells whoever called it: what to do about each finding, and what was asked for and had nothing to look at. */
import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QcRunReport } from "../../daemon/domain/qcRunReport.ts";
import { qcRunSchema } from "../../daemon/domain/qcRunReport.ts";
import { writePng } from "../fixtures/pictures.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { readXml } from "../fixtures/xml.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

const SIZE = { width: 320, height: 180, channels: 3, bits: 16 } as const;

let dir: TempDir;
beforeAll(async () => {
  dir = tempDir();
  await writePng(dir.path, "plate.png", SIZE);
  await writePng(dir.path, "up.png", { ...SIZE, width: 640, height: 360 });
  mkdirSync(dir.file("apart"));
  for (const frame of [1001, 1030, 1058]) await writePng(dir.file("apart"), `x.${frame}.png`, SIZE);
});
afterAll(() => dir[Symbol.dispose]());

const run = (...args: readonly string[]): Promise<Said> => hotplate(["qc", "run", ...args], { cwd: dir.path });
const reportOf = (said: Said): QcRunReport => qcRunSchema.parse(said.json());

describe("what to do", () => {
  it("stands below its finding, once for each check, in words of this command", async () => {
    const said = await run("up.png", "--plate", "plate.png", "--check", "header.size");
    expect(said.stdout.split("\n")[1]).toBe(
      "  do this:  Check the sizes in the graph that made it. If that is the size you want: --scale 2, or --size 640x360.",
    );
    const model = await run("plate.png", "up.png", "--plate", "plate.png", "--check", "plate.identity");
    expect(model.code).toBe(9);
    expect(model.stdout.match(/do this: {2}Name a model of yours .*qcModels/g)).toHaveLength(1);
  });

  it("is right: with the scale or the size the upscale passes", async () => {
    const of = ["up.png", "--plate", "plate.png", "--check", "header.size"];
    for (const option of [
      ["--scale", "2"],
      ["--size", "640x360"],
    ])
      expect((await run(...of, ...option)).code).toBe(0);
    expect((await run(...of, "--scale", "1.5")).stdout).toContain("width 640 px (must be 480 px)");
    const strange = await run(...of, "--scale", "two");
    expect([strange.code, strange.stderr]).toEqual([2, expect.stringContaining("--scale is a number, as 2 or 0.5")]);
  });
});

describe("what was asked for and had nothing to look at", () => {
  it("is listed with the reason: in the report, as skipped in JUnit, and on the page", async () => {
    const files = ["--junit", dir.file("qc.xml"), "--html", dir.file("qc.html")];
    const report = reportOf(await run("plate.png", "--profile", "relight", "--json", ...files));
    const looked = report.sequences.flatMap(({ frames, sequence }) =>
      [...frames.map(({ inspection }) => inspection), sequence, report.set].flatMap((one) => [
        ...(one?.findings ?? []),
        ...(one?.notApplied ?? []),
      ]),
    );
    const asked = report.profile.checks.map(({ check }) => check);
    expect([...new Set(looked.map(({ check }) => check))].sort()).toEqual([...new Set(asked)].sort());
    expect([report.result, report.executionStatus]).toEqual(["pass", "complete"]);
    expect(report.sequences[0]?.sequence?.notApplied).toContainEqual({
      check: "temporal.flicker",
      because: "it looks at the frames of a sequence, and this is a picture by itself",
    });
    expect(report.set?.notApplied.map(({ because }) => because)).toContain(
      "nobody says that these are variations of one another: --set does",
    );
    const junit = readXml(readFileSync(dir.file("qc.xml"), "utf8"));
    const skipped = junit.children.flatMap(({ children }) =>
      children.filter((one) => one.children[0]?.name === "skipped").map((one) => one.attributes["name"]),
    );
    expect(skipped).toEqual(expect.arrayContaining(["temporal.flicker sequence", "set.seed set"]));
    expect(readFileSync(dir.file("qc.html"), "utf8")).not.toContain(
      '<td data-of="found"></td><td data-of="thresholds"><span class="faint">none: it is exact</span></td><td data-of="not applied"></td>',
    );
  });

  it("says of numbered pictures that lie far apart how they are a sequence, and leaves the last line as it was", async () => {
    const said = await run("apart", "--profile", "basic");
    expect(said.stdout).toMatch(/^PASS {2}3 pictures by profile basic \(\d+ checks\): 3 pass\n$/);
    const report = reportOf(await run("apart", "--profile", "basic", "--json"));
    expect(report.sequences.map(({ sequence }) => sequence?.notApplied[0]?.because)).toEqual(
      Array(3).fill(
        "it looks at the frames of a sequence, and by its number this picture is no frame of one: a range says so, as x.[1001-1010].png",
      ),
    );
  });

  it("says nothing of sequences and sets of which no check was asked for", async () => {
    const report = reportOf(await run("plate.png", "--check", "image.not_black", "--json"));
    expect([report.sequences[0]?.sequence, report.set]).toEqual([null, null]);
  });
});

describe("what a check took", () => {
  it("stands at each finding in ms, in JUnit in seconds", async () => {
    const report = reportOf(await run("up.png", "--profile", "basic", "--junit", dir.file("took.xml"), "--json"));
    const findings = report.sequences.flatMap(({ frames }) => frames.flatMap(({ inspection }) => inspection.findings));
    expect(findings.length).toBeGreaterThan(2);
    expect(findings.filter(({ cpuMs }) => cpuMs === undefined || cpuMs < 0)).toEqual([]);
    const sum = findings.reduce((all, { cpuMs = 0 }) => all + cpuMs, 0);
    expect(sum).toBeGreaterThan(0);
    const junit = readXml(readFileSync(dir.file("took.xml"), "utf8"));
    expect(Number(junit.attributes["time"])).toBeCloseTo(sum / 1000, 5);
  });
});

describe("the checks of the report", () => {
  it("say what each is, looks at, finds, and whether it judges", async () => {
    const report = reportOf(await run("plate.png", "--check", "header.size,temporal.flicker", "--json"));
    expect(report.profile.checks).toMatchObject([
      { check: "header.size", layer: "container", scope: "frame", usedAs: "check" },
      {
        check: "temporal.flicker",
        layer: "crosscheck",
        scope: "sequence",
        finds: expect.stringContaining("light that jumps"),
      },
    ]);
  });
});
