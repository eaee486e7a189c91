/**
 * Is a text the prompt or the negative prompt? The title says it, or the sampler input that the text finally reaches.
 */
import { isLink } from "./graphPlaces.ts";
import { titleOf } from "./importNames.ts";
import type { Graph } from "./recipe.ts";

export type PromptRole = "prompt" | "negative";

const STEPS_MAX = 16;

/** null: neither its title nor what reads it says so. */
export function promptRole(graph: Graph, id: string): PromptRole | null {
  const title = titleOf(Object.hasOwn(graph, id) ? graph[id] : undefined) ?? "";
  if (/negative/i.test(title)) return "negative";
  if (/positive/i.test(title)) return "prompt";
  let front = new Set([id]);
  for (let step = 0; step < STEPS_MAX && front.size > 0; step += 1) {
    const next = new Set<string>();
    for (const [reader, node] of Object.entries(graph)) {
      for (const [input, value] of Object.entries(node.inputs)) {
        if (!isLink(value) || !front.has(value[0])) continue;
        if (input.startsWith("negative")) return "negative";
        if (input.startsWith("positive")) return "prompt";
        next.add(reader);
      }
    }
    front = next;
  }
  return /prompt/i.test(title) ? "prompt" : null;
}
