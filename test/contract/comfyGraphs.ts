/** Graphs that need no model, small enough to run in milliseconds on a CPU. Each call makes new objects: servers coerce in place. */
import type { Graph } from "../../daemon/domain/recipe.ts";

export function flat(color = 0x336699, width = 96, height = 64): Graph[string] {
  return { class_type: "EmptyImage", inputs: { width, height, batch_size: 1, color } };
}
export function save(from: string, prefix: string): Graph[string] {
  return { class_type: "SaveImage", inputs: { images: [from, 0], filename_prefix: prefix } };
}
/** Gray noise of a seed, blurred: four graph nodes. */
export function noisy(prefix: string, seed: number): Graph {
  return {
    "1": flat(0x808080),
    "2": { class_type: "ImageAddNoise", inputs: { image: ["1", 0], seed, strength: 0.3 } },
    "3": { class_type: "ImageBlur", inputs: { image: ["2", 0], blur_radius: 3, sigma: 1.5 } },
    "4": save("3", prefix),
  };
}
/** So many blurs in a row on a picture of a seed: long enough to be stopped between graph nodes. */
export function slow(prefix: string, seed: number, of: { readonly blurs: number; readonly side: number }): Graph {
  const graph: Record<string, Graph[string]> = {
    n: { class_type: "ImageAddNoise", inputs: { image: ["e", 0], seed, strength: 0.2 } },
    e: flat(0x808080, of.side, of.side),
  };
  let from = "n";
  for (let index = 0; index < of.blurs; index += 1) {
    graph[`b${index}`] = { class_type: "ImageBlur", inputs: { image: [from, 0], blur_radius: 9, sigma: 2 } };
    from = `b${index}`;
  }
  graph["out"] = save(from, prefix);
  return graph;
}
