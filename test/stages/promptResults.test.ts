/** What a prompt gave back becomes the frames that were fed, in order; a wrong number of them is a failure with its own code. */
import { copyFileSync, constants, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import type { ChunkPlan } from "../../daemon/domain/plan.ts";
import type { Flight, SlotState, StageContext } from "../../daemon/live.ts";
import type { ComfyOutput, ComfySlot, Exec, Images } from "../../daemon/ports.ts";
import { NoResult } from "../../daemon/stages/finishResult.ts";
import { promptResults } from "../../daemon/stages/promptResults.ts";
import type { StepRow } from "../../daemon/storePort.ts";
import { newJob } from "../contract/store.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const FRAMES = [1001, 1002, 1003, 1004, 1005, 1006];
const CHUNKS: ChunkPlan = { perTask: 4, overlap: 2, how: "batch", seam: "blend", short: "shift" };

/** `first`: the chunk; its pictures hold their own names. */
function bench(
  dir: string,
  of: { readonly first: number; readonly chunks?: Partial<ChunkPlan>; readonly exec?: Exec },
) {
  const images: Partial<Images> = {
    finish: (request) => {
      copyFileSync(request.returned, request.to, constants.COPYFILE_EXCL);
      return Promise.resolve({ width: 8, height: 8, channels: 3, bitDepth: 8, roundTrip: null, note: null });
    },
  };
  const client: Partial<ComfySlot> = {
    fetch: async (output, to) => writeFileSync(to, output.filename, { flag: "wx" }),
  };
  const stage = testStage({ client, store: { storeId: () => Promise.resolve("store_a") }, config: { stateDir: dir } });
  const context: StageContext = {
    ...stage.context,
    files: createFiles(),
    world: {
      ...stage.context.world,
      images: images as Images,
      ids: { uuid: () => "one", sortable: () => "", fraction: () => 0 },
      ...(of.exec === undefined ? {} : { exec: of.exec }),
    },
  };
  const step = { ...newJob("job_a").plan.steps[0], frames: FRAMES, chunks: { ...CHUNKS, ...of.chunks } };
  const task = { wedge: 1, frame: of.first, show: "AGM" };
  const flight = { fence: 7, promptId: "p1", task, plan: step, finishTries: 0 } as unknown as Flight;
  mkdirSync(join(dir, "attempts"));
  mkdirSync(join(dir, "scratch"));
  const row = { id: "job_a/1", version: 1, stagingDir: dir } as unknown as StepRow & { stagingDir: string };
  const slot = stage.live.slots.get("gpu0") as SlotState;
  return (outputs: readonly ComfyOutput[]) =>
    promptResults(context, slot, { simulated: false, flight, step: row, outputs });
}

const output = (filename: string, type: ComfyOutput["type"] = "output"): ComfyOutput => ({
  node: "9",
  filename,
  subfolder: "hotplate",
  type,
});
const pictures = (count: number): readonly ComfyOutput[] =>
  Array.from({ length: count }, (_, n) => output(`p1_0000${n + 1}_.png`));

describe("what a prompt gave back", () => {
  it("is staged frame by frame under each frame's own number; shared frames are kept as they came back, too", async () => {
    using dir = tempDir();
    const files = await bench(dir.path, { first: 1003 })(pictures(4));
    expect(files.map(({ frame, path }) => [frame, readFileSync(path, "utf8")])).toEqual([
      [1003, "p1_00001_.png"],
      [1004, "p1_00002_.png"],
      [1005, "p1_00003_.png"],
      [1006, "p1_00004_.png"],
    ]);
    expect(files.map((file) => file.returned !== undefined)).toEqual([true, true, false, false]);
  });

  it("leaves out what was fed as context only, and what other graph nodes saved", async () => {
    using dir = tempDir();
    // 1001-1004 and, filled up, 1002-1005 with 1004 and 1005 of its own.
    const run = bench(dir.path, { first: 1003, chunks: { overlap: 1 } });
    const others = [output("p1-x1_00001_.png"), output("tmp_00001_.png", "temp")];
    const files = await run([...others, ...pictures(4)]);
    expect(files.map(({ frame }) => frame)).toEqual([1004, 1005, 1006]);
    expect(readFileSync(files[0]?.path ?? "", "utf8")).toBe("p1_00002_.png");
  });

  it.each([
    [3, "4 frames were fed, 3 came back"],
    [5, "4 frames were fed, more came back"],
    [9, "4 frames were fed, 9 came back"],
  ])("is refused as HP-COMFY-FRAMES when it is %i pictures instead of four", async (count, words) => {
    using dir = tempDir();
    const failed = await bench(dir.path, { first: 1001 })(pictures(count)).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(NoResult);
    expect(failed).toMatchObject({ code: "HP-COMFY-FRAMES", class: "bad_graph", message: words });
    expect(readdirSync(dir.file("attempts"))).toEqual([]);
  });

  it("is taken apart by ffmpeg when it is one video; scratch is empty after that", async () => {
    using dir = tempDir();
    const asked: (readonly string[])[] = [];
    const exec: Exec = {
      run: (command, args) => {
        asked.push([command, ...args]);
        const pattern = args.at(-1) ?? "";
        for (let n = 1; n <= 4; n += 1) writeFileSync(pattern.replace("%05d", `0000${n}`), `picture ${n}`);
        return Promise.resolve({ exitCode: 0, stdout: "", stderr: "", timedOut: false });
      },
    };
    const files = await bench(dir.path, { first: 1001, exec })([output("p1_00001_.mp4")]);
    expect(files.map(({ frame, path }) => [frame, readFileSync(path, "utf8")])).toEqual([
      [1001, "picture 1"],
      [1002, "picture 2"],
      [1003, "picture 3"],
      [1004, "picture 4"],
    ]);
    expect(files.every(({ path }) => path.endsWith(".png"))).toBe(true);
    expect(asked[0]).toEqual(expect.arrayContaining(["ffmpeg", "-protocol_whitelist", "file", "-frames:v", "5"]));
    expect(readdirSync(dir.file("scratch"))).toEqual([]);
  });

  it("that is a video on a node without ffmpeg fails as HP-FFMPEG, with the package to install", async () => {
    using dir = tempDir();
    const exec: Exec = { run: () => Promise.reject(Object.assign(new Error("spawn"), { code: "ENOENT" })) };
    const failed = await bench(dir.path, { first: 1001, exec })([output("p1_00001_.webm")]).catch((e: unknown) => e);
    expect(failed).toMatchObject({
      code: "HP-FFMPEG",
      class: "output",
      message: expect.stringContaining("no ffmpeg") as string,
    });
    const broken: Exec = {
      run: () => Promise.resolve({ exitCode: 1, stdout: "", stderr: "Invalid data found\n", timedOut: false }),
    };
    using other = tempDir();
    const run = bench(other.path, { first: 1001, exec: broken });
    await expect(run([output("p1_00001_.webm")])).rejects.toThrow("ffmpeg could not do its work: Invalid data found");
    expect(readdirSync(other.file("scratch"))).toEqual([]);
  });
});
