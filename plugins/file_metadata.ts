/**
 * file.metadata: the file leads to its record, and gives away neither graph nor prompt.
 *
 * Measures: pointer, 1 where it carries the reference to its record (docs/formats.md: attributes of an OpenEXR, XMP in PNG and TIFF);
 * leaks, texts that are a ComfyUI graph, a prompt or the settings of a generator. Limits: pointerMin, demanded of what Hotplate has
 * staged and its format can carry; leaksMax. Texts are known by their names (those that ComfyUI, A1111, InvokeAI and Fooocus write) and
 * by what stands in them, as UTF-8, UTF-16 or XML. Beyond the first characters of a text nothing is read; where a file has more texts than are read, nobody knows
 * what the others say, and that is an error.
 */
import type { Check, HeaderFacts } from "../daemon/plugin.ts";

const NAMES =
  /^(prompt|workflow|parameters|generation_data|sd-metadata|invokeai_(metadata|graph|workflow)|dream|comfyui|negative[ _]prompt|fooocus_scheme)$/i;
/** What only ComfyUI, A1111, InvokeAI, SwarmUI and their kin write: a key of their JSON, or the words that part their settings. */
const GRAPH = [
  /"class_type"\s*:|"last_node_id"\s*:|(prompt|workflow):\s*\{\s*"/,
  /Negative prompt:|\bSteps: \d+, Sampler: |\bSampler: .*\bCFG scale: /,
  /"(negative_?prompt|positive_prompt|sui_image_params|invokeai_metadata|num_inference_steps|uncond_prompt)"\s*:/i,
];
/** NovelAI and Draw Things: a sampler beside what it was told; hardware has samplers, too. */
const SAMPLER = /"sampler(_name)?"\s*:\s*"/;
const TOLD = /"(uc|prompt|c|cfg_?scale|guidance_?scale)"\s*:/;
const POINTER = /^hotplate:\/\/|urn:ai-asset:1/m;
const CARRIES = new Set(["exr", "png", "tiff"]);

const check: Check = {
  apiVersion: 1,
  id: "file.metadata",
  version: 3,
  scope: "frame",
  finds: "a graph, prompt or generator's settings in the file; no way to its record",
  layer: "container",
  needs: [],
  limits: { pointerMin: 1, leaksMax: 0 },
  limitsFrom: { pointerMin: "docs/provenance.md", leaksMax: "docs/formats.md: none of it is published" },
  applies({ header }) {
    return header("result") === null ? "the file's header can't be read (see file.decodes)" : null;
  },
  run({ header, resultFile, limits }) {
    const result = header("result");
    if (result === null) return { verdict: "error", measures: [], message: "There is no header to look at." };
    const { pointerMin = 1, leaksMax = 0 } = limits;
    const leaks = result.texts.filter(({ name, text }) => NAMES.test(name) || isGraph(plain(text)));
    const unread = result.textsUnread ?? 0;
    const demanded = resultFile.staged !== undefined && CARRIES.has(result.format);
    const pointer = hasPointer(result) ? 1 : 0;
    const measures = [
      { name: "pointer", value: pointer, unit: "bool", limit: demanded ? pointerMin : null, must: "atLeast" },
      { name: "leaks", value: leaks.length, unit: "count", limit: leaksMax, must: "atMost" },
      { name: "unread", value: unread, unit: "count", limit: 0, must: "atMost" },
    ] as const;
    if (leaks.length > leaksMax) {
      const names = leaks.map(({ name }) => name).join(", ");
      const message = `The file gives away a graph or prompt, in ${names}.`;
      return { verdict: "fail", measures, message, hint: "Publish it through Hotplate, or strip its metadata." };
    }
    if (unread > 0) {
      const message = `The file has ${result.texts.length + unread} texts, and ${unread} of them were not read: too many, or too large.`;
      return { verdict: "error", measures, message, hint: "Publish it through Hotplate, or strip its metadata." };
    }
    if (demanded && pointer < pointerMin) {
      const message = "The file does not lead to its record.";
      return {
        verdict: "warn",
        measures,
        message,
        hint: "Make it again: run its task again, or copy it anew; hotplate verify says more of a published one.",
      };
    }
    const leads = pointer === 1 ? "It leads to its record" : "It names no record of Hotplate's";
    return { verdict: "pass", measures, message: `${leads} and gives away no graph or prompt.` };
  },
};

function isGraph(text: string): boolean {
  return GRAPH.some((one) => one.test(text)) || (SAMPLER.test(text) && TOLD.test(text));
}

/** Without the coding that EXIF's comments begin with, the zeros of UTF-16 and the quotation marks of XML (XMP). */
function plain(text: string): string {
  return text
    .replaceAll(/(UNICODE|ASCII|JIS)\0+/g, " ")
    .replaceAll("\0", "")
    .replaceAll(/&(quot|#34|#x22);/gi, '"');
}

function hasPointer({ texts }: HeaderFacts): boolean {
  return texts.some(({ text }) => POINTER.test(text));
}

export default check;
