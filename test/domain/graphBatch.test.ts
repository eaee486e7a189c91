/** A chunk in a graph: one LoadImage per frame behind a tree of ImageBatch, in order, and nothing that was not placed. */
import { describe, expect, test } from "vitest";
import { checkBound } from "../../daemon/domain/boundCheck.ts";
import { bindGraph, placedOf } from "../../daemon/domain/graph.ts";
import type { GraphValues } from "../../daemon/domain/graph.ts";
import { checkGraph } from "../../daemon/domain/graphCheck.ts";
import { isLink } from "../../daemon/domain/graphPlaces.ts";
import { checkParameters } from "../../daemon/domain/recipeCheck.ts";
import type { Graph } from "../../daemon/domain/recipe.ts";
import { STRICT_RULES } from "../../daemon/domain/safetyRules.ts";
import { shipped, tiny } from "../fixtures/recipes.ts";
import type { TestRecipe } from "../fixtures/recipes.ts";

type Bend = NonNullable<Parameters<typeof tiny>[0]>;

const values = (frames: number): GraphValues => ({
  parameters: {},
  plateInput: "hotplate/a-0001.png",
  plateMore: Array.from({ length: frames - 1 }, (_, n) => `hotplate/a-${String(n + 2).padStart(4, "0")}.png`),
  frameCount: frames,
  images: {},
  plateWidth: 96,
  plateHeight: 54,
  prefix: "hotplate/a",
});

const together = (bend: Bend = () => undefined): TestRecipe =>
  tiny((file, graph) => {
    file["frames"] = { perTask: 4, overlap: 1 };
    file["allowedClasses"].push("ImageBatch");
    bend(file, graph);
  });

/** The files that reach an input, in the order of the batch. */
function filesOf(graph: Graph, link: unknown): readonly string[] {
  if (!isLink(link)) return [];
  const node = graph[link[0]];
  if (node?.class_type === "LoadImage") return [String(node.inputs["image"])];
  return [...filesOf(graph, node?.inputs["image1"]), ...filesOf(graph, node?.inputs["image2"])];
}

describe("a batch in the graph", () => {
  test.each([1, 2, 3, 8, 13])("of %i frames reaches every reader of the plate, in order", (frames) => {
    const { plateInput, plateMore = [] } = values(frames);
    const graph = bindGraph(together(), values(frames));
    expect(filesOf(graph, graph["12:3"]?.inputs["image1"])).toEqual([plateInput, ...plateMore]);
    const classes = Object.values(graph).map((node) => node.class_type);
    expect(classes.filter((name) => name === "LoadImage")).toHaveLength(frames);
    expect(classes.filter((name) => name === "ImageBatch")).toHaveLength(frames - 1);
  });

  test("is as deep as a tree, not as long as a chain", () => {
    const graph = bindGraph(together(), values(64));
    const depth = (link: unknown): number => {
      const inputs = isLink(link) ? graph[link[0]]?.inputs : undefined;
      return inputs?.["image1"] === undefined ? 0 : 1 + Math.max(depth(inputs["image1"]), depth(inputs["image2"]));
    };
    expect(depth(graph["12:3"]?.inputs["image1"])).toBe(6);
  });

  test("passes the last look only with the files that were placed for it", () => {
    const recipe = together();
    const graph = bindGraph(recipe, values(4));
    const look = (placed: readonly (string | null)[]) =>
      checkBound({ recipe, graph, placed }, null, STRICT_RULES).map((problem) => problem.code);
    expect(look(placedOf(values(4)))).toEqual([]);
    expect(look(placedOf(values(3)))).toEqual(["HP-RECIPE-PATH"]);
    expect(() => bindGraph(recipe, { ...values(2), plateMore: ["/etc/passwd"] })).not.toThrow();
    expect(look([null, "hotplate/a-0001.png"])).toHaveLength(3);
  });

  test("tells the graph how many frames there are, where it asks", () => {
    const recipe = shipped("temporal_smooth");
    const graph = bindGraph(recipe, values(5));
    expect([graph["before"]?.inputs["length"], graph["after"]?.inputs["length"]]).toEqual([5, 5]);
    expect(bindGraph(recipe, { ...values(1), frameCount: 1 })["after"]?.inputs["length"]).toBe(1);
  });
});

describe("a recipe that takes frames together", () => {
  const said = (recipe: TestRecipe): string =>
    [...checkGraph(recipe), ...checkParameters(recipe.file)].map((problem) => problem.message).join("\n");

  test("is sound when its plate is one LoadImage whose picture is read", () => {
    expect(said(together())).toBe("");
    expect(said(shipped("temporal_smooth"))).toBe("");
  });

  test.each<readonly [string, Bend, string]>([
    [
      "the MASK of the plate is read",
      (_file, graph) => (graph["12:3"].inputs.mask = ["1", 1]),
      "reads the plate's MASK, which a batch of frames does not have",
    ],
    ["a clip goes into a LoadImage", (file) => (file.frames.how = "clip"), "frames.how is clip, but graph node 1"],
    [
      "a batch goes into a LoadVideo",
      (_file, graph) => (graph["1"].class_type = "LoadVideo"),
      "frames.how is batch, but graph node 1",
    ],
    [
      "a graph node has a kept name",
      (_file, graph) => (graph["hotplate_batch_1"] = { class_type: "EmptyImage", inputs: {} }),
      "has a name that is kept for frames of a batch",
    ],
    [
      "more than half of a chunk is shared",
      (file) => (file.frames.overlap = 3),
      "frames.overlap is 3, more than half of perTask",
    ],
    [
      "ImageBatch is not allowed",
      (file) => file.allowedClasses.pop(),
      "frames.how: batch puts ImageBatch into the graph",
    ],
    ["there is no plate", (file) => (file.plate = undefined), "but the recipe takes no plate"],
  ])("is refused when %s", (_what, bend, words) => {
    expect(said(together(bend))).toContain(words);
  });
});
