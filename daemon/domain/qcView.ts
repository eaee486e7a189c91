/**
 * A version's report and a report over any pictures, seen as one thing: places (a wedge, a sequence) with frames, and what was
 * found over all of them. What exports and pages are made from. Pure.
 */
import { roundTripWords } from "./colorRecord.ts";
import { LIMITS } from "./limits.ts";
import { leftOutWords } from "./pictureGroups.ts";
import type { Severity, Verdict } from "./qc.ts";
import type { QcCounts, QcInspection } from "./qcInspection.ts";
import { verdictOf } from "./qcInspection.ts";
import type { OffCheck } from "./qcOff.ts";
import { onTrial } from "./qcOff.ts";
import type { QcReport } from "./qcReport.ts";
import { wedgeVerdict } from "./qcReport.ts";
import type { QcRunReport } from "./qcRunReport.ts";
import { placeName, runVerdict } from "./qcRunReport.ts";

export interface ViewFrame {
  readonly frame: number | null;
  /** null: there is no file. */
  readonly file: { readonly path: string; readonly bytes: number; readonly sha256: string } | null;
  /** null: nobody looked. */
  readonly inspection: QcInspection | null;
  /** Where it is not in the version: `rejected`, `failed`; null: it is, or there is no version. */
  readonly outcome: string | null;
  /** Where its picture lies, relative to the product's folder, when it was refused; absent: there is none. */
  readonly refusedTo?: string;
  /** Why nobody looked, or why it is not in the version; null: no reason is known. */
  readonly reason: string | null;
}

export interface ViewPlace {
  /** `w001`; `x.####.exr`. */
  readonly name: string;
  readonly axes: Readonly<Record<string, string>>;
  /** "": nobody says. */
  readonly seed: string;
  /** null: nobody looked. */
  readonly verdict: Verdict | null;
  readonly frames: readonly ViewFrame[];
  /** Over the whole place; null: no check looked at it. */
  readonly whole: QcInspection | null;
}

export interface ViewCheck {
  readonly check: string;
  readonly version?: number | null | undefined;
  readonly layer?: string | undefined;
  /** What it finds, in its own words. */
  readonly finds?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly limits: Readonly<Record<string, number>>;
  /** Limit -> where its value comes from; one that is not there is the check's own. */
  readonly from: Readonly<Record<string, string>>;
}

/** A finding that a named person let stand. */
export interface ViewWaiver {
  readonly place: string;
  readonly frame: number | null;
  readonly check: string;
  readonly version: number;
  readonly by: string;
  readonly reason: string;
}

export interface QcView {
  /** Of which this is the report: `SH010 env_relight v007`. */
  readonly title: string;
  readonly tool: { readonly name: string; readonly version: string };
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** What a place is called. */
  readonly place: "wedge" | "sequence";
  /** What the title line says more: show, recipe, job. */
  readonly facts: readonly string[];
  readonly headline: { readonly of: string; readonly verdict: Verdict | null; readonly words: string };
  readonly counts: readonly (readonly [of: string, counts: QcCounts])[];
  readonly simulated: boolean;
  readonly notes: readonly string[];
  /** Plugins that should have looked and could not be loaded; absent: none. */
  readonly notLoaded?: readonly { readonly file: string; readonly message: string }[];
  /** What happens to a fail; null: nothing by itself. */
  readonly gate: "reject" | "hold" | "warn" | null;
  /** In words: its name, who named it, where its limits come from. */
  readonly profile: readonly string[];
  readonly checks: readonly ViewCheck[];
  /** What would look and was taken out, or gates nothing, and who said so. */
  readonly off: readonly (OffCheck & { readonly how: "off" | "measured only" })[];
  readonly places: readonly ViewPlace[];
  /** Over all places, as variations of one another; null: no check looked at them so. */
  readonly set: QcInspection | null;
  readonly waivers: readonly ViewWaiver[];
  /** Where all the numbers are. */
  readonly complete: string;
}

export function viewOfVersion(report: QcReport): QcView {
  const { subject, recipe, profile } = report;
  const frames = report.wedges.flatMap((wedge) => wedge.frames);
  const there = frames.filter((frame) => frame.outcome === "published").length;
  const missing = frames.length - there;
  const published = there === 0 ? "nothing was published" : `${there} of ${frames.length} frames published`;
  const verdict = report.publishedResult ?? (report.totals.frames.error > 0 ? "error" : null);
  return {
    title: `${subject.name} ${subject.product} ${subject.version}`,
    tool: report.tool,
    createdAt: report.createdAt,
    place: "wedge",
    facts: [subject.show, `recipe ${recipe.name} ${recipe.version}`, `step ${subject.step}`, `job ${subject.job}`],
    headline: {
      of: "This version",
      verdict,
      words: missing > 0 ? `${published}, ${missing} not` : published,
    },
    counts: [
      ["Wedges", report.totals.wedges],
      ...(report.wedges.length === frames.length ? [] : [["Frames", report.totals.frames] as const]),
    ],
    simulated: report.simulated,
    notes: [...refusedWords(report), ...(report.notes ?? []), ...colourWords(report)],
    gate: profile.gate,
    profile: [
      ...(profile.name === undefined || profile.name === null
        ? ["The manifest lists the checks."]
        : [`Profile ${profile.name}${profile.by === undefined ? "" : `, named by ${profile.by}`}.`]),
      ...(profile.provenance === undefined ? [] : [profile.provenance]),
    ],
    checks: profile.checks.map(({ limitsFrom, ...check }) => ({ ...check, from: limitsFrom ?? {} })),
    off: offOf(
      profile.off,
      profile.checks.map(({ limitsFrom, ...one }) => ({ ...one, from: limitsFrom })),
    ),
    places: report.wedges.map((wedge) => ({
      name: wedge.wedge,
      axes: wedge.axes,
      seed: wedge.seed,
      verdict: wedgeVerdict(wedge),
      frames: wedge.frames.map(({ frame, file, inspection, outcome, reason, refused }) => ({
        frame,
        file,
        inspection,
        outcome: outcome === "published" ? null : outcome,
        ...(refused === undefined ? {} : { refusedTo: refused.quarantine }),
        reason,
      })),
      whole: wedge.sequence,
    })),
    set: report.set ?? null,
    waivers: (report.waivers ?? []).map(({ wedge, frame, check, version, by, reason }) => ({
      place: wedge,
      frame,
      check,
      version,
      by,
      reason,
    })),
    complete: ".hotplate/qc.json in the version",
  };
}

/** What is in no version can be looked at, too. */
function refusedWords({ wedges, subject }: QcReport): readonly string[] {
  const refused = wedges.filter(({ frames }) => frames.some((frame) => frame.refused !== undefined));
  if (refused.length === 0) return [];
  const names = refused.slice(0, LIMITS.answerNamesShown).map(({ wedge }) => wedge);
  const more = refused.length - names.length;
  const place = `.hotplate/quarantine/${subject.version}/`;
  return [
    `Refused: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}. What was made of them lies in ${place} of the product's folder, each with the reason beside it.`,
  ];
}

function offOf(off: readonly OffCheck[] | undefined, checks: Parameters<typeof onTrial>[0]): QcView["off"] {
  return [
    ...(off ?? []).map((one) => ({ ...one, how: "off" as const })),
    ...onTrial(checks).map((one) => ({ ...one, how: "measured only" as const })),
  ];
}

/** Spaces, how the answer came back, and what that costs: measured, not promised. */
function colourWords({ color }: QcReport): readonly string[] {
  if (color?.in == null) return [];
  const way = [color.in, color.model, color.out].filter((name) => name !== null).join(" \u2192 ");
  return [`Colour: ${way}, ${color.how}. Round trip: ${roundTripWords(color)}.`];
}

export function viewOfRun(report: QcRunReport): QcView {
  const [only] = report.sequences;
  const count = report.sequences.reduce((sum, { frames }) => sum + frames.length, 0);
  const { name, checks, sha256 } = report.profile;
  return {
    title: report.sequences.length === 1 && only !== undefined ? only.name : `${count} pictures`,
    tool: report.tool,
    createdAt: report.createdAt,
    place: "sequence",
    facts: [...new Set(report.sequences.map(({ dir }) => dir))].slice(0, 4),
    headline: { of: "All of it", verdict: runVerdict(report), words: count === 1 ? "1 picture" : `${count} pictures` },
    counts: [["Pictures", report.totals.frames]],
    simulated: false,
    notes: [
      ...report.notLoaded.map(
        ({ file, message }) => `Not loaded, and so nobody looked for what it looks for: ${file} (${message})`,
      ),
      ...report.notLookedAt.map((one) => `Not looked at: ${leftOutWords(one)}`),
    ],
    notLoaded: report.notLoaded,
    gate: null,
    profile: [
      name === null ? "The checks were named one by one." : `Profile ${name}.`,
      `Settings ${sha256.slice(0, 12)}: equal settings have equal hashes.`,
    ],
    checks: checks.map(({ from, ...check }) => ({ ...check, from: from ?? {} })),
    off: offOf(report.profile.off, checks),
    places: report.sequences.map((sequence, at) => ({
      name: placeName(report, at),
      axes: {},
      seed: "",
      verdict: verdictOf(sequence),
      frames: sequence.frames.map(({ frame, file, inspection }) => ({
        frame,
        file,
        inspection,
        outcome: null,
        reason: null,
      })),
      whole: sequence.sequence,
    })),
    set: report.set,
    waivers: [],
    complete: "hotplate qc run --json",
  };
}

/** Null: nobody waived it. What is said of a whole place is waived by its pictures, whichever they are bound to. */
export function waiverOf(
  view: QcView,
  finding: { readonly check: string; readonly version: number },
  at: { readonly place: string; readonly frame: number | null | "whole" },
): ViewWaiver | null {
  const fits = ({ place, frame, check, version }: ViewWaiver): boolean =>
    place === at.place &&
    check === finding.check &&
    version === finding.version &&
    (at.frame === "whole" || frame === at.frame);
  return view.waivers.find(fits) ?? null;
}

/** Checks times frames: what a file with a line for each would hold. */
export function casesIn(view: QcView): number {
  let count = 0;
  for (const inspection of inspectionsIn(view)) count += inspection.findings.length + inspection.notApplied.length;
  return count;
}

/** Too many for a line each: what passed and what did not apply is gathered by place. */
export function isLarge(view: QcView): boolean {
  return casesIn(view) > LIMITS.qcCasesMax;
}

function* inspectionsIn(view: QcView): Generator<QcInspection> {
  for (const { frames, whole } of view.places) {
    for (const { inspection } of frames) if (inspection !== null) yield inspection;
    if (whole !== null) yield whole;
  }
  if (view.set !== null) yield view.set;
}
