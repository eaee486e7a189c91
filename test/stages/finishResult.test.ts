/** The way of a result from ComfyUI into staging, on the real disk: nothing torn is kept, nothing of the way stays behind. */
import { copyFileSync, constants, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { HotplateError } from "../../daemon/domain/errors.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { Flight, StageContext } from "../../daemon/live.ts";
import type { FinishRequest, Images } from "../../daemon/ports.ts";
import { finishResult, NoResult } from "../../daemon/stages/finishResult.ts";
import type { StepRow } from "../../daemon/storePort.ts";
import { newJob } from "../contract/store.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { tempDir } from "../fixtures/tempDir.ts";

function bench(staging: string, finish?: Images["finish"]) {
  const asked: FinishRequest[] = [];
  const images: Partial<Images> = {
    finish:
      finish ??
      ((request) => {
        asked.push(request);
        copyFileSync(request.returned, request.to, constants.COPYFILE_EXCL);
        return Promise.resolve({ width: 8, height: 8, channels: 3, bitDepth: 8, roundTrip: null, note: null });
      }),
  };
  const stage = testStage({
    config: { roots: [{ name: "all", linux: "/" }] },
    client: {},
    store: { storeId: () => Promise.resolve("store_a") },
  });
  const context: StageContext = {
    ...stage.context,
    files: createFiles(),
    world: { ...stage.context.world, images: images as Images },
  };
  const flight = {
    fence: 7,
    task: { wedge: 2, frame: 1001, show: "AGM" },
    plan: newJob("job_a").plan.steps[0],
    finishTries: 0,
  } as unknown as Flight;
  mkdirSync(`${staging}/attempts`);
  const step = { id: "job_a/1", version: 12, stagingDir: staging } as unknown as StepRow & { stagingDir: string };
  const get = async (to: string): Promise<void> => writeFileSync(to, "what came back", { flag: "wx" });
  const filename = "x_00001_.webp";
  return {
    asked,
    flight,
    run: (keep = false) => finishResult(context, { flight, filename, get, frame: 1001, step, keep, simulated: false }),
    names: () => readdirSync(`${staging}/attempts`).sort(),
  };
}

describe("a result on its way into staging", () => {
  it("is fetched under a name of its own, finished into the published frame, and only that stays", async () => {
    using dir = tempDir();
    const { run, asked, names } = bench(dir.path);
    const file = await run();
    expect(file).toMatchObject({
      path: dir.file("attempts/w2.1001-7.png"),
      bytes: 14,
      frame: 1001,
      finished: { width: 8, bitDepth: 8 },
    });
    expect(asked[0]).toMatchObject({
      returned: dir.file("attempts/w2.1001-7.returned.webp"),
      format: { kind: "png" },
      embed: {
        digitalSourceType: expect.stringMatching(/^http:\/\/cv\.iptc\.org\//),
        assetRef: expect.stringMatching(/^hotplate:\/\/AGM\/s\/\w+\/v012\/w002$/),
        assetId: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8/),
      },
    });
    expect(names()).toEqual(["w2.1001-7.png"]);
  });

  it("is finished by its colour plan: the mask's own file, the plate's first frame, whether it is simulated", async () => {
    using dir = tempDir();
    const { run, flight, asked } = bench(dir.path);
    const mask = { from: "matte", channel: "red", invert: false, feather: 8 } as const;
    const frame = { frame: 1000, path: "/shows/p.1000.png", bytes: 1, mtimeNs: "1", ino: "1" };
    const wedge = { ...flight.plan.wedges[0]!, index: 2, parameters: { matte: "/shows/matte.png" } };
    const color = { ...flight.plan.color, mask };
    const plan = { ...flight.plan, color, plate: { frames: [frame] }, wedges: [wedge, wedge] };
    Object.assign(flight, { plan });
    await run();
    expect(asked[0]).toMatchObject({ mask: "/shows/matte.png", reference: frame.path, simulated: false, color });
    Object.assign(flight, { plan: { ...plan, color: { ...color, mask: { ...mask, from: "plate" } } } });
    await run();
    expect(asked[1]?.mask).toBeNull();
  });

  it("of a frame that another chunk has, too, is kept beside it as it came back", async () => {
    using dir = tempDir();
    const { run, names } = bench(dir.path);
    const file = await run(true);
    expect(file.returned).toMatchObject({ path: dir.file("attempts/w2.1001-7.returned.webp"), bytes: 14 });
    expect(names()).toEqual(["w2.1001-7.png", "w2.1001-7.returned.webp"]);
  });

  it("is made anew where a crash left torn files of this very attempt", async () => {
    using dir = tempDir();
    const { run, names } = bench(dir.path);
    writeFileSync(dir.file("attempts/w2.1001-7.returned.webp"), "wha");
    writeFileSync(dir.file("attempts/w2.1001-7.png"), "");
    await run();
    expect(readFileSync(dir.file("attempts/w2.1001-7.png"), "utf8")).toBe("what came back");
    expect(names()).toEqual(["w2.1001-7.png"]);
  });

  it("that no reader can read is no result, and the words say why", async () => {
    using dir = tempDir();
    const broken = new HotplateError("HP-PLATE-KIND", "a movie can't be read yet");
    const { run } = bench(dir.path, () => Promise.reject(broken));
    const failed = await run().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(NoResult);
    expect(String(failed)).toContain("x_00001_.webp can't be published: a movie can't be read yet");
    expect(existsSync(dir.file("attempts/w2.1001-7.png"))).toBe(false);
  });

  it("over which image workers break is tried again a bounded number of times, a full disk without bound", async () => {
    using dir = tempDir();
    const died = new HotplateError("HP-IMAGE-WORKER", "it died");
    const breaking = bench(dir.path, () => Promise.reject(died));
    const failures: unknown[] = [];
    for (let i = 0; i < LIMITS.finishTriesMax; i += 1) failures.push(await breaking.run().catch((e: unknown) => e));
    expect(failures.slice(0, -1)).toEqual(Array.from({ length: LIMITS.finishTriesMax - 1 }, () => died));
    expect(failures.at(-1)).toBeInstanceOf(NoResult);
    using third = tempDir();
    const tool = new HotplateError("HP-COLOR-TOOL", "oiiotool is not installed here");
    const without = bench(third.path, () => Promise.reject(tool));
    for (let i = 1; i < LIMITS.finishTriesMax; i += 1) await expect(without.run()).rejects.toBe(tool);
    await expect(without.run()).rejects.toThrow(NoResult);
    using other = tempDir();
    const full = bench(other.path, () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })));
    for (let i = 0; i < LIMITS.finishTriesMax + 2; i += 1) await expect(full.run()).rejects.toThrow("full");
    expect(full.flight.finishTries).toBe(0);
  });

  it("of a plate that changed meanwhile is refused; one that is away is waited for", async () => {
    using dir = tempDir();
    const { run, flight, asked } = bench(dir.path);
    writeFileSync(dir.file("plate.exr"), "the plate");
    const { mtimeNs } = await createFiles().stat(dir.file("plate.exr"));
    const frame = { frame: 1001, path: dir.file("plate.exr"), bytes: 9, mtimeNs, ino: "1" };
    const format = { kind: "exr", type: "half", compression: "zip" } as const;
    const planned = (of: typeof frame) =>
      Object.assign(flight, { plan: { ...flight.plan, plate: { frames: [of] }, output: { format } } });
    planned(frame);
    expect(await run()).toMatchObject({ path: dir.file("attempts/w2.1001-7.exr") });
    expect(asked[0]?.plate).toEqual({ path: frame.path, frame: 1001 });
    planned({ ...frame, bytes: 8 });
    await expect(run()).rejects.toMatchObject({ name: "HotplateError", code: "HP-PLATE-CHANGED" });
    planned({ ...frame, path: dir.file("away.exr") });
    await expect(run()).rejects.toMatchObject({ name: "PlateUnsettled", code: "HP-PLATE-GONE" });
  });
});
