/**
 * What the graph is fed (an explicitly named sRGB PNG made from the plate by its colour plan), made once per plate frame and
 * plan and kept in scratch: 200 wedges of one plate decode it once. Scratch is ours, on a local disk, bounded, and emptied
 * at start.
 */
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { PlateFrame, StepPlan } from "../domain/plan.ts";
import { ignore } from "../durable.ts";
import type { FeedColor } from "../ports.ts";
import type { StageContext } from "../live.ts";

export interface Feed {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}
export interface FeedCache {
  /** `color` null: code values as they are. */
  feed(frame: PlateFrame, color: FeedColor | null): Promise<Feed>;
}

export function scratchDir(stateDir: string): string {
  return joinPath(stateDir, "scratch");
}

export function createFeedCache(context: StageContext): FeedCache {
  const feeds = new Map<string, Promise<Feed>>();
  const { world, files } = context;

  async function make(frame: PlateFrame, color: FeedColor | null): Promise<Feed> {
    const path = joinPath(scratchDir(world.config.stateDir), `feed-${world.ids.uuid()}.png`);
    const size = await world.images.feed(frame.path, path, color);
    return { path, ...size };
  }

  async function dropOldest(): Promise<void> {
    for (const [key, feed] of feeds) {
      if (feeds.size <= LIMITS.feedsKeptMax) return;
      feeds.delete(key);
      // A failed one has no file; one in use was already placed or is made again under a new name.
      const made = await feed.catch(() => null);
      if (made !== null) await files.unlink(made.path).catch(ignore("ENOENT"));
    }
  }

  return {
    async feed(frame, color) {
      const key = JSON.stringify([frame.path, frame.mtimeNs, frame.bytes, color]);
      const kept = feeds.get(key);
      if (kept !== undefined) return kept;
      const made = make(frame, color);
      feeds.set(key, made);
      made.catch(() => feeds.delete(key));
      await dropOldest();
      return made;
    },
  };
}

/** By the plan; null where it knows no plate: code values as they are. */
export function feedColor({ color, plate }: Pick<StepPlan, "color" | "plate">, of: FeedColor["of"]): FeedColor | null {
  return color.plate === null ? null : { plan: color, of, reference: plate?.frames[0]?.path ?? null };
}
