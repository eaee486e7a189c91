/**
 * May new work go to this GPU? Facts and bounds in, the first reason against it out, in order of cause: it is gone, it is in
 * error, it is too hot, somebody else holds it. What is not known is no reason; silence after words is one.
 */
import type { GpuFacts, GpuProcess, GpuReading, XidReport } from "./gpu.ts";
import { gpuName, isProcessOf } from "./gpuMatch.ts";
import type { SlotPlace } from "./gpuMatch.ts";
import { LIMITS } from "./limits.ts";
import type { WaitReason } from "./slotFit.ts";

export interface GpuBounds {
  /** It is given nothing new from here on ... */
  readonly hotCelsius: number;
  /** ... until it is cooler than this. */
  readonly coolCelsius: number;
  /** Others may use so much of its memory, MiB. */
  readonly foreignMiB: number;
  readonly eccUncorrectedMax: number;
}

export interface GpuQuestion {
  readonly uuid: string;
  /** What it was when it was last seen. */
  readonly last: GpuFacts;
  readonly reading: Extract<GpuReading, { kind: "known" }>;
  readonly bounds: GpuBounds;
  /** It was too hot at the last look. */
  readonly wasHot: boolean;
  /** Every slot of this node: their processes are ours. */
  readonly places: readonly SlotPlace[];
  /** Slots whose GPU this is. */
  readonly here: readonly SlotPlace[];
  readonly now: number;
}

export interface GpuVerdict {
  readonly trouble: WaitReason | null;
  readonly hot: boolean;
}

export function judgeGpu(question: GpuQuestion): GpuVerdict {
  const { uuid, reading, bounds, wasHot } = question;
  const gpu = reading.gpus.find((one) => one.uuid === uuid);
  if (gpu === undefined) return { trouble: lost(question), hot: false };
  const { celsius } = gpu;
  const hot = celsius !== null && (wasHot ? celsius >= bounds.coolCelsius : celsius >= bounds.hotCelsius);
  const trouble = inError(gpu, question) ?? (hot ? tooHot(gpu, bounds) : null) ?? held(gpu, question);
  return { trouble, hot };
}

/** It answered before in this life and does not any more: the state of its GPU is not known, and a stuck driver is likely. */
export function silentGpu(last: GpuFacts, reason: string): WaitReason {
  return {
    code: "HP-GPU-SILENT",
    message: `the state of ${gpuName(last)} is not known any more: ${reason}`,
    action: "run nvidia-smi there; a driver that hangs needs a reboot",
  };
}

export function absentGpu(reason: string): WaitReason {
  return { code: "HP-GPU-ABSENT", message: reason, action: "correct slots[].gpu in the configuration (nvidia-smi -L)" };
}

function lost({ last, reading }: GpuQuestion): WaitReason {
  const said = reading.lost.find(({ busId }) => busId === last.busId)?.text;
  return {
    code: "HP-GPU-LOST",
    message: `${gpuName(last)} at ${last.busId ?? "an unknown place"} is gone${said === undefined ? "" : `: ${said}`}`,
    action: "reset it or reboot the node; see the kernel's log",
  };
}

/** Fields whose loss means that the board does not answer. A power sensor alone fails on boards that work for years. */
const VITAL = new Set(["memory.total", "memory.used", "temperature.gpu", "utilization.gpu"]);

/** Reports after which the GPU itself is not to be trusted; the others name a program's own mistake. */
const FATAL_XIDS: ReadonlyMap<number, string> = new Map([
  [48, "an ECC error that could not be corrected"],
  [62, "its microcontroller halted"],
  [64, "a damaged memory page could not be retired"],
  [74, "an NVLink error"],
  [79, "it has fallen off the bus"],
  [95, "an ECC error that was not contained"],
  [119, "its system processor does not answer"],
  [120, "its system processor failed"],
  [140, "an ECC error that it did not recover from"],
]);

function inError(gpu: GpuFacts, { reading, bounds, now }: GpuQuestion): WaitReason | null {
  const broken = gpu.broken.filter((field) => VITAL.has(field));
  if (broken.length > 0) return error(gpu, `does not answer: the driver reads no ${broken.join(", ")}`);
  const xids = reading.xids.kind === "known" ? reading.xids.list : [];
  const fatal = xids.findLast((xid) => isFatal(xid, gpu, now));
  if (fatal !== undefined) {
    const minutes = Math.ceil((fatal.at + LIMITS.gpuXidHoldMs - now) / 60_000);
    return error(
      gpu,
      `reported Xid ${fatal.code}, ${FATAL_XIDS.get(fatal.code) ?? "an error"}; it is tried again in ${minutes} min when no more come`,
    );
  }
  if (gpu.eccUncorrected !== null && gpu.eccUncorrected > bounds.eccUncorrectedMax) {
    return error(
      gpu,
      `had ${gpu.eccUncorrected} memory errors that ECC could not correct (gpus.eccUncorrectedMax is ${bounds.eccUncorrectedMax})`,
    );
  }
  return null;
}

function isFatal(xid: XidReport, gpu: GpuFacts, now: number): boolean {
  return xid.busId === gpu.busId && FATAL_XIDS.has(xid.code) && now - xid.at < LIMITS.gpuXidHoldMs;
}

function error(gpu: GpuFacts, words: string): WaitReason {
  return { code: "HP-GPU-ERROR", message: `${gpuName(gpu)} ${words}`, action: "reset the GPU or reboot the node" };
}

function tooHot(gpu: GpuFacts, bounds: GpuBounds): WaitReason {
  return {
    code: "HP-GPU-HOT",
    message: `${gpuName(gpu)} is at ${gpu.celsius} °C (gpus.hotCelsius is ${bounds.hotCelsius}); it gets work again below ${bounds.coolCelsius} °C`,
    action: "look at its fans and the air; it goes on by itself",
  };
}

function held(gpu: GpuFacts, { reading, bounds, places, here }: GpuQuestion): WaitReason | null {
  if (reading.processes.kind === "unknown") return null;
  const on = reading.processes.list.filter((one) => one.uuid === gpu.uuid);
  // While a slot here does not recognise its own process, any python may be it.
  const ownUnseen = here.some((place) => !on.some((one) => isProcessOf(one, place)));
  const foreign = on.filter((one) => isForeign(one, places, ownUnseen));
  const mib = foreign.reduce((sum, one) => sum + (one.memoryMiB ?? 0), 0);
  const most = foreign.toSorted((a, b) => (b.memoryMiB ?? 0) - (a.memoryMiB ?? 0))[0];
  if (most === undefined || mib <= bounds.foreignMiB) return null;
  const others = foreign.length > 1 ? ` and ${foreign.length - 1} more` : "";
  return {
    code: "HP-GPU-HELD",
    message: `${gpuName(gpu)} is held by ${programOf(most)} (process ${most.pid}, user ${most.process?.uid ?? "?"})${others} with ${mib} MiB (gpus.foreignMiB is ${bounds.foreignMiB})`,
    action: "it goes on by itself when they end",
  };
}

/** Certainly somebody else's: seen by the kernel, and no slot's. */
function isForeign(one: GpuProcess, places: readonly SlotPlace[], ownUnseen: boolean): boolean {
  if (one.process === null || places.some((place) => isProcessOf(one, place))) return false;
  return !(ownUnseen && /python/i.test(programOf(one)));
}

function programOf({ name, process }: GpuProcess): string {
  const path = process?.argv[0] ?? name ?? "a program";
  return path.slice(path.lastIndexOf("/") + 1);
}
