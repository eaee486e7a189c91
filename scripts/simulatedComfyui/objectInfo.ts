/**
 * The node catalogue in `/object_info`'s shape: the recorded 0.19 one, the model files that lie in this slot, and for 0.38 the
 * class that it adds. Loaders whose folder is empty offer nothing, as on a bare server.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isVideo } from "../../daemon/domain/clip.ts";
import type { Version } from "./words.ts";

export type InputSpec = readonly [type: string | readonly unknown[], options?: Readonly<Record<string, unknown>>];
export interface NodeInfo {
  readonly input: {
    readonly required?: Readonly<Record<string, InputSpec>>;
    readonly optional?: Readonly<Record<string, InputSpec>>;
    readonly hidden?: Readonly<Record<string, unknown>>;
  };
  readonly output: readonly string[];
  readonly output_node: boolean;
}
export type ObjectInfo = Readonly<Record<string, NodeInfo>>;

const RECORDED = new URL("../../config/comfyui/object-info-0.19.json", import.meta.url);
const FILES_SHOWN_MAX = 1_000;

/** Input name -> folder below `models`. */
const MODEL_INPUTS: Readonly<Record<string, string>> = {
  ckpt_name: "checkpoints",
  lora_name: "loras",
  vae_name: "vae",
  control_net_name: "controlnet",
  unet_name: "diffusion_models",
  clip_name: "text_encoders",
  clip_name1: "text_encoders",
  clip_name2: "text_encoders",
  model_name: "upscale_models",
};
export const MODEL_FOLDERS: readonly string[] = [...new Set(Object.values(MODEL_INPUTS))];

export function recordedInfo(): ObjectInfo {
  return JSON.parse(readFileSync(RECORDED, "utf8")) as ObjectInfo;
}

/** With what lies in the slot now: model files and top-level input files. */
export function currentInfo(
  recorded: ObjectInfo,
  of: { readonly slotDir: string; readonly version: Version },
): ObjectInfo {
  const out: Record<string, NodeInfo> = {};
  for (const [name, node] of Object.entries(recorded)) out[name] = withFiles(node, of.slotDir);
  if (of.version === "0.38") out["SaveImageAdvanced"] = SAVE_IMAGE_ADVANCED;
  return out;
}

function withFiles(node: NodeInfo, slotDir: string): NodeInfo {
  const required = node.input.required ?? {};
  const changed: Record<string, InputSpec> = {};
  for (const [name, spec] of Object.entries(required)) {
    if (spec[1]?.["image_upload"] === true)
      changed[name] = [filesIn(join(slotDir, "input")), ...spec.slice(1)] as unknown as InputSpec;
    if (spec[1]?.["video_upload"] === true)
      changed[name] = [spec[0], { ...spec[1], options: filesIn(join(slotDir, "input")).filter(isVideo) }];
    const folder = MODEL_INPUTS[name];
    if (folder === undefined) continue;
    const files = filesIn(join(slotDir, "models", folder));
    // What is recorded there belongs to the loader itself and is there on any machine, as `pixel_space` of VAELoader.
    if (Array.isArray(spec[0])) changed[name] = [[...files, ...(spec[0] as readonly unknown[])], spec[1] ?? {}];
    else if (spec[0] === "COMBO") changed[name] = ["COMBO", { ...spec[1], options: files }];
  }
  if (Object.keys(changed).length === 0) return node;
  return { ...node, input: { ...node.input, required: { ...required, ...changed } } };
}

export function filesIn(dir: string): readonly string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    return names.sort().slice(0, FILES_SHOWN_MAX);
  } catch {
    // The folder is not there: nothing is installed.
    return [];
  }
}

/** Not recorded: built from the description of 0.38. */
const SAVE_IMAGE_ADVANCED: NodeInfo = {
  input: {
    required: {
      images: ["IMAGE", {}],
      filename_prefix: ["STRING", { default: "ComfyUI" }],
      format: [
        "COMFY_DYNAMICCOMBO_V3",
        { options: [{ key: "png", inputs: { required: { bit_depth: ["COMBO", { options: ["8-bit", "16-bit"] }] } } }] },
      ],
    },
    hidden: { prompt: "PROMPT", extra_pnginfo: "EXTRA_PNGINFO" },
  },
  output: [],
  output_node: true,
};
