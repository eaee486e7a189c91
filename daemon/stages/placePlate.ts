/**
 * The plate of one attempt, placed where its ComfyUI can load it: what a frame is fed as; of a chunk every frame of it, or one
 * lossless clip of them all. Names begin with the prompt's id, so that what an attempt placed is found again and removed.
 */
import { chunkFrames } from "../domain/chunks.ts";
import { HotplateError } from "../domain/errors.ts";
import type { PlateFrame, PlatePlan } from "../domain/plan.ts";
import type { Recipe } from "../domain/recipe.ts";
import type { Flight, SlotState } from "../live.ts";
import type { FeedColor } from "../ports.ts";
import { sameSize } from "./clips.ts";
import type { Feed, FeedCache } from "./feedCache.ts";
import { feedColor } from "./feedCache.ts";

export interface PlacedPlate {
  /** What the bound input holds. */
  readonly input: string;
  /** The further frames of a batch. */
  readonly more: readonly string[];
  readonly width: number;
  readonly height: number;
  /** How many frames are fed. */
  readonly frames: number;
}

export interface Placing {
  readonly slot: SlotState;
  readonly flight: Flight;
  readonly recipe: Pick<Recipe, "file">;
  readonly feeds: FeedCache | undefined;
}

/** null: the recipe takes no plate, or the manifest names none. */
export async function placePlate(of: Placing): Promise<PlacedPlate | null> {
  const { flight, slot, feeds } = of;
  const { plan, task, promptId } = flight;
  if (plan.plate === null) return null;
  if (feeds === undefined) throw new HotplateError("HP-INTERNAL", "no feed cache");
  const frames = chunkFrames(plan, task.frame).map((frame) => plateFrame(plan.plate as PlatePlan, frame));
  const color = feedColor(plan, "plate");
  if (plan.chunks?.how === "clip") return placeClip(of, { feeds, frames, color });
  const placed: string[] = [];
  let size: Feed | null = null;
  for (const [index, frame] of frames.entries()) {
    const feed = await feeds.feed(frame, color);
    size ??= feed;
    sameSize(size, feed, frame);
    const name = frames.length === 1 ? `${promptId}.png` : `${promptId}-${String(index + 1).padStart(4, "0")}.png`;
    placed.push(await slot.client.place(feed.path, name));
  }
  const [input, ...more] = placed;
  if (size === null || input === undefined)
    throw new HotplateError("HP-PLATE-FRAMES", `the plate has no frame ${task.frame}`);
  return { input, more, width: size.width, height: size.height, frames: frames.length };
}

async function placeClip(
  of: Placing,
  made: { readonly feeds: FeedCache; readonly frames: readonly PlateFrame[]; readonly color: FeedColor | null },
): Promise<PlacedPlate> {
  const { feeds, frames, color } = made;
  const { path, width, height } = await feeds.clip(frames, color);
  const input = await of.slot.client.place(path, `${of.flight.promptId}.mkv`);
  return { input, more: [], width, height, frames: frames.length };
}

function plateFrame(plate: PlatePlan, frame: number | null): PlateFrame {
  const found = frame === null ? plate.frames[0] : plate.frames.find((one) => one.frame === frame);
  if (found === undefined) throw new HotplateError("HP-PLATE-FRAMES", `the plate has no frame ${frame}`);
  return found;
}
