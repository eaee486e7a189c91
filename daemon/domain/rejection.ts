/**
 * What people rejected. It is kept with QC's word on the result, and stays there when somebody lets the result pass after that: a
 * decision that was overturned is told with both names. Pure.
 */
import { z } from "zod";
import { wedgeName } from "./ids.ts";
import type { Inspection, Rejection } from "./qc.ts";
import type { Failure } from "./retry.ts";
import type { TaskState } from "./task.ts";

export interface RejectedResult extends Rejection {
  readonly wedge: number;
  /** Of a chunk its first. */
  readonly frame: number | null;
  /** It is kept out; false: somebody let it pass after that. */
  readonly stands: boolean;
}

/** Of one result, in the order in which they were made; by itself or with all of its wedge. */
export function rejectionsOf(inspection: Inspection | null): readonly Rejection[] {
  return [...(inspection?.rejections ?? []), ...(inspection?.whole?.inspection.rejections ?? [])];
}

/** QC's word with one rejection more. */
export function rejected(inspection: Inspection, one: Rejection): Inspection {
  const why = `Rejected by ${one.by}: ${one.reason}`;
  return { ...inspection, why, rejections: [...(inspection.rejections ?? []), one] };
}

interface Judged {
  readonly wedge: number;
  readonly frame: number | null;
  readonly state: TaskState;
  readonly failure: Failure | null;
  readonly inspection: Inspection | null;
}

/** Whose rejection keeps a result out; null: nobody's. */
export function rejectedBy(task: Pick<Judged, "state" | "failure" | "inspection">): Rejection | null {
  if (task.state !== "failed" || task.failure?.class !== "qc") return null;
  return rejectionsOf(task.inspection).at(-1) ?? null;
}

export function rejectedResults(tasks: readonly Judged[]): readonly RejectedResult[] {
  return tasks.flatMap(({ wedge, frame, state, inspection }) =>
    rejectionsOf(inspection).map((one) => ({ ...one, wedge, frame, stands: state === "failed" })),
  );
}

export const qcRejectionSchema = z.strictObject({
  wedge: z.string(),
  frame: z.number().int().nullable().describe("Of frames that were made together the first."),
  by: z.string(),
  reason: z.string(),
  at: z.string().describe("ISO 8601, UTC."),
  stands: z.boolean().describe("The result is kept out; false: a person let it pass after that (waivers)."),
});
export type QcRejection = z.infer<typeof qcRejectionSchema>;

export function qcRejections(all: readonly RejectedResult[]): readonly QcRejection[] {
  return all.map(({ wedge, frame, by, reason, at, stands }) => ({
    wedge: wedgeName(wedge),
    frame,
    by,
    reason,
    at: new Date(at).toISOString(),
    stands,
  }));
}
