/** What is said of a plan beside what is wrong with it: words of the manifest that change no pixel. */
import type { PlatePlan } from "./domain/plan.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import type { Recipe } from "./domain/recipe.ts";

/** Said aloud: a text that this recipe only records changes no pixel. */
export function recordOnlyNotes(manifest: Manifest, recipe: Recipe): readonly string[] {
  return Object.entries(recipe.file.parameters).flatMap(([name, parameter]) => {
    const given =
      name === "prompt" || name === "negative"
        ? (manifest[name] ?? manifest.parameters?.[name])
        : manifest.parameters?.[name];
    if (parameter.type !== "text" || !parameter.recordOnly || given === undefined) return [];
    return [`${name} is recorded; the graph of ${recipe.file.name} holds no model that reads it.`];
  });
}

/** What a reference meant when it was resolved. */
export function sourceNotes(plate: PlatePlan | null): readonly string[] {
  const source = plate?.source;
  if (plate === null || source === undefined || source.asked === null) return [];
  return [`${source.asked} is ${source.subject} (${plate.dir}).`];
}
