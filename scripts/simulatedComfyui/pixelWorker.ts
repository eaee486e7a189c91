/**
 * The worker thread that runs graphs: one prompt at a time, graph node by graph node, telling what it does; interrupted
 * between graph nodes and while a graph node takes its time. It keeps results as the version does: 0.19 those of the previous
 * prompt, 0.38 those of all until they take too much memory.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { IMAGE_NODES } from "./imageNodes.ts";
import { channelOf, MASK_NODES } from "./maskNodes.ts";
import { MODEL_NODES, stepsOf } from "./modelNodes.ts";
import type { Inputs } from "./nodeInputs.ts";
import { NodeRaised } from "./nodeInputs.ts";
import type { SlotFiles } from "./pictureFiles.ts";
import { loadPicture, savePictures } from "./pictureFiles.ts";
import { ResultCache } from "./resultCache.ts";
import type { Made } from "./resultCache.ts";
import type { Value } from "./tensor.ts";
import { plane } from "./tensor.ts";
import { createVideo, loadVideo, saveVideo, videoComponents } from "./videoNodes.ts";
import { loadPath } from "./validateInput.ts";
import type { Graph, WorkerMessage, WorkerOrder } from "./words.ts";
import { isLink } from "./words.ts";

interface WorkerSetup extends SlotFiles {
  readonly seed: number;
  readonly interrupt: SharedArrayBuffer;
}
const setup = workerData as WorkerSetup;
const interruptCell = new Int32Array(setup.interrupt);
const cache = new ResultCache(setup.version);
let checkpoint: string | null = null;

const NODES = { ...IMAGE_NODES, ...MASK_NODES, ...MODEL_NODES };
const say = (message: WorkerMessage): void => parentPort?.postMessage(message);

class Interrupted extends Error {}

parentPort?.on("message", (order: WorkerOrder | "free") => {
  if (order === "free") cache.clear();
  else void run(order);
});

async function run(order: WorkerOrder): Promise<void> {
  const keys = new Map<string, string>();
  for (const id of order.nodes) keys.set(id, keyOf(order.graph, id, keys));
  const made = new Map<string, Made>();
  const cached = order.nodes.filter((id) => cache.has(keys.get(id) ?? ""));
  say({ kind: "cached", nodes: cached });
  for (const id of cached) {
    const kept = cache.get(keys.get(id) ?? "");
    if (kept === null) continue;
    made.set(id, kept);
    if (kept.output !== null) say({ kind: "executed", node: id, output: kept.output, cached: true });
  }
  const toRun = order.nodes.filter((id) => !made.has(id));
  const raisesAt = order.raise === null ? null : (toRun.findLast((id) => !isSink(order.graph, id)) ?? toRun.at(-1));
  let at = toRun[0] ?? "";
  try {
    for (const id of toRun) {
      at = id;
      say({ kind: "executing", node: id });
      pass(order, 0);
      const inputs = inputsOf(order.graph, id, made);
      takeTime(order, { id, inputs, share: order.workMs / toRun.length });
      if (id === raisesAt && order.raise !== null) throw new NodeRaised(order.raise.type, order.raise.message);
      const result = await runNode(order, id, inputs);
      made.set(id, result);
      if (result.output !== null) say({ kind: "executed", node: id, output: result.output, cached: false });
      say({ kind: "finished", node: id });
    }
    cache.succeeded(new Map([...made].map(([id, result]) => [keys.get(id) ?? "", result])));
    say({ kind: "success" });
  } catch (error) {
    cache.failed();
    if (error instanceof Interrupted) say({ kind: "interrupted", node: at });
    else
      say({
        kind: "error",
        node: at,
        failure: {
          type: error instanceof NodeRaised ? error.type : "RuntimeError",
          message: error instanceof Error ? error.message : String(error),
        },
      });
  }
}

function isSink(graph: Graph, id: string): boolean {
  return /^(Save|Preview)/.test(graph[id]?.class_type ?? "");
}

/** Waits so long, unless this execution is interrupted meanwhile. */
function pass(order: WorkerOrder, ms: number): void {
  const until = Date.now() + ms;
  for (;;) {
    const cell = Atomics.load(interruptCell, 0);
    if (cell === order.execution) throw new Interrupted();
    const left = until - Date.now();
    if (left <= 0) return;
    Atomics.wait(interruptCell, 0, cell, left);
  }
}

/** Stands for the GPU: loading another checkpoint, then the graph node's share of the work, step by step for a sampler. */
function takeTime(
  order: WorkerOrder,
  of: { readonly id: string; readonly inputs: Inputs; readonly share: number },
): void {
  const name = of.inputs["ckpt_name"];
  if (typeof name === "string" && name !== checkpoint) {
    say({ kind: "loaded", checkpoint: name });
    pass(order, order.loadMs);
    checkpoint = name;
  }
  const steps = stepsOf(order.graph[of.id]?.class_type ?? "", of.inputs);
  for (let step = 1; step <= steps; step += 1) {
    pass(order, of.share / steps);
    say({ kind: "progress", node: of.id, value: step, max: steps });
  }
  if (steps === 0) pass(order, of.share);
}

/** Class, inputs and the keys of what it links to; a loaded file by its bytes. Ids and titles do not count. */
function keyOf(graph: Graph, id: string, known: ReadonlyMap<string, string>): string {
  const node = graph[id];
  const inputs = Object.entries(node?.inputs ?? {}).map(([name, value]) => [
    name,
    isLink(value) ? [known.get(String(value[0])), value[1]] : value,
  ]);
  const hash = createHash("sha256").update(JSON.stringify([node?.class_type, inputs]));
  if (node?.class_type === "LoadImage" || node?.class_type === "LoadImageMask")
    hash.update(bytesOf(String(node.inputs["image"])));
  if (node?.class_type === "LoadVideo") hash.update(bytesOf(String(node.inputs["file"])));
  return hash.digest("hex");
}

function bytesOf(name: string): Uint8Array {
  try {
    return readFileSync(loadPath(name, { inputDir: join(setup.slotDir, "input"), version: setup.version }) ?? "");
  } catch {
    // Absent: loading it will say so.
    return new Uint8Array(0);
  }
}

function inputsOf(graph: Graph, id: string, made: ReadonlyMap<string, Made>): Inputs {
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(graph[id]?.inputs ?? {})) {
    inputs[name] = isLink(value) ? made.get(String(value[0]))?.values[value[1]] : value;
  }
  if (typeof inputs["seed"] === "number") inputs["seed"] += setup.seed;
  return inputs;
}

async function runNode(order: WorkerOrder, id: string, inputs: Inputs): Promise<Made> {
  const classType = order.graph[id]?.class_type ?? "";
  switch (classType) {
    case "LoadImage":
      return { values: await loadPicture(String(inputs["image"]), setup), output: null };
    case "LoadImageMask":
      return { values: [await loadMask(inputs)], output: null };
    case "LoadVideo":
      return { values: [loadVideo(String(inputs["file"]), setup)], output: null };
    case "GetVideoComponents":
      return { values: videoComponents(inputs), output: null };
    case "CreateVideo":
      return { values: [createVideo(inputs)], output: null };
    case "SaveVideo":
      return { values: [], output: { images: [saveVideo(inputs, setup)], animated: [true] } };
    case "SaveImage":
    case "SaveImageAdvanced":
    case "PreviewImage":
      return {
        values: [],
        output: { images: await savePictures(saveRequest(order, { id, classType, inputs }), setup) },
      };
    case "PreviewAny":
      return { values: [], output: { text: [String(inputs["source"] as string | number | undefined)] } };
    default: {
      const run = NODES[classType];
      if (run === undefined)
        throw new NodeRaised("NotImplementedError", `the simulated ComfyUI does not run ${classType}\n`);
      return { values: run(inputs), output: null };
    }
  }
}

/** Without an alpha the picture counts as opaque, at its own size; LoadImage's mask is 64 x 64 then. */
async function loadMask(inputs: Inputs): Promise<Value> {
  const [picture, mask] = await loadPicture(String(inputs["image"]), setup);
  const channel = ["red", "green", "blue"].indexOf(String(inputs["channel"]));
  if (picture.kind !== "image" || mask.kind !== "mask") return mask;
  if (channel >= 0) return { kind: "mask", frames: picture.frames.map((frame) => channelOf(frame, channel)) };
  const fits = mask.frames.every(
    (frame, index) => frame.width === picture.frames[index]?.width && frame.height === picture.frames[index]?.height,
  );
  return fits ? mask : { kind: "mask", frames: picture.frames.map((frame) => plane(frame.width, frame.height, 1)) };
}

function saveRequest(
  order: WorkerOrder,
  of: { readonly id: string; readonly classType: string; readonly inputs: Inputs },
): Parameters<typeof savePictures>[0] {
  const images = of.inputs["images"] as Value | undefined;
  if (images?.kind !== "image") throw new NodeRaised("AttributeError", "'str' object has no attribute 'shape'\n");
  const preview = of.classType === "PreviewImage";
  return {
    frames: images.frames,
    prefix: preview ? "ComfyUI_temp_simul" : String(of.inputs["filename_prefix"]),
    type: preview ? "temp" : "output",
    bitDepth: of.inputs["format.bit_depth"] === "16-bit" ? 16 : 8,
    underscore: of.classType !== "SaveImageAdvanced",
    results: order.results,
    prompt: JSON.stringify(order.graph),
  };
}
