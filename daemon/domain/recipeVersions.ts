/** `env_relight` is the highest version, `env_relight@1.4` the highest 1.4.x, `env_relight@1.4.2` that one. */
import type { Recipe, RecipeBook } from "./recipe.ts";

export function findRecipe(book: RecipeBook, use: string): Recipe | null {
  const [name = "", wanted] = use.split("@");
  const fitting = book.recipes.filter((recipe) => recipe.file.name === name && fits(recipe.file.version, wanted));
  return [...fitting].sort((a, b) => compareVersions(a.file.version, b.file.version)).at(-1) ?? null;
}

function fits(version: string, wanted: string | undefined): boolean {
  return wanted === undefined || version === wanted || version.startsWith(`${wanted}.`);
}

/** Numbers, part by part: 1.10.0 is above 1.9.0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let part = 0; part < 3; part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
