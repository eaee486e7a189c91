/** The recipe of the simulated world (the small one of the fixtures) and what its slots offer. */
import { canonicalJson } from "../../daemon/domain/canonicalJson.ts";
import type { Graph, Recipe } from "../../daemon/domain/recipe.ts";
import type { Recipes } from "../../daemon/ports.ts";
import { tiny, TINY_CATALOGUE } from "../fixtures/recipes.ts";
import { sha256Of } from "./disk.ts";
import type { SimImage } from "./images.ts";
import type { Life, SimWorld } from "./world.ts";

const { file, graph } = tiny();
export const SIM_RECIPE: Recipe = {
  file,
  graph,
  sha256: sha256Of(canonicalJson({ file, graph })),
  dir: "/recipes/tiny/1.0.0",
  approval: null,
};
export const SIM_CATALOGUE = TINY_CATALOGUE;

export function simRecipes(world: SimWorld, life: Life): Recipes {
  return {
    book: () =>
      world.call(life, {
        label: "recipes.book",
        detail: "",
        mutates: false,
        // Recipes may lie on a share: at a start the slots answer before they are read, or long after.
        latencyMs: [0.1, 800],
        effect: () => ({ recipes: [SIM_RECIPE], broken: [] }),
      }),
  };
}

/** The picture that a graph makes of what it is fed: a function of both, whatever the files are called. */
export function renderOf(sent: Graph, fed: SimImage | null): SimImage {
  const nameless = Object.fromEntries(
    Object.entries(sent).map(([id, node]) => [
      id,
      {
        ...node,
        inputs: Object.fromEntries(
          Object.entries(node.inputs).filter(
            ([name]) => name !== "filename_prefix" && !(node.class_type === "LoadImage" && name === "image"),
          ),
        ),
      },
    ]),
  );
  return {
    width: fed?.width ?? 64,
    height: fed?.height ?? 48,
    body: `SIMULATED ${sha256Of(canonicalJson(nameless))} of ${fed?.body ?? "nothing"}`,
  };
}
