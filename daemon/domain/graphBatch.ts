/**
 * A chunk fed as a batch: the recipe's one LoadImage becomes one per frame, and a tree of ImageBatch puts them together in
 * order, so that what read the plate reads all of its frames. A tree and not a chain: a chain would copy the first frames
 * once for every frame that follows. Only classes that ComfyUI has had since 0.19, so no node pack is needed.
 */
import { HotplateError } from "./errors.ts";
import { isLink } from "./graphPlaces.ts";
import type { Place } from "./graphPlaces.ts";
import type { GraphNode } from "./recipe.ts";

interface DraftNode extends Omit<GraphNode, "inputs"> {
  readonly inputs: Record<string, unknown>;
}

/** The class that joins two batches; a recipe that takes chunks as a batch allows it. */
export const BATCH_CLASS = "ImageBatch";

/**
 * Changes the draft: `bind` already holds the first frame, `more` are the placed files of the others. Throws HotplateError
 * (HP-RECIPE-INVALID) when the graph has graph nodes of the names that are made here.
 */
export function expandBatch(draft: Map<string, DraftNode>, bind: Place, more: readonly string[]): void {
  const plate = draft.get(bind.node);
  if (plate === undefined || more.length === 0) return;
  const readers = linksTo(draft, bind.node);
  const add = (id: string, node: DraftNode): string => {
    if (draft.has(id))
      throw new HotplateError("HP-RECIPE-INVALID", `Graph node ${id} has a name that is kept for frames of a batch.`);
    draft.set(id, node);
    return id;
  };
  const loads = more.map((file, index) =>
    add(`hotplate_frame_${index + 2}`, {
      class_type: plate.class_type,
      inputs: { ...plate.inputs, [bind.input]: file },
    }),
  );
  let level = [bind.node, ...loads];
  let made = 0;
  while (level.length > 1) {
    const next: string[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = level.slice(at, at + 2);
      if (left === undefined) break;
      if (right === undefined) {
        next.push(left);
        continue;
      }
      made += 1;
      const inputs = { image1: [left, 0], image2: [right, 0] };
      next.push(add(`hotplate_batch_${made}`, { class_type: BATCH_CLASS, inputs }));
    }
    level = next;
  }
  const [whole] = level;
  for (const { inputs, input } of readers) inputs[input] = [whole, 0];
}

/** Links to the first output of a graph node, where they stand. */
function linksTo(
  draft: ReadonlyMap<string, DraftNode>,
  node: string,
): readonly { readonly inputs: Record<string, unknown>; readonly input: string }[] {
  return [...draft.values()].flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([input, value]) =>
      isLink(value) && value[0] === node && value[1] === 0 ? [{ inputs, input }] : [],
    ),
  );
}
