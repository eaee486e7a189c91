/**
 * The Stable Diffusion basics without a model: a checkpoint is the name of a file in this slot's `models/checkpoints`, a
 * sampler takes its steps and remembers its seed, decoding paints a soft seeded pattern. Pictures of the right size and kind,
 * never of the prompt.
 */
import type { Inputs, NodeFunction } from "./nodeInputs.ts";
import { first, images, NodeRaised, num, word } from "./nodeInputs.ts";
import type { Plane, Value } from "./tensor.ts";
import { plane, resize, withNoise } from "./tensor.ts";

const opaque = (tag: string): Value => ({ kind: "opaque", tag });

export const MODEL_NODES: Readonly<Record<string, NodeFunction>> = {
  CheckpointLoaderSimple: (inputs) =>
    ["MODEL", "CLIP", "VAE"].map((part) => opaque(`${part} ${word(inputs, "ckpt_name")}`)),
  LoraLoader: (inputs) => [
    opaque(`MODEL ${tagOf(inputs, "model")} ${word(inputs, "lora_name")}`),
    opaque(`CLIP ${tagOf(inputs, "clip")}`),
  ],
  LoraLoaderModelOnly: (inputs) => [opaque(`MODEL ${tagOf(inputs, "model")} ${word(inputs, "lora_name")}`)],
  VAELoader: (inputs) => [opaque(`VAE ${word(inputs, "vae_name")}`)],
  CLIPSetLastLayer: (inputs) => [opaque(`CLIP ${tagOf(inputs, "clip")}`)],
  CLIPTextEncode: (inputs) => [opaque(`CONDITIONING ${word(inputs, "text")}`)],
  EmptyLatentImage: (inputs) => [
    {
      kind: "latent",
      width: eighths(num(inputs, "width")),
      height: eighths(num(inputs, "height")),
      batch: num(inputs, "batch_size"),
      seed: 0,
    },
  ],
  VAEEncode: (inputs) => {
    const pixels = images(inputs, "pixels");
    const { width, height } = first(pixels);
    return [{ kind: "latent", width: eighths(width), height: eighths(height), batch: pixels.length, seed: 1 }];
  },
  KSampler: (inputs) => {
    const latent = inputs["latent_image"] as Value;
    if (latent?.kind !== "latent") throw new NodeRaised("TypeError", "'str' object is not subscriptable\n");
    const seen = ["model", "positive", "negative"].map((name) => tagOf(inputs, name)).join("\n");
    return [
      {
        ...latent,
        seed: hash(
          `${latent.seed} ${word(inputs, "seed")} ${word(inputs, "steps")} ${word(inputs, "cfg")} ${word(inputs, "denoise")} ${seen}`,
        ),
      },
    ];
  },
  VAEDecode: (inputs) => {
    const latent = inputs["samples"] as Value;
    if (latent?.kind !== "latent") throw new NodeRaised("TypeError", "'str' object is not subscriptable\n");
    return [
      {
        kind: "image",
        frames: Array.from({ length: latent.batch }, (_, index) =>
          pattern(latent.width, latent.height, latent.seed + index),
        ),
      },
    ];
  },
};

/** Sampler steps of a graph node; 0 for others. */
export function stepsOf(classType: string, inputs: Inputs): number {
  return classType === "KSampler" ? num(inputs, "steps") : 0;
}

function tagOf(inputs: Inputs, name: string): string {
  const value = inputs[name] as Value | undefined;
  return value?.kind === "opaque" ? value.tag : "";
}

function eighths(pixels: number): number {
  return Math.trunc(pixels / 8) * 8;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(text)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return state;
}

function pattern(width: number, height: number, seed: number): Plane {
  const small = withNoise([plane(8, 6, 3, 0.5)], seed, 0.2)[0];
  return resize(small ?? plane(8, 6, 3, 0.5), width, height, "bilinear");
}
