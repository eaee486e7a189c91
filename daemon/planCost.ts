/** What a plan costs by its recipe's own estimate, and whether the manifest allows it. */
import type { Manifest } from "./domain/manifestSchema.ts";
import type { StepPlan } from "./domain/plan.ts";
import type { Recipe } from "./domain/recipe.ts";
import type { Finding } from "./planFinding.ts";

/** A recipe's estimate is of one picture; a chunk is as many as it is fed. */
export function secondsPerTask(recipe: Recipe, chunks: StepPlan["chunks"]): number | null {
  const each = recipe.file.estimate?.gpuSeconds;
  return each === undefined ? null : each * (chunks?.perTask ?? 1);
}

/** More GPU time than the manifest allows, by the recipe's own estimate. */
export function gpuHours(manifest: Manifest, recipe: Recipe, pictures: number): readonly Finding[] {
  const limit = manifest.limits?.gpuHours;
  const each = recipe.file.estimate?.gpuSeconds;
  if (limit === undefined || each === undefined) return [];
  const hours = (pictures * each) / 3600;
  if (hours <= limit) return [];
  return [
    {
      code: "HP-MANIFEST-LIMIT",
      path: ["limits", "gpuHours"],
      message: `${pictures} pictures of about ${each} s are ${hours.toFixed(1)} GPU h; limits.gpuHours is ${limit}.`,
      found: hours.toFixed(1),
      expected: `at most ${limit}`,
      action: "Fewer variations or frames, or raise limits.gpuHours.",
    },
  ];
}
