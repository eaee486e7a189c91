/**
 * A proposed recipe as the text of recipe.yaml, with comments for the TD who will edit it. Reading it back gives the same
 * recipe; a test proves it.
 */
import { stringify } from "yaml";
import { placeName } from "./graphPlaces.ts";
import type { Place } from "./graphPlaces.ts";
import type { Graph, RecipeFile, RecipeParameter } from "./recipe.ts";

export function writeRecipe(file: RecipeFile, graph: Graph): string {
  const parts = [
    head(file),
    [
      `hotplate: 1`,
      `name: ${scalar(file.name)}`,
      `version: ${file.version}`,
      `title: ${scalar(file.title)}`,
      `# What it does, in a sentence or two, for the person who writes a manifest.`,
      `description: ""`,
      `needs: ${scalar(file.needs)}`,
    ],
    parameterLines(file, graph),
    plateLines(file, graph),
    framesLines(file),
    imageLines(file, graph),
    [
      `# The picture that is published: ${placeName(graph, file.result.node)}.`,
      `result:`,
      `  node: ${scalar(file.result.node)}`,
      `  bitDepth: ${file.result.bitDepth}`,
      `  # Result size / plate size: 2 for an upscale, null when it has nothing to do with the plate.`,
      `  scale: ${file.result.scale ?? "null"}`,
    ],
    modelLines(file),
    [
      `# Every graph node class that the graph may hold. Look at each: a class is code that runs on the farm.`,
      `allowedClasses:`,
      ...file.allowedClasses.map((name) => `  - ${scalar(name)}`),
    ],
    [`# Seconds of GPU time per picture, for estimates before anything ran:`, `# estimate: {gpuSeconds: 5}`],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function head(file: RecipeFile): readonly string[] {
  const seed = Object.entries(file.parameters).find(([, parameter]) => parameter.type === "seed")?.[0];
  const required = Object.entries(file.images).filter(([, image]) => image.required);
  return [
    `# Proposed from an exported graph. Rename parameters, delete those that nobody should touch, narrow the ranges, say what`,
    `# each one does; then: hotplate recipe check ${file.name}`,
    `# A change of meaning is a new version: copy the folder ${file.version} to the next number.`,
    `#`,
    `#   use: ${file.name}`,
    ...(file.plate === undefined ? [] : [`#   plate: AGM_104_065_010_PL01_v001.####.exr`]),
    ...(required.length === 0
      ? []
      : [`#   parameters: {${required.map(([name]) => `${name}: ./${name}.png`).join(", ")}}`]),
    ...(seed === undefined ? [] : [`#   sweep: {axes: {${seed}: {count: 4, from: 1000}}}`]),
  ];
}

function parameterLines(file: RecipeFile, graph: Graph): readonly string[] {
  const entries = Object.entries(file.parameters);
  if (entries.length === 0)
    return [`# Nothing in the graph looked like a parameter; docs/recipes.md says how to bind one.`, `parameters: {}`];
  return [
    `# Name in the manifest -> type, default, range, and where the value goes in the graph. Types: number, integer, text, color,`,
    `# choice, seed, and preset (a name that sets several of the others).`,
    `parameters:`,
    ...entries.flatMap(([name, parameter]) => oneParameter(name, parameter, graph)),
  ];
}

function oneParameter(name: string, parameter: RecipeParameter, graph: Graph): readonly string[] {
  const place = parameter.bind[0];
  return [
    ...(place === undefined ? [] : [`  # ${placeName(graph, place.node)}, ${place.input}`]),
    `  ${name}:`,
    `    type: ${parameter.type}`,
    `    description: ${scalar(parameter.description ?? "")}`,
    ...(parameter.type === "number" ? [`    # unit: ratio`] : []),
    `    default: ${scalar(parameter.default)}`,
    ...("min" in parameter && parameter.min !== undefined ? [`    min: ${parameter.min}`] : []),
    ...("max" in parameter && parameter.max !== undefined ? [`    max: ${parameter.max}`] : []),
    ...(parameter.type === "choice"
      ? [`    values:`, ...parameter.values.map((value) => `      - ${scalar(value)}`)]
      : []),
    `    bind: ${places(parameter.bind)}`,
  ];
}

function plateLines(file: RecipeFile, graph: Graph): readonly string[] {
  if (file.plate === undefined) return [];
  const { bind, width, height } = file.plate;
  return [
    file.frames === undefined
      ? `# The plate goes into ${placeName(graph, bind.node)}, as an sRGB PNG made from it.`
      : `# Frames of the plate go into ${placeName(graph, bind.node)}, as one lossless video file.`,
    `plate:`,
    `  bind: ${place(bind)}`,
    `  # Inputs that take the plate's size in px:`,
    `  width: ${places(width)}`,
    `  height: ${places(height)}`,
  ];
}

function framesLines(file: RecipeFile): readonly string[] {
  const { frames } = file;
  if (frames === undefined) return [];
  return [
    `# Frames that go through the graph at once, and how many of them neighbouring chunks share: docs/recipes.md.`,
    `frames:`,
    `  perTask: ${frames.perTask}`,
    `  overlap: ${frames.overlap}`,
    `  how: ${frames.how}`,
    `  # Shared frames: blend or drop. The last chunk, when frames run out: shift (fed earlier ones too) or shorten.`,
    `  seam: ${frames.seam}`,
    `  short: ${frames.short}`,
    `  # Inputs that take the number of frames:`,
    `  count: ${places(frames.count)}`,
  ];
}

function imageLines(file: RecipeFile, graph: Graph): readonly string[] {
  const entries = Object.entries(file.images);
  if (entries.length === 0) return [];
  return [
    `# Further images; a manifest gives their paths under parameters.`,
    `images:`,
    ...entries.flatMap(([name, image]) => [
      `  # ${placeName(graph, image.bind.node)}`,
      `  ${name}:`,
      `    description: ${scalar(image.description ?? "")}`,
      `    bind: ${place(image.bind)}`,
      `    required: ${image.required}`,
    ]),
  ];
}

function modelLines(file: RecipeFile): readonly string[] {
  if (file.models.length === 0) return [];
  return [
    `# Models that ComfyUI must have, by folder below its models directory; only .safetensors.`,
    `models:`,
    ...file.models.map((model) => `  - {folder: ${scalar(model.folder)}, file: ${scalar(model.file)}}`),
  ];
}

function places(list: readonly Place[]): string {
  return `[${list.map(place).join(", ")}]`;
}

function place({ node, input }: Place): string {
  return `{node: ${scalar(node)}, input: ${scalar(input)}}`;
}

/** One line in YAML, quoted where YAML needs it (also inside a flow collection). */
function scalar(value: string | number): string {
  if (typeof value === "number") return String(value);
  if (/^[A-Za-z][A-Za-z0-9_ .+-]*$/.test(value) && stringify(value, { lineWidth: 0 }).trim() === value) return value;
  return JSON.stringify(value);
}
