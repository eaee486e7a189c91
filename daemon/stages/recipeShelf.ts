/**
 * Recipes by what a plan recorded of them (name, version, sha256): a recipe that changed under its name is another recipe.
 */
import { prettyJson } from "../domain/canonicalJson.ts";
import type { RecipeRef } from "../domain/plan.ts";
import type { Recipe, RecipeBook } from "../domain/recipe.ts";
import type { Stage, StageContext } from "../live.ts";
import type { ModelBook } from "./modelBook.ts";
import { LIMITS } from "../domain/limits.ts";

export interface RecipeShelf {
  /** Recipes were read in this life. Before that a recipe that is not here says nothing: no work is begun. */
  ready(): boolean;
  /** Its folder is there and can't be read now: what is not found may be found again. */
  mayComeBack(ref: RecipeRef): boolean;
  /** Every recipe that can be used now. */
  current(): readonly Recipe[];
  find(ref: RecipeRef): Recipe | null;
  /** What is known of the slots' model files; absent: nobody looks. */
  readonly models?: ModelBook;
  classesOf(ref: RecipeRef): readonly string[];
  /** The recipe's graph as it is published; a recipe that went away meanwhile leaves its reference. */
  graphText(ref: RecipeRef): string;
  /** What recipe.yaml means, as JSON: with the graph it is all that a rerun needs. null: the recipe went away. */
  recipeText(ref: RecipeRef): string | null;
}

export function createRecipeShelf(context: StageContext): RecipeShelf & Stage {
  const bySha = new Map<string, Recipe>();
  const classes = new Map<string, readonly string[]>();
  const ofPlans = new WeakMap<object, Recipe>();
  const brokenSaid = new Set<string>();
  let nextLookAt = 0;
  let usable: readonly Recipe[] = [];
  let broken: RecipeBook["broken"] | null = null;

  function take(book: RecipeBook): void {
    broken = book.broken;
    usable = book.recipes;
    for (const recipe of book.recipes) {
      bySha.set(recipe.sha256, recipe);
      classes.set(recipe.sha256, classesIn(recipe.graph));
    }
    for (const { dir, message } of book.broken) {
      const key = `${dir}\n${message}`;
      if (brokenSaid.has(key)) continue;
      brokenSaid.add(key);
      context.world.log.event("error", "recipe.broken", { dir, reason: message });
    }
  }

  /** One that the plan carries goes before one of the same hash in a folder: it has what the version ran on beside it. */
  function found(ref: RecipeRef): Recipe | null {
    const { carried } = ref;
    if (carried === undefined) return bySha.get(ref.sha256) ?? null;
    const kept = ofPlans.get(carried) ?? { ...carried, sha256: ref.sha256, dir: ref.dir };
    ofPlans.set(carried, kept);
    return kept;
  }

  return {
    name: "recipes",
    ready: () => broken !== null,
    mayComeBack(ref) {
      const holds = (dir: string): boolean =>
        context.world.config.recipes.includes(dir) ||
        dir.endsWith(`/${ref.name}`) ||
        dir.endsWith(`/${ref.name}/${ref.version}`);
      return broken?.some(({ dir }) => holds(dir)) ?? true;
    },
    current: () => usable,
    find: (ref) => found(ref),
    classesOf: (ref) => {
      const { carried } = ref;
      return carried === undefined ? (classes.get(ref.sha256) ?? []) : classesIn(carried.graph);
    },
    graphText(ref) {
      const recipe = found(ref);
      const value =
        recipe === null ? { recipe: `${ref.name}@${ref.version}`, sha256: ref.sha256, graph: null } : recipe.graph;
      return prettyJson(value);
    },
    recipeText(ref) {
      const recipe = found(ref);
      return recipe === null ? null : prettyJson(recipe.file);
    },
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

function classesIn(graph: Recipe["graph"]): readonly string[] {
  return [...new Set(Object.values(graph).map((node) => node.class_type))];
}
