/** Which recipes a slot can't run is said with the classes that it lacks. */
import { expect, it } from "vitest";
import { lackedBy } from "../../daemon/domain/slotLacks.ts";
import type { Recipe } from "../../daemon/domain/recipe.ts";

it("names each recipe that a slot can't run, and only those, with the classes that are absent", () => {
  const recipe = (name: string, ...classes: readonly string[]): Pick<Recipe, "file" | "graph"> => ({
    file: { name, version: "1.0.0" } as Recipe["file"],
    graph: Object.fromEntries(classes.map((class_type, n) => [String(n), { class_type, inputs: {} }])),
  });
  const classes = new Set(["LoadImage", "SaveImage"]);
  expect(
    lackedBy(
      [recipe("plain", "LoadImage", "SaveImage"), recipe("depth", "LoadImage", "Zoe", "DepthMap", "Zoe")],
      classes,
    ),
  ).toEqual(["depth@1.0.0 (DepthMap, Zoe)"]);
});
