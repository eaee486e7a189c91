/** What QC is asked to look at: one picture, or the frames of one wedge. Plain data, for it crosses to another process. */
import type { MaskPlan } from "./colorPlan.ts";
import type { QcRequest } from "./plan.ts";

export interface InspectRequest {
  readonly path: string;
  readonly bytes: number;
  readonly frame: number | null;
  readonly platePath: string | null;
  /** Why the plate can't be compared with, although there is one; absent: it can. */
  readonly plateProblem?: string;
  readonly expected: {
    readonly width: number | null;
    readonly height: number | null;
    readonly bitDepth: 8 | 16 | null;
    readonly ignore: readonly (readonly [number, number, number, number])[];
  };
  readonly checks: readonly QcRequest[];
  /** Where the recipe may change the plate; absent: everywhere. */
  readonly mask?: { readonly path: string; readonly plan: MaskPlan };
  /** true: only the edit was laid onto the plate. */
  readonly composited?: boolean;
}
export interface SequenceRequest {
  readonly wanted: readonly (number | null)[];
  readonly present: readonly (number | null)[];
  readonly checks: readonly QcRequest[];
}
