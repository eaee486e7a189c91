/** The models that a task's graph loads: what must be warm on a slot for it to start at once. */
import { describe, expect, it } from "vitest";
import type { Catalogue } from "../../daemon/domain/catalogue.ts";
import { keysOf, modelSetOf } from "../../daemon/domain/modelSet.ts";
import type { Graph, Recipe, RecipeFile } from "../../daemon/domain/recipe.ts";

const GRAPH: Graph = {
  "1": { class_type: "UNETLoader", inputs: { unet_name: "flux.safetensors", weight_dtype: "fp8_e4m3fn" } },
  "2": {
    class_type: "LoraLoaderModelOnly",
    inputs: { model: ["1", 0], lora_name: "dusk.safetensors", strength_model: 0.8 },
  },
  "3": { class_type: "FolderLoader", inputs: { model_path: "sd-turbo/unet", mode: "fast" } },
  "4": { class_type: "LoadImage", inputs: { image: "plate.png" } },
  "5": { class_type: "SaveImage", inputs: { images: ["4", 0], filename_prefix: "x" } },
};
function recipe(graph: Graph, parameters: RecipeFile["parameters"] = {}): Pick<Recipe, "file" | "graph"> {
  return { graph, file: { parameters } as RecipeFile };
}
const CATALOGUE: Catalogue = {
  FolderLoader: {
    inputs: {
      model_path: { type: "COMBO", required: true, options: null },
      mode: { type: "COMBO", required: true, options: ["fast", "exact"] },
    },
    outputs: ["MODEL"],
    outputNode: false,
  },
};

describe("the set of models of a task", () => {
  it("is found in the graph: loader, file and type, without strengths, seeds or images", () => {
    expect(modelSetOf(recipe(GRAPH), {}, null)).toEqual([
      "LoraLoaderModelOnly dusk.safetensors",
      "UNETLoader flux.safetensors fp8_e4m3fn",
    ]);
  });

  it("also holds what ComfyUI's own catalogue calls a loader, and no choice that is no file", () => {
    expect(modelSetOf(recipe(GRAPH), {}, CATALOGUE)).toContain("FolderLoader sd-turbo/unet");
    expect(modelSetOf(recipe(GRAPH), {}, CATALOGUE)).toHaveLength(3);
  });

  it("follows the wedge's own values: another checkpoint is another set", () => {
    const bind = [{ node: "1", input: "unet_name" }];
    const of = recipe(GRAPH, {
      unet: { type: "choice", default: "a.safetensors", values: ["a.safetensors", "b.safetensors"], bind },
    });
    expect(modelSetOf(of, {}, null)[1]).toBe("UNETLoader a.safetensors fp8_e4m3fn");
    expect(modelSetOf(of, { unet: "b.safetensors" }, null)[1]).toBe("UNETLoader b.safetensors fp8_e4m3fn");
  });

  it("is empty for a graph without models, and names the kind of work with the recipe", () => {
    expect(modelSetOf(recipe({ "4": GRAPH["4"]! }), {}, CATALOGUE)).toEqual([]);
    expect(keysOf({ recipeSha256: "r", models: ["A", "B"] })).toEqual({ workKey: "r\nA + B", modelKey: "A + B" });
  });
});
