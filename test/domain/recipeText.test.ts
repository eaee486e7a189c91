/** A recipe's texts: every problem with its line, and the rules that a schema can't hold. */
import { expect, test } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { checkParameters } from "../../daemon/domain/recipeCheck.ts";
import { problemLine, readRecipe, readRecipeFile } from "../../daemon/domain/recipeText.ts";
import { tiny, TINY_GRAPH } from "../fixtures/recipes.ts";

const GRAPH = JSON.stringify(TINY_GRAPH);
const RECIPE = `hotplate: 1
name: tiny
version: 1.0.0
title: Tiny
parameters:
  mix:
    type: number
    default: 0.5
    min: 0
    max: 1
    bind: [{node: "12:3", input: blend_factor}]
plate:
  bind: {node: "1", input: image}
result: {node: "9"}
allowedClasses: [LoadImage, EmptyImage, ImageBlend, ImageAddNoise, SaveImage]
`;

const lines = (recipe: string, graph = GRAPH): readonly string[] => {
  const reading = readRecipe({ recipe, graph });
  return reading.kind === "broken" ? reading.problems.map(problemLine) : [];
};

test("a sound pair of texts is a recipe with defaults filled in", () => {
  const reading = readRecipe({ recipe: RECIPE, graph: GRAPH });
  expect(reading).toMatchObject({
    kind: "recipe",
    file: { needs: "nothing", result: { scale: 1, bitDepth: 8 } },
    warnings: [],
  });
});

test("a wrong key is told at its own line", () => {
  expect(lines(RECIPE.replace("title:", "titel:"))).toEqual(
    expect.arrayContaining([expect.stringMatching(/^recipe\.yaml:4:\d+ .*titel/)]),
  );
});

test("a wrong value is told at its own line", () => {
  expect(lines(RECIPE.replace("type: number", "type: nummer"))[0]).toMatch(/^recipe\.yaml:\d+:\d+ parameters\.mix/);
  expect(lines(RECIPE.replace("1.0.0", "1.0"))[0]).toMatch(/^recipe\.yaml:3:10 version/);
});

test("a default outside its range is told at its parameter", () => {
  expect(lines(RECIPE.replace("default: 0.5", "default: 5"))[0]).toMatch(
    /^recipe\.yaml:7:5 The default of parameter mix: 5 is above its max 1\./,
  );
});

test("broken YAML is told with its place, and a broken graph at the same time", () => {
  const found = lines("hotplate: 1\nname: [", "{");
  expect(found[0]).toMatch(/^recipe\.yaml:2:\d+ Not valid YAML/);
  expect(found.at(-1)).toMatch(/^graph\.api\.json.*not valid JSON/);
});

test("a duplicate key is refused", () => {
  expect(lines(`${RECIPE}title: again\n`)[0]).toMatch(/^recipe\.yaml:16:1 Not valid YAML.*unique/i);
});

test("aliases and size are bounded", () => {
  const bomb = `a: &a [1]\nb: [${Array.from({ length: LIMITS.yamlAliasesMax + 1 }, () => "*a").join(", ")}]\n`;
  expect(readRecipeFile(bomb)).toMatchObject({ problems: [{ message: expect.stringContaining("aliases") as string }] });
  expect(readRecipeFile("#".repeat(LIMITS.recipeFileBytesMax + 1))).toMatchObject({
    problems: [{ message: expect.stringContaining("larger") as string }],
  });
});

const BENT: readonly (readonly [string, NonNullable<Parameters<typeof tiny>[0]>, RegExp])[] = [
  [
    "a parameter that does nothing",
    (f) => (f.parameters.idle = { type: "number", default: 1 }),
    /idle is bound to nothing/,
  ],
  ["a bound recordOnly", (f) => (f.parameters.prompt.bind = [{ node: "4", input: "seed" }]), /recordOnly, but bound/],
  [
    "a range upside down",
    (f) => Object.assign(f.parameters.mix, { min: 1, max: 0, default: 0.5 }),
    /min 1 is above its max 0/,
  ],
  [
    "a default that is no choice",
    (f) => (f.parameters.mode.default = "burn"),
    /default of parameter mode: found "burn"/,
  ],
  [
    "a preset for a stranger",
    (f) => (f.parameters.look = { type: "preset", default: "a", values: { a: { mixx: 1 } } }),
    /sets "mixx", which is no parameter/,
  ],
  [
    "a preset out of range",
    (f) => (f.parameters.look = { type: "preset", default: "a", values: { a: { mix: 3 } } }),
    /Preset a of parameter look sets mix: 3 is above/,
  ],
  [
    "a preset of a preset",
    (f) => {
      f.parameters.look = { type: "preset", default: "a", values: { a: { other: "b" } } };
      f.parameters.other = { type: "preset", default: "b", values: { b: {} } };
    },
    /which is a preset itself/,
  ],
  [
    "an unknown default preset",
    (f) => (f.parameters.look = { type: "preset", default: "z", values: { a: {} } }),
    /name of a preset/,
  ],
  [
    "an image named as a parameter",
    (f) => (f.images = { mix: { bind: { node: "1", input: "image" } } }),
    /image mix has the name of a parameter/,
  ],
  ["a parameter named plate", (f) => (f.parameters.plate = { type: "text", recordOnly: true }), /manifest's own field/],
  ["a size by a stranger", (f) => (f.result.width = "wide"), /"wide" for a size/],
  ["a scale without a plate", (f) => delete f.plate, /takes none; say scale: null/],
];

test.each(BENT)("%s is named", (_what, bend, message) => {
  expect(
    checkParameters(tiny(bend).file)
      .map((problem) => problem.message)
      .join("\n"),
  ).toMatch(message);
});
