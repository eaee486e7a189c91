/** Texts in files, of the proof over files: what generators write of themselves, and what only looks like it. */

/** The beginnings of what ComfyUI, A1111 and its kin, InvokeAI, NovelAI, SwarmUI and Draw Things write; shortened, with their own keys. */
export const COMFY_PROMPT = JSON.stringify({
  "3": {
    inputs: { seed: 417, steps: 20, cfg: 8, sampler_name: "euler", scheduler: "normal", denoise: 1, model: ["4", 0] },
    class_type: "KSampler",
  },
  "6": { inputs: { text: "a lighthouse at dusk, storm", clip: ["4", 1] }, class_type: "CLIPTextEncode" },
});
export const COMFY_WORKFLOW = JSON.stringify({
  last_node_id: 9,
  last_link_id: 9,
  nodes: [{ id: 7, type: "CLIPTextEncode", pos: [413, 389], widgets_values: ["text, watermark"] }],
  version: 0.4,
});
/** The order in which newer ComfyUI front ends write it. */
const COMFY_NEWER = JSON.stringify({
  id: "00000000-0000-4000-8000-000000000000",
  revision: 0,
  last_node_id: 9,
  nodes: [],
  version: 0.4,
});
const A1111 = [
  "a lighthouse at dusk, storm",
  "Negative prompt: watermark, text",
  "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 417, Size: 512x512, Model hash: 00000000, Model: base",
].join("\n");
const A1111_SHORT =
  "a lighthouse at dusk\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 417";
const INVOKE = JSON.stringify({
  app_version: "4.2.0",
  generation_mode: "txt2img",
  positive_prompt: "a lighthouse at dusk",
  negative_prompt: "",
  cfg_scale: 7.5,
  steps: 30,
});
const NOVEL = JSON.stringify({
  prompt: "a lighthouse at dusk",
  steps: 28,
  scale: 5,
  seed: 417,
  sampler: "k_euler",
  uc: "watermark",
});
const SWARM = JSON.stringify({
  sui_image_params: { prompt: "a lighthouse at dusk", model: "base", seed: 417, steps: 20, cfgscale: 7 },
});
const DRAW_THINGS = JSON.stringify({
  c: "a lighthouse at dusk",
  model: "base.ckpt",
  sampler: "DPM++ 2M",
  scale: 7,
  uc: "watermark",
});

export interface Leak {
  readonly by: string;
  /** Under which a generator writes it. */
  readonly name: string;
  readonly text: string;
}

export const LEAKS: readonly Leak[] = [
  { by: "ComfyUI's prompt", name: "prompt", text: COMFY_PROMPT },
  { by: "ComfyUI's workflow", name: "workflow", text: COMFY_WORKFLOW },
  { by: "ComfyUI's workflow, newer", name: "workflow", text: COMFY_NEWER },
  { by: "A1111's parameters", name: "parameters", text: A1111 },
  { by: "A1111's parameters without a negative prompt", name: "parameters", text: A1111_SHORT },
  { by: "InvokeAI's metadata", name: "invokeai_metadata", text: INVOKE },
  { by: "NovelAI's comment", name: "Comment", text: NOVEL },
  { by: "SwarmUI's parameters", name: "parameters", text: SWARM },
  { by: "Draw Things' comment", name: "Comment", text: DRAW_THINGS },
];

/** What people and tools write: names and words that also stand in prompts, graphs of other programs, paths, notes. */
export const HARMLESS: readonly (readonly [name: string, text: string])[] = [
  ["Software", "oiiotool 2.5.16"],
  ["Description", "Prompt delivery, see the workflow notes of 12 May"],
  ["Comment", "sampler pass ok, negative scanned at 4K, seed of corn in the foreground"],
  ["Author", "A. Nother"],
  ["Comment", '{"node": "Read1", "class": "Blur", "inputs": {"size": 12}, "knobs": {"seed": 417}}'],
  ["Description", "Steps: 3 of 4 done. CFG: lens 40 mm, scale: 2.39"],
  ["Title", "Negative, prompt and positive: three looks"],
  ["Comment", '{"prompt": "please deliver by Friday", "to": "editorial"}'],
  ["history", "oiiotool in.exr --resize 4096x0 -o out.exr"],
  ["Copyright", "2026 the studio, parameters as agreed"],
  ["Comment", "<rdf:Description dc:description='sampler: hardware; model: A7'/>"],
  ["Comment", '{"sampler": "hardware", "bits": 12, "rate": 48000}'],
  ["Note", "class_type of lens: anamorphic; last node id unknown"],
];
