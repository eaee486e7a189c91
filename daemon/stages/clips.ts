/** Videos on the way to ComfyUI and back, made and taken apart by ffmpeg in scratch; a chunk's own folder goes when it is done. */
import { clipArguments, clipPictureName, splitArguments } from "../domain/clip.ts";
import { HotplateError, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { PlateFrame } from "../domain/plan.ts";
import type { StageContext } from "../live.ts";
import type { Feed } from "./feedCache.ts";
import { scratchDir } from "./scratch.ts";

/** A lossless clip of what the frames are fed as, at `to`. */
export async function makeClip(
  context: StageContext,
  of: {
    readonly feed: (frame: PlateFrame) => Promise<Feed>;
    readonly frames: readonly PlateFrame[];
    readonly to: string;
  },
): Promise<Feed> {
  return inFolder(context, "frames", async (dir) => {
    let size: Feed | null = null;
    for (const [index, frame] of of.frames.entries()) {
      const feed = await of.feed(frame);
      size ??= feed;
      sameSize(size, feed, frame);
      // At once, for the cache may give up a feed that nobody asked for lately.
      await context.files.link(feed.path, joinPath(dir, clipPictureName(index + 1)));
    }
    if (size === null) throw new HotplateError("HP-INTERNAL", "a clip without frames");
    await ffmpeg(context, clipArguments(dir, of.to));
    return { ...size, path: of.to };
  });
}

/** Frames of one chunk become one batch: a graph can't take them in two sizes. */
export function sameSize(first: Feed, other: Feed, frame: PlateFrame): void {
  if (first.width === other.width && first.height === other.height) return;
  throw new HotplateError(
    "HP-PLATE-FRAMES",
    `frame ${frame.frame} is ${other.width} x ${other.height} px, the chunk's first one ${first.width} x ${first.height}`,
  );
}

/** The video that `get` writes, as pictures in order, handed to `use`; at most `max` of them are taken out. */
export async function withPictures<T>(
  context: StageContext,
  of: { readonly extension: string; readonly max: number; readonly get: (to: string) => Promise<void> },
  use: (pictures: readonly string[]) => Promise<T>,
): Promise<T> {
  return inFolder(context, "split", async (dir) => {
    const video = joinPath(dir, `video.${of.extension}`);
    await of.get(video);
    await ffmpeg(context, splitArguments(video, { dir, max: of.max }));
    const names = (await context.files.list(dir, of.max + 2)).map((entry) => entry.name);
    const pictures = names.filter((name) => name.endsWith(".png")).sort();
    return use(pictures.map((name) => joinPath(dir, name)));
  });
}

async function inFolder<T>(context: StageContext, kind: string, use: (dir: string) => Promise<T>): Promise<T> {
  const { world, files } = context;
  const dir = joinPath(scratchDir(world.config.stateDir), `${kind}-${world.ids.uuid()}`);
  await files.mkdir(dir);
  try {
    return await use(dir);
  } finally {
    await files.removeTree(dir);
  }
}

async function ffmpeg(context: StageContext, args: readonly string[]): Promise<void> {
  const answer = await context.world.exec.run("ffmpeg", args, { timeoutMs: LIMITS.clipMs }).catch((error: unknown) => {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "EACCES")
      throw new HotplateError("HP-FFMPEG", "This node has no ffmpeg, and the recipe works on video files.");
    throw error;
  });
  if (answer.exitCode === 0) return;
  const said = answer.timedOut ? `it took longer than ${LIMITS.clipMs / 1000} s` : answer.stderr.trim().slice(0, 400);
  throw new HotplateError("HP-FFMPEG", `ffmpeg could not do its work: ${said || `exit code ${answer.exitCode}`}`);
}
