/**
 * What a place in a graph means: links, inputs that name a file to load, inputs that name a model. Used by the check of a
 * recipe and again by the binding just before a graph is sent, so that both agree on what counts as a path.
 */
import type { Catalogue, NodeInput } from "./catalogue.ts";
import type { Graph, GraphNode } from "./recipe.ts";

/** A place in a graph, as recipe.yaml names it. */
export interface Place {
  readonly node: string;
  readonly input: string;
}

export type Link = readonly [node: string, output: number];

/** ComfyUI takes every two-element array for a link, whatever it holds. */
export function isLink(value: unknown): value is Link {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && typeof value[1] === "number";
}

export function samePlace(a: Place, b: Place): boolean {
  return a.node === b.node && a.input === b.input;
}

/** Inputs of ComfyUI's own classes that name a file in its input directory (or anywhere: 0.19 takes absolute paths). */
const LOAD_INPUTS: Readonly<Record<string, readonly string[]>> = {
  LoadImage: ["image"],
  LoadImageMask: ["image"],
  LoadImageOutput: ["image"],
  LoadAudio: ["audio"],
  LoadVideo: ["file"],
  LoadLatent: ["latent"],
  Load3D: ["model_file"],
  Load3DAnimation: ["model_file"],
};

const MEDIA_PATTERN =
  /^[^\n]{0,1000}\.(png|jpe?g|webp|gif|bmp|tiff?|exr|dpx|hdr|mp4|mov|mkv|webm|avi|wav|mp3|flac|ogg|latent|glb|gltf|obj|json|txt|csv|yaml|py|zip)(\s*\[\w+\])?\s*$/i;
const MODEL_PATTERN = /^\S{1,300}\.(safetensors|sft|ckpt|pt|pth|bin|gguf|onnx|engine|pkl|msgpack)$/i;
const MODEL_INPUT_PATTERN =
  /^(ckpt|lora|vae|unet|clip|control_net|controlnet|style_model|gligen|hypernetwork|model|upscale_model|diffusion_model)_name\d?$/;
/** Names that say a file or a folder, in any pack. */
const PATH_INPUT_PATTERN =
  /^(.+_)?(path|file|filename|file_name|filepath|dir|directory|folder|folder_name|subfolder|url|uri)$/i;
const PREFIX_INPUT_PATTERN = /^(filename|file|file_name|output|save|image|video|audio)_?prefix$/i;
const TEXT_INPUT_PATTERN =
  /^(text|prompt|positive|negative|caption|clip_l|clip_g|t5xxl|llama|tags|lyrics|text_[a-z0-9]+|.+_prompt)$/i;
/** A class that opens files by its name: a text that it takes is no prompt. */
const FILE_CLASS_PATTERN = /load|read|open|save|write|import|export|file|path|url|http|download|fetch|folder/i;

/** An input whose text becomes the private prefix before a graph is sent. */
export function isPrefixInput(input: string): boolean {
  return PREFIX_INPUT_PATTERN.test(input);
}

/** Words for a model, where a slash or a dot means nothing. */
export function isFreeText(classType: string, input: string): boolean {
  return TEXT_INPUT_PATTERN.test(input) && !FILE_CLASS_PATTERN.test(classType);
}

export function looksLikeMedia(value: string): boolean {
  return MEDIA_PATTERN.test(value);
}

export function inputKind(classType: string, input: string, catalogue: Catalogue | null): NodeInput | undefined {
  const known = catalogue !== null && Object.hasOwn(catalogue, classType) ? catalogue[classType] : undefined;
  return known !== undefined && Object.hasOwn(known.inputs, input) ? known.inputs[input] : undefined;
}

/**
 * Every literal that a graph node would open as a file or a folder. A class of an unknown pack counts by the name of its
 * input, by what the ComfyUI says of it, and by a value that looks like a file.
 */
export function loadPlaces(graph: Graph, catalogue: Catalogue | null = null): readonly Place[] {
  return Object.entries(graph).flatMap(([node, { class_type, inputs }]) =>
    Object.entries(inputs)
      .filter(([input, value]) => isLoadInput(class_type, { input, value, catalogue }))
      .map(([input]) => ({ node, input })),
  );
}

/** Does the input name a file, whatever its value is now? */
export function isPathInput(classType: string, input: string, catalogue: Catalogue | null): boolean {
  const known = Object.hasOwn(LOAD_INPUTS, classType) ? LOAD_INPUTS[classType] : undefined;
  if (known !== undefined) return known.includes(input);
  if (inputKind(classType, input, catalogue)?.upload === true) return true;
  return PATH_INPUT_PATTERN.test(input) && !isPrefixInput(input);
}

function isLoadInput(
  classType: string,
  of: { readonly input: string; readonly value: unknown; readonly catalogue: Catalogue | null },
): boolean {
  const { input, value, catalogue } = of;
  if (isLink(value) || isPrefixInput(input)) return false;
  if (Object.hasOwn(LOAD_INPUTS, classType) && isPathInput(classType, input, catalogue)) return true;
  if (typeof value !== "string" || value === "" || isModel(input, value) || isFreeText(classType, input)) return false;
  if (isWord(inputKind(classType, input, catalogue), value)) return false;
  return isPathInput(classType, input, catalogue) || looksLikeMedia(value);
}

/** One of a fixed list of words, as a format or a mode. */
function isWord(kind: NodeInput | undefined, value: string): boolean {
  if (kind === undefined || kind.upload === true || kind.options === null) return false;
  return kind.options.includes(value) && !kind.options.some((option) => looksLikeMedia(option));
}

function isModel(input: string, value: string): boolean {
  return MODEL_INPUT_PATTERN.test(input) || MODEL_PATTERN.test(value);
}

/** Literals that name a model file. */
export function modelPlaces(graph: Graph): readonly (Place & { readonly file: string })[] {
  return Object.entries(graph).flatMap(([node, { inputs }]) =>
    Object.entries(inputs).flatMap(([input, value]) =>
      typeof value === "string" && isModel(input, value) ? [{ node, input, file: value }] : [],
    ),
  );
}

/** A path that stays where it is put: relative, no way up, no backslash, no drive, no `[output]` suffix, printable. */
export function isRelativeSafe(path: string): boolean {
  if (path === "" || path.startsWith("/") || /[\\:[\]]/.test(path) || hasControl(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** `graph node 4 "Key light" (ImageBlend)` */
export function placeName(graph: Graph, id: string): string {
  const node: GraphNode | undefined = Object.hasOwn(graph, id) ? graph[id] : undefined;
  if (node === undefined) return `graph node ${id}`;
  const title = node._meta?.title;
  return `graph node ${id}${title === undefined ? "" : ` "${title}"`} (${node.class_type})`;
}
