/** The benches run and give every figure that docs/benchmarks.md speaks of. Nothing here says how fast anything is. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../fixtures/sources.ts";

interface Report {
  readonly title: string;
  readonly machine: Readonly<Record<string, unknown>>;
  readonly figures: readonly {
    readonly what: string;
    readonly min: number;
    readonly median: number;
    readonly max: number;
  }[];
}

async function bench(name: string): Promise<Report> {
  const args = [`scripts/bench/${name}.ts`, "--quick", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: REPOSITORY });
  const report = JSON.parse(stdout) as Report;
  expect(report.title).toBe(name);
  expect(Object.keys(report.machine)).toEqual(["cpu", "cores", "memoryGiB", "fileSystem", "node", "loadAtStart"]);
  for (const { min, median, max } of report.figures) {
    expect(min).toBeGreaterThanOrEqual(0);
    expect(median).toBeGreaterThanOrEqual(min);
    expect(max).toBeGreaterThanOrEqual(median);
  }
  return report;
}

const said = (report: Report): readonly string[] => report.figures.map((figure) => figure.what);

describe("the bench of", () => {
  it("intake measures latency, bursts, a stopped daemon and idleness, and loses nothing", async () => {
    const report = await bench("intake");
    expect(said(report)).toEqual([
      "rename to accepted, p50 of 5",
      "rename to accepted, p99 of 5",
      "rename to first prompt submitted, p50 of 5",
      "rename to first prompt submitted, p99 of 5",
      "burst of 200: accepted",
      "burst of 200: lost",
      "burst of 200: peak memory",
      "burst of 200: CPU per manifest, all threads",
      "burst of 200, daemon stopped for 0.2 s: accepted",
      "burst of 200, daemon stopped for 0.2 s: lost",
      "burst of 200, daemon stopped for 0.2 s: peak memory",
      "burst of 200, daemon stopped for 0.2 s: CPU per manifest, all threads",
      "idle: CPU",
      "idle: memory",
      "idle: memory of the process that starts programs",
    ]);
    expect(report.figures.filter(({ what }) => what.endsWith("lost")).map(({ max }) => max)).toEqual([0, 0]);
  });

  it("the store measures jobs of one task and one job of many", async () => {
    const report = await bench("store");
    expect(said(report)).toEqual(["cycles, 5 jobs of one task", "cycles, one job of 5 tasks"]);
    for (const { min } of report.figures) expect(min).toBeGreaterThan(0);
  });

  it("the demo measures its wall time and its daemon's memory", async () => {
    const report = await bench("demo");
    expect(said(report)).toEqual(["demo, 2 variations: wall time", "demo, 2 variations: daemon's peak memory"]);
    for (const { min } of report.figures) expect(min).toBeGreaterThan(0);
  });

  it("the soak measures memory over what was done", async () => {
    const report = await bench("soak");
    expect(said(report)).toEqual(["memory after 2 jobs", "memory after 4 jobs", "versions published"]);
    for (const { min } of report.figures) expect(min).toBeGreaterThan(0);
  });

  it("colour measures what each way costs an unchanged picture: the edit nothing, codes what codes cost", async () => {
    const report = await bench("colour");
    const stops = (what: string) => report.figures.find((figure) => figure.what === what)?.median;
    const ways = ["sRGB 8-bit", "sRGB 16-bit", "ACEScct 8-bit", "ACEScct 16-bit", "how: plain", "how: acescct"];
    for (const way of ways) expect(stops(`${way}: p99.9 above 1`), way).toBeGreaterThanOrEqual(0);
    for (const mode of ["difference", "gain"])
      for (const where of ["p99.9 where the plate is at most 1", "median above 1", "p99.9 above 1"])
        expect(stops(`how: edit, ${mode}: ${where}`)).toBe(0);
    expect(stops("sRGB 16-bit: p99.9 above 1")).toBeGreaterThan(1);
    expect(stops("ACEScct 8-bit: p99.9 above 1")).toBeLessThan(0.05);
    expect(said(report).slice(-3)).toEqual([
      "plate to the model's codes",
      "every pixel's edit onto the plate",
      "round trip, measured",
    ]);
  });
});
