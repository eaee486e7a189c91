/**
 * What was looked at, as reports write it: of a version (domain/qcReport.ts) and of any pictures (domain/qcRunReport.ts). Words of
 * the EBU QC data model: whether a check could be executed stands apart from its result, so that a failed tool is neither a
 * pass nor a fault of the image.
 */
import { z } from "zod";
import type { Inspection, Verdict } from "./qc.ts";
import { worstVerdict } from "./qc.ts";
import { evidenceSchema } from "./qcEvidence.ts";

export const executionStatus = z
  .enum(["complete", "error"])
  .describe("complete: QC could look; error: it could not, and `result` says nothing about the image.");
export const result = z
  .enum(["pass", "warn", "fail"])
  .nullable()
  .describe("What was found; null where nothing could be looked at.");

const measureSchema = z.strictObject({
  name: z.string(),
  value: z.number(),
  unit: z.enum(["code", "stop", "ratio", "px", "count", "bit", "bool"]),
  limit: z.number().nullable(),
  must: z.enum(["atMost", "atLeast", "equal"]).optional().describe("On which side of the limit the value must lie."),
  frame: z.number().int().optional().describe("Of a sequence: the frame that it was measured at."),
});
const findingSchema = z.strictObject({
  check: z.string(),
  version: z.number().int(),
  executionStatus,
  result,
  message: z.string(),
  hint: z.string().nullable(),
  measures: z.array(measureSchema),
  cpuMs: z
    .number()
    .optional()
    .describe(
      "CPU time of the check's code, ms; absent: not measured, as in a version's qc.json, which is the same for the same pixels.",
    ),
  evidence: z.array(evidenceSchema).optional().describe("What a person should see of it."),
});
export const inspectionSchema = z.strictObject({
  executionStatus,
  result,
  reader: z.string().describe("Which decoder delivered the samples."),
  size: z
    .strictObject({ width: z.number().int(), height: z.number().int() })
    .optional()
    .describe("Of the picture as people are shown it, px: places and boxes are measured in it."),
  findings: z.array(findingSchema),
  notApplied: z.array(z.strictObject({ check: z.string(), because: z.string() })),
});
export const countsSchema = z.strictObject({
  pass: z.number().int(),
  warn: z.number().int(),
  fail: z.number().int(),
  error: z.number().int(),
  notLooked: z.number().int(),
});

export type QcInspection = z.infer<typeof inspectionSchema>;
export type QcFinding = QcInspection["findings"][number];
export type QcMeasure = QcFinding["measures"][number];
export type QcCounts = z.infer<typeof countsSchema>;

/** `over` frames: its measures say at which frame they were taken; of one picture that is said already. */
export function inspectionOf(inspection: Inspection, over: "picture" | "frames" = "picture"): QcInspection {
  return {
    ...statusOf([inspection.verdict]),
    reader: inspection.reader,
    ...(inspection.size === undefined ? {} : { size: { ...inspection.size } }),
    findings: inspection.findings.map((finding) => ({
      check: finding.check,
      version: finding.version,
      ...statusOf([finding.verdict]),
      message: finding.message,
      hint: finding.hint,
      measures: finding.measures.map(({ name, value, unit, limit, must, frame }) => ({
        name,
        value,
        unit,
        limit,
        ...(must === undefined ? {} : { must }),
        ...(over === "picture" || typeof frame !== "number" ? {} : { frame }),
      })),
      ...(finding.cpuMs === undefined ? {} : { cpuMs: finding.cpuMs }),
      ...(finding.evidence === undefined ? {} : { evidence: [...finding.evidence] as QcFinding["evidence"] }),
    })),
    notApplied: inspection.notApplied.map(({ check, because }) => ({ check, because })),
  };
}

export interface Status {
  readonly executionStatus: "complete" | "error";
  readonly result: "pass" | "warn" | "fail" | null;
}

/**
 * Verdicts -> EBU's two words. A fail stays a fail beside an error; an error beside passes leaves no result, for what was
 * not looked at can't be passed. Nothing looked at at all is an error.
 */
export function statusOf(verdicts: readonly (Verdict | null)[]): Status {
  const looked = verdicts.filter((verdict) => verdict !== null);
  const executionStatus = looked.length === 0 || looked.includes("error") ? "error" : "complete";
  const worst = worstVerdict(looked);
  return { executionStatus, result: worst === "error" ? null : worst };
}

/** Back to one of our four words; null: nobody looked. */
export function verdictOf(status: Status | null): Verdict | null {
  if (status === null) return null;
  return status.result ?? "error";
}

export function count(verdicts: readonly (Verdict | null)[]): QcCounts {
  const of = (word: Verdict | null) => verdicts.filter((verdict) => verdict === word).length;
  return { pass: of("pass"), warn: of("warn"), fail: of("fail"), error: of("error"), notLooked: of(null) };
}
