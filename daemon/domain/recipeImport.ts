/**
 * A graph that an artist exported -> a recipe that works and reads well: which image is the plate, which picture is the
 * result, which widgets are worth a parameter. It proposes, a TD decides: everything lands in a commented recipe.yaml
 * (`recipeWriting`). Pure; refuses what could never run, with every problem at once.
 */
import type { Catalogue, NodeInput } from "./catalogue.ts";
import type { Problem } from "./errors.ts";
import { checkGraph } from "./graphCheck.ts";
import { isLink, loadPlaces, modelPlaces, placeName } from "./graphPlaces.ts";
import type { Place } from "./graphPlaces.ts";
import { readGraph, recipeProblem } from "./graphShape.ts";
import { CLIP_FRAMES, imagesOf, takesClip } from "./importImages.ts";
import { Names, slug, titleOf } from "./importNames.ts";
import { promptRole } from "./importPrompts.ts";
import { recipeSchema } from "./recipe.ts";
import type { Graph, GraphNode, RecipeFile, RecipeParameter } from "./recipe.ts";
import { writeRecipe } from "./recipeWriting.ts";

export interface ImportRequest {
  readonly graphText: string;
  readonly name: string;
  /** Gives types, ranges and options; without a class in it, a widget is judged by its value. */
  readonly catalogue: Catalogue;
}

export type ImportAnswer =
  | {
      readonly kind: "recipe";
      readonly file: RecipeFile;
      readonly graph: Graph;
      /** Text of recipe.yaml and of graph.api.json. */
      readonly recipeText: string;
      readonly graphText: string;
      /** What the TD should look at. */
      readonly notes: readonly string[];
    }
  | { readonly kind: "broken"; readonly problems: readonly Problem[] };

export const IMPORT_VERSION = "0.1.0";
const SEED_DEFAULT = "1000";

/** Widgets worth a parameter on any graph node; others only where the artist gave the graph node a title. */
const WELL_KNOWN_INPUTS: ReadonlySet<string> = new Set(
  "denoise cfg steps strength guidance blend_factor sampler_name scheduler megapixels scale_by factor color".split(" "),
);
/** One task is one picture, so these stay as they are. */
const NEVER_INPUTS: ReadonlySet<string> = new Set([
  "batch_size",
  "filename_prefix",
  "control_after_generate",
  "upload",
]);
const PLATE_SIZED_CLASSES: ReadonlySet<string> = new Set(["EmptyImage", "SolidMask"]);
const MODEL_FOLDERS: readonly (readonly [RegExp, string])[] = [
  [/^ckpt/, "checkpoints"],
  [/^lora/, "loras"],
  [/^vae/, "vae"],
  [/^(unet|diffusion_model)/, "diffusion_models"],
  [/^clip/, "text_encoders"],
  [/^control/, "controlnet"],
  [/^style_model/, "style_models"],
  [/^(model|upscale_model)_name/, "upscale_models"],
];

export function importRecipe({ graphText, name, catalogue }: ImportRequest): ImportAnswer {
  const notes: string[] = [];
  const reading = readGraph(withoutHugeSeeds(graphText, notes));
  if (reading.kind === "broken") return reading;
  const { graph } = reading;
  const clip = takesClip(graph);
  const result = resultNode(graph, { catalogue, clip, notes });
  if (result === null) return broken("The graph saves no image.", "Add a SaveImage graph node and export again.");
  const images = imagesOf(graph, notes);
  if ("problems" in images) return { kind: "broken", problems: images.problems };
  const names = new Names(["plate", ...Object.keys(images.images)]);
  const parameters = parametersOf({ graph, catalogue, names, hasPlate: images.plate !== null });
  const models = [...new Map(modelPlaces(graph).map((place) => [place.file, modelOf(place)])).values()];
  const draft = {
    hotplate: 1,
    name,
    version: IMPORT_VERSION,
    title: name.replaceAll("_", " "),
    description: "",
    needs: models.some((model) => model.folder === "checkpoints") ? "a checkpoint" : "nothing",
    parameters: parameters.found,
    ...(images.plate === null ? {} : { plate: { bind: images.plate, ...parameters.plateSize } }),
    ...(clip ? { frames: CLIP_FRAMES } : {}),
    images: images.images,
    result: { node: result, bitDepth: 8, scale: images.plate === null ? null : 1 },
    models,
    allowedClasses: [...new Set(Object.values(graph).map((node) => node.class_type))].sort(),
  };
  const parsed = recipeSchema.safeParse(draft);
  if (!parsed.success)
    return broken(
      parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "),
      "Choose another name.",
    );
  const problems = checkGraph({ file: parsed.data, graph }).filter((problem) => problem.severity === "error");
  if (problems.length > 0) return { kind: "broken", problems };
  if (clip)
    notes.push(
      `The graph loads a video: it is fed ${CLIP_FRAMES.perTask} frames of the plate at once, none shared. Set frames as the model wants them.`,
    );
  if (images.plate !== null)
    notes.push("The result is taken to have the plate's size; if the graph changes it, set result.scale.");
  return {
    kind: "recipe",
    file: parsed.data,
    graph,
    notes,
    recipeText: writeRecipe(parsed.data, graph),
    graphText: `${JSON.stringify(graph, null, 2)}\n`,
  };
}

/** ComfyUI's page draws seeds up to 2^64-1, which JavaScript can't hold; the manifest's seed replaces them anyway. */
function withoutHugeSeeds(text: string, notes: string[]): string {
  let replaced = 0;
  try {
    const value: unknown = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text, (key, item: unknown) => {
      if (!/seed/i.test(key) || typeof item !== "number" || Number.isSafeInteger(item)) return item;
      replaced += 1;
      return Number(SEED_DEFAULT);
    });
    if (replaced === 0) return text;
    notes.push(`${replaced} seed(s) above 2^53-1 became ${SEED_DEFAULT}.`);
    return JSON.stringify(value);
  } catch {
    // Not JSON: readGraph says so, with the place.
    return text;
  }
}

function resultNode(
  graph: Graph,
  of: { readonly catalogue: Catalogue; readonly clip: boolean; readonly notes: string[] },
): string | null {
  const { catalogue, clip, notes } = of;
  const others = clip ? /Latent|Animated|Audio/ : /Latent|Video|Animated|WEBM|Audio/;
  const saves = Object.entries(graph).filter(([, node]) => {
    const known = Object.hasOwn(catalogue, node.class_type) ? catalogue[node.class_type] : undefined;
    const image = clip ? /^Save.*(Image|Video|WEBM)/ : /^Save.*Image/;
    const saver = known === undefined ? image.test(node.class_type) : known.outputNode;
    return saver && typeof node.inputs["filename_prefix"] === "string" && !others.test(node.class_type);
  });
  const pictures = saves.filter(([, node]) => !/Video|WEBM/.test(node.class_type));
  // Pictures before a video: they lose nothing.
  const chosen =
    saves.find(([, node]) => /result|final|output|beauty/i.test(titleOf(node) ?? "")) ??
    pictures.at(-1) ??
    saves.at(-1);
  if (chosen === undefined) return null;
  if (saves.length > 1)
    notes.push(`The graph saves ${saves.length} images; ${placeName(graph, chosen[0])} is taken as the result.`);
  return chosen[0];
}

interface Proposals {
  readonly found: Record<string, RecipeParameter>;
  readonly plateSize: { readonly width: Place[]; readonly height: Place[] };
}

function parametersOf(of: {
  readonly graph: Graph;
  readonly catalogue: Catalogue;
  readonly names: Names;
  readonly hasPlate: boolean;
}): Proposals {
  const { graph, catalogue, names, hasPlate } = of;
  const found: Record<string, RecipeParameter> = {};
  const plateSize: { width: Place[]; height: Place[] } = { width: [], height: [] };
  const taken = new Set(
    [...loadPlaces(graph), ...modelPlaces(graph)].map(({ node, input }) => JSON.stringify([node, input])),
  );
  for (const [id, node] of Object.entries(graph)) {
    const known = Object.hasOwn(catalogue, node.class_type) ? catalogue[node.class_type] : undefined;
    for (const [input, value] of Object.entries(node.inputs)) {
      if (isLink(value) || NEVER_INPUTS.has(input) || taken.has(JSON.stringify([id, input]))) continue;
      const place = { node: id, input };
      if (hasPlate && PLATE_SIZED_CLASSES.has(node.class_type) && (input === "width" || input === "height")) {
        plateSize[input].push(place);
        continue;
      }
      const kind = known !== undefined && Object.hasOwn(known.inputs, input) ? known.inputs[input] : undefined;
      const parameter = proposal({ graph, place, node, value, kind });
      if (parameter !== null)
        found[names.take(nameFor({ graph, place, node, parameter }), slug(titleOf(node) ?? ""))] = parameter;
    }
  }
  return { found, plateSize };
}

interface Widget {
  readonly graph: Graph;
  readonly place: Place;
  readonly node: GraphNode;
  readonly value: unknown;
  readonly kind: NodeInput | undefined;
}

/** The parameter that a widget deserves, or null. */
function proposal({ graph, place, node, value, kind }: Widget): RecipeParameter | null {
  const bind = [place];
  const title = titleOf(node);
  const described = { description: title === null ? `${place.input} of ${node.class_type}` : title, bind };
  if (/^(noise_)?seed$/.test(place.input)) return { type: "seed", default: seedText(value), ...described };
  if (typeof value === "string" && /TextEncode/.test(node.class_type) && promptRole(graph, place.node) !== null)
    return { type: "text", default: value, recordOnly: false, ...described };
  const wanted = WELL_KNOWN_INPUTS.has(place.input) || /^(width|height)$/.test(place.input) || title !== null;
  if (!wanted) return null;
  if (typeof value === "number") return numberProposal(value, kind, { input: place.input, described });
  if (typeof value !== "string") return null;
  if (kind?.type === "COMBO")
    return kind.options !== null && kind.options.includes(value)
      ? { type: "choice", default: value, values: [...kind.options], ...described }
      : null;
  return { type: "text", default: value, recordOnly: false, ...described };
}

function seedText(value: unknown): string {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? String(value) : SEED_DEFAULT;
}

function numberProposal(
  value: number,
  kind: NodeInput | undefined,
  { input, described }: { readonly input: string; readonly described: { description: string; bind: Place[] } },
): RecipeParameter {
  const min = kind?.min;
  const max = kind?.max;
  const whole = kind === undefined ? Number.isInteger(value) : kind.type === "INT";
  if (whole && /color/.test(input) && value >= 0 && value <= 0xffffff)
    return { type: "color", default: `#${value.toString(16).padStart(6, "0")}`, ...described };
  return {
    type: whole ? "integer" : "number",
    default: value,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...described,
  };
}

/** Input names that say nothing by themselves; the graph node's title says more. */
const VAGUE_INPUTS: ReadonlySet<string> = new Set(
  "value factor strength blend_factor text color amount int float string number blend_mode".split(" "),
);

function nameFor(of: {
  readonly graph: Graph;
  readonly place: Place;
  readonly node: GraphNode;
  readonly parameter: RecipeParameter;
}): string {
  const { graph, place, node, parameter } = of;
  if (parameter.type === "seed") return "seed";
  if (parameter.type === "text") {
    const role = promptRole(graph, place.node);
    if (role !== null) return role;
  }
  const title = slug(titleOf(node) ?? "");
  if (place.input === "sampler_name") return "sampler";
  if (place.input === "cfg") return "guidance";
  return VAGUE_INPUTS.has(place.input) && title !== "" ? title : slug(place.input) || title || "parameter";
}

function modelOf(place: Place & { readonly file: string }): { folder: string; file: string } {
  const folder = MODEL_FOLDERS.find(([pattern]) => pattern.test(place.input))?.[1] ?? "models";
  return { folder, file: place.file };
}

function broken(message: string, action: string): ImportAnswer {
  return { kind: "broken", problems: [recipeProblem("HP-RECIPE-INVALID", message, { action })] };
}
