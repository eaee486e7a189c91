/**
 * Which GPU is which slot's. By the process that computes there, where it may be seen: that is a fact. Else by the
 * configuration: a UUID, or a number as nvidia-smi counts, which is by PCI bus. CUDA counts the fastest first unless
 * CUDA_DEVICE_ORDER=PCI_BUS_ID is set, so the two may name different GPUs; then the difference is said, with both names.
 */
import type { GpuFacts, GpuProcess, GpuReading } from "./gpu.ts";

/** What is known of a slot's process and place. */
export interface SlotPlace {
  readonly slot: string;
  /** As configured: nvidia-smi's number or a UUID. */
  readonly gpu: number | string | null;
  /** Its ComfyUI runs on this node. */
  readonly local: boolean;
  readonly simulated: boolean;
  /** Where it listens on this node. */
  readonly port: number | null;
  /** Process group, when we started it. */
  readonly group: number | null;
  /** What ComfyUI says it computes on: `cuda:0 NVIDIA L40S : cudaMallocAsync`. */
  readonly device: string | null;
}

export type GpuMatch =
  | {
      readonly kind: "matched";
      readonly uuid: string;
      readonly by: "process" | "configuration";
      /** The configuration names another GPU than the process uses; in words. */
      readonly mismatch: string | null;
    }
  /** Not known, and nothing is guessed: no facts keep work off this slot. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** The configuration names a GPU that this node does not have. */
  | { readonly kind: "absent"; readonly reason: string };

export interface KnownGpus {
  readonly reading: Extract<GpuReading, { kind: "known" }>;
  /** The UUID that the slot's number meant when it was first seen: numbers move when a GPU goes away. */
  readonly pinned: string | null;
  /** UUIDs seen in this life, here or gone. */
  readonly seen: ReadonlyMap<string, GpuFacts>;
}

export function matchGpu(place: SlotPlace, { reading, pinned, seen }: KnownGpus): GpuMatch {
  if (place.simulated) return unknown("a simulated ComfyUI computes on no GPU");
  if (!place.local) return unknown("its ComfyUI runs on another machine");
  const used = usedBy(place, reading);
  const configured = configuredUuid(place.gpu, { reading, pinned, seen });
  if (used !== null && used.length > 0) {
    const uuid = configured !== null && used.includes(configured) ? configured : (used[0] ?? "");
    const differs = configured !== null && configured !== uuid;
    return {
      kind: "matched",
      uuid,
      by: "process",
      mismatch: differs ? otherGpu(place, { is: seen.get(uuid), not: seen.get(configured) }) : null,
    };
  }
  if (place.gpu === null) return unknown("the configuration names no GPU for it (slots[].gpu)");
  if (typeof place.gpu === "string" && place.gpu.startsWith("MIG-"))
    return unknown("it is a MIG slice; nvidia-smi's facts are those of whole GPUs");
  if (configured === null) return { kind: "absent", reason: absent(place.gpu, reading.gpus) };
  return { kind: "matched", uuid: configured, by: "configuration", mismatch: otherName(place, seen.get(configured)) };
}

const unknown = (reason: string): GpuMatch => ({ kind: "unknown", reason });

/** GPUs on which the slot's own process computes; null when processes are not known. */
function usedBy(place: SlotPlace, reading: KnownGpus["reading"]): readonly string[] | null {
  if (reading.processes.kind === "unknown") return null;
  const uuids = reading.processes.list.flatMap((one) => (isProcessOf(one, place) ? [one.uuid] : []));
  return [...new Set(uuids)].filter((uuid) => reading.gpus.some((gpu) => gpu.uuid === uuid));
}

function configuredUuid(gpu: number | string | null, { reading, pinned, seen }: KnownGpus): string | null {
  if (gpu === null) return null;
  if (typeof gpu === "string") return seen.has(gpu) ? gpu : null;
  return pinned ?? reading.gpus.find((one) => one.index === gpu)?.uuid ?? null;
}

/** Is this process the slot's ComfyUI? By its process group when we started it, else by the port of its command line. */
export function isProcessOf({ process: program }: GpuProcess, place: SlotPlace): boolean {
  if (program === null || !place.local) return false;
  if (place.group !== null && program.group === place.group) return true;
  return place.port !== null && comfyPort(program.argv) === place.port;
}

/** The port that `python main.py --port N` listens on; null when the words are not those of a ComfyUI. */
export function comfyPort(argv: readonly string[]): number | null {
  const at = argv.findIndex((word) => /(^|[\\/])main\.py$/.test(word));
  if (at < 0) return null;
  const words = argv.slice(at + 1);
  const named = words.findIndex((word) => word === "--port" || word.startsWith("--port="));
  if (named < 0) return 8188;
  const text = words[named]?.startsWith("--port=") === true ? words[named]?.slice(7) : words[named + 1];
  return /^\d{1,5}$/.test(text ?? "") ? Number(text) : null;
}

export function gpuName(gpu: GpuFacts | undefined): string {
  if (gpu === undefined) return "a GPU that is not here";
  return `GPU ${gpu.index}${gpu.name === null ? "" : ` (${gpu.name})`}`;
}

function otherGpu(place: SlotPlace, of: { is: GpuFacts | undefined; not: GpuFacts | undefined }): string {
  return `slot ${place.slot} is configured for ${gpuName(of.not)}, and its ComfyUI computes on ${gpuName(of.is)}: CUDA counts otherwise than nvidia-smi`;
}

/** ComfyUI names another kind of GPU than the number stands for: its own number counts otherwise. */
function otherName(place: SlotPlace, gpu: GpuFacts | undefined): string | null {
  if (place.device === null || gpu === undefined || gpu.name === null || !place.device.startsWith("cuda")) return null;
  if (place.device.includes(gpu.name)) return null;
  return `slot ${place.slot} is configured for ${gpuName(gpu)}, and its ComfyUI says that it computes on ${place.device}: CUDA counts otherwise than nvidia-smi`;
}

function absent(gpu: number | string, gpus: readonly GpuFacts[]): string {
  const here = gpus.map(({ index, uuid }) => (typeof gpu === "number" ? String(index) : uuid)).join(", ");
  return `the configuration names GPU ${gpu}; this node has ${here === "" ? "none" : here}`;
}
