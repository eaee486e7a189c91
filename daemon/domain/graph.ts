/**
 * Binding: a recipe's graph plus one wedge's values gives the graph that is sent. It touches bound inputs, load paths and
 * file name prefixes, and nothing else; the recipe's own graph is never changed. It assumes a recipe that `graphCheck`
 * found sound and values that admission checked; what is wrong all the same is refused, never sent.
 */
import { HotplateError } from "./errors.ts";
import { expandBatch } from "./graphBatch.ts";
import { pathProblems } from "./graphPaths.ts";
import { isLink, isPrefixInput, isRelativeSafe, samePlace } from "./graphPlaces.ts";
import type { Place } from "./graphPlaces.ts";
import type { JsonScalar, WedgePlan } from "./plan.ts";
import type { Graph, GraphNode, Recipe, RecipeParameter } from "./recipe.ts";

export interface GraphValues {
  /** Complete: defaults, presets, manifest and axis values resolved. A parameter left out takes its default. */
  readonly parameters: WedgePlan["parameters"];
  /** What `ComfySlot.place` answered for the plate; null when there is none. */
  readonly plateInput: string | null;
  /** The further frames of a chunk that is fed as a batch, in order. */
  readonly plateMore?: readonly string[];
  /** Frames that are fed; absent: one. */
  readonly frameCount?: number;
  /** The recipe's image name -> what `ComfySlot.place` answered for it. */
  readonly images: Readonly<Record<string, string>>;
  /** px; null without a plate. */
  readonly plateWidth: number | null;
  readonly plateHeight: number | null;
  /** Private to this attempt, relative to ComfyUI's output directory: `[A-Za-z0-9._/-]`. */
  readonly prefix: string;
}

/** A seed in ComfyUI's range that JSON and JavaScript keep exactly. */
const SEED_PATTERN = /^\d{1,16}$/;
const COLOR_PATTERN = /^#[0-9a-fA-F]{6}$/;
const PREFIX_PATTERN = /^[A-Za-z0-9._/-]{1,200}$/;

/**
 * The graph to send: plain JSON, no key or path but the recipe's and the placed ones. An image that is optional and not
 * given is taken out together with the links to it. Throws HotplateError (HP-RECIPE-PARAMETER, -INVALID, -PATH).
 */
export function bindGraph(recipe: Pick<Recipe, "file" | "graph">, values: GraphValues): Graph {
  const { file } = recipe;
  if (!PREFIX_PATTERN.test(values.prefix) || !isRelativeSafe(values.prefix))
    throw invalid(`The prefix "${values.prefix}" is not private and relative.`);
  const draft = new Map(
    Object.entries(recipe.graph).map(([id, node]) => [id, { ...node, inputs: { ...node.inputs } }]),
  );
  for (const [name, parameter] of Object.entries(file.parameters)) {
    const value = graphValue(name, parameter, values.parameters[name] ?? parameter.default);
    for (const place of parameter.bind) put(draft, place, value);
  }
  bindPlate(draft, recipe, values);
  for (const [name, image] of Object.entries(file.images)) {
    bindImage(draft, image, Object.hasOwn(values.images, name) ? (values.images[name] ?? null) : null, name);
  }
  rewritePrefixes(draft, resultPrefix(recipe), values.prefix);
  const graph = Object.fromEntries(draft);
  // The last look before sending: a graph node that would read or write anything of its own choice is refused.
  const problem = pathProblems(graph, { placed: placedOf(values), catalogue: null })[0];
  if (problem !== undefined) throw new HotplateError(problem.code, problem.message);
  return graph;
}

/** The texts that a loader may hold. */
export function placedOf(values: Pick<GraphValues, "plateInput" | "plateMore" | "images">): readonly (string | null)[] {
  return [values.plateInput, ...(values.plateMore ?? []), ...Object.values(values.images)];
}

/** Where the result's file name prefix goes. */
export function resultPrefix(recipe: Pick<Recipe, "file">): Place {
  const { result } = recipe.file;
  return result.prefix ?? { node: result.node, input: "filename_prefix" };
}

/** One value as the graph holds it: a color as 0xRRGGBB, a seed as an exact whole number, everything else as it is. */
export function graphValue(name: string, parameter: RecipeParameter, value: JsonScalar): string | number {
  const refuse = (expected: string): HotplateError =>
    new HotplateError(
      "HP-RECIPE-PARAMETER",
      `Parameter ${name}: found ${JSON.stringify(value)}, expected ${expected}.`,
    );
  switch (parameter.type) {
    case "number":
      if (typeof value !== "number" || !Number.isFinite(value)) throw refuse("a number");
      return value;
    case "integer":
      if (typeof value !== "number" || !Number.isSafeInteger(value)) throw refuse("a whole number");
      return value;
    case "text":
      if (typeof value !== "string") throw refuse("text");
      return value;
    case "color":
      if (typeof value !== "string" || !COLOR_PATTERN.test(value)) throw refuse("a color as #RRGGBB");
      return Number.parseInt(value.slice(1), 16);
    case "choice":
      if (typeof value !== "string" || !parameter.values.includes(value))
        throw refuse(`one of ${parameter.values.join(", ")}`);
      return value;
    case "preset":
      if (typeof value !== "string" || !Object.hasOwn(parameter.values, value)) throw refuse("the name of a preset");
      return value;
    case "seed": {
      const text = String(value);
      const seed = Number(text);
      if (!SEED_PATTERN.test(text) || !Number.isSafeInteger(seed)) throw refuse("a whole number from 0 to 2^53-1");
      return seed;
    }
  }
}

interface DraftNode extends Omit<GraphNode, "inputs"> {
  readonly inputs: Record<string, unknown>;
}
type Draft = Map<string, DraftNode>;

function put(draft: Draft, place: Place, value: string | number): void {
  const node = draft.get(place.node);
  if (node === undefined || !Object.hasOwn(node.inputs, place.input))
    throw invalid(`The graph has no input ${place.input} at graph node ${place.node}.`);
  if (isLink(node.inputs[place.input])) throw invalid(`Input ${place.input} of graph node ${place.node} is a link.`);
  node.inputs[place.input] = value;
}

function bindPlate(draft: Draft, recipe: Pick<Recipe, "file">, values: GraphValues): void {
  const { plate } = recipe.file;
  if (plate === undefined) return;
  bindImage(draft, plate, values.plateInput, "plate");
  for (const [places, side] of [
    [plate.width, values.plateWidth],
    [plate.height, values.plateHeight],
  ] as const) {
    if (side === null) continue;
    if (!Number.isSafeInteger(side) || side < 1) throw invalid(`A plate side of ${side} px can't be.`);
    for (const place of places) put(draft, place, side);
  }
  for (const place of recipe.file.frames?.count ?? []) put(draft, place, values.frameCount ?? 1);
  if (values.plateMore !== undefined) expandBatch(draft, plate.bind, values.plateMore);
}

function bindImage(
  draft: Draft,
  image: { readonly bind: Place; readonly required: boolean },
  placed: string | null,
  name: string,
): void {
  if (placed !== null) {
    if (!isRelativeSafe(placed)) throw invalid(`The place "${placed}" of ${name} is not relative.`);
    put(draft, image.bind, placed);
    return;
  }
  if (image.required) throw new HotplateError("HP-RECIPE-PARAMETER", `The image ${name} is missing.`);
  draft.delete(image.bind.node);
  for (const node of draft.values()) {
    for (const [input, value] of Object.entries(node.inputs)) {
      if (isLink(value) && value[0] === image.bind.node) delete node.inputs[input];
    }
  }
}

/** Every prefix becomes private; those beside the result's get a name that ComfyUI's counter does not mix up with it. */
function rewritePrefixes(draft: Draft, result: Place, prefix: string): void {
  put(draft, result, prefix);
  let others = 0;
  for (const [id, node] of draft) {
    for (const input of Object.keys(node.inputs)) {
      if (!isPrefixInput(input) || samePlace(result, { node: id, input })) continue;
      others += 1;
      put(draft, { node: id, input }, `${prefix}-x${others}`);
    }
  }
}

function invalid(message: string): HotplateError {
  return new HotplateError("HP-RECIPE-INVALID", message);
}
