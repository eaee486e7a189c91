/** What checks keep of frames: kept by the look that decodes them anyway, read when all are there, made again when it can't be trusted. */
import { existsSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { judgeFrames, lackingTraces } from "../../../daemon/adapters/images/judgeSeries.ts";
import type { KeptTrace } from "../../../daemon/domain/qcTrace.ts";
import { readTraces, tracePrint, writeTraces } from "../../../daemon/adapters/images/traceFile.ts";
import type { SeriesFrame } from "../../../daemon/domain/qcRequest.ts";
import type { Check } from "../../../daemon/plugin.ts";
import type { InspectRequest } from "../../../daemon/ports.ts";
import { writePng } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const PLUGIN = `export default {
  apiVersion: 1, id: "studio.light", version: 1, scope: "sequence", needs: ["result"], limits: {},
  trace({ cells, resultFile }) {
    if (resultFile.frame === 13) throw new Error("unlucky");
    return { numbers: cells("result").luma, digest: "of " + resultFile.frame };
  },
  run({ series }) {
    const mean = ({ trace }) => trace.numbers.reduce((a, b) => a + b, 0) / trace.numbers.length;
    const measures = series.map((one) => ({ name: "light", value: mean(one), unit: "ratio", limit: null, frame: one.frame }));
    return { verdict: "pass", measures, message: series.map((one) => one.trace.digest).join(", ") };
  },
};`;
const SET = PLUGIN.replace("studio.light", "studio.set")
  .replace('"sequence"', '"set"')
  .replace(/message: [^}]*/, "message: series.map((one) => one.wedge + one.seed + one.axes.light).join() ");

const studio = tempDir();
const images = createImages({ scratchDir: null, checkFolders: [studio.path], workers: 1 });
beforeAll(() => {
  writeFileSync(studio.file("light.mjs"), PLUGIN);
  writeFileSync(studio.file("set.mjs"), SET);
});
afterAll(async () => {
  await images.close();
  studio[Symbol.dispose]();
});

const CHECKS = ["studio.light", "studio.set"].map((check) => ({ check, limits: {} }));

async function frame(
  dir: string,
  number: number,
  light = 0.5,
): Promise<InspectRequest & Pick<SeriesFrame["look"], "trace">> {
  const value = (x: number, y: number) => light * (0.5 + ((x * 7 + y * 3) % 11) / 22);
  const path = await writePng(dir, `a.${number}.png`, { width: 96, height: 64, channels: 3, bits: 16, value });
  return {
    path,
    bytes: statSync(path).size,
    frame: number,
    platePath: null,
    expected: { width: null, height: null, bitDepth: null, ignore: [] },
    checks: CHECKS,
    trace: { path: `${path}.trace`, scopes: ["sequence", "set"] },
  };
}

function series(looks: readonly (InspectRequest & Pick<SeriesFrame["look"], "trace">)[]): readonly SeriesFrame[] {
  return looks.map((look, index) => ({
    wedge: index + 1,
    frame: look.frame,
    seed: "7",
    axes: { light: "dawn" },
    look,
  }));
}

async function judged(looks: Parameters<typeof series>[0]) {
  const frames = looks.map((look) => look.frame);
  const seen = await images.inspectSequence({
    wanted: frames,
    present: frames,
    checks: CHECKS,
    series: series(looks),
  });
  return seen.findings.find((finding) => finding.check === "studio.light");
}

/** Other pixels under the same name, length and time: whoever decodes it again finds something else. */
function spoil({ path, bytes }: InspectRequest): void {
  const { mtime } = statSync(path);
  writeFileSync(path, Buffer.alloc(bytes));
  utimesSync(path, mtime, mtime);
}

describe("a check over frames", () => {
  it("that was broken when its job was accepted looks by the name of before, once it is mended", async () => {
    using dir = tempDir();
    const checks = [{ check: "plugin.light", limits: {} }];
    expect((await images.checks()).checks.find(({ id }) => id === "studio.light")?.standIns).toContain("plugin.light");
    const looks = [await frame(dir.path, 1001), await frame(dir.path, 1002)];
    const frames = [1001, 1002];
    const seen = await images.inspectSequence({ wanted: frames, present: frames, checks, series: series(looks) });
    expect(seen.findings).toMatchObject([{ check: "studio.light", verdict: "pass", message: "of 1001, of 1002" }]);
  });

  it("says error where pictures are there and none was handed to it: nobody looked", async () => {
    const checks = [{ check: "studio.light", limits: {} }];
    const seen = await images.inspectSequence({ wanted: [1, 2], present: [1, 2], checks, series: [] });
    expect(seen).toMatchObject({ verdict: "error", findings: [{ check: "studio.light", verdict: "error" }] });
    expect(seen.findings[0]?.message).toContain("nothing was kept of the 2 pictures that are there");
    const none = await images.inspectSequence({ wanted: [1, 2], present: [], checks, series: [] });
    expect(none.notApplied).toEqual([{ check: "studio.light", because: "there is no picture to look at" }]);
  });
});

describe("a frame's traces", () => {
  it("are kept by the look that decodes it, and nothing is decoded for its sequence again", async () => {
    using dir = tempDir();
    const looks = [await frame(dir.path, 1001, 0.2), await frame(dir.path, 1002, 0.8)];
    for (const look of looks) {
      utimesSync(look.path, 1_000, 1_000);
      await images.inspect(look);
      spoil(look);
    }
    const finding = await judged(looks);
    expect(finding).toMatchObject({ verdict: "pass", message: "of 1001, of 1002" });
    const [dark = 0, lit = 0] = finding?.measures.map((measure) => measure.value) ?? [];
    expect(lit).toBeGreaterThan(dark * 4);
    expect(finding?.measures.map((measure) => measure.frame)).toEqual([1001, 1002]);
  });

  it.each([
    ["missing", (path: string) => writeFileSync(path, "")],
    ["torn", (path: string) => truncateSync(path, statSync(path).size - 1)],
    ["turned over in one bit", (path: string) => flip(path)],
    ["somebody else's", (path: string) => writeFileSync(path, Buffer.alloc(10_000, 7))],
  ])("are made again when the file is %s", async (_what, harm) => {
    using dir = tempDir();
    const looks = [await frame(dir.path, 1001), await frame(dir.path, 1002)];
    for (const look of looks) await images.inspect(look);
    const whole = await judged(looks);
    harm(looks[1]?.trace.path ?? "");
    expect(await judged(looks)).toEqual(whole);
  });

  it("are made again when the picture is another one, or was looked at with another plate", async () => {
    using dir = tempDir();
    const [a, b] = [await frame(dir.path, 1001, 0.2), await frame(dir.path, 1002, 0.2)];
    for (const look of [a, b]) await images.inspect(look);
    const before = readFileSync(b.trace.path);
    await images.inspectSequence({
      wanted: [1001, 1002],
      present: [1001, 1002],
      checks: CHECKS,
      series: series([a, { ...b, platePath: a.path }]),
    });
    expect(readFileSync(b.trace.path).equals(before)).toBe(false);
  });

  it("that a check could not make are its error, and say at which frame and why", async () => {
    using dir = tempDir();
    const looks = [await frame(dir.path, 12), await frame(dir.path, 13)];
    for (const look of looks) expect((await images.inspect(look)).verdict).toBe("pass");
    expect(await judged(looks)).toMatchObject({
      verdict: "error",
      message: expect.stringMatching(/frame 13.*unlucky/) as string,
    });
  });

  it("are not written where nothing is asked for, and the picture that can't be read says so", async () => {
    using dir = tempDir();
    const look = await frame(dir.path, 1001);
    await images.inspect({ ...look, checks: [] });
    expect(existsSync(look.trace.path)).toBe(false);
    writeFileSync(look.path, "no picture");
    const broken = { ...look, bytes: 10 };
    await images.inspect(broken);
    const seen = await images.inspectSequence({
      wanted: [1001],
      present: [1001],
      checks: CHECKS,
      series: series([broken]),
    });
    expect(seen.notApplied).toEqual([
      { check: "studio.light", because: "the result has no readable pixels (see file.decodes)" },
    ]);
  });

  it("of one frame of every wedge are a set, with each wedge's seed and axes", async () => {
    using dir = tempDir();
    const looks = [await frame(dir.path, 1001), await frame(dir.path, 1002)];
    const seen = await images.inspectSet({ checks: CHECKS, series: series(looks) });
    expect(seen.findings).toMatchObject([{ check: "studio.set", verdict: "pass", message: "17dawn,27dawn" }]);
  });
});

function flip(path: string): void {
  const data = readFileSync(path);
  data[data.length >> 1] = (data[data.length >> 1] as number) ^ 1;
  writeFileSync(path, data);
}

describe("two thousand frames", () => {
  it("are looked at together, by two checks one after the other, without a picture being opened", async () => {
    using dir = tempDir();
    const held: number[] = [];
    const check = (id: string): Check => ({
      apiVersion: 1,
      id,
      version: 1,
      scope: "sequence",
      needs: ["result"],
      limits: {},
      trace: () => null,
      run: ({ series }) => {
        held.push((series ?? []).reduce((sum, { trace }) => sum + (trace?.numbers.length ?? 0), 0));
        return { verdict: "pass", measures: [{ name: "n", value: 1, unit: "count", limit: null }], message: "Fine." };
      },
    });
    const checks = [check("a.one"), check("a.two")];
    const frames = Array.from({ length: 2_000 }, (_, index) => {
      const path = dir.file(`${index}.png`);
      writeFileSync(path, "no picture");
      const look = {
        path,
        bytes: 10,
        frame: index,
        platePath: null,
        expected: { width: null, height: null, bitDepth: null, ignore: [] },
        trace: { path: `${path}.trace`, scopes: ["sequence"] as const },
      };
      const kept = { version: 1, because: null, problem: null };
      writeTraces(look.trace.path, tracePrint(look), [
        { ...kept, check: "a.one", trace: { numbers: new Float32Array(300) } },
        { ...kept, check: "a.two", trace: { numbers: new Float32Array(500) } },
      ]);
      return { wedge: 1, frame: index, seed: "1", axes: {}, look };
    });
    const wanted = frames.map(({ frame }) => frame);
    const request = {
      wanted,
      present: wanted,
      checks: checks.map(({ id }) => ({ check: id, limits: {} })),
      series: frames,
    };
    expect(lackingTraces(checks, "sequence", request)).toEqual([]);
    const programs = { answeredWhole: () => Promise.resolve(checks) };
    expect((await judgeFrames({ checks, programs }, request)).verdict).toBe("pass");
    expect(held).toEqual([600_000, 1_000_000]);
    // Of a check that changed since, each must be made again.
    const newer = [{ ...check("a.one"), version: 2 }, check("a.two")];
    expect(lackingTraces(newer, "sequence", request)).toHaveLength(2_000);
  });
});

describe("the file", () => {
  it("gives back what was put into it: numbers to the bit, NaN too, digests, and why there is none", () => {
    using dir = tempDir();
    const path = dir.file("a.trace");
    const numbers = Float32Array.of(1, Number.NaN, -0, 3e38, Number.POSITIVE_INFINITY);
    const kept = { version: 2, because: null, problem: null };
    writeTraces(path, "p", [
      { ...kept, check: "a.b", trace: { numbers, digest: "d" } },
      { ...kept, check: "a.c", trace: null, because: "there is no plate" },
      { ...kept, check: "a.d", trace: { numbers: new Float32Array(0) } },
    ]);
    const read = readTraces(path, "p");
    expect(read?.get("a.b")).toEqual({ ...kept, check: "a.b", trace: { numbers, digest: "d" } });
    expect(read?.get("a.c")).toMatchObject({ trace: null, because: "there is no plate" });
    expect(read?.get("a.d")?.trace?.numbers.length).toBe(0);
    expect(readTraces(path, "q")).toBeNull();
    expect(readTraces(dir.file("none.trace"), "p")).toBeNull();
  });

  it("of a release that kept other things is none: it is made again", () => {
    using dir = tempDir();
    const other = { check: "a.b", version: 2, because: null, problem: null, trace: null, more: 1 };
    writeTraces(dir.file("a.trace"), "p", [{ ...other, because: 7 } as unknown as KeptTrace]);
    expect(readTraces(dir.file("a.trace"), "p")).toBeNull();
  });

  it("names the picture as it is now: gone is ENOENT, and another time is another picture", async () => {
    using dir = tempDir();
    const look = await frame(dir.path, 1);
    const before = tracePrint(look);
    utimesSync(look.path, 5, 5);
    expect(tracePrint(look)).not.toBe(before);
    expect(() => tracePrint({ ...look, path: dir.file("none") })).toThrow("ENOENT");
  });
});
