/** The `determinism` of a record: what a rerun was measured to be, against what, and everything that differed around it. Pure. */
import type { AssetRecord } from "./assetRecord.ts";
import type { FrameLikeness } from "./likeness.ts";
import { gradeOf, likenessSummary } from "./likeness.ts";
import type { RerunPlan } from "./rerunPlan.ts";
import { driftSince, ranThen } from "./rerunPlan.ts";

export interface Measured {
  readonly frames: readonly FrameLikeness[];
  /** Frames of the old version that this one does not have. */
  readonly missing: number;
  /** Not measured, for there are too many. */
  readonly left: number;
}

/** `asset`: the new version's record. A frame that is missing, or was not measured, is not known to be equal; of other inputs nothing is. */
export function determinismOf(
  asset: AssetRecord,
  of: { readonly rerun: RerunPlan; readonly measured: Measured; readonly tool: string },
): AssetRecord["determinism"] {
  const { rerun, measured } = of;
  const { gpu } = asset.machine;
  const drift = driftSince(rerun.ran, ranThen(asset));
  const whole = measured.missing === 0 && measured.left === 0 && !drift.otherInputs;
  const sameGpu = gpu !== null && gpu === rerun.ran.gpu;
  return {
    grade: whole ? gradeOf(measured.frames, { sameGpu }) : "recorded",
    checkedBy: `hotplate ${of.tool}`,
    "x-against": rerun.ref,
    "x-measured": { ...likenessSummary(measured.frames), missing: measured.missing, notMeasured: measured.left },
    "x-differences": drift.words,
  };
}
