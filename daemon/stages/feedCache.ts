/**
 * What the graph is fed (an explicitly named sRGB PNG made from the plate by its colour plan), made once per plate frame and
 * plan and kept in scratch: 200 wedges of one plate decode it once. A chunk's clip is made once, too, of the same pictures.
 */
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { PlateFrame, StepPlan } from "../domain/plan.ts";
import { ignore } from "../durable.ts";
import type { FeedColor } from "../ports.ts";
import type { StageContext } from "../live.ts";
import { makeClip } from "./clips.ts";
import { scratchDir } from "./scratch.ts";
import { acceptedPlate, readPlate } from "./plateGuard.ts";

export interface Feed {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}
export interface FeedCache {
  /** `color` null: code values as they are. */
  feed(frame: PlateFrame, color: FeedColor | null): Promise<Feed>;
  /** The frames of a chunk as one lossless video file, made of their feeds. Sizes must be equal (HP-PLATE-FRAMES). */
  clip(frames: readonly PlateFrame[], color: FeedColor | null): Promise<Feed>;
}

export function createFeedCache(context: StageContext): FeedCache {
  const { world } = context;
  const scratch = (kind: string, extension: string): string =>
    joinPath(scratchDir(world.config.stateDir), `${kind}-${world.ids.uuid()}.${extension}`);
  const feeds = keeper(context, LIMITS.feedsKeptMax);
  const clips = keeper(context, LIMITS.clipsKeptMax);
  // What is kept was drawn from the plate that was accepted; that it still lies there is asked for each task.
  const still = async (frames: readonly PlateFrame[]): Promise<void> => {
    for (const frame of frames) await acceptedPlate(context, frame);
  };
  const feed: FeedCache["feed"] = (frame, color) =>
    feeds(JSON.stringify([keyOf(frame), color]), {
      make: () => draw(context, { frame, color, to: scratch("feed", "png") }),
      still: () => still([frame]),
    });
  return {
    feed,
    clip: (frames, color) =>
      clips(JSON.stringify([frames.map(keyOf), color]), {
        make: () => makeClip(context, { feed: (frame) => feed(frame, color), frames, to: scratch("clip", "mkv") }),
        still: () => still(frames),
      }),
  };
}

async function draw(
  context: StageContext,
  of: { readonly frame: PlateFrame; readonly color: FeedColor | null; readonly to: string },
): Promise<Feed> {
  const { frame, color, to } = of;
  let drawn = false;
  const remove = (): Promise<void> => context.files.unlink(to).catch(ignore("ENOENT"));
  try {
    const size = await readPlate(context, frame, async () => {
      // The first try drew it from a plate that changed meanwhile.
      if (drawn) await remove();
      drawn = true;
      return context.world.images.feed(frame.path, to, color);
    });
    return { path: to, ...size };
  } catch (error) {
    if (drawn) await remove();
    throw error;
  }
}

function keyOf(frame: PlateFrame): readonly unknown[] {
  return [frame.path, frame.mtimeNs, frame.bytes];
}

interface Making {
  readonly make: () => Promise<Feed>;
  /** Throws when what is kept may not be used any more. */
  readonly still: () => Promise<void>;
}

/** Made once and kept, at most `max` of them; the oldest goes with its file. */
function keeper(context: StageContext, max: number): (key: string, of: Making) => Promise<Feed> {
  const all = new Map<string, Promise<Feed>>();

  async function dropOldest(): Promise<void> {
    for (const [key, feed] of all) {
      if (all.size <= max) return;
      all.delete(key);
      // A failed one has no file; one in use was already placed or is made again under a new name.
      const made = await feed.catch(() => null);
      if (made !== null) await context.files.unlink(made.path).catch(ignore("ENOENT"));
    }
  }

  return async (key, { make, still }) => {
    const kept = all.get(key);
    if (kept !== undefined) {
      await still();
      return kept;
    }
    const made = make();
    all.set(key, made);
    made.catch(() => all.delete(key));
    await dropOldest();
    return made;
  };
}

/** By the plan; null where it knows no plate: code values as they are. */
export function feedColor({ color, plate }: Pick<StepPlan, "color" | "plate">, of: FeedColor["of"]): FeedColor | null {
  return color.plate === null ? null : { plan: color, of, reference: plate?.frames[0]?.path ?? null };
}
