/**
 * Can a recipe's graph take frames together, the way that recipe.yaml says? What is linked where; the numbers themselves are
 * `recipeCheck`'s.
 */
import type { Problem } from "./errors.ts";
import { isLink, loadPlaces, placeName, samePlace } from "./graphPlaces.ts";
import { recipeProblem } from "./graphShape.ts";
import type { Graph, Recipe } from "./recipe.ts";

/** Names of graph nodes that a batch adds. */
const KEPT_NAMES = /^hotplate_(frame|batch)_\d+$/;

export function framesProblems({ file, graph }: Pick<Recipe, "file" | "graph">): readonly Problem[] {
  const { frames, plate } = file;
  if (frames === undefined || plate === undefined) return [];
  const node = Object.hasOwn(graph, plate.bind.node) ? graph[plate.bind.node] : undefined;
  // An absent place is `graphCheck`'s to tell.
  if (node === undefined) return [];
  const where = placeName(graph, plate.bind.node);
  if (frames.how === "clip") {
    const takesFile = loadPlaces(graph).some((place) => samePlace(place, plate.bind));
    return takesFile && node.class_type !== "LoadImage" && node.class_type !== "LoadImageMask"
      ? []
      : [fault(`frames.how is clip, but ${where} takes no video file.`, "Bind the plate to a LoadVideo.", "LoadVideo")];
  }
  if (node.class_type !== "LoadImage")
    return [fault(`frames.how is batch, but ${where} is no LoadImage.`, "Bind the plate to a LoadImage.", "LoadImage")];
  return [
    ...maskReaders(graph, plate.bind.node).map((reader) =>
      fault(
        `${placeName(graph, reader)} reads the plate's MASK, which a batch of frames does not have.`,
        "Make the mask from the picture (ImageToMask), or feed a clip.",
      ),
    ),
    ...Object.keys(graph)
      .filter((id) => KEPT_NAMES.test(id))
      .map((id) => fault(`Graph node ${id} has a name that is kept for frames of a batch.`, "Give it another id.")),
  ];
}

/** Does it work on video files, which ffmpeg makes and takes apart? */
export function clipNeeds({ file, graph }: Pick<Recipe, "file" | "graph">): boolean {
  if (file.frames === undefined) return false;
  const result = Object.hasOwn(graph, file.result.node) ? graph[file.result.node]?.class_type : undefined;
  return file.frames.how === "clip" || /Video|WEBM/.test(result ?? "");
}

function maskReaders(graph: Graph, plate: string): readonly string[] {
  return Object.entries(graph).flatMap(([id, { inputs }]) =>
    Object.values(inputs).some((value) => isLink(value) && value[0] === plate && value[1] !== 0) ? [id] : [],
  );
}

function fault(message: string, action: string, expected: string | null = null): Problem {
  return recipeProblem("HP-RECIPE-INVALID", message, { file: "recipe.yaml", action, expected });
}
