/**
 * What `hotplate qc calibrate` says: per limit what it is now, what is proposed and what either finds; what would change for the
 * pictures themselves when all proposals are taken, measured by looking again. The same schema for `--json`. Pure.
 */
import { z } from "zod";
import type { LimitCalibration, LimitSamples } from "./calibration.ts";
import { calibrateLimit } from "./calibration.ts";
import type { QcRequest } from "./plan.ts";
import type { InstalledCheck, Inspection } from "./qc.ts";
import { worstVerdict } from "./qc.ts";
import type { LookedSequence } from "./qcRunReport.ts";
import { shareOf } from "./shareInterval.ts";

const shareSchema = z
  .strictObject({ hits: z.number().int(), of: z.number().int(), share: z.number(), low: z.number(), high: z.number() })
  .describe("A count of cases with its share and Wilson's 95 % interval.");
const atLimitSchema = z.strictObject({
  value: z.number(),
  detection: shareSchema.describe("Of the bad ones, past the limit."),
  falseAlarms: shareSchema.describe("Of the good ones, past the limit."),
});
const spreadSchema = z.tuple([z.number(), z.number(), z.number()]).nullable().describe("Lowest, median, highest.");
const limitSchema = z.strictObject({
  check: z.string(),
  limit: z.string(),
  must: z.enum(["atMost", "atLeast"]).describe("On which side of the limit good ones lie."),
  now: atLimitSchema,
  keeps: z.number().nullable().describe("Keeps the share that was asked for; null: too few good ones to say."),
  proposed: atLimitSchema
    .nullable()
    .describe("null: it stays as it is; `remark` says why. Never where the limit means nothing."),
  best: atLimitSchema.nullable().describe("Youden's: the largest detection minus false alarms. For comparison."),
  curve: z.array(z.strictObject({ value: z.number(), detection: z.number(), falseAlarms: z.number() })),
  area: z.number().nullable().describe("Under the curve: 0.5 is no better than chance, 1 is apart."),
  good: spreadSchema,
  bad: spreadSchema,
  remark: z.string().nullable(),
});
const changed = {
  before: shareSchema.describe("Warned of, failed, or not looked at with the limits of now."),
  after: shareSchema.describe("With all proposals."),
  newlyFlagged: z.array(z.string()).describe("Paths; at most 100."),
  newlyPassed: z.array(z.string()).describe("Paths; at most 100."),
};
const changeSchema = z.strictObject({
  ...changed,
  sequences: z
    .strictObject(changed)
    .nullable()
    .describe("Sequences as wholes, by the checks over frames; null: no such check looked at one."),
});

export const calibrationSchema = z.strictObject({
  schema: z.literal("hotplate-qc-calibration/1"),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  createdAt: z.string().describe("ISO 8601, UTC."),
  profile: z.string().nullable().describe("Whose limits were the ones of now; null: the checks were named one by one."),
  keep: z.number().describe("The share of good ones that a proposed limit keeps."),
  counts: z.strictObject({ good: z.number().int(), bad: z.number().int() }),
  limits: z.array(limitSchema),
  left: z
    .array(z.strictObject({ check: z.string(), because: z.string() }))
    .describe("Checks and limits that stay as they are, and why."),
  changes: z.strictObject({ good: changeSchema, bad: changeSchema }),
});
export type CalibrationReport = z.infer<typeof calibrationSchema>;
export type CalibrationChange = Omit<CalibrationReport["changes"]["good"], "sequences">;

export interface Looks {
  readonly good: readonly LookedSequence[];
  readonly bad: readonly LookedSequence[];
}

export interface Calibrated {
  readonly limits: readonly LimitCalibration[];
  readonly left: readonly { readonly check: string; readonly because: string }[];
}

export function calibrate(
  looks: Looks,
  requests: readonly QcRequest[],
  of: { readonly installed: readonly InstalledCheck[]; readonly keep: number },
): Calibrated {
  const limits: LimitCalibration[] = [];
  const left: { check: string; because: string }[] = [];
  for (const request of requests) {
    const check = of.installed.find(({ id }) => id === request.check);
    if (check === undefined) continue;
    const { judges = {} } = check;
    const names = Object.keys(check.limits);
    if (check.scope === "set") left.push({ check: check.id, because: "it looks at variations of one another" });
    else if (names.length === 0) left.push({ check: check.id, because: "it has no limits: it is exact" });
    else {
      for (const name of names) {
        const samples = judges[name] === undefined ? null : samplesOf(looks, request, { check, limit: name });
        if (samples === null) left.push({ check: check.id, because: `${name} judges no measure by itself` });
        else if (samples.good.length === 0 && samples.bad.length === 0)
          left.push({ check: check.id, because: `${name} judged none of these pictures` });
        else limits.push(calibrateLimit(samples, of.keep));
      }
    }
  }
  return { limits, left };
}

function samplesOf(
  looks: Looks,
  request: QcRequest,
  of: { readonly check: InstalledCheck; readonly limit: string },
): LimitSamples | null {
  const judged = of.check.judges?.[of.limit];
  const now = request.limits[of.limit] ?? of.check.limits[of.limit];
  if (judged === undefined || now === undefined) return null;
  const valuesOf = (sequences: readonly LookedSequence[]): readonly number[] =>
    inspectionsOf(sequences, of.check.scope).flatMap((inspection) => {
      const finding = inspection.findings.find((each) => each.check === of.check.id);
      if (finding === undefined || finding.verdict === "error") return [];
      const values = finding.measures
        .filter(({ name, limit }) => limit !== null && judged.measures.includes(name))
        .map(({ value }) => value);
      if (values.length === 0) return [];
      const worst = judged.must === "atMost" ? Math.max(...values) : Math.min(...values);
      const past = judged.must === "atMost" ? worst > now : worst < now;
      // Past its limit, and passed all the same: the check had a reason not to judge it.
      return past && finding.verdict === "pass" ? [] : [worst];
    });
  return {
    check: of.check.id,
    limit: of.limit,
    must: judged.must,
    least: judged.least,
    greatest: judged.greatest,
    now,
    good: valuesOf(looks.good),
    bad: valuesOf(looks.bad),
  };
}

function inspectionsOf(sequences: readonly LookedSequence[], scope: InstalledCheck["scope"]): readonly Inspection[] {
  if (scope === "sequence") return sequences.flatMap(({ sequence }) => (sequence === null ? [] : [sequence]));
  return sequences.flatMap(({ frames }) => frames.map(({ inspection }) => inspection));
}

/** The requests with the proposals in place of what they change; only checks that change. */
export function proposedRequests(requests: readonly QcRequest[], calibrated: Calibrated): readonly QcRequest[] {
  return requests.flatMap((request) => {
    const changed = calibrated.limits.flatMap(({ check, limit, proposed, now }) =>
      check !== request.check || proposed === null || proposed.value === now.value
        ? []
        : [[limit, proposed.value] as const],
    );
    if (changed.length === 0) return [];
    return [{ ...request, limits: { ...request.limits, ...Object.fromEntries(changed) } }];
  });
}

const EXAMPLES_MAX = 100;

/** `after`: the same pictures in the same order, looked at again by the checks that change. */
export function changeOf(
  before: readonly LookedSequence[],
  after: readonly LookedSequence[] | null,
): CalibrationReport["changes"]["good"] {
  const pictures = before.flatMap(({ frames }, at) =>
    frames.map((frame, index) =>
      flagged(frame.file.path, frame.inspection, after?.[at]?.frames[index]?.inspection ?? null),
    ),
  );
  const sequences = before.flatMap(({ dir, name, sequence }, at) =>
    sequence === null || sequence.findings.length === 0
      ? []
      : [flagged(`${dir}/${name}`, sequence, after?.[at]?.sequence ?? null)],
  );
  return { ...changeIn(pictures), sequences: sequences.length === 0 ? null : changeIn(sequences) };
}

interface Flagged {
  readonly path: string;
  readonly was: boolean;
  readonly is: boolean;
}

function flagged(path: string, inspection: Inspection, again: Inspection | null): Flagged {
  return { path, was: isFlagged(inspection, null), is: isFlagged(inspection, again) };
}

function changeIn(flags: readonly Flagged[]): CalibrationChange {
  const paths = (of: readonly Flagged[]) => of.map(({ path }) => path).slice(0, EXAMPLES_MAX);
  return {
    before: shareOf(flags.filter(({ was }) => was).length, flags.length),
    after: shareOf(flags.filter(({ is }) => is).length, flags.length),
    newlyFlagged: paths(flags.filter(({ was, is }) => is && !was)),
    newlyPassed: paths(flags.filter(({ was, is }) => was && !is)),
  };
}

function isFlagged(inspection: Inspection, again: Inspection | null): boolean {
  const verdicts = inspection.findings.map(
    (finding) => again?.findings.find(({ check }) => check === finding.check)?.verdict ?? finding.verdict,
  );
  return worstVerdict(verdicts) !== "pass";
}
