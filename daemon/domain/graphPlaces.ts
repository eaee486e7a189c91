/**
 * What a place in a graph means: links, inputs that name a file to load, inputs that name a model. Used by the check of a
 * recipe and again by the binding just before a graph is sent, so that both agree on what counts as a path.
 */
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
  /\.(png|jpe?g|webp|gif|bmp|tiff?|exr|dpx|hdr|mp4|mov|mkv|webm|avi|wav|mp3|flac|ogg|latent|glb|obj)(\s\[\w+\])?$/i;
const MODEL_PATTERN = /^\S{1,300}\.(safetensors|sft|ckpt|pt|pth|bin|gguf|onnx|engine|pkl|msgpack)$/i;
const MODEL_INPUT_PATTERN =
  /^(ckpt|lora|vae|unet|clip|control_net|controlnet|style_model|gligen|hypernetwork|model|upscale_model|diffusion_model)_name\d?$/;

/** Every literal that a loader would open as a file; a class of an unknown pack counts when its value looks like media. */
export function loadPlaces(graph: Graph): readonly Place[] {
  return Object.entries(graph).flatMap(([node, { class_type, inputs }]) =>
    Object.entries(inputs)
      .filter(([input, value]) => isLoadInput(class_type, input, value))
      .map(([input]) => ({ node, input })),
  );
}

function isLoadInput(classType: string, input: string, value: unknown): boolean {
  if (isLink(value)) return false;
  const known = Object.hasOwn(LOAD_INPUTS, classType) ? LOAD_INPUTS[classType] : undefined;
  if (known !== undefined) return known.includes(input);
  return (
    input !== "filename_prefix" && /load/i.test(classType) && typeof value === "string" && MEDIA_PATTERN.test(value)
  );
}

/** Literals that name a model file. */
export function modelPlaces(graph: Graph): readonly (Place & { readonly file: string })[] {
  return Object.entries(graph).flatMap(([node, { inputs }]) =>
    Object.entries(inputs).flatMap(([input, value]) =>
      typeof value === "string" && (MODEL_INPUT_PATTERN.test(input) || MODEL_PATTERN.test(value))
        ? [{ node, input, file: value }]
        : [],
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

/** Text that would be a path out of ComfyUI's directories if a graph node opened it. */
export function looksAbsolute(value: string): boolean {
  return /^(\/|\\\\|[A-Za-z]:[\\/]|~\/)/.test(value) || /(^|[\\/])\.\.([\\/]|$)/.test(value);
}

/** `graph node 4 "Key light" (ImageBlend)` */
export function placeName(graph: Graph, id: string): string {
  const node: GraphNode | undefined = Object.hasOwn(graph, id) ? graph[id] : undefined;
  if (node === undefined) return `graph node ${id}`;
  const title = node._meta?.title;
  return `graph node ${id}${title === undefined ? "" : ` "${title}"`} (${node.class_type})`;
}
