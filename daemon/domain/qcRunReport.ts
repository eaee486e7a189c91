/**
 * What `hotplate qc run` says of any pictures: complete, per sequence and picture, in the words of a version's report
 * (domain/qcInspection.ts). The same schema for `--json`, and the source of its JUnit, SARIF and HTML. Pure.
 */
import { z } from "zod";
import { canonicalJson } from "./canonicalJson.ts";
import { wedgeName } from "./ids.ts";
import type { QcRequest } from "./plan.ts";
import type { LeftOut } from "./pictureGroups.ts";
import type { CheckBook, InstalledCheck, Inspection, Verdict } from "./qc.ts";
import type { OffCheck } from "./qcOff.ts";
import { kindOf, usedAs } from "./qcReportProfile.ts";
import { handInspection } from "./qcHints.ts";
import type { QcCounts } from "./qcInspection.ts";
import {
  count,
  countsSchema,
  executionStatus,
  inspectionOf,
  inspectionSchema,
  result,
  statusOf,
  verdictOf,
} from "./qcInspection.ts";

const fileSchema = z.strictObject({
  path: z.string().describe("Absolute."),
  bytes: z.number().int(),
  sha256: z.string().describe("Of the file: what the findings are about."),
});

export const qcRunSchema = z.strictObject({
  schema: z.literal("hotplate-qc-run/1"),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  createdAt: z.string().describe("ISO 8601, UTC."),
  profile: z.strictObject({
    name: z.string().nullable().describe("null: the checks were named one by one."),
    show: z.string().nullable().describe("Whose limits of hotplate.yaml were heard; null: no show's."),
    recipe: z.string().nullable().describe("The same for a recipe."),
    sha256: z
      .string()
      .describe("Of the checks, their versions and limits, as canonical JSON: equal settings, equal hash."),
    off: z
      .array(z.strictObject({ check: z.string(), by: z.string() }))
      .describe("Checks of the profile that show or recipe took out, and by whom."),
    checks: z.array(
      z.strictObject({
        check: z.string(),
        version: z.number().int().nullable().describe("null: this node has no such check."),
        layer: z.enum(["essence", "container", "crosscheck"]).optional().describe("Absent: nobody knows the check."),
        scope: z.enum(["frame", "sequence", "set"]).optional().describe("Absent: nobody knows the check."),
        finds: z.string().optional().describe("What it finds, in its own words."),
        usedAs: z.enum(["check", "report"]).describe("report: measured and shown, never judged."),
        limits: z.record(z.string(), z.number()),
        severity: z
          .enum(["fail", "warn", "measure"])
          .optional()
          .describe("The most that it may say; absent: its own word."),
        from: z
          .record(z.string(), z.string())
          .optional()
          .describe("Limit: where it comes from; absent: the check's own."),
      }),
    ),
  }),
  executionStatus,
  result: result.describe("The worst over everything."),
  totals: z.strictObject({ sequences: countsSchema, frames: countsSchema }),
  sequences: z.array(
    z.strictObject({
      name: z.string().describe("The pattern, or a still's name."),
      dir: z.string(),
      executionStatus,
      result,
      missing: z.array(z.number().int()).describe("Frames that should be there and are not."),
      frames: z.array(
        z.strictObject({
          frame: z.number().int().nullable(),
          file: fileSchema,
          plate: z.string().nullable().describe("What it was compared with."),
          inspection: inspectionSchema,
        }),
      ),
      sequence: inspectionSchema.nullable().describe("Checks over the whole sequence."),
    }),
  ),
  notLoaded: z
    .array(z.strictObject({ file: z.string(), message: z.string() }))
    .describe(
      "Plugins and profiles that should have been there and could not be loaded: nobody looked for what they look for.",
    ),
  notLookedAt: z
    .array(
      z.strictObject({
        because: z.string(),
        count: z.number().int(),
        first: z.array(z.string()).describe("The first of them, below the folder that was named."),
      }),
    )
    .describe("What lies in the folders that were named and is no result: nobody looked at it."),
  set: inspectionSchema.nullable().describe("Checks over one picture of each sequence, as variations of one another."),
});
export type QcRunReport = z.infer<typeof qcRunSchema>;
export type QcRunSequence = QcRunReport["sequences"][number];

/** One sequence or still, and what QC found. */
export interface LookedSequence {
  readonly name: string;
  readonly dir: string;
  readonly missing: readonly number[];
  readonly frames: readonly {
    readonly frame: number | null;
    readonly file: z.infer<typeof fileSchema>;
    readonly plate: string | null;
    readonly inspection: Inspection;
  }[];
  readonly sequence: Inspection | null;
}

export interface QcRunFacts {
  readonly tool: { readonly name: string; readonly version: string };
  readonly createdAt: string;
  readonly profile: string | null;
  readonly of?: { readonly show: string | null; readonly recipe: string | null };
  readonly requests: readonly QcRequest[];
  /** Absent: none. */
  readonly off?: readonly OffCheck[];
  readonly installed: readonly InstalledCheck[];
  readonly sequences: readonly LookedSequence[];
  readonly set: Inspection | null;
  /** Of folders; absent: nothing lies in them but pictures. */
  readonly leftOut?: readonly LeftOut[];
  /** Absent: everything that was asked for was there. */
  readonly notLoaded?: CheckBook["refused"];
}

export function qcRunReport(facts: QcRunFacts, sha256: (text: string) => string): QcRunReport {
  const sequences = facts.sequences.map((looked) => sequenceOf(looked, facts));
  const set = lookedAt(facts.set ?? noSet(facts));
  const checks = facts.requests.map((request) => ({
    check: request.check,
    ...kindIn(facts, request.check),
    usedAs: usedAs(request.severity),
    limits: { ...request.limits },
    ...(request.severity === undefined ? {} : { severity: request.severity }),
    ...(request.from === undefined ? {} : { from: { ...request.from } }),
  }));
  const judged = checks.map(({ check, version, limits, severity }) => ({ check, version, limits, severity }));
  const notLoaded = (facts.notLoaded ?? []).map(({ file, message }) => ({ file, message }));
  const verdicts = [
    ...sequences.map(verdictOf),
    ...(set === null ? [] : [verdictOf(set)]),
    ...notLoaded.map(() => "error" as const),
  ];
  const frames = sequences.flatMap((sequence) => sequence.frames.map(({ inspection }) => verdictOf(inspection)));
  return {
    schema: "hotplate-qc-run/1",
    tool: { ...facts.tool },
    createdAt: facts.createdAt,
    profile: {
      name: facts.profile,
      show: facts.of?.show ?? null,
      recipe: facts.of?.recipe ?? null,
      sha256: sha256(canonicalJson(judged)),
      off: (facts.off ?? []).map((one) => ({ ...one })),
      checks,
    },
    ...statusOf(verdicts),
    totals: { sequences: count(sequences.map(verdictOf)), frames: count(frames) },
    sequences,
    notLoaded,
    notLookedAt: (facts.leftOut ?? []).map((one) => ({ ...one, first: [...one.first] })),
    set,
  };
}

function kindIn({ installed }: QcRunFacts, id: string): { readonly version: number | null } {
  const check = installed.find((one) => one.id === id);
  return check === undefined ? { version: null } : { version: check.version, ...kindOf(check) };
}

/** What was asked for and looks at more than was given: listed with the reason, as the daemon lists it. */
function notGiven(scope: "sequence" | "set", because: string, { requests, installed }: QcRunFacts): Inspection {
  const asked = requests.filter(({ check }) => installed.some((one) => one.id === check && one.scope === scope));
  const notApplied = asked.map(({ check }) => ({ check, because }));
  return { verdict: "pass", findings: [], notApplied, reader: "none" };
}

function noSet(facts: QcRunFacts): Inspection {
  return notGiven("set", "nobody says that these are variations of one another: --set does", facts);
}

function noSequence({ frames }: LookedSequence, facts: QcRunFacts): Inspection {
  const isNumbered = frames.some(({ frame }) => frame !== null);
  const still = isNumbered
    ? "by its number this picture is no frame of one: a range says so, as x.[1001-1010].png"
    : "this is a picture by itself";
  const why = facts.set === null ? still : "these are variations of one another";
  return notGiven("sequence", `it looks at the frames of a sequence, and ${why}`, facts);
}

function sequenceOf(looked: LookedSequence, facts: QcRunFacts): QcRunSequence {
  const frames = looked.frames.map((each) => ({
    frame: each.frame,
    file: { ...each.file },
    plate: each.plate,
    inspection: inspectionOf(handInspection(each.inspection)),
  }));
  const sequence = lookedAt(looked.sequence ?? noSequence(looked, facts));
  const verdicts = frames.map(({ inspection }) => verdictOf(inspection));
  return {
    name: looked.name,
    dir: looked.dir,
    ...statusOf([...verdicts, ...(sequence === null ? [] : [verdictOf(sequence)])]),
    missing: [...looked.missing],
    frames,
    sequence,
  };
}

/** Nothing found and nothing left out: no check looked at the whole. */
function lookedAt(inspection: Inspection | null): QcRunSequence["sequence"] {
  if (inspection === null || inspection.findings.length + inspection.notApplied.length === 0) return null;
  return inspectionOf(handInspection(inspection), "frames");
}

/** Checks of scope `set` speak of `w003`: as variations, pictures have that name too. */
export function placeName(report: Pick<QcRunReport, "sequences" | "set">, at: number): string {
  const name = report.sequences[at]?.name ?? "all";
  const isNamed = (report.set?.findings.length ?? 0) > 0 && report.sequences[at] !== undefined;
  return isNamed ? `${wedgeName(at + 1)} ${name}` : name;
}

/** The word that the exit code is about: error before warn, because nothing is known of what could not be looked at. */
export function runVerdict(report: Pick<QcRunReport, "executionStatus" | "result">): Verdict {
  if (report.result === "fail") return "fail";
  return report.executionStatus === "error" ? "error" : (report.result ?? "error");
}

export function countWords(counts: QcCounts): string {
  const words = (["fail", "error", "warn", "pass"] as const).filter((word) => counts[word] > 0);
  return words.map((word) => `${counts[word]} ${word}`).join(", ");
}
