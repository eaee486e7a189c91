/** The recipes of the simulated world (the small one of the fixtures, alone and with frames together) and what its slots offer. */
import { canonicalJson } from "../../daemon/domain/canonicalJson.ts";
import type { Graph, Recipe } from "../../daemon/domain/recipe.ts";
import type { Recipes } from "../../daemon/ports.ts";
import type { TestRecipe } from "../fixtures/recipes.ts";
import { tiny, TINY_CATALOGUE } from "../fixtures/recipes.ts";
import { sha256Of } from "./disk.ts";
import type { SimImage } from "./simImage.ts";
import type { Life, SimWorld } from "./world.ts";

const recipeOf = ({ file, graph }: TestRecipe): Recipe => ({
  file,
  graph,
  sha256: sha256Of(canonicalJson({ file, graph })),
  dir: `/recipes/${file.name}/1.0.0`,
  approval: null,
});
export const SIM_RECIPE: Recipe = recipeOf(tiny());
/** Two frames at once, one of them shared and blended. */
const TOGETHER_RECIPE: Recipe = recipeOf(
  tiny((file) => {
    file["name"] = "tiny_together";
    file["frames"] = { perTask: 2, overlap: 1, seam: "blend" };
    file["allowedClasses"].push("ImageBatch");
  }),
);
export const SIM_RECIPES: readonly Recipe[] = [SIM_RECIPE, TOGETHER_RECIPE];
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
        effect: () => ({ recipes: SIM_RECIPES, broken: [] }),
      }),
  };
}

/** The pictures that a graph makes of what it is fed: one per frame, of all of them, whatever the files are called. */
export function rendersOf(sent: Graph, feds: readonly SimImage[]): readonly SimImage[] {
  if (feds.length < 2) return [renderOf(sent, feds[0] ?? null)];
  const among = feds.map((fed) => fed.body).join(", ");
  return feds.map((fed) => ({ ...renderOf(sent, fed), body: `${renderOf(sent, fed).body} among ${among}` }));
}

function renderOf(sent: Graph, fed: SimImage | null): SimImage {
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
