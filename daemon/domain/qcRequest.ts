/** What QC is asked to look at: one picture, the frames of one wedge, or a set of wedges. Plain data, for it crosses to another process. */
import type { MaskPlan } from "./colorPlan.ts";
import type { QcRequest } from "./plan.ts";
import type { TraceScope } from "./qcTrace.ts";

export interface InspectRequest {
  readonly path: string;
  readonly bytes: number;
  readonly frame: number | null;
  /** Hex, of what was staged; absent: nobody wrote it down. */
  readonly sha256?: string;
  /** Absolute, with v000 for the version's number; absent: the picture stays where it is. */
  readonly publishAs?: string;
  readonly platePath: string | null;
  /** Why the plate can't be compared with, although there is one; absent: it can. */
  readonly plateProblem?: string;
  readonly expected: {
    readonly width: number | null;
    readonly height: number | null;
    readonly bitDepth: 8 | 16 | null;
    readonly ignore: readonly (readonly [number, number, number, number])[];
  };
  /** true: nobody knows who made it; where the file says that it is simulated, its mark is ignored. */
  readonly markBySelf?: boolean;
  /** true: what each check took is measured. */
  readonly timed?: boolean;
  readonly checks: readonly QcRequest[];
  /** Where the recipe may change the plate; absent: everywhere. */
  readonly mask?: { readonly path: string; readonly plan: MaskPlan };
  /** Why there is no mask, although one was meant; absent: none was, or there is one. */
  readonly maskProblem?: string;
  /** true: only the edit was laid onto the plate. */
  readonly composited?: boolean;
  /** Absent: the picture is no part of a sequence or a set, and nothing is kept of it. */
  readonly trace?: TraceWish;
}

/** What is kept of a picture for the checks that look at many, and in which file. Replaced, if it is there. Not durable. */
export interface TraceWish {
  readonly path: string;
  readonly scopes: readonly TraceScope[];
}

/** A picture of a sequence or set. Its traces are made again where their file is missing, torn or of another picture. */
export interface SeriesFrame {
  /** 1-based. */
  readonly wedge: number;
  readonly frame: number | null;
  /** Whole number as text. */
  readonly seed: string;
  /** Axis name -> the value's label. */
  readonly axes: Readonly<Record<string, string>>;
  readonly look: Omit<InspectRequest, "checks"> & { readonly trace: TraceWish };
}

export interface SequenceRequest {
  readonly wanted: readonly (number | null)[];
  readonly present: readonly (number | null)[];
  readonly checks: readonly QcRequest[];
  /** The frames that are there, in order; empty: no check keeps anything of them. */
  readonly series: readonly SeriesFrame[];
  /** true: what each check took is measured. */
  readonly timed?: boolean;
}

export interface SetRequest {
  readonly checks: readonly QcRequest[];
  /** One frame of every wedge, by index. */
  readonly series: readonly SeriesFrame[];
  /** true: what each check took is measured. */
  readonly timed?: boolean;
}
