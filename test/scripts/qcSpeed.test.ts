/** The bench of speed runs and gives its figures, and its tables go where they belong; nothing here says how fast anything is. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { peers } from "../../scripts/bench/qc/speedPeers.ts";
import type { SpeedRun } from "../../scripts/bench/qc/speedTable.ts";
import { speedTables, withSpeed } from "../../scripts/bench/qc/speedTable.ts";
import { REPOSITORY } from "../fixtures/sources.ts";

const FILES = { dir: "x", width: 4096, height: 2160, frames: 10, mask: "x/mask.png" };
const EMPTY: SpeedRun = {
  profile: "plate_preserving",
  width: 4000,
  height: 2000,
  machine: { cpu: "a", cores: 2, memoryGiB: 4, node: "v24", loadAtStart: 1, loadAtEnd: 2 },
  note: "short",
  plain: [],
  masked: [],
  peers: null,
  batches: { plain: [], masked: [] },
  variations: null,
};

async function bench(only: string): Promise<SpeedRun> {
  const args = ["scripts/bench/qc/speed.ts", "--quick", "--json", "--only", only];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: REPOSITORY });
  return JSON.parse(stdout) as SpeedRun;
}

describe("the bench of speed", () => {
  it("inspects with and without a mask, and many variations, by the real workers", async () => {
    const { plain, masked, variations } = await bench("whole,variations");
    for (const rounds of [plain, masked])
      for (const name of ["decode both", "whole inspection", "plate.structure"])
        expect(rounds[0]?.cpuMs[name]).toBeGreaterThan(0);
    expect(masked[0]?.cpuMs["mask.preserved"]).toBeGreaterThanOrEqual(0);
    expect(masked[0]?.verdict).toBe("pass");
    expect(masked[0]?.cpuMs["decode the mask"]).toBeGreaterThan(0);
    expect(plain[0]?.cpuMs["mask.preserved"]).toBeUndefined();
    expect(variations?.verdicts).toEqual({ pass: 6 });
    expect(variations?.peakMiB.length).toBeGreaterThanOrEqual(2);
  });

  it("times every tool that is installed beside us, and names the others", async (ctx) => {
    if (spawnSync("sh", ["-c", "command -v /usr/bin/time"]).status !== 0)
      return ctx.skip("/usr/bin/time is not installed (Debian: time)");
    const { peers: seen, batches } = await bench("peers");
    expect(seen?.map(({ peer }) => peer.name)).toEqual(peers(FILES).map(({ name }) => name));
    for (const { installed, costs, floors } of seen ?? [])
      expect([costs.length, floors.length]).toEqual(installed ? [1, 1] : [0, 0]);
    expect(batches.masked).toHaveLength(1);
    return undefined;
  });
});

describe("the tables of the bench of speed", () => {
  it("say that an aim is missed where it is, by the medians", () => {
    const round = (whole: number) => ({
      cpuMs: { "decode both": 100, "whole inspection": whole },
      verdict: "pass",
      peakMiB: 1,
    });
    const withMask = [136, 137, 138].map(round).map(({ cpuMs, ...rest }) => ({
      ...rest,
      cpuMs: { ...cpuMs, "decode the mask": 4 },
    }));
    const table = speedTables({ ...EMPTY, plain: [130, 134, 190].map(round), masked: withMask });
    const lines = table.get("whole")?.split("\n") ?? [];
    expect(lines[0]).toBe("a, 2 cores, 4 GiB, Node v24; load 1 at the start, 2 at the end; n 3. **short**");
    expect(lines[4]).toBe(
      "| no mask | 100 (100-100) | 134 (130-190) | 1.34 (1.30-1.90) | <= 1.35: met |  | 60 | pass |",
    );
    expect(lines[5]).toContain("1.37 (1.36-1.38) | <= 1.35: missed | 1.32 |");
  });

  it("name a tool that is not installed, and take the decoding off the time of one that is", () => {
    const [first, second] = peers(FILES);
    if (first === undefined || second === undefined) throw new Error("there are no peers");
    const rounds = [{ cpuMs: { "mask.preserved": 10 }, verdict: "pass", peakMiB: 1 }];
    const seen = [
      { peer: first, installed: false, costs: [], floors: [] },
      { peer: second, installed: true, costs: [{ cpuMs: 500, peakMiB: 64 }], floors: [{ cpuMs: 400, peakMiB: 60 }] },
    ];
    const table = speedTables({ ...EMPTY, masked: rounds, peers: seen }).get("peers") ?? "";
    expect(table).toContain("| idiff | not installed (Debian: openimageio-tools) |");
    expect(table).toContain(
      "| oiiotool --diff | 10 | 500 (500-500) | 16 | 64 | 400 (400-400) | 100 | 10.0 | 0.10 (<= 1/3: met) |",
    );
  });

  it("have a place in the page, each its own", () => {
    const page = readFileSync("docs/benchmarks.md", "utf8");
    const names = ["whole", "peers", "variations"];
    const written = withSpeed(page, new Map(names.map((name) => [name, `of ${name}`])));
    for (const name of names) expect(written).toContain(`\nof ${name}\n<!-- end of speed ${name} -->`);
    expect(() => withSpeed("a page", new Map([["whole", "x"]]))).toThrow("the page has no <!-- speed whole");
  });
});
