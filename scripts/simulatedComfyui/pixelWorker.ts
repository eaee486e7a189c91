/**
 * The worker thread that runs graphs: one prompt at a time, graph node by graph node, telling what it does; interrupted only
 * between graph nodes, as the real one. The result cache holds the previous prompt's values only ("classic").
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import { createHash } from "node:crypto";
import { isLink } from "./links.ts";
import { burnMark } from "./mark.ts";
import { NODES } from "./nodes.ts";
import type { Plane, Value } from "./tensor.ts";
import { plane } from "./tensor.ts";
import type { Graph, OutputFile, WorkerMessage, WorkerOrder } from "./words.ts";

const { slotDir } = workerData as { slotDir: string };
const flag = (workerData as { interrupt: SharedArrayBuffer }).interrupt;
const interrupt = new Int32Array(flag);
let cache = new Map<string, readonly Value[] | readonly OutputFile[]>();
const say = (message: WorkerMessage): void => parentPort?.postMessage(message);

parentPort?.on("message", (order: WorkerOrder) => void run(order));

async function run(order: WorkerOrder): Promise<void> {
  const signatures = new Map<string, string>();
  for (const id of order.nodes) signatures.set(id, signatureOf(order.graph, id, signatures));
  const next = new Map<string, readonly Value[] | readonly OutputFile[]>();
  const cached = order.nodes.filter((id) => cache.has(signatures.get(id) ?? ""));
  say({ kind: "cached", nodes: cached });
  let at = "";
  try {
    for (const id of order.nodes) {
      at = id;
      const signature = signatures.get(id) ?? "";
      const kept = cache.get(signature);
      if (kept !== undefined) {
        next.set(signature, kept);
        if (isFiles(kept)) say({ kind: "executed", node: id, files: kept, cached: true });
        continue;
      }
      say({ kind: "executing", node: id });
      if (Atomics.load(interrupt, 0) === order.number) {
        cache = new Map();
        say({ kind: "interrupted", node: id });
        return;
      }
      const made = await runNode(order, id, { signatures, values: next });
      next.set(signature, made);
      if (isFiles(made)) say({ kind: "executed", node: id, files: made, cached: false });
      else say({ kind: "finished", node: id });
    }
    cache = next;
    say({ kind: "success" });
  } catch (error) {
    cache = new Map();
    say({
      kind: "error",
      node: at,
      type: error instanceof NodeError ? error.type : "RuntimeError",
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

class NodeError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

function isFiles(value: readonly Value[] | readonly OutputFile[]): value is readonly OutputFile[] {
  const first = value[0];
  return first !== undefined && "filename" in first;
}

/** Class, inputs and ancestors' signatures; a loaded file by its bytes. Ids and titles do not count. */
function signatureOf(graph: Graph, id: string, known: ReadonlyMap<string, string>): string {
  const node = graph[id];
  const inputs = Object.entries(node?.inputs ?? {}).map(([name, value]) => [
    name,
    isLink(value) ? [known.get(value[0]), value[1]] : value,
  ]);
  const hash = createHash("sha256").update(JSON.stringify([node?.class_type, inputs]));
  if (node?.class_type === "LoadImage" || node?.class_type === "LoadImageMask")
    hash.update(readQuietly(join(slotDir, "input", String(node.inputs["image"]))));
  return hash.digest("hex");
}

function readQuietly(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    // Absent: loading it will say so.
    return new Uint8Array(0);
  }
}

async function runNode(
  order: WorkerOrder,
  id: string,
  of: {
    signatures: ReadonlyMap<string, string>;
    values: ReadonlyMap<string, readonly Value[] | readonly OutputFile[]>;
  },
): Promise<readonly Value[] | readonly OutputFile[]> {
  const node = order.graph[id];
  if (node === undefined) throw new NodeError("KeyError", id);
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(node.inputs)) {
    inputs[name] = isLink(value) ? of.values.get(of.signatures.get(value[0]) ?? "")?.[value[1]] : value;
  }
  switch (node.class_type) {
    case "LoadImage":
      return loadImage(String(inputs["image"]));
    case "LoadImageMask": {
      const [picture] = await loadImage(String(inputs["image"]));
      const made = NODES["ImageToMask"]?.({ image: picture, channel: inputs["channel"] }) ?? [];
      return made;
    }
    case "SaveImage":
    case "PreviewImage":
      return saveImages(inputs, { order, preview: node.class_type === "PreviewImage" });
    default: {
      const run = NODES[node.class_type];
      if (run === undefined)
        throw new NodeError("NotImplementedError", `the simulated ComfyUI does not run ${node.class_type}`);
      return run(inputs);
    }
  }
}

async function loadImage(name: string): Promise<readonly Value[]> {
  const path = join(slotDir, "input", name.replace(/ \[input\]$/, ""));
  let raw;
  try {
    raw = await sharp(path, { failOn: "error" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
  } catch {
    throw new NodeError("PIL.UnidentifiedImageError", `cannot identify image file '${path}'\n`);
  }
  const { width, height, channels } = raw.info;
  const colour = plane(width, height, 3);
  const alpha = channels === 4 || channels === 2 ? plane(width, height, 1) : plane(64, 64, 1);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let c = 0; c < 3; c += 1)
      colour.data[pixel * 3 + c] = (raw.data[pixel * channels + (channels < 3 ? 0 : c)] ?? 0) / 255;
    if (channels === 4 || channels === 2)
      alpha.data[pixel] = 1 - (raw.data[pixel * channels + channels - 1] ?? 255) / 255;
  }
  return [
    { kind: "image", frames: [colour] },
    { kind: "mask", mask: alpha },
  ];
}

async function saveImages(
  inputs: Readonly<Record<string, unknown>>,
  of: { readonly order: WorkerOrder; readonly preview: boolean },
): Promise<readonly OutputFile[]> {
  const type = of.preview ? "temp" : "output";
  const home = join(slotDir, type);
  const prefix = of.preview ? "ComfyUI_temp_sim" : String(inputs["filename_prefix"]);
  const subfolder = dirname(prefix) === "." ? "" : dirname(prefix);
  const dir = join(home, subfolder);
  if (dir !== home && !dir.startsWith(`${home}/`))
    throw new NodeError("Exception", "Saving image outside the output folder is not allowed.");
  mkdirSync(dir, { recursive: true });
  const frames = (inputs["images"] as Value & { kind: "image" }).frames;
  const first = frames[0];
  const name = basename(prefix)
    .replaceAll("%width%", String(first?.width))
    .replaceAll("%height%", String(first?.height));
  const out: OutputFile[] = [];
  for (const [index, frame] of frames.entries()) {
    const numbered = name.replaceAll("%batch_num%", String(index));
    const filename = `${numbered}_${String(counter(dir, numbered)).padStart(5, "0")}_.png`;
    await savePng(frame, join(dir, filename), of.order);
    out.push({ filename, subfolder, type });
  }
  return out;
}

/** One more than the highest of files that start with the name, all extensions. */
function counter(dir: string, name: string): number {
  const numbers = readdirSync(dir).flatMap((file) => {
    const digits = file.startsWith(`${name}_`) ? /^(\d+)_?/.exec(file.slice(name.length + 1))?.[1] : undefined;
    return digits === undefined ? [] : [Number(digits)];
  });
  return Math.max(0, ...numbers) + 1;
}

/** 8 bits, 255 x clipped and truncated, as SaveImage does; marked SIMULATED. */
async function savePng(frame: Plane, path: string, order: WorkerOrder): Promise<void> {
  const bytes = new Uint8Array(frame.data.length);
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = Math.min(255, Math.max(0, 255 * (frame.data[index] ?? 0)));
  if (order.faults.includes("black")) bytes.fill(0);
  else burnMark(bytes, frame);
  const raw = { width: frame.width, height: frame.height, channels: frame.channels as 3 | 4 };
  let png = await sharp(bytes, { raw }).png({ compressionLevel: 4 }).toBuffer();
  if (order.faults.includes("truncated")) png = png.subarray(0, Math.trunc(png.length * 0.6));
  if (order.faults.includes("noFile")) return;
  // The real one writes in place; a reader that comes too early must be a client's fault, so ours is whole at once.
  writeFileSync(`${path}.part`, png);
  renameSync(`${path}.part`, path);
}
