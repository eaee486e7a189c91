/** Binding a graph: what it may touch, what it refuses, and that nothing but placed files is ever loaded. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bindGraph, graphValue } from "../../daemon/domain/graph.ts";
import type { GraphValues } from "../../daemon/domain/graph.ts";
import { boundPlaces } from "../../daemon/domain/graphCheck.ts";
import { isLink, isRelativeSafe, loadPlaces } from "../../daemon/domain/graphPlaces.ts";
import type { Graph, RecipeParameter } from "../../daemon/domain/recipe.ts";
import { shipped, shippedTexts, tiny } from "../fixtures/recipes.ts";
import type { TestRecipe } from "../fixtures/recipes.ts";

const VALUES: GraphValues = {
  parameters: { mix: 0.25, mode: "multiply", tint: "#ff8000", seed: "9007199254740991", prompt: "words" },
  plateInput: "hotplate-a1.png",
  images: {},
  plateWidth: 4096,
  plateHeight: 2304,
  prefix: "hotplate/a1",
};

test("typed values land where recipe.yaml binds them, and the recipe's own graph stays as it was", () => {
  const recipe = tiny();
  const before = JSON.stringify(recipe.graph);
  const graph = bindGraph(recipe, VALUES);
  expect(graph["12:3"]?.inputs).toEqual({
    image1: ["1", 0],
    image2: ["2", 0],
    blend_factor: 0.25,
    blend_mode: "multiply",
  });
  expect(graph["2"]?.inputs).toEqual({ width: 4096, height: 2304, batch_size: 1, color: 0xff8000 });
  expect(graph["1"]?.inputs["image"]).toBe("hotplate-a1.png");
  expect(graph["9"]?.inputs["filename_prefix"]).toBe("hotplate/a1");
  expect(JSON.stringify(recipe.graph)).toBe(before);
});

test("the greatest seed is written exactly", () => {
  expect(JSON.stringify(bindGraph(tiny(), VALUES))).toContain('"seed":9007199254740991');
});

test.each(["9007199254740992", "18446744073709551615", "-1", "1.5", "1e3", ""])("the seed %j is refused", (seed) => {
  expect(() => bindGraph(tiny(), { ...VALUES, parameters: { seed } })).toThrow(/seed.*2\^53-1/);
});

test("a parameter that the plan leaves out takes its default", () => {
  const graph = bindGraph(tiny(), { ...VALUES, parameters: {} });
  expect(graph["12:3"]?.inputs["blend_factor"]).toBe(0.5);
  expect(graph["4"]?.inputs["seed"]).toBe(1000);
});

test("each type refuses what is not its own", () => {
  const wrong: readonly (readonly [RecipeParameter, string | number | boolean])[] = [
    [{ type: "number", default: 1, bind: [] }, "1"],
    [{ type: "number", default: 1, bind: [] }, Number.NaN],
    [{ type: "integer", default: 1, bind: [] }, 1.5],
    [{ type: "integer", default: 1, bind: [] }, 2 ** 53],
    [{ type: "text", default: "", recordOnly: false, bind: [] }, 7],
    [{ type: "color", default: "#000000", bind: [] }, "red"],
    [{ type: "choice", default: "a", values: ["a"], bind: [] }, "b"],
    [{ type: "preset", default: "a", values: { a: {} }, bind: [] }, "constructor"],
    [{ type: "seed", default: "1", bind: [] }, true],
  ];
  for (const [parameter, value] of wrong) expect(() => graphValue("p", parameter, value)).toThrow(/Parameter p: found/);
});

test("saves beside the result get private prefixes that its counter does not mix up", () => {
  const recipe = tiny((file, graph) => {
    graph["10"] = { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "debug" } };
    graph["11"] = { class_type: "SaveImage", inputs: { images: ["2", 0], filename_prefix: "/etc/passwd" } };
    file.allowedClasses.push("SaveImage");
  });
  const graph = bindGraph(recipe, VALUES);
  const prefixes = ["9", "10", "11"].map((id) => graph[id]?.inputs["filename_prefix"]);
  expect(prefixes).toEqual(["hotplate/a1", "hotplate/a1-x1", "hotplate/a1-x2"]);
});

test.each(["../up", "/abs", "a b", "", "a/../b", "%date%"])("the prefix %j is refused", (prefix) => {
  expect(() => bindGraph(tiny(), { ...VALUES, prefix })).toThrow(/prefix/);
});

test.each(["/etc/passwd", "../x.png", "a.png [output]", "C:\\x.png", "a\u0000.png", ""])(
  "a placed name %j that leaves the input directory is refused",
  (plateInput) => {
    expect(() => bindGraph(tiny(), { ...VALUES, plateInput })).toThrow(/not relative/);
  },
);

test("a required plate that is missing is refused", () => {
  expect(() => bindGraph(tiny(), { ...VALUES, plateInput: null })).toThrow(/plate is missing/);
});

test("an optional image that is not given is taken out with the links to it", () => {
  const recipe = tiny((file, graph) => {
    graph["20"] = { class_type: "LoadImageMask", inputs: { image: "mask.png", channel: "red" } };
    graph["4"].inputs.mask = ["20", 0];
    file.images = { holdout: { bind: { node: "20", input: "image" }, required: false } };
  });
  const without = bindGraph(recipe, VALUES);
  expect(without["20"]).toBeUndefined();
  expect(Object.keys(without["4"]?.inputs ?? {})).toEqual(["image", "seed", "strength"]);
  const given = bindGraph(recipe, { ...VALUES, images: { holdout: "a1-holdout.png" } });
  expect(given["20"]?.inputs["image"]).toBe("a1-holdout.png");
  expect(given["4"]?.inputs["mask"]).toEqual(["20", 0]);
});

test("a loader that nobody bound is refused just before sending", () => {
  const recipe = tiny((_file, graph) => {
    graph["30"] = { class_type: "LoadImageMask", inputs: { image: "/etc/shadow", channel: "red" } };
  });
  expect(() => bindGraph(recipe, VALUES)).toThrow(/would load.*not placed/);
});

test("a loader of an unknown pack is known by the media it names", () => {
  const recipe = tiny((_file, graph) => {
    graph["31"] = { class_type: "VHS_LoadVideoPath", inputs: { video: "/shows/x.mov" } };
  });
  expect(() => bindGraph(recipe, VALUES)).toThrow(/would load/);
});

test("a binding to a place that is not there, or that is a link, is refused", () => {
  const gone = tiny((file) => {
    file.parameters.mix.bind = [{ node: "77", input: "x" }];
  });
  expect(() => bindGraph(gone, VALUES)).toThrow(/no input x at graph node 77/);
  const cut = tiny((file) => {
    file.parameters.mix.bind = [{ node: "12:3", input: "image1" }];
  });
  expect(() => bindGraph(cut, VALUES)).toThrow(/is a link/);
});

describe("whatever the values are", () => {
  const recipes: readonly TestRecipe[] = [tiny(), ...shippedTexts().map(({ name }) => shipped(name))];
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}\.png$/);
  const valueOf = (parameter: RecipeParameter): fc.Arbitrary<string | number> => {
    switch (parameter.type) {
      case "number":
        return fc.double({ noNaN: true, noDefaultInfinity: true });
      case "integer":
        return fc.maxSafeInteger();
      case "text":
        return fc.string({ unit: "binary", maxLength: 200 });
      case "color":
        return fc.stringMatching(/^#[0-9a-fA-F]{6}$/);
      case "choice":
        return fc.constantFrom(...parameter.values);
      case "preset":
        return fc.constantFrom(...Object.keys(parameter.values));
      case "seed":
        return fc.maxSafeNat().map(String);
    }
  };
  const cases = fc.constantFrom(...recipes).chain((recipe) =>
    fc.record({
      recipe: fc.constant(recipe),
      parameters: fc.record(
        Object.fromEntries(Object.entries(recipe.file.parameters).map(([key, parameter]) => [key, valueOf(parameter)])),
      ) as fc.Arbitrary<Record<string, string | number>>,
      plate: name,
      image: name,
      width: fc.integer({ min: 1, max: 16_384 }),
      height: fc.integer({ min: 1, max: 16_384 }),
      prefix: fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
    }),
  );
  type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;
  const bound = ({ recipe, parameters, plate, image, width, height, prefix }: Case): Graph =>
    bindGraph(recipe, {
      parameters,
      plateInput: recipe.file.plate === undefined ? null : plate,
      images: Object.fromEntries(Object.keys(recipe.file.images).map((key) => [key, image])),
      plateWidth: width,
      plateHeight: height,
      prefix,
    });

  test("an input that nothing binds is never touched", () => {
    fc.assert(
      fc.property(cases, (one) => {
        const graph = bound(one);
        const places = new Set(boundPlaces(one.recipe.file).map((place) => JSON.stringify([place.node, place.input])));
        expect(Object.keys(graph)).toEqual(Object.keys(one.recipe.graph));
        for (const [id, node] of Object.entries(one.recipe.graph)) {
          expect(graph[id]?.class_type).toBe(node.class_type);
          for (const [input, value] of Object.entries(node.inputs)) {
            if (places.has(JSON.stringify([id, input])) || input === "filename_prefix") continue;
            expect(graph[id]?.inputs[input]).toEqual(value);
          }
        }
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  test("it is JSON that reads back as the same graph, with every link in place", () => {
    fc.assert(
      fc.property(cases, (one) => {
        const graph = bound(one);
        const text = JSON.stringify(graph);
        const back = JSON.parse(text) as Graph;
        expect(JSON.stringify(back)).toBe(text);
        for (const node of Object.values(back))
          for (const value of Object.values(node.inputs)) {
            expect(value).not.toBeNull();
            if (isLink(value)) expect(graph[value[0]]).toBeDefined();
          }
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  test("no path is loaded but the placed ones, no prefix written but the private one", () => {
    fc.assert(
      fc.property(cases, (one) => {
        const graph = bound(one);
        for (const { node, input } of loadPlaces(graph))
          expect([one.plate, one.image]).toContain(graph[node]?.inputs[input]);
        for (const node of Object.values(graph))
          if ("filename_prefix" in node.inputs)
            expect(node.inputs["filename_prefix"]).toMatch(new RegExp(`^${one.prefix}(-x\\d+)?$`));
      }),
      { seed: 13, numRuns: 200 },
    );
  });

  test("a hostile placed name is refused or stays inside", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (plateInput) => {
        const bind = (): Graph => bindGraph(tiny(), { ...VALUES, plateInput });
        if (isRelativeSafe(plateInput)) expect(bind()["1"]?.inputs["image"]).toBe(plateInput);
        else expect(bind).toThrow(/not relative/);
        expect(isRelativeSafe(`../${plateInput}`)).toBe(false);
        expect(isRelativeSafe(`/${plateInput}`)).toBe(false);
      }),
      { seed: 14, numRuns: 300 },
    );
  });
});
