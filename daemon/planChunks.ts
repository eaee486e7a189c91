/** Frames together, as a recipe asks for them, over the frames of one plate: the plan's part of it, and what to say aloud. */
import { chunksOf } from "./domain/chunks.ts";
import { formatFrames } from "./domain/frames.ts";
import type { ChunkPlan, PlatePlan, StepPlan } from "./domain/plan.ts";
import type { RecipeFile } from "./domain/recipe.ts";
import type { Finding } from "./planFinding.ts";

/** null: every frame is a task of its own. */
export function chunkPlan(recipe: Pick<RecipeFile, "frames"> | null, plate: PlatePlan | null): ChunkPlan | null {
  if (recipe?.frames === undefined || plate === null) return null;
  const { perTask, overlap, how, seam, short } = recipe.frames;
  return { perTask, overlap, how, seam, short };
}

/** A frame with no neighbour beside it is made alone: legal, and hardly ever meant. */
export function loneFrames(
  recipe: Pick<RecipeFile, "name"> | null,
  step: Pick<StepPlan, "frames" | "chunks">,
): readonly Finding[] {
  const { chunks } = step;
  if (recipe === null || chunks === undefined || chunks === null) return [];
  const lone = chunksOf(step).flatMap(({ fed, first }) => (fed.length === 1 && first !== null ? [first] : []));
  if (lone.length === 0) return [];
  const frames = formatFrames(lone);
  return [
    {
      code: "HP-MANIFEST-FRAMES",
      severity: "warning",
      path: ["plate"],
      message: `${recipe.name} looks at up to ${chunks.perTask} neighbouring frames at once; ${frames} ${lone.length === 1 ? "has" : "have"} none and ${lone.length === 1 ? "is" : "are"} made alone.`,
      found: frames,
      expected: "frames that follow each other",
      action: "Ask for whole ranges of frames.",
    },
  ];
}

/** Frames that all tasks of one variation are fed: more than are published where chunks overlap. */
export function framesFed(step: Pick<StepPlan, "frames" | "chunks">): number {
  return chunksOf(step).reduce((sum, chunk) => sum + chunk.fed.length, 0);
}
