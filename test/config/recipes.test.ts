/** The recipes that ship: usable as they lie there, documented, and true to the recorded ComfyUI. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bindGraph } from "../../daemon/domain/graph.ts";
import { checkGraph } from "../../daemon/domain/graphCheck.ts";
import type { Catalogue } from "../../daemon/domain/catalogue.ts";
import { valueTrouble } from "../../daemon/domain/recipeCheck.ts";
import { readRecipe } from "../../daemon/domain/recipeText.ts";
import { defaults, shipped, shippedTexts } from "../fixtures/recipes.ts";

const CATALOGUE = new URL("../../config/comfyui/catalogue-0.19.json", import.meta.url);
const MODEL_FREE = ["env_relight", "grain", "slap_comp", "upscale_x2"];
const WITH_CHECKPOINT = ["sd_image_to_image", "sd_text_to_image"];

test("the seven recipes are there", () => {
  expect(shippedTexts().map(({ name, version }) => `${name}@${version}`)).toEqual([
    "env_relight@1.0.0",
    "grain@1.0.0",
    "sd_image_to_image@1.0.0",
    "sd_text_to_image@1.0.0",
    "slap_comp@1.0.0",
    "temporal_smooth@1.0.0",
    "upscale_x2@2.0.0",
  ]);
});

test.each(shippedTexts())("$name reads without a problem or a warning", (texts) => {
  expect(readRecipe(texts)).toMatchObject({
    kind: "recipe",
    warnings: [],
    file: { name: texts.name, version: texts.version },
  });
});

test.each(shippedTexts())(
  "$name explains itself: description, every parameter, every graph node's title",
  ({ name }) => {
    const { file, graph } = shipped(name);
    expect(file.description?.length ?? 0).toBeGreaterThan(40);
    for (const [parameter, { description }] of Object.entries(file.parameters))
      expect(description, parameter).toMatch(/^[A-Z].*\.\s*$/s);
    for (const [id, node] of Object.entries(graph)) expect(node._meta?.title, id).toBeTruthy();
  },
);

test.each(shippedTexts())("$name allows exactly the classes that it uses", ({ name }) => {
  const { file, graph } = shipped(name);
  expect([...file.allowedClasses].sort()).toEqual(
    [...new Set(Object.values(graph).map((node) => node.class_type))].sort(),
  );
});

test.for(shippedTexts())("$name fits the recorded catalogue of ComfyUI 0.19", ({ name }, ctx) => {
  if (!existsSync(CATALOGUE)) return ctx.skip("config/comfyui/catalogue-0.19.json is not recorded yet");
  const catalogue = JSON.parse(readFileSync(CATALOGUE, "utf8")) as Catalogue;
  expect(checkGraph(shipped(name), catalogue)).toEqual([]);
});

test("four need nothing and two say that they need a checkpoint", () => {
  expect(MODEL_FREE.map((name) => shipped(name).file.needs)).toEqual(MODEL_FREE.map(() => "nothing"));
  expect(MODEL_FREE.flatMap((name) => shipped(name).file.models)).toEqual([]);
  for (const name of WITH_CHECKPOINT) {
    expect(shipped(name).file.needs).toBe("a checkpoint");
    expect(shipped(name).file.models.length).toBe(1);
  }
});

test("the relight has at least twelve light conditions, no two alike, each setting every value by itself", () => {
  const { file } = shipped("env_relight");
  const lighting = file.parameters["lighting"];
  if (lighting?.type !== "preset") throw new Error("lighting is no preset");
  const conditions = Object.entries(lighting.values);
  expect(conditions.length).toBeGreaterThanOrEqual(12);
  for (const word of [
    "dawn",
    "sunrise",
    "noon",
    "overcast",
    "golden",
    "sunset",
    "dusk",
    "moonlight",
    "sodium",
    "neon",
    "storm",
    "fog",
  ])
    expect(Object.keys(lighting.values)).toContain(word);
  const own = Object.entries(file.parameters)
    .filter(([name, parameter]) => parameter.type !== "preset" && !["seed", "prompt"].includes(name))
    .map(([name]) => name)
    .sort();
  for (const [name, values] of conditions) expect(Object.keys(values).sort(), name).toEqual(own);
  expect(new Set(conditions.map(([, values]) => JSON.stringify(values))).size).toBe(conditions.length);
});

test("the relight's own defaults are those of its default light condition", () => {
  const { file } = shipped("env_relight");
  const lighting = file.parameters["lighting"];
  if (lighting?.type !== "preset") throw new Error("lighting is no preset");
  for (const [name, value] of Object.entries(lighting.values[lighting.default] ?? {}))
    expect(file.parameters[name]?.default, name).toBe(value);
});

test("the relight keeps a prompt for the record and says that it does not read it", () => {
  const prompt = shipped("env_relight").file.parameters["prompt"];
  expect(prompt).toMatchObject({ type: "text", recordOnly: true });
  expect(prompt?.description).toMatch(/no model that reads/);
});

test.each(shippedTexts())("every preset of $name sets values that its parameters take", ({ name }) => {
  const { file } = shipped(name);
  for (const [own, parameter] of Object.entries(file.parameters)) {
    if (parameter.type !== "preset") continue;
    for (const [preset, values] of Object.entries(parameter.values))
      for (const [key, value] of Object.entries(values)) {
        const other = file.parameters[key];
        expect(other, `${own}.${preset}.${key}`).toBeDefined();
        if (other !== undefined) expect(valueTrouble(key, other, value), `${own}.${preset}.${key}`).toBeNull();
      }
  }
});

test.each(shippedTexts())("$name binds with its defaults, at the plate's size", ({ name }) => {
  const recipe = shipped(name);
  const graph = bindGraph(recipe, {
    parameters: defaults(recipe.file),
    plateInput: "a.png",
    images: Object.fromEntries(Object.keys(recipe.file.images).map((image) => [image, `${image}.png`])),
    plateWidth: 4448,
    plateHeight: 3096,
    prefix: "hotplate/x",
  });
  for (const { node, input } of recipe.file.plate?.width ?? []) expect(graph[node]?.inputs[input]).toBe(4448);
  for (const { node, input } of recipe.file.plate?.height ?? []) expect(graph[node]?.inputs[input]).toBe(3096);
  expect(graph[recipe.file.result.node]?.inputs["filename_prefix"]).toBe("hotplate/x");
  expect(JSON.stringify(graph)).not.toContain("plate.png");
});
