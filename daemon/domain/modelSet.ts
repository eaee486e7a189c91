/**
 * Which models a graph loads: found in the graph itself and in what ComfyUI says of its classes, never declared by hand. Two
 * tasks with the same set share warm models on a slot; that is all the set means.
 */
import type { Catalogue } from "./catalogue.ts";
import { modelPlaces } from "./graphPlaces.ts";
import type { ModelUse } from "./modelKnown.ts";
import type { JsonScalar } from "./plan.ts";
import type { GraphNode, Recipe } from "./recipe.ts";

/** Outputs of ComfyUI's loaders: whoever makes one of these out of a file's name holds it in memory. */
const LOADED_TYPES: ReadonlySet<string> = new Set([
  "MODEL",
  "CLIP",
  "VAE",
  "CONTROL_NET",
  "CLIP_VISION",
  "STYLE_MODEL",
  "GLIGEN",
  "UPSCALE_MODEL",
  "PHOTOMAKER",
  "HYPERNETWORK",
  "AUDIO_ENCODER",
  "MODEL_PATCH",
  "LATENT_UPSCALE_MODEL",
]);
/** Inputs that change what a file becomes in memory: the same file in another type is another model. */
const DTYPE_INPUTS = ["weight_dtype", "dtype", "precision"] as const;

/**
 * Sorted, unique: `CheckpointLoaderSimple sd15.safetensors`, `UNETLoader flux.safetensors fp8_e4m3fn`. Without a catalogue
 * only what names and file endings show; with one, also loaders of node packs.
 */
export function modelSetOf(
  recipe: Pick<Recipe, "file" | "graph">,
  parameters: Readonly<Record<string, JsonScalar>>,
  catalogue: Catalogue | null,
): readonly string[] {
  const bound = boundValues(recipe, parameters);
  const out = new Set<string>();
  for (const { node, file } of modelUses(recipe, parameters, catalogue)) {
    const at = recipe.graph[node];
    if (at !== undefined) out.add([at.class_type, file, ...dtypesOf(at, node, bound)].join(" "));
  }
  return [...out].sort();
}

/** Each place of the graph that names a model, with the file that it names for these values. */
export function modelUses(
  recipe: Pick<Recipe, "file" | "graph">,
  parameters: Readonly<Record<string, JsonScalar>>,
  catalogue: Catalogue | null,
): readonly ModelUse[] {
  const bound = boundValues(recipe, parameters);
  const named = new Set(modelPlaces(recipe.graph).map((place) => `${place.node}\n${place.input}`));
  return Object.entries(recipe.graph).flatMap(([id, node]) =>
    Object.entries(node.inputs).flatMap(([input, literal]): readonly ModelUse[] => {
      const place = `${id}\n${input}`;
      const value = bound.get(place) ?? literal;
      if (typeof value !== "string" || value === "") return [];
      if (!named.has(place) && !isLoader(node, input, catalogue)) return [];
      return [{ node: id, input, classType: node.class_type, file: value }];
    }),
  );
}

/** Every model that the recipe may load, whatever a manifest chooses. */
export function allModelUses(recipe: Pick<Recipe, "file" | "graph">, catalogue: Catalogue | null): readonly ModelUse[] {
  const out = new Map<string, ModelUse>();
  const take = (values: Readonly<Record<string, JsonScalar>>): void => {
    for (const use of modelUses(recipe, values, catalogue)) out.set(JSON.stringify(use), use);
  };
  take({});
  for (const [name, parameter] of Object.entries(recipe.file.parameters)) {
    if (parameter.type === "choice") for (const value of parameter.values) take({ [name]: value });
  }
  return [...out.values()];
}

/** One text per set; "" for none. */
export function modelKeyOf(models: readonly string[]): string {
  return models.join(" + ");
}

function boundValues(
  recipe: Pick<Recipe, "file">,
  parameters: Readonly<Record<string, JsonScalar>>,
): ReadonlyMap<string, JsonScalar> {
  const out = new Map<string, JsonScalar>();
  for (const [name, parameter] of Object.entries(recipe.file.parameters)) {
    for (const place of parameter.bind) out.set(`${place.node}\n${place.input}`, parameters[name] ?? parameter.default);
  }
  return out;
}

/** A list whose choices are the machine's files, on a class that makes a model of one. */
function isLoader(node: GraphNode, input: string, catalogue: Catalogue | null): boolean {
  const known =
    catalogue !== null && Object.hasOwn(catalogue, node.class_type) ? catalogue[node.class_type] : undefined;
  if (known === undefined || !known.outputs.some((type) => LOADED_TYPES.has(type))) return false;
  const of = Object.hasOwn(known.inputs, input) ? known.inputs[input] : undefined;
  if (of?.type !== "COMBO" || (DTYPE_INPUTS as readonly string[]).includes(input)) return false;
  return of.options === null || of.options.some((option) => /[./\\]/.test(option));
}

function dtypesOf(node: GraphNode, id: string, bound: ReadonlyMap<string, JsonScalar>): readonly string[] {
  return DTYPE_INPUTS.flatMap((input) => {
    const value = bound.get(`${id}\n${input}`) ?? node.inputs[input];
    return typeof value === "string" && value !== "default" ? [value] : [];
  });
}

export interface WorkKeys {
  readonly workKey: string;
  readonly modelKey: string;
}

/** Kind of work: recipe and models, wherever the result lands. */
export function keysOf(of: { readonly recipeSha256: string; readonly models: readonly string[] }): WorkKeys {
  const modelKey = modelKeyOf(of.models);
  return { workKey: `${of.recipeSha256}\n${modelKey}`, modelKey };
}
