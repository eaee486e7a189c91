/** What a graph is fed as a clip: made once per chunk, of the same pictures as single frames, bounded, and of one size. */
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { createExec } from "../../daemon/adapters/exec.ts";
import { createFiles } from "../../daemon/adapters/files.ts";
import { splitArguments } from "../../daemon/domain/clip.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { PlateFrame } from "../../daemon/domain/plan.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { Exec, Images } from "../../daemon/ports.ts";
import { createFeedCache } from "../../daemon/stages/feedCache.ts";
import { absent } from "../fixtures/optionalTools.ts";
import { testStage } from "../fixtures/stageContext.ts";
import { tempDir } from "../fixtures/tempDir.ts";

function bench(dir: string, of: { readonly width?: (path: string) => number } = {}) {
  const made: string[] = [];
  let ids = 0;
  const images: Partial<Images> = {
    feed: async (plate, to) => {
      made.push(basename(plate));
      writeFileSync(to, `feed of ${basename(plate)}`, { flag: "wx" });
      return { width: of.width?.(basename(plate)) ?? 8, height: 4 };
    },
  };
  const exec: Exec = {
    run: async (command, args) => {
      made.push(command);
      const folder = (args[args.indexOf("-i") + 1] ?? "").replace("/%05d.png", "");
      const pictures = readdirSync(folder).sort();
      writeFileSync(args.at(-1) ?? "", pictures.map((name) => readFileSync(`${folder}/${name}`, "utf8")).join(", "));
      return { exitCode: 0, stdout: "", stderr: "", timedOut: false };
    },
  };
  const stage = testStage({ config: { stateDir: dir, roots: [{ name: "shows", linux: dir }] } });
  /** A plate on disk, as it was when it was accepted. */
  const frame = (n: number): PlateFrame => {
    const path = `${dir}/plate.${n}.png`;
    if (!existsSync(path)) writeFileSync(path, "x");
    const { size, mtimeNs, ino } = statSync(path, { bigint: true });
    return { frame: n, path, bytes: Number(size), mtimeNs: String(mtimeNs), ino: String(ino) };
  };
  const context: StageContext = {
    ...stage.context,
    files: createFiles(),
    world: {
      ...stage.context.world,
      images: images as Images,
      exec,
      ids: { uuid: () => String((ids += 1)), sortable: () => "", fraction: () => 0 },
    },
  };
  mkdirSync(`${dir}/scratch`);
  return { frame, feeds: createFeedCache(context), made, names: () => readdirSync(`${dir}/scratch`) };
}

describe("what a graph is fed", () => {
  it("is made once per frame, and a clip once per chunk, of the same pictures in order", async () => {
    using dir = tempDir();
    const { frame, feeds, made, names } = bench(dir.path);
    const chunk = [frame(1), frame(2), frame(3)];
    const [first, again] = [await feeds.clip(chunk, null), await feeds.clip(chunk, null)];
    expect(again).toEqual(first);
    expect(readFileSync(first.path, "utf8")).toBe("feed of plate.1.png, feed of plate.2.png, feed of plate.3.png");
    await feeds.clip([frame(3), frame(4)], null);
    expect(made).toEqual(["plate.1.png", "plate.2.png", "plate.3.png", "ffmpeg", "plate.4.png", "ffmpeg"]);
    // Of the way there nothing stays.
    expect(names().filter((name) => name.startsWith("frames-"))).toEqual([]);
  });

  it("is bounded: the oldest clips go with their files", async () => {
    using dir = tempDir();
    const { frame, feeds } = bench(dir.path);
    const clips: string[] = [];
    for (let n = 1; n <= LIMITS.clipsKeptMax + 2; n += 1) clips.push((await feeds.clip([frame(n)], null)).path);
    expect(clips.map((path) => existsSync(path))).toEqual([
      false,
      false,
      ...Array.from({ length: LIMITS.clipsKeptMax }, () => true),
    ]);
  });

  it("is refused for frames of different size, in words, and is not kept as a failure", async () => {
    using dir = tempDir();
    const { frame, feeds } = bench(dir.path, { width: (name) => (name === "plate.2.png" ? 16 : 8) });
    await expect(feeds.clip([frame(1), frame(2)], null)).rejects.toMatchObject({
      code: "HP-PLATE-FRAMES",
      message: "frame 2 is 16 x 4 px, the chunk's first one 8 x 4",
    });
    expect((await feeds.clip([frame(1)], null)).width).toBe(8);
  });
});

it("a video that is a playlist opens no file of this machine", async (ctx) => {
  const reason = absent("ffmpeg");
  if (reason !== null) return ctx.skip(reason);
  using dir = tempDir();
  const ffmpeg = (args: readonly string[]) => createExec().run("ffmpeg", args, { timeoutMs: 60_000 });
  const private_ = dir.file("private.ts");
  const paint = `-v error -f lavfi -i testsrc=size=64x48:rate=24 -frames:v 2 ${private_}`;
  expect((await ffmpeg(paint.split(" "))).exitCode).toBe(0);
  const list = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:1,", `file://${private_}`, "#EXT-X-ENDLIST", ""];
  writeFileSync(dir.file("video.mp4"), list.join("\n"));
  expect((await ffmpeg(splitArguments(dir.file("video.mp4"), { dir: dir.path, max: 5 }))).exitCode).not.toBe(0);
  expect(readdirSync(dir.path).toSorted()).toEqual(["private.ts", "video.mp4"]);
  return undefined;
});
