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
import { acceptedPlate, readPlate } from "./plateGuard.ts";

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
    let drawn = false;
    const remove = (): Promise<void> => files.unlink(path).catch(ignore("ENOENT"));
    try {
      const size = await readPlate(context, frame, async () => {
        // The first try drew it from a plate that changed meanwhile.
        if (drawn) await remove();
        drawn = true;
        return world.images.feed(frame.path, path, color);
      });
      return { path, ...size };
    } catch (error) {
      if (drawn) await remove();
      throw error;
    }
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
      // What is kept was drawn from the plate that was accepted; that it still lies there is asked for each task.
      if (kept !== undefined) {
        await acceptedPlate(context, frame);
        return kept;
      }
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
