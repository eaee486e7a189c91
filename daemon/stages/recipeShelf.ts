/**
 * Recipes by what a plan recorded of them (name, version, sha256): a recipe that changed under its name is another recipe.
 */
import type { RecipeRef } from "../domain/plan.ts";
import type { Recipe, RecipeBook } from "../domain/recipe.ts";
import type { Stage, StageContext } from "../live.ts";
import { LIMITS } from "../domain/limits.ts";

export interface RecipeShelf {
  find(ref: RecipeRef): Recipe | null;
  classesOf(ref: RecipeRef): readonly string[];
}

export function createRecipeShelf(context: StageContext): RecipeShelf & Stage {
  const bySha = new Map<string, Recipe>();
  const classes = new Map<string, readonly string[]>();
  const brokenSaid = new Set<string>();
  let nextLookAt = 0;

  function take(book: RecipeBook): void {
    for (const recipe of book.recipes) {
      bySha.set(recipe.sha256, recipe);
      classes.set(recipe.sha256, [...new Set(Object.values(recipe.graph).map((node) => node.class_type))]);
    }
    for (const broken of book.broken) {
      const key = `${broken.dir}\n${broken.message}`;
      if (brokenSaid.has(key)) continue;
      brokenSaid.add(key);
      context.world.log.event("error", "recipe.broken", { dir: broken.dir, reason: broken.message });
    }
  }

  return {
    name: "recipes",
    find: (ref) => bySha.get(ref.sha256) ?? null,
    classesOf: (ref) => classes.get(ref.sha256) ?? [],
    async tick() {
      const now = context.world.clock.now();
      if (now < nextLookAt) return;
      nextLookAt = now + LIMITS.recipeLookMs;
      context.work.start<RecipeBook>({
        key: "recipes",
        lane: "recipes:look",
        run: () => context.world.recipes.book(),
        done: (outcome) => {
          if (outcome.ok) take(outcome.value);
        },
      });
    },
  };
}
