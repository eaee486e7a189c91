/** From an exported graph to a recipe: what is proposed, what is refused, and that the written text reads back the same. */
import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import type { Catalogue } from "../../daemon/domain/catalogue.ts";
import { bindGraph } from "../../daemon/domain/graph.ts";
import { Names, slug } from "../../daemon/domain/importNames.ts";
import { importRecipe } from "../../daemon/domain/recipeImport.ts";
import type { ImportAnswer } from "../../daemon/domain/recipeImport.ts";
import { recipeSchema } from "../../daemon/domain/recipe.ts";
import { readRecipe } from "../../daemon/domain/recipeText.ts";
import { shippedTexts, TINY_CATALOGUE, TINY_GRAPH } from "../fixtures/recipes.ts";

const number = (type: string, min: number, max: number) => ({ type, required: true, options: null, min, max });
const link = (type: string) => ({ type, required: true, options: null });
const CATALOGUE: Catalogue = {
  ...TINY_CATALOGUE,
  CLIPTextEncode: {
    inputs: { text: { type: "STRING", required: true, options: null }, clip: link("CLIP") },
    outputs: ["CONDITIONING"],
    outputNode: false,
  },
  EmptyLatentImage: {
    inputs: { width: number("INT", 16, 16384), height: number("INT", 16, 16384), batch_size: number("INT", 1, 4096) },
    outputs: ["LATENT"],
    outputNode: false,
  },
  KSampler: {
    inputs: {
      model: link("MODEL"),
      positive: link("CONDITIONING"),
      negative: link("CONDITIONING"),
      latent_image: link("LATENT"),
      seed: number("INT", 0, 2 ** 64),
      steps: number("INT", 1, 10000),
      cfg: number("FLOAT", 0, 100),
      sampler_name: { type: "COMBO", required: true, options: ["euler", "heun"] },
      scheduler: { type: "COMBO", required: true, options: ["normal", "karras"] },
      denoise: number("FLOAT", 0, 1),
    },
    outputs: ["LATENT"],
    outputNode: false,
  },
  VAEDecode: { inputs: { samples: link("LATENT"), vae: link("VAE") }, outputs: ["IMAGE"], outputNode: false },
};

/** As ComfyUI's page exports its default graph: a seed above 2^53-1, both texts under the same title. */
const TEXT_TO_IMAGE = `{
  "3": {"inputs": {"seed": 9876543210987654321, "steps": 20, "cfg": 8, "sampler_name": "euler", "scheduler": "normal", "denoise": 1,
    "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]},
    "class_type": "KSampler", "_meta": {"title": "KSampler"}},
  "4": {"inputs": {"ckpt_name": "sd15.safetensors"}, "class_type": "CheckpointLoaderSimple", "_meta": {"title": "Load Checkpoint"}},
  "5": {"inputs": {"width": 512, "height": 512, "batch_size": 1}, "class_type": "EmptyLatentImage", "_meta": {"title": "Empty Latent Image"}},
  "6": {"inputs": {"text": "a tunnel", "clip": ["4", 1]}, "class_type": "CLIPTextEncode", "_meta": {"title": "CLIP Text Encode (Prompt)"}},
  "7": {"inputs": {"text": "watermark", "clip": ["4", 1]}, "class_type": "CLIPTextEncode", "_meta": {"title": "CLIP Text Encode (Prompt)"}},
  "8": {"inputs": {"samples": ["3", 0], "vae": ["4", 2]}, "class_type": "VAEDecode", "_meta": {"title": "VAE Decode"}},
  "9": {"inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}, "class_type": "SaveImage", "_meta": {"title": "Save Image"}}
}`;

const imported = (graphText: string, name = "look"): Extract<ImportAnswer, { kind: "recipe" }> => {
  const answer = importRecipe({ graphText, name, catalogue: CATALOGUE });
  if (answer.kind === "broken") throw new Error(answer.problems.map((problem) => problem.message).join("\n"));
  return answer;
};
const refused = (graph: unknown): string => {
  const answer = importRecipe({ graphText: JSON.stringify(graph), name: "look", catalogue: CATALOGUE });
  return answer.kind === "broken" ? answer.problems.map((p) => `${p.code} ${p.message} ${p.action}`).join("\n") : "";
};

describe("the page's default graph", () => {
  const answer = imported(TEXT_TO_IMAGE);

  test("gives prompts by what reads them, seed, size, sampler and its ranges", () => {
    const { parameters } = answer.file;
    expect(Object.keys(parameters).sort()).toEqual(
      ["denoise", "guidance", "height", "negative", "prompt", "sampler", "scheduler", "seed", "steps", "width"].sort(),
    );
    expect(parameters["prompt"]).toMatchObject({
      type: "text",
      default: "a tunnel",
      bind: [{ node: "6", input: "text" }],
    });
    expect(parameters["negative"]).toMatchObject({ type: "text", default: "watermark" });
    expect(parameters["seed"]).toMatchObject({ type: "seed", bind: [{ node: "3", input: "seed" }] });
    expect(parameters["steps"]).toMatchObject({ type: "integer", default: 20, min: 1, max: 10000 });
    expect(parameters["guidance"]).toMatchObject({ type: "number", default: 8, min: 0, max: 100 });
    expect(parameters["sampler"]).toMatchObject({ type: "choice", values: ["euler", "heun"] });
  });

  test("takes no plate, names its model and its result", () => {
    expect(answer.file.plate).toBeUndefined();
    expect(answer.file.result).toMatchObject({ node: "9", scale: null });
    expect(answer.file.models).toEqual([{ folder: "checkpoints", file: "sd15.safetensors" }]);
    expect(answer.file.needs).toBe("a checkpoint");
  });

  test("loses the page's huge seed with a note, since no number here can hold it", () => {
    expect(answer.notes.join("\n")).toMatch(/seed.*2\^53-1/);
    expect(answer.graph["3"]?.inputs["seed"]).toBe(1000);
  });

  test("binds and runs as it is", () => {
    const graph = bindGraph(answer, {
      parameters: { seed: "7", prompt: "dawn" },
      plateInput: null,
      images: {},
      plateWidth: null,
      plateHeight: null,
      prefix: "p",
    });
    expect(graph["6"]?.inputs["text"]).toBe("dawn");
    expect(graph["3"]?.inputs["seed"]).toBe(7);
  });
});

test("a graph with two images takes the one titled plate, the other becomes an image of its title", () => {
  const graph = {
    "1": { class_type: "LoadImage", inputs: { image: "car.png" }, _meta: { title: "Car FG" } },
    "2": { class_type: "LoadImage", inputs: { image: "bg.png" }, _meta: { title: "Hero plate" } },
    "3": {
      class_type: "ImageCompositeMasked",
      inputs: { destination: ["2", 0], source: ["1", 0], x: 0, y: 0, resize_source: false, mask: ["1", 1] },
      _meta: { title: "Car position" },
    },
    "4": { class_type: "SaveImage", inputs: { images: ["3", 0], filename_prefix: "x" } },
  };
  const { file } = imported(JSON.stringify(graph));
  expect(file.plate?.bind).toEqual({ node: "2", input: "image" });
  expect(file.images).toMatchObject({ car_fg: { bind: { node: "1", input: "image" }, required: true } });
  expect(Object.keys(file.parameters)).toEqual(["x", "y"]);
});

test("colors, the plate's size and vague widgets get the right type, place and name", () => {
  const { file } = imported(JSON.stringify(TINY_GRAPH));
  expect(file.plate).toEqual({
    bind: { node: "1", input: "image" },
    required: true,
    width: [{ node: "2", input: "width" }],
    height: [{ node: "2", input: "height" }],
  });
  expect(file.parameters["color"]).toMatchObject({ type: "color", default: "#0000ff" });
  expect(file.parameters["key_light"]).toMatchObject({ type: "number", min: 0, max: 1, default: 0.5 });
  expect(file.parameters["key_light_2"]).toMatchObject({ type: "choice", default: "screen" });
});

test("the result is the save that says so, else the last one", () => {
  const save = (title: string) => ({
    class_type: "SaveImage",
    inputs: { images: ["1", 0], filename_prefix: "x" },
    _meta: { title },
  });
  const load = TINY_GRAPH["1"];
  expect(imported(JSON.stringify({ "1": load, "7": save("Final"), "8": save("Debug") })).file.result.node).toBe("7");
  expect(imported(JSON.stringify({ "1": load, "7": save("A"), "8": save("B") })).file.result.node).toBe("8");
});

test("a wrapper is taken off and a graph without known classes is judged by its values", () => {
  const graph = {
    a: { class_type: "StudioGen", inputs: { amount: 3, mix: 0.5, mode: "soft" }, _meta: { title: "Look" } },
    b: { class_type: "SaveImage", inputs: { images: ["a", 0], filename_prefix: "x" } },
  };
  const { file } = imported(JSON.stringify({ prompt: graph }));
  expect(file.parameters).toMatchObject({ look: { type: "integer" }, mix: { type: "number" }, mode: { type: "text" } });
});

test("what can't run is refused with the remedy", () => {
  expect(refused({ nodes: [], links: [] })).toMatch(/HP-RECIPE-UI-GRAPH.*File > Export \(API\)/s);
  expect(refused({ "1": TINY_GRAPH["1"] })).toMatch(/saves no image/);
  expect(
    refused({
      "1": { class_type: "LoadAudio", inputs: { audio: "x.wav" } },
      "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "x" } },
    }),
  ).toMatch(/can't be fed yet/);
  expect(
    refused(JSON.parse(TEXT_TO_IMAGE.replace("sd15.safetensors", "sd15.ckpt").replace("9876543210987654321", "1"))),
  ).toMatch(/HP-MODEL-KIND.*not a \.safetensors/);
  expect(refused({ ...TINY_GRAPH, "50": { class_type: "LoraSave", inputs: {} } })).toMatch(/never runs here/);
});

test("a graph behind a LoadVideo takes frames together, as a clip, and its result is pictures rather than a video", () => {
  const graph = {
    "1": { class_type: "LoadVideo", inputs: { file: "x.mp4" } },
    "2": { class_type: "GetVideoComponents", inputs: { video: ["1", 0] } },
    "3": { class_type: "ImageBlur", inputs: { image: ["2", 0], blur_radius: 3, sigma: 1 } },
    "4": { class_type: "SaveImage", inputs: { images: ["3", 0], filename_prefix: "x" } },
    "5": { class_type: "CreateVideo", inputs: { images: ["3", 0], fps: 24 } },
    "6": {
      class_type: "SaveVideo",
      inputs: { video: ["5", 0], filename_prefix: "x", format: "auto", codec: "auto" },
    },
  };
  const { file, recipeText, notes } = imported(JSON.stringify(graph));
  expect(file).toMatchObject({
    plate: { bind: { node: "1", input: "file" } },
    frames: { perTask: 16, overlap: 0, how: "clip", seam: "blend", short: "shift" },
    result: { node: "4" },
  });
  expect(readRecipe({ recipe: recipeText, graph: JSON.stringify(graph) })).toMatchObject({ kind: "recipe", file });
  expect(notes.join("\n")).toContain("fed 16 frames of the plate at once");
  const { "4": _pictures, ...video } = graph;
  expect(imported(JSON.stringify(video)).file.result.node).toBe("6");
  expect(refused({ ...graph, "7": { class_type: "LoadVideo", inputs: { file: "y.mp4" } } })).toMatch(
    /can't be fed yet/,
  );
});

test("a name that can't be a recipe's is refused", () => {
  expect(importRecipe({ graphText: JSON.stringify(TINY_GRAPH), name: "../up", catalogue: CATALOGUE }).kind).toBe(
    "broken",
  );
});

test("the written recipe.yaml is full of comments and reads back as the same recipe", () => {
  for (const graphText of [TEXT_TO_IMAGE, JSON.stringify(TINY_GRAPH), ...shippedTexts().map((texts) => texts.graph)]) {
    const answer = imported(graphText);
    expect(recipeSchema.parse(parse(answer.recipeText))).toEqual(answer.file);
    expect(readRecipe({ recipe: answer.recipeText, graph: answer.graphText })).toMatchObject({
      kind: "recipe",
      warnings: [],
    });
    expect(answer.recipeText.split("\n").filter((line) => line.trimStart().startsWith("#")).length).toBeGreaterThan(8);
  }
});

test("texts that YAML would misread are quoted", () => {
  const nasty = ["yes", "010", "hero #3", "a: b", "- x", "{x}", "'", '"', "line\nbreak", "", "~", "ünïcode, ok"];
  for (const text of nasty) {
    const graph = JSON.parse(TEXT_TO_IMAGE.replace("9876543210987654321", "1")) as Record<
      string,
      { inputs: Record<string, unknown> }
    >;
    graph["6"]!.inputs["text"] = text;
    const answer = imported(JSON.stringify(graph));
    expect((parse(answer.recipeText) as typeof answer.file).parameters["prompt"]?.default).toBe(text);
  }
});

test("names are typeable and never given twice", () => {
  expect(slug("Key Light (warm)")).toBe("key_light_warm");
  expect(slug("3D Élan")).toBe("d_e_lan");
  expect(slug("光")).toBe("");
  const names = new Names(["plate"]);
  expect([names.take("plate", "key"), names.take("mix"), names.take("mix", "fill"), names.take("mix", "fill")]).toEqual(
    ["key_plate", "mix", "fill_mix", "fill_mix_2"],
  );
});
