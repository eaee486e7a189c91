/**
 * `.hotplate/qc.json`: what QC did over one version, complete, per wedge and frame; written before the commit and never
 * changed. Its words are those of domain/qcInspection.ts. Pure: the same rows give the same bytes.
 */
import { z } from "zod";
import { canonicalJson } from "./canonicalJson.ts";
import { colorRecord } from "./colorRecord.ts";
import { versionName, wedgeName } from "./ids.ts";
import { quarantinedPath } from "./naming.ts";
import type { Inspection, InstalledCheck, Verdict } from "./qc.ts";
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
import { profilePart, qcProfilePartSchema } from "./qcReportProfile.ts";
import { qcRejectionSchema, qcRejections } from "./rejection.ts";
import { qcTrySchema, triesOfWedge } from "./qcTries.ts";
import { applyingWaivers, qcWaiverSchema } from "./qcWaivers.ts";
import type { VersionFacts, VersionFile, VersionFrame } from "./versionFacts.ts";
import { wholeFindings, wholeVerdict } from "./wedgeGate.ts";

const frameSchema = z.strictObject({
  frame: z.number().int().nullable(),
  outcome: z
    .enum(["published", "rejected", "failed", "canceled", "unfinished", "held"])
    .describe("held: it waits for a person; in held_qc.json only, never in a version."),
  reason: z.string().nullable().describe("Why it is not in the version."),
  file: z.strictObject({ path: z.string(), bytes: z.number().int(), sha256: z.string() }).nullable(),
  refused: z
    .strictObject({
      quarantine: z.string().describe("Where the picture lies, relative to the product's folder."),
      bytes: z.number().int(),
      sha256: z.string(),
    })
    .optional()
    .describe("What QC or a person refused; absent: nothing was, or no picture was made."),
  inspection: inspectionSchema.nullable().describe("null: there was nothing to look at."),
});
const wedgeSchema = z.strictObject({
  wedge: z.string(),
  index: z.number().int(),
  axes: z.record(z.string(), z.string()),
  seed: z.string().describe("That made the files."),
  tries: z.array(qcTrySchema).optional().describe("Seeds before it, given up because of what QC found; absent: none."),
  executionStatus,
  result,
  frames: z.array(frameSchema),
  sequence: inspectionSchema.nullable().describe("Checks over the whole wedge."),
});
export const qcReportSchema = z.strictObject({
  schema: z.literal("hotplate-qc/1"),
  tool: z.strictObject({ name: z.string(), version: z.string() }),
  createdAt: z.string().describe("ISO 8601, UTC."),
  subject: z.strictObject({
    show: z.string(),
    name: z.string(),
    product: z.string(),
    version: z.string(),
    job: z.string(),
    step: z.string(),
  }),
  recipe: z.strictObject({ name: z.string(), version: z.string(), sha256: z.string() }),
  notes: z.array(z.string()).optional().describe("What the version comes without, in words."),
  simulated: z.boolean().describe("Made by a simulated ComfyUI: the pictures mean nothing."),
  profile: qcProfilePartSchema,
  color: z
    .strictObject({
      in: z.string().nullable(),
      model: z.string().nullable(),
      out: z.string().nullable(),
      how: z.enum(["edit", "acescct", "plain"]),
      roundTrip: z
        .strictObject({ p999Stops: z.number(), outsideChanged: z.number().int(), frames: z.number().int() })
        .nullable()
        .describe("What the way to the model and back costs an unchanged picture: the worst of the frames measured."),
    })
    .optional()
    .describe("Colour spaces, and the measured round trip; absent in older reports."),
  waivers: z.array(qcWaiverSchema).optional().describe("Findings that a named person let stand; absent: none."),
  rejections: z
    .array(qcRejectionSchema)
    .optional()
    .describe("Results that a named person kept out, those too that were let pass after that; absent: none."),
  executionStatus,
  result: result.describe("The worst over everything that was looked at, rejected results included."),
  publishedResult: result.describe("The worst over what this version holds."),
  totals: z.strictObject({ wedges: countsSchema, frames: countsSchema }),
  wedges: z.array(wedgeSchema),
  set: inspectionSchema
    .optional()
    .describe("Checks over one picture of every wedge; absent where none was asked for, and in older reports."),
});
export type QcReport = z.infer<typeof qcReportSchema>;
export type QcWedge = QcReport["wedges"][number];
export type QcFrame = QcWedge["frames"][number];

export interface QcExtra {
  readonly tool: { readonly name: string; readonly version: string };
  readonly simulated: boolean;
  /** What the version comes without, in words. */
  readonly notes?: readonly string[];
  /** What the node's checks say of themselves; absent: nothing is known but what the plan says. */
  readonly installed?: readonly InstalledCheck[];
  /** Verdicts of scope `sequence`, by wedge index. */
  readonly sequences: ReadonlyMap<number, Inspection>;
  /** Verdict of scope `set`; absent: there are no two wedges to set beside each other, or nothing looks at them. */
  readonly set?: Inspection;
}

/** What the report is made of. */
export type QcFacts = Pick<
  VersionFacts,
  "plan" | "version" | "at" | "frames" | "files" | "tries" | "waivers" | "rejections"
> & {
  readonly job: Pick<VersionFacts["job"], "id" | "show">;
};

export function qcJson(facts: QcFacts, extra: QcExtra): string {
  return qcText(qcReport(facts, extra));
}

/** The bytes of qc.json. */
export function qcText(report: QcReport): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(report)), null, 1)}\n`;
}

export function qcReport(facts: QcFacts, extra: QcExtra): QcReport {
  const { plan, job } = facts;
  const files = new Map(facts.files.map((file) => [placeOf(file), file]));
  const wedges = plan.wedges.map((wedge) => wedgeOf(facts, wedge.index, { sequences: extra.sequences, files }));
  const frames = wedges.flatMap((wedge) => wedge.frames);
  const published = frames.filter((frame) => frame.outcome === "published");
  const waivers = applyingWaivers(facts.waivers ?? [], { ...facts, sequences: extra.sequences });
  const rejections = facts.rejections ?? [];
  const set = extra.set === undefined || isEmpty(extra.set) ? null : extra.set;
  return {
    schema: "hotplate-qc/1",
    tool: { name: extra.tool.name, version: extra.tool.version },
    createdAt: facts.at,
    subject: {
      show: job.show,
      name: plan.target.name,
      product: plan.target.product,
      version: versionName(facts.version),
      job: job.id,
      step: plan.name,
    },
    recipe: { name: plan.recipe.name, version: plan.recipe.version, sha256: plan.recipe.sha256 },
    ...(extra.notes === undefined || extra.notes.length === 0 ? {} : { notes: [...extra.notes] }),
    simulated: extra.simulated,
    profile: profilePart(plan.qc, extra.installed ?? []),
    color: colorPart(facts),
    ...(waivers.length === 0 ? {} : { waivers: [...waivers] }),
    ...(rejections.length === 0 ? {} : { rejections: [...qcRejections(rejections)] }),
    ...statusOf([...wedges.map(wedgeVerdict), ...(set === null ? [] : [set.verdict])]),
    publishedResult: statusOf([
      ...published.map((frame) => verdictOf(frame.inspection)),
      ...publishedWholes(wedges, extra.sequences),
      ...(set === null ? [] : [set.verdict]),
    ]).result,
    totals: {
      wedges: count(wedges.map(wedgeVerdict)),
      frames: count(frames.map((frame) => verdictOf(frame.inspection))),
    },
    wedges,
    ...(set === null ? {} : { set: inspectionOf(set, "frames") }),
  };
}

/** What was said of wedges as a whole, where they are in the version. */
function publishedWholes(wedges: readonly QcWedge[], sequences: QcExtra["sequences"]): readonly Verdict[] {
  const there = wedges.filter(({ frames }) => frames.some((frame) => frame.outcome === "published"));
  return there.flatMap(({ index }) => {
    const sequence = sequences.get(index);
    return sequence === undefined || wholeFindings(sequence).length === 0 ? [] : [wholeVerdict(sequence)];
  });
}

function colorPart(facts: QcFacts): NonNullable<QcReport["color"]> {
  const { model, out, how, roundTrip, ...of } = colorRecord(
    facts.plan,
    facts.files.map((file) => file.roundTrip),
  );
  return { in: of.in, model, out, how, roundTrip };
}

interface Lookup {
  readonly sequences: QcExtra["sequences"];
  readonly files: ReadonlyMap<string, VersionFile>;
}

function placeOf(of: { readonly wedge: number; readonly frame: number | null }): string {
  return `${of.wedge}/${of.frame}`;
}

function wedgeOf(facts: QcFacts, index: number, lookup: Lookup): QcWedge {
  const plan = facts.plan.wedges.find((wedge) => wedge.index === index);
  const frames = facts.frames
    .filter((frame) => frame.wedge === index)
    .sort((a, b) => (a.frame ?? -1) - (b.frame ?? -1))
    .map((frame) => frameOf(frame, { file: lookup.files.get(placeOf(frame)) ?? null, version: facts.version }));
  const tries = triesOfWedge(facts.tries ?? [], { wedge: index, version: facts.version });
  const sequence = lookup.sequences.get(index);
  const over = sequence === undefined || isEmpty(sequence) ? null : inspectionOf(sequence, "frames");
  return {
    wedge: wedgeName(index),
    index,
    axes: { ...plan?.axes },
    seed: plan?.seed ?? "",
    ...(tries.length === 0 ? {} : { tries }),
    ...statusOf([...frames.map((frame) => verdictOf(frame.inspection)), ...(over === null ? [] : [verdictOf(over)])]),
    frames,
    sequence: over,
  };
}

function isEmpty({ findings, notApplied }: Inspection): boolean {
  return findings.length + notApplied.length === 0;
}

function frameOf(
  task: VersionFrame,
  { file, version }: { readonly file: VersionFile | null; readonly version: number },
): QcFrame {
  return {
    frame: task.frame,
    outcome: outcomeOf(task),
    reason: task.failure === null ? null : `${task.failure.code}: ${task.failure.message}`,
    file: file === null ? null : { path: file.path, bytes: file.bytes, sha256: file.sha256 },
    ...(task.refused === undefined ? {} : { refused: { ...refusedPlace(task, task.refused, version) } }),
    inspection: task.inspection === null ? null : inspectionOf(task.inspection),
  };
}

function refusedPlace(
  { wedge }: VersionFrame,
  { path, bytes, sha256 }: NonNullable<VersionFrame["refused"]>,
  version: number,
): NonNullable<QcFrame["refused"]> {
  return { quarantine: quarantinedPath({ version, wedge, path }), bytes, sha256 };
}

function outcomeOf(task: VersionFrame): QcFrame["outcome"] {
  switch (task.state) {
    case "committing":
    case "done":
      return "published";
    case "failed":
      return task.failure?.class === "qc" ? "rejected" : "failed";
    case "canceled":
      return "canceled";
    case "blocked":
    case "ready":
    case "running":
    case "deferred":
      return "unfinished";
  }
}

/** null where no picture of the wedge was ever looked at and nothing is known of the whole. */
export function wedgeVerdict(wedge: QcWedge): Verdict | null {
  const looked = wedge.sequence !== null || wedge.frames.some((frame) => frame.inspection !== null);
  return looked ? verdictOf(wedge) : null;
}
