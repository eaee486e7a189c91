/** Every way in which a recipe's graph can be wrong is named, all at once, with the nearest right word. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkGraph } from "../../daemon/domain/graphCheck.ts";
import { readGraph, shapeOf } from "../../daemon/domain/graphShape.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { shipped, shippedTexts, tiny, TINY_CATALOGUE, TINY_GRAPH } from "../fixtures/recipes.ts";
import type { TestRecipe } from "../fixtures/recipes.ts";

type Bend = NonNullable<Parameters<typeof tiny>[0]>;

const messages = (recipe: TestRecipe): string =>
  checkGraph(recipe)
    .map((problem) => problem.message)
    .join("\n");
const withCatalogue = (bend: Bend): string =>
  checkGraph(tiny(bend), TINY_CATALOGUE)
    .map((problem) => problem.message)
    .join("\n");

test("a sound recipe has no problem, with and without a catalogue", () => {
  expect(checkGraph(tiny())).toEqual([]);
  expect(checkGraph(tiny(), TINY_CATALOGUE)).toEqual([]);
});

test("a graph in the format of ComfyUI's page is refused with the menu to use", () => {
  const reading = readGraph(JSON.stringify({ last_node_id: 9, nodes: [], links: [], version: 0.4 }));
  expect(reading.kind === "broken" && reading.problems[0]).toMatchObject({
    code: "HP-RECIPE-UI-GRAPH",
    action: expect.stringContaining("File > Export (API)") as string,
  });
});

test("a prompt wrapper is taken off, also behind a byte order mark", () => {
  expect(readGraph(`\ufeff${JSON.stringify({ prompt: TINY_GRAPH, client_id: "x" })}`)).toEqual({
    kind: "graph",
    graph: TINY_GRAPH,
  });
});

test("a graph node whose id is prompt is not taken for the wrapper", () => {
  const graph = { prompt: { class_type: "CLIPTextEncode", inputs: { text: "x" } } };
  expect(readGraph(JSON.stringify(graph))).toEqual({ kind: "graph", graph });
});

test("broken JSON is told with its line", () => {
  const reading = readGraph('{\n  "1": {,}\n}');
  expect(reading.kind === "broken" && reading.problems[0]).toMatchObject({ code: "HP-RECIPE-INVALID", line: 2 });
});

test.each([
  ["a list", "[]", /not a JSON object/],
  ["nothing", "{}", /empty/],
  ["an id of the prototype", '{"__proto__":{"class_type":"A","inputs":{}}}', /can't be the id/],
  ["a key of the prototype inside", '{"1":{"class_type":"A","inputs":{"a":{"__proto__":{"x":1}}}}}', /key "__proto__"/],
  ["a constructor key", '{"1":{"class_type":"A","inputs":{"constructor":1}}}', /key "constructor"/],
  ["no class", '{"1":{"inputs":{}}}', /no class_type/],
  ["no inputs", '{"1":{"class_type":"A"}}', /no inputs/],
  ["inputs as a list", '{"1":{"class_type":"A","inputs":[]}}', /no inputs/],
  ["a strange key", '{"1":{"class_type":"A","inputs":{},"run":"x"}}', /key "run"/],
  ["a number that can't be kept", '{"1":{"class_type":"A","inputs":{"seed":18446744073709551615}}}', /2\^53-1/],
  ["a title that is no text", '{"1":{"class_type":"A","inputs":{},"_meta":{"title":{}}}}', /title/],
])("%s is refused", (_what, text, message) => {
  const reading = readGraph(text);
  expect(reading.kind === "broken" && reading.problems[0]?.message).toMatch(message);
});

test("the bounds on count, depth and text hold", () => {
  const node = { class_type: "A", inputs: {} };
  const many = Object.fromEntries(Array.from({ length: LIMITS.graphNodesMax + 1 }, (_, i) => [String(i), node]));
  expect(shapeOf(many).kind).toBe("broken");
  let deep: unknown = 1;
  for (let i = 0; i < LIMITS.graphDepthMax + 2; i += 1) deep = { deep };
  expect(shapeOf({ "1": { class_type: "A", inputs: { deep } } }).kind).toBe("broken");
  const text = "x".repeat(LIMITS.graphTextCharactersMax + 1);
  expect(shapeOf({ "1": { class_type: "A", inputs: { text } } }).kind).toBe("broken");
  expect(readGraph(" ".repeat(LIMITS.graphBytesMax + 1)).kind).toBe("broken");
});

test("whatever the text is, reading it answers and does not throw", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((value) => JSON.stringify({ "1": value })),
      ),
      (text) => {
        expect(["graph", "broken"]).toContain(readGraph(text).kind);
      },
    ),
    { seed: 21 },
  );
});

const BENT: readonly (readonly [string, Bend, RegExp])[] = [
  ["a class that is not allowed", (f) => (f.allowedClasses = ["LoadImage"]), /EmptyImage.*not in allowedClasses/],
  [
    "a class that nobody may allow",
    (f, g) => {
      g["5"] = { class_type: "SaveImageDataSetToFolder", inputs: {} };
      f.allowedClasses.push("SaveImageDataSetToFolder");
    },
    /never runs here: it reads and writes folders/,
  ],
  ["a link to nowhere", (_f, g) => (g["4"].inputs.image = ["12:4", 0]), /links to graph node 12:4, which is not/],
  ["a list that looks like a link", (_f, g) => (g["4"].inputs.extra = [1, 2]), /takes for a link/],
  ["a negative output", (_f, g) => (g["4"].inputs.image = ["1", -1]), /output -1/],
  ["a ring", (_f, g) => (g["12:3"].inputs.image1 = ["4", 0]), /ring/],
  ["a bound graph node that is not there", (f) => (f.parameters.tint.bind[0].node = "22"), /names graph node 22/],
  ["a bound input that is not there", (f) => (f.parameters.tint.bind[0].input = "colour"), /names input colour/],
  ["a binding that cuts a link", (f) => (f.parameters.mix.bind[0].input = "image1"), /would cut a link/],
  ["a place bound twice", (f) => f.parameters.tint.bind.push({ node: "12:3", input: "blend_factor" }), /bound twice/],
  [
    "a parameter on the prefix",
    (f) => (f.parameters.prompt.bind = [{ node: "9", input: "filename_prefix" }]),
    /writes itself/,
  ],
  [
    "a load path nobody binds",
    (_f, g) => (g["5"] = { class_type: "LoadImage", inputs: { image: "x.png" } }),
    /neither plate nor images/,
  ],
  ["an absolute path", (_f, g) => (g["4"].inputs.notes = "/etc"), /is a path/],
  ["a way up", (_f, g) => (g["4"].inputs.notes = "a/../../b"), /is a path/],
  ["a result that is not there", (f) => (f.result.node = "99"), /result's graph node 99/],
  ["a result without prefix", (f) => (f.result.node = "4"), /no text input filename_prefix/],
  [
    "a pickle for a model",
    (f, g) => {
      g["6"] = { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "x.ckpt" } };
      f.models = [{ folder: "checkpoints", file: "x.ckpt" }];
    },
    /"x\.ckpt", which is not a \.safetensors/,
  ],
  [
    "a model that is not listed",
    (_f, g) => (g["6"] = { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "x.safetensors" } }),
    /not under models/,
  ],
];

test.each(BENT)("%s is named", (_what, bend, message) => {
  expect(messages(tiny(bend))).toMatch(message);
});

test("a text parameter may not choose a model, a choice only among listed ones", () => {
  const recipe = tiny((f, g) => {
    g["6"] = { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "a.safetensors" } };
    f.models = [{ folder: "checkpoints", file: "a.safetensors" }];
    f.parameters.model = {
      type: "choice",
      default: "a.safetensors",
      values: ["a.safetensors", "b.safetensors", "c.pt"],
      bind: [{ node: "6", input: "ckpt_name" }],
    };
  });
  expect(messages(recipe)).toMatch(/Parameter model names "b\.safetensors"[^]*Parameter model names "c\.pt"/);
});

test("the nearest right word is offered", () => {
  const problem = checkGraph(tiny((f) => (f.parameters.tint.bind[0].input = "colr")))[0];
  expect(problem).toMatchObject({ file: "recipe.yaml", found: "colr", nearest: "color" });
});

test("all problems come at once", () => {
  const recipe = tiny((f, g) => {
    f.result.node = "99";
    f.parameters.tint.bind[0].node = "22";
    g["4"].inputs.image = ["404", 0];
  });
  expect(checkGraph(recipe).length).toBeGreaterThanOrEqual(3);
});

const AGAINST_CATALOGUE: readonly (readonly [string, Bend, RegExp])[] = [
  [
    "a class that this ComfyUI lacks",
    (f, g) => ((g["4"].class_type = "ImageAddNoize"), f.allowedClasses.push("ImageAddNoize")),
    /no class ImageAddNoize/,
  ],
  ["a missing input", (_f, g) => delete g["4"].inputs.strength, /lacks the input strength/],
  ["an input it does not have", (_f, g) => (g["4"].inputs.strenght = 1), /no input strenght/],
  ["a link of another type", (_f, g) => (g["12:3"].inputs.image2 = ["1", 1]), /takes IMAGE, but is linked to MASK/],
  ["an output that is not there", (_f, g) => (g["12:3"].inputs.image2 = ["1", 5]), /output 5/],
  ["a value outside the range", (_f, g) => (g["4"].inputs.strength = 1.5), /is 1\.5, outside 0 to 1/],
  ["text for a number", (_f, g) => (g["4"].inputs.strength = "1"), /is not a number/],
  ["a fraction for a whole number", (_f, g) => (g["2"].inputs.batch_size = 1.5), /not a whole number/],
  ["an option that is none", (_f, g) => (g["12:3"].inputs.blend_mode = "screem"), /"screem", which is not an option/],
  ["a range wider than the graph node's", (f) => (f.parameters.mix.max = 2), /Parameter mix is 2, outside 0 to 1/],
  ["a choice that the graph node lacks", (f) => f.parameters.mode.values.push("burn"), /Parameter mode is "burn"/],
  [
    "a number into whole numbers",
    (f) => (f.parameters.mix.bind = [{ node: "2", input: "batch_size" }]),
    /takes whole numbers/,
  ],
  [
    "a seed into a small range",
    (f) => (f.parameters.seed.bind = [{ node: "2", input: "batch_size" }]),
    /Parameter seed is 9007199254740991, outside/,
  ],
  [
    "a result that gives no files",
    (f, g) => ((g["4"].inputs.filename_prefix = "x"), (f.result.node = "4")),
    /gives no files/,
  ],
];

test.each(AGAINST_CATALOGUE)("against a catalogue, %s is named", (_what, bend, message) => {
  expect(withCatalogue(bend)).toMatch(message);
});

test("an optional image may only lead into optional inputs", () => {
  const bend =
    (input: string): Bend =>
    (f, g) => {
      g["20"] = { class_type: "LoadImage", inputs: { image: "m.png" } };
      g["21"] = {
        class_type: "ImageCompositeMasked",
        inputs: {
          destination: ["1", 0],
          source: ["2", 0],
          x: 0,
          y: 0,
          resize_source: false,
          [input]: ["20", input === "mask" ? 1 : 0],
        },
      };
      f.images = { holdout: { bind: { node: "20", input: "image" }, required: false } };
      f.allowedClasses.push("ImageCompositeMasked");
    };
  expect(withCatalogue(bend("mask"))).toBe("");
  expect(withCatalogue(bend("source"))).toMatch(/Input source .* needs .*whose image is optional/);
});

test("a model is judged only where the catalogue lists models", () => {
  const recipe = tiny((f, g) => {
    g["6"] = { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "sd15.safetensors" } };
    f.models = [{ folder: "checkpoints", file: "sd15.safetensors" }];
    f.allowedClasses.push("CheckpointLoaderSimple");
  });
  expect(checkGraph(recipe, TINY_CATALOGUE)).toEqual([]);
  const live = {
    ...TINY_CATALOGUE,
    CheckpointLoaderSimple: {
      inputs: { ckpt_name: { type: "COMBO", required: true, options: ["sd15_x.safetensors"] } },
      outputs: ["MODEL", "CLIP", "VAE"],
      outputNode: false,
    },
  };
  expect(checkGraph(recipe, live)[0]).toMatchObject({ code: "HP-RECIPE-MODEL", nearest: "sd15_x.safetensors" });
});

test("dotted inputs of a dynamic combo are left to ComfyUI", () => {
  const catalogue = {
    ...TINY_CATALOGUE,
    SaveImageAdvanced: {
      inputs: {
        images: { type: "IMAGE", required: true, options: null },
        filename_prefix: { type: "STRING", required: true, options: null },
        format: { type: "COMFY_DYNAMICCOMBO_V3", required: true, options: null },
      },
      outputs: [],
      outputNode: true,
    },
  };
  const recipe = tiny((f, g) => {
    g["9"] = {
      class_type: "SaveImageAdvanced",
      inputs: { images: ["4", 0], filename_prefix: "x", format: "exr", "format.bit_depth": "32-bit float" },
    };
    f.allowedClasses.push("SaveImageAdvanced");
  });
  expect(checkGraph(recipe, catalogue)).toEqual([]);
});

test("the shipped recipes are sound by themselves", () => {
  const names = shippedTexts().map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(6);
  for (const name of names) expect(checkGraph(shipped(name))).toEqual([]);
});
