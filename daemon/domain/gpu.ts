/**
 * What is known of this node's GPUs: facts as nvidia-smi and the kernel state them, and where they state nothing, that. A
 * number that is not given is null, and 0 is a value. Whether a GPU may work is `gpuHealth`'s to say.
 */

/** How much a GPU throttles itself, in the driver's own terms. */
export type ThrottleReason =
  | "idle"
  | "application clocks"
  | "power cap"
  | "hardware slowdown"
  | "sync boost"
  | "software thermal slowdown"
  | "hardware thermal slowdown"
  | "power brake"
  | "display clocks";

export interface GpuFacts {
  /** nvidia-smi's number: by PCI bus. CUDA counts otherwise unless CUDA_DEVICE_ORDER=PCI_BUS_ID. */
  readonly index: number;
  /** `GPU-...`: the key. Numbers move when a GPU goes away. */
  readonly uuid: string;
  readonly name: string | null;
  /** `0000:3b:00.0`, as the kernel writes it. */
  readonly busId: string | null;
  readonly driver: string | null;
  readonly memoryTotalMiB: number | null;
  readonly memoryUsedMiB: number | null;
  readonly memoryFreeMiB: number | null;
  readonly utilisationPercent: number | null;
  readonly celsius: number | null;
  readonly watts: number | null;
  readonly wattsLimit: number | null;
  /** ECC errors that could not be corrected since the driver was loaded; null without ECC. */
  readonly eccUncorrected: number | null;
  /** A damaged memory page waits for a reset to be retired. */
  readonly retirementPending: boolean | null;
  readonly throttle: readonly ThrottleReason[] | null;
  readonly computeMode: string | null;
  readonly mig: boolean | null;
  /** Fields for which the driver said `ERR!` or `[Unknown Error]`: not the same as not supported. */
  readonly broken: readonly string[];
}

/** A process as the kernel shows it; null where it may not be seen (another namespace, hidepid). */
export interface ProcessFacts {
  readonly group: number;
  readonly uid: number;
  readonly argv: readonly string[];
}

/** A compute process on a GPU. */
export interface GpuProcess {
  readonly uuid: string;
  readonly pid: number;
  readonly name: string | null;
  readonly memoryMiB: number | null;
  readonly process: ProcessFacts | null;
}

/** The driver's own error report from the kernel log. */
export interface XidReport {
  readonly busId: string;
  readonly code: number;
  /** ms since the epoch. */
  readonly at: number;
  readonly text: string;
}

/** A list, or why there is none. */
export type Known<T> =
  | { readonly kind: "known"; readonly list: readonly T[] }
  | { readonly kind: "unknown"; readonly reason: string };

export type GpuReading =
  | {
      readonly kind: "unknown";
      /** In words: no nvidia-smi, no driver, another vendor, late. */
      readonly reason: string;
      /** It answered before in this life and no longer does. */
      readonly silent: boolean;
    }
  | {
      readonly kind: "known";
      /** ms since the epoch: when the newest whole look ended. Grows with every look. */
      readonly at: number;
      readonly gpus: readonly GpuFacts[];
      /** Bus ids of GPUs that the driver can't reach any more, with its words. */
      readonly lost: readonly { readonly busId: string; readonly text: string }[];
      readonly processes: Known<GpuProcess>;
      readonly xids: Known<XidReport>;
    };

/** What is known of a slot's GPU. */
export interface SlotGpu {
  /** The GPU that is the slot's, also while nothing is known of its state. */
  readonly uuid: string | null;
  readonly facts: GpuFacts | null;
  /** Why nothing is known; null when the facts are there, or when the GPU is gone. */
  readonly reason: string | null;
  /** It computes on another GPU than its configuration names; in words. */
  readonly mismatch: string | null;
}
