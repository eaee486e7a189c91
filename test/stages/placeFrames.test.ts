/** Frames on their way into a version, on the real disk: linked, blended, or unblended with the reason. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { HotplateError } from "../../daemon/domain/errors.ts";
import type { ChunkPlan } from "../../daemon/domain/plan.ts";
import type { Inspection } from "../../daemon/domain/qc.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { Images } from "../../daemon/ports.ts";
import { placeFrames } from "../../daemon/stages/placeFrames.ts";
import type { RecipeShelf } from "../../daemon/stages/recipeShelf.ts";
import type { StagedFile, StepRow, TaskRow } from "../../daemon/storePort.ts";
import { newJob } from "../contract/store.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { finding, inspection } from "../fixtures/versionFacts.ts";

const CHUNKS: ChunkPlan = { perTask: 2, overlap: 1, how: "batch", seam: "blend", short: "shift" };
const PASS = inspection(finding("file.decodes", "pass"));

/** Two chunks of frames 1-2 and 2-3, staged; the files hold who made them. */
function bench(dir: string, of: { readonly seen?: Inspection; readonly blend?: Images["blend"] } = {}) {
  const images: Partial<Images> = {
    blend:
      of.blend ??
      (async ({ earlier, later, part, to }) =>
        writeFileSync(to, `${readFileSync(earlier, "utf8")} + ${readFileSync(later, "utf8")} by ${part}`, {
          flag: "wx",
        })),
    finish: ({ returned, to }) => {
      copyFileSync(returned, to);
      return Promise.resolve({ width: 8, height: 4, channels: 3, bitDepth: 8, roundTrip: null, note: null });
    },
    inspect: () => Promise.resolve(of.seen ?? PASS),
  };
  const stage = testStage({ store: { storeId: () => Promise.resolve("store_a") } });
  const context: StageContext = {
    ...stage.context,
    files: createFiles(),
    world: { ...stage.context.world, images: images as Images },
  };
  mkdirSync(join(dir, "attempts"));
  mkdirSync(join(dir, "tree"));
  const put = (name: string, text: string): Pick<StagedFile, "path" | "sha256" | "bytes"> => {
    const path = join(dir, "attempts", name);
    writeFileSync(path, text);
    return { path, sha256: createHash("sha256").update(text).digest("hex"), bytes: text.length };
  };
  const task = (first: number): TaskRow => {
    const staged = [first, first + 1].map((frame): StagedFile => {
      const returned = frame === 2 ? { returned: put(`${first}.${frame}.returned.png`, `raw ${first}`) } : {};
      return { ...put(`${first}.${frame}.png`, `frame ${frame} of ${first}`), frame, ...returned };
    });
    const row = { id: `t${first}`, wedge: 1, frame: first, state: "committing", fence: first, show: "AGM", staged };
    return { ...row, inspection: PASS, failure: null } as unknown as TaskRow;
  };
  const plan = { ...newJob("job_a", { frames: [1, 2, 3], wedges: 1 }).plan.steps[0]!, chunks: CHUNKS };
  const step = { id: "job_a/1", version: 1, stagingDir: dir, plan } as unknown as StepRow;
  const shelf = { find: () => null } as unknown as RecipeShelf;
  const tasks = [task(1), task(2)];
  return {
    run: () => placeFrames(context, step, { tree: join(dir, "tree"), tasks, shelf }),
    text: (frame: number) => readFileSync(join(dir, `tree/SH010_job_a_v001.000${frame}.png`), "utf8"),
  };
}

describe("a frame that two chunks have", () => {
  it("is mixed of what came back, finished, looked at, and recorded with each one's part", async () => {
    using dir = tempDir();
    const { run, text } = bench(dir.path);
    const placed = await run();
    expect([1, 2, 3].map(text)).toEqual(["frame 1 of 1", "raw 1 + raw 2 by 0.5", "frame 3 of 2"]);
    expect(placed.files.map(({ frame, bytes }) => [frame, bytes])).toEqual([
      [1, 12],
      [2, 20],
      [3, 12],
    ]);
    expect(placed.files[1]).toMatchObject({ size: { width: 8, height: 4 } });
    expect(placed.frames[1]).toMatchObject({
      inspection: PASS,
      of: [
        { chunk: 1, share: 0.5 },
        { chunk: 2, share: 0.5 },
      ],
      unblended: null,
    });
    expect(readdirSync(dir.file("blended"))).toEqual([]);
  });

  it.each([
    [
      "QC would not pass the mix",
      { seen: inspection(finding("image.not_solid", "fail")) },
      "image.not_solid says fail",
    ],
    [
      "the pictures can't be mixed",
      { blend: () => Promise.reject(new HotplateError("HP-PLATE-KIND", "two kinds")) },
      "two kinds",
    ],
  ] as const)("is the earlier chunk's, with the reason, when %s", async (_what, given, why) => {
    using dir = tempDir();
    const { run, text } = bench(dir.path, given);
    const placed = await run();
    expect(text(2)).toBe("frame 2 of 1");
    expect(placed.frames[1]).toMatchObject({ of: [], unblended: why, inspection: PASS });
    expect(placed.lost).toEqual([]);
  });

  it("is mixed in spite of a worker that broke once, over what it left half done", async () => {
    using dir = tempDir();
    let broke = 0;
    const { run, text } = bench(dir.path, {
      blend: async ({ to }) => {
        broke += 1;
        if (broke === 1) {
          writeFileSync(to, "half");
          throw new HotplateError("HP-IMAGE-WORKER", "it died");
        }
        writeFileSync(to, "mixed", { flag: "wx" });
      },
    });
    expect((await run()).frames[1]?.unblended).toBeNull();
    expect(text(2)).toBe("mixed");
  });

  it("of which one file is gone or changed sends that chunk, and no other, to be made again", async () => {
    using dir = tempDir();
    const { run } = bench(dir.path);
    writeFileSync(dir.file("attempts/2.2.returned.png"), "torn");
    expect((await run()).lost).toEqual([{ taskId: "t2", fence: 2 }]);
  });

  it("waits for a disk that fails: that is no fault of the pictures", async () => {
    using dir = tempDir();
    const full = Object.assign(new Error("full"), { code: "ENOSPC" });
    await expect(bench(dir.path, { blend: () => Promise.reject(full) }).run()).rejects.toThrow("full");
  });
});
