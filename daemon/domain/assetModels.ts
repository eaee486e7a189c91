/** A model in the record: by hash, with its licence and what its own header says of it (ModelSpec 1.0.1). Pure. */
import type { AssetRecord } from "./assetRecord.ts";
import { extension } from "./paths.ts";
import type { RanModel } from "./ranOn.ts";

/** Folder of ComfyUI's models directory -> what such a file is to the picture. */
const ROLES: Readonly<Record<string, string>> = {
  checkpoints: "checkpoint",
  loras: "lora",
  vae: "vae",
  vae_approx: "vae",
  diffusion_models: "diffusion model",
  unet: "diffusion model",
  text_encoders: "text encoder",
  clip: "text encoder",
  clip_vision: "vision encoder",
  controlnet: "controlnet",
  upscale_models: "upscaler",
  embeddings: "embedding",
  style_models: "style model",
};

export function modelPaper(model: RanModel): AssetRecord["models"][number] {
  const { folder, file, sha256, bytes } = model;
  return {
    role: (folder === null ? undefined : ROLES[folder]) ?? "model",
    name: file,
    sha256,
    bytes,
    format: extension(file) || null,
    license: model.facts?.license ?? null,
    "x-folder": folder,
    ...(model.facts === undefined || model.facts === null ? {} : { "x-modelspec": model.facts.modelspec }),
    ...(sha256 === null ? { "x-note": "unknown hash: the slot names no model directories" } : {}),
  };
}
