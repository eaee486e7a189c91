/** Which recipes a slot can't run, for its ComfyUI has not all of their graph node classes. The slot is no worse for others. */
import { BATCH_CLASS } from "./graphBatch.ts";
import type { Recipe } from "./recipe.ts";

export function lackedBy(
  recipes: readonly Pick<Recipe, "file" | "graph">[],
  classes: ReadonlySet<string>,
): readonly string[] {
  return recipes.flatMap(({ file, graph }) => {
    const needed = new Set(Object.values(graph).map((graphNode) => graphNode.class_type));
    if (file.frames?.how === "batch") needed.add(BATCH_CLASS);
    const absent = [...needed].filter((name) => !classes.has(name));
    return absent.length === 0 ? [] : [`${file.name}@${file.version} (${absent.toSorted().join(", ")})`];
  });
}
