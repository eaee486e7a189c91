/** The graph as it would be sent, with a wedge's values in it: what is refused, in which words, and who may allow more. */
import { describe, expect, test } from "vitest";
import { checkBound } from "../../daemon/domain/boundCheck.ts";
import type { Catalogue } from "../../daemon/domain/catalogue.ts";
import { deniedReason } from "../../daemon/domain/deniedClasses.ts";
import type { Problem } from "../../daemon/domain/errors.ts";
import { bindGraph } from "../../daemon/domain/graph.ts";
import { checkGraph } from "../../daemon/domain/graphCheck.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { Graph } from "../../daemon/domain/recipe.ts";
import { safetyRules, STRICT_RULES } from "../../daemon/domain/safetyRules.ts";
import { shippedTexts, tiny, TINY_CATALOGUE } from "../fixtures/recipes.ts";

const PLACED = "hotplate/a1.png";
type Bend = (graph: Record<string, any>) => void; // oxlint-disable-line typescript/no-explicit-any -- bent into wrong shapes

/** Bound as usual, then bent: what a defect of ours, or a value, could still make of it. */
function bound(bend: Bend = () => undefined): Graph {
  const graph = bindGraph(tiny(), {
    parameters: {},
    plateInput: PLACED,
    images: {},
    plateWidth: 64,
    plateHeight: 48,
    prefix: "hotplate/a1",
  });
  bend(graph);
  return graph;
}
const check = (bend?: Bend, catalogue: Catalogue | null = TINY_CATALOGUE): readonly Problem[] =>
  checkBound({ recipe: tiny(), graph: bound(bend), placed: [PLACED] }, catalogue, STRICT_RULES);

test("a sound graph passes, also while the slot has not said what it offers", () => {
  expect(check()).toEqual([]);
  expect(check(undefined, null)).toEqual([]);
});

describe("refused by name, with what was found and the nearest right word", () => {
  test.each<readonly [string, Bend, Partial<Omit<Problem, "message">> & { readonly message: RegExp }]>([
    [
      "a value out of the slot's range",
      (g) => (g["12:3"].inputs.blend_factor = 2),
      {
        message: /Input blend_factor of graph node 12:3 "Key light" \(ImageBlend\), set by parameter mix,/,
        found: "2",
      },
    ],
    [
      "a word that the slot does not know",
      (g) => (g["12:3"].inputs.blend_mode = "scren"),
      { message: /set by parameter mode, is "scren"/, found: "scren", nearest: "screen" },
    ],
    ["text for a number", (g) => (g["4"].inputs.strength = "1"), { message: /is not a number/, found: '"1"' }],
    ["a link of another kind", (g) => (g["12:3"].inputs.image2 = ["1", 1]), { message: /takes IMAGE.*MASK/ }],
    ["a link to nothing", (g) => (g["12:3"].inputs.image2 = ["99", 0]), { message: /graph node 99, which is not/ }],
    ["a missing input", (g) => delete g["4"].inputs.strength, { message: /lacks the input strength/ }],
    [
      "a class that the recipe does not allow",
      (g) => (g["4"].class_type = "ImageAdNoise"),
      { code: "HP-RECIPE-CLASS", message: /not in allowedClasses/, nearest: "ImageAddNoise" },
    ],
    [
      "a file that was not placed",
      (g) => (g["1"].inputs.image = "hotplate/b2.png"),
      { code: "HP-RECIPE-PATH", message: /Graph node 1 "Plate" \(LoadImage\) would load/, found: '"hotplate/b2.png"' },
    ],
    ["a key of the prototype", (g) => (g["4"].inputs = JSON.parse('{"__proto__":{}}')), { message: /"__proto__"/ }],
    [
      "a pickle",
      (g) => (g["4"].inputs.ckpt_name = "x.ckpt"),
      { code: "HP-MODEL-KIND", message: /names "x.ckpt", which is not a .safetensors, .sft file/ },
    ],
    [
      "a text longer than any",
      (g) => (g["4"].inputs.x = "x".repeat(LIMITS.graphTextCharactersMax + 1)),
      { message: /text/ },
    ],
  ])("%s", (_what, bend, { message, ...rest }) => {
    const problems = check(bend);
    const found = problems.find((problem) => message.test(problem.message));
    expect(problems.map((problem) => problem.message).join("\n")).toMatch(message);
    expect(found).toMatchObject(rest);
  });

  test("a graph that grew past what a graph can be", () => {
    const text = "x".repeat(LIMITS.graphTextCharactersMax);
    const many: Bend = (graph) => {
      for (let n = 0; n * text.length <= LIMITS.graphBytesMax; n += 1)
        graph[`n${n}`] = { class_type: "EmptyImage", inputs: { text } };
    };
    expect(check(many)[0]?.message).toMatch(/larger than a graph can be/);
  });
});

describe("classes that nobody's recipe may allow", () => {
  test.each([
    ["TrainLoraNode", /trains/],
    ["SaveImageDataSetToFolder", /folders/],
    ["LoadImageTextDataSetFromFolder", /folders/],
    ["SaveTrainingDataset", /folders/],
    ["CheckpointSave", /writes a model/],
    ["ImageOnlyCheckpointSave", /writes a model/],
    ["ModelSave", /writes a model/],
    ["CLIPSave", /writes a model/],
    ["VAESave", /writes a model/],
    ["LoraSave", /writes a model/],
    ["SaveLoRA", /writes a model/],
    ["LoadImageOutput", /results of other work/],
    ["WebcamCapture", /browser/],
    ["SaveImageWebsocket", /whoever listens/],
    ["Load3D", /uploads/],
    ["Preview3DAnimation", /uploads/],
    ["SaveGLB", /uploads/],
    ["GLSLShader", /runs code/],
    ["SomePack_PythonEval", /runs code/],
    ["DownloadAndLoadFlorence2Model", /network/],
    ["LoadImageFromUrl", /network/],
    ["OpenAIDalle3", /vendor/],
    ["FluxProUltraImageNode", /vendor/],
    ["KlingTextToVideoNode", /vendor/],
    ["WanTextToVideoApi", /vendor/],
  ])("%s", (type, reason) => {
    expect(deniedReason(type)).toMatch(reason);
    const recipe = tiny((file, graph) => {
      graph["50"] = { class_type: type, inputs: {} };
      file.allowedClasses.push(type);
    });
    expect(checkGraph(recipe)).toMatchObject([{ code: "HP-RECIPE-DENIED", found: type }]);
    const rules = safetyRules({ safety: { allowClasses: [type], modelTypes: [], drift: "route" } });
    expect(checkGraph(recipe, undefined, rules)).toEqual([]);
  });

  test("one of which the ComfyUI says that it calls a vendor, whatever its name", () => {
    const graph = bound((g) => (g["4"].class_type = "Innocent"));
    const catalogue: Catalogue = {
      ...TINY_CATALOGUE,
      Innocent: { ...TINY_CATALOGUE["ImageAddNoise"]!, partner: true },
    };
    const recipe = tiny((file) => file.allowedClasses.push("Innocent"));
    const problems = checkBound({ recipe, graph, placed: [PLACED] }, catalogue, STRICT_RULES);
    expect(problems[0]).toMatchObject({
      code: "HP-RECIPE-DENIED",
      message: expect.stringContaining("vendor") as string,
    });
  });

  test("no class of a shipped recipe, and no class of ComfyUI that they might be taken for", () => {
    const classes = shippedTexts().flatMap(({ graph }) =>
      Object.values(JSON.parse(graph) as Graph).map((node) => node.class_type),
    );
    const alike = [
      "LoadImage",
      "SaveImage",
      "PreviewImage",
      "VAEEncode",
      "CLIPTextEncode",
      "LoraLoader",
      "ModelMergeSimple",
    ];
    expect(
      [...classes, ...alike, "StableCascade_StageB_Conditioning", "FluxGuidance"].filter((c) => deniedReason(c)),
    ).toEqual([]);
  });
});

test("gguf passes where the configuration says so, and nowhere else", () => {
  const recipe = tiny((file, graph) => {
    graph["50"] = { class_type: "UnetLoaderGGUF", inputs: { unet_name: "flux.gguf" } };
    file.allowedClasses.push("UnetLoaderGGUF");
    file.models = [{ folder: "diffusion_models", file: "flux.gguf" }];
  });
  expect(checkGraph(recipe).map((problem) => problem.code)).toContain("HP-MODEL-KIND");
  const rules = safetyRules({ safety: { allowClasses: [], modelTypes: ["gguf"], drift: "route" } });
  expect(checkGraph(recipe, undefined, rules)).toEqual([]);
});
