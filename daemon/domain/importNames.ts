/**
 * Names for what a graph's titles say: parameter names that a person can type in a manifest. Pure; one `Names` per import.
 */
import type { GraphNode } from "./recipe.ts";

const NAME_CHARACTERS_MAX = 40;

/** `Key Light (warm)` -> `key_light_warm`; empty when nothing usable is left. */
export function slug(text: string): string {
  const plain = text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^[_0-9]+|_+$/g, "");
  return plain.slice(0, NAME_CHARACTERS_MAX).replace(/_+$/, "");
}

/** The title that an artist gave; null where it is only the class name again. */
export function titleOf(node: GraphNode | undefined): string | null {
  const title = node?._meta?.title?.trim();
  if (node === undefined || title === undefined || title === "") return null;
  const flat = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "");
  return flat(title) === flat(node.class_type) ? null : title;
}

/** Hands out each name once: on a clash first with the graph node's title before it, then numbered. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  take(wanted: string, title = ""): string {
    const titled = title === "" || title === wanted ? wanted : `${title}_${wanted}`.slice(0, NAME_CHARACTERS_MAX);
    let name = this.#taken.has(wanted) ? titled : wanted;
    for (let i = 2; this.#taken.has(name); i += 1) name = `${titled}_${i}`;
    this.#taken.add(name);
    return name;
  }
}
