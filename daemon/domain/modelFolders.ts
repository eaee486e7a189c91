/** Under which folders of ComfyUI's `models` directory a loader looks: by its class where that matters, else by its input. */

const BY_CLASS: Readonly<Record<string, readonly string[]>> = {
  CLIPVisionLoader: ["clip_vision"],
  UpscaleModelLoader: ["upscale_models"],
  LatentUpscaleModelLoader: ["latent_upscale_models"],
  ModelPatchLoader: ["model_patches"],
  AudioEncoderLoader: ["audio_encoders"],
  PhotoMakerLoader: ["photomaker"],
  HypernetworkLoader: ["hypernetworks"],
};
const BY_INPUT: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^ckpt_name$/, ["checkpoints"]],
  [/^lora_name/, ["loras"]],
  [/^vae_name$/, ["vae", "vae_approx"]],
  [/^(unet_name|diffusion_model_name)$/, ["diffusion_models", "unet"]],
  [/^clip_name\d?$/, ["text_encoders", "clip"]],
  [/^control_?net_name$/, ["controlnet", "t2i_adapter"]],
  [/^style_model_name$/, ["style_models"]],
  [/^gligen_name$/, ["gligen"]],
  [/^upscale_model_name$/, ["upscale_models"]],
];

/** null: a loader of a pack, whose folder nobody knows; then every folder is looked into. */
export function modelFolders(classType: string, input: string): readonly string[] | null {
  if (Object.hasOwn(BY_CLASS, classType)) return BY_CLASS[classType] ?? null;
  return BY_INPUT.find(([pattern]) => pattern.test(input))?.[1] ?? null;
}
