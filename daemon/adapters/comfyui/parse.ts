/** ComfyUI's answers in the words of `ports.ts`. Shapes are checked where they are used; unknown fields are ignored. */
import { commandFlags } from "../../domain/comfyFlags.ts";
import type { Catalogue, ComfyError, ComfyOutput, NodeClass, PromptStatus, SystemStats } from "../../ports.ts";

type Json = Readonly<Record<string, unknown>>;

export function asRecord(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
export function asText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
export function asNumber(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

export function systemStats(value: unknown): SystemStats {
  const system = asRecord(asRecord(value)["system"]);
  const device = asRecord(asArray(asRecord(value)["devices"])[0]);
  return {
    version: asText(system["comfyui_version"]) ?? "0",
    simulated: system["hotplate_simulated"] === true,
    deviceName: asText(device["name"]),
    memoryMiB: device["type"] === "cpu" ? null : mibOf(device["vram_total"]),
    pytorchVersion: asText(system["pytorch_version"]),
    pythonVersion: asText(system["python_version"]),
    ...(Array.isArray(system["argv"]) ? { flags: commandFlags(system["argv"]) } : {}),
  };
}

export interface DeviceMemory {
  readonly type: string | null;
  /** What torch holds of it, used or kept for later. */
  readonly heldMiB: number | null;
}

/** The device that it computes on. */
export function deviceMemory(value: unknown): DeviceMemory {
  const device = asRecord(asArray(asRecord(value)["devices"])[0]);
  return { type: asText(device["type"]), heldMiB: mibOf(device["torch_vram_total"]) };
}

function mibOf(value: unknown): number | null {
  const bytes = asNumber(value);
  return bytes === null ? null : Math.round(bytes / 1024 / 1024);
}

const UPLOADS = ["image_upload", "animated_image_upload", "video_upload", "audio_upload", "file_upload"] as const;

/** `/object_info` -> our catalogue: names, types, options, ranges. Classic and V3 combos alike. */
export function catalogue(value: unknown): Catalogue {
  const out: Record<string, NodeClass> = {};
  for (const [name, raw] of Object.entries(asRecord(value))) {
    const info = asRecord(raw);
    const input = asRecord(info["input"]);
    out[name] = {
      inputs: { ...inputs(input["required"], true), ...inputs(input["optional"], false) },
      outputs: asArray(info["output"]).map((type) => (typeof type === "string" ? type : "COMBO")),
      outputNode: info["output_node"] === true,
      ...(info["api_node"] === true ? { partner: true as const } : {}),
      ...packOf(info["python_module"]),
    };
  }
  return out;
}

/** `custom_nodes.ComfyUI-Pack` -> the pack's folder name. */
function packOf(module: unknown): { readonly pack?: string } {
  const name = /^custom_nodes\.(.{1,200})$/.exec(asText(module) ?? "")?.[1];
  return name === undefined ? {} : { pack: name };
}

function inputs(group: unknown, required: boolean): NodeClass["inputs"] {
  const out: Record<string, NodeClass["inputs"][string]> = {};
  for (const [name, raw] of Object.entries(asRecord(group))) {
    const [type, options] = asArray(raw);
    const config = asRecord(options);
    const list = Array.isArray(type) ? type : Array.isArray(config["options"]) ? config["options"] : null;
    const min = asNumber(config["min"]);
    const max = asNumber(config["max"]);
    out[name] = {
      type: Array.isArray(type) ? "COMBO" : (asText(type) ?? "*"),
      required,
      options: list === null ? null : list.filter((option) => typeof option === "string"),
      ...(min === null ? {} : { min }),
      ...(max === null ? {} : { max }),
      ...(UPLOADS.some((flag) => config[flag] === true) ? { upload: true as const } : {}),
    };
  }
  return out;
}

/** `/api/jobs/{id}`: success only when completed, the last message says so, and outputs are named. */
export function promptStatus(value: unknown): PromptStatus {
  const job = asRecord(value);
  switch (job["status"]) {
    case "pending":
      return { kind: "pending" };
    case "in_progress":
      return { kind: "running" };
    case "completed":
    case "failed":
    case "cancelled":
      return ended(job);
    default:
      return { kind: "unknown" };
  }
}

/** Success is `completed` and a last message that says so; a run-time cycle is reported as one without the other. */
function ended(job: Json): PromptStatus {
  const messages = asArray(asRecord(job["execution_status"])["messages"]);
  const last = asArray(messages.at(-1));
  const event = asText(last[0]);
  const data = asRecord(last[1]);
  if (job["status"] === "completed" && event === "execution_success") {
    return {
      kind: "completed",
      outputs: outputs(job["outputs"]),
      startedAt: asNumber(job["execution_start_time"]) ?? stamp(messages[0]),
      endedAt: asNumber(job["execution_end_time"]) ?? stamp(last),
    };
  }
  if (event === "execution_interrupted" || job["status"] === "cancelled")
    return { kind: "failed", error: failure("interrupted", data, "it was interrupted") };
  const error = event === "execution_error" ? data : asRecord(job["execution_error"]);
  const otherwise =
    job["status"] === "completed" ? "it says success, and its last message is none" : "it failed and does not say why";
  return { kind: "failed", error: failure("failed", error, otherwise) };
}

function stamp(message: unknown): number | null {
  return asNumber(asRecord(asArray(message)[1])["timestamp"]);
}

function failure(kind: ComfyError["kind"], data: Json, otherwise: string): ComfyError {
  return {
    kind,
    exceptionType: asText(data["exception_type"]),
    graphNode: asText(data["node_id"]),
    classType: asText(data["node_type"]),
    message: (asText(data["exception_message"]) ?? otherwise).trim(),
  };
}

/** Every array element that names a file, whatever its graph node calls the array. */
function outputs(value: unknown): readonly ComfyOutput[] {
  const out: ComfyOutput[] = [];
  for (const [node, raw] of Object.entries(asRecord(value))) {
    for (const list of Object.values(asRecord(raw))) {
      for (const element of asArray(list)) {
        const item = asRecord(element);
        const filename = asText(item["filename"]);
        if (filename === null) continue;
        const type = item["type"] === "temp" || item["type"] === "input" ? item["type"] : "output";
        out.push({ node, filename, subfolder: asText(item["subfolder"]) ?? "", type });
      }
    }
  }
  return out;
}

export interface QueueLook {
  readonly running: readonly string[];
  readonly pending: number;
}

/** `/api/jobs?status=pending,in_progress`: what runs by id, what waits by number. */
export function queueLook(value: unknown): QueueLook {
  const jobs = asArray(asRecord(value)["jobs"]).map(asRecord);
  const running = jobs.filter((job) => job["status"] === "in_progress").map((job) => asText(job["id"]) ?? "");
  const total = asNumber(asRecord(asRecord(value)["pagination"])["total"]) ?? jobs.length;
  return { running, pending: Math.max(0, total - running.length) };
}

/** A history entry in the shape of a job: what a 404 of `/api/jobs` is checked against. */
export function historyAsJob(entry: unknown): Json {
  const status = asRecord(asRecord(entry)["status"]);
  const completed = status["completed"] === true;
  return { status: completed ? "completed" : "failed", execution_status: status, outputs: asRecord(entry)["outputs"] };
}
