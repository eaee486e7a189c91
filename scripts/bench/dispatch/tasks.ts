/** The work of the race: text to image as everybody's examples have it. Graph node 3 samples, 9 saves, 4 holds the model. */
export interface RaceTask {
  readonly seed: number;
  readonly checkpoint: string;
}
export type RaceGraph = Readonly<
  Record<string, { readonly class_type: string; readonly inputs: Record<string, unknown> }>
>;

export function graphOf(task: RaceTask): RaceGraph {
  return {
    "3": {
      class_type: "KSampler",
      inputs: {
        model: ["4", 0],
        positive: ["6", 0],
        negative: ["7", 0],
        latent_image: ["5", 0],
        seed: task.seed,
        steps: 4,
        cfg: 7,
        sampler_name: "euler",
        scheduler: "normal",
        denoise: 1,
      },
    },
    "4": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: task.checkpoint } },
    "5": { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } },
    "6": { class_type: "CLIPTextEncode", inputs: { text: "a plate", clip: ["4", 1] } },
    "7": { class_type: "CLIPTextEncode", inputs: { text: "", clip: ["4", 1] } },
    "8": { class_type: "VAEDecode", inputs: { samples: ["3", 0], vae: ["4", 2] } },
    "9": {
      class_type: "SaveImage",
      inputs: { images: ["8", 0], filename_prefix: `race/${task.seed}_${task.checkpoint[0]}` },
    },
  };
}

/** One checkpoint. */
export function plainTasks(count: number): readonly RaceTask[] {
  return Array.from({ length: count }, (_, n) => ({ seed: 1_000 + n, checkpoint: "a.safetensors" }));
}

/** a, b, c, a, b, c ... */
export function interleaved(count: number, checkpoints: readonly string[]): readonly RaceTask[] {
  return Array.from({ length: count }, (_, n) => ({
    seed: 1_000 + n,
    checkpoint: checkpoints[n % checkpoints.length] ?? "a.safetensors",
  }));
}
