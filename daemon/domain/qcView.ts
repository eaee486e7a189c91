/**
 * A version's report and a report over any pictures, seen as one thing: places (a wedge, a sequence) with frames, and what was
 * found over all of them. What exports and pages are made from. Pure.
 */
import { LIMITS } from "./limits.ts";
import type { Severity } from "./qc.ts";
import type { QcInspection } from "./qcInspection.ts";
import type { QcReport } from "./qcReport.ts";
import type { QcRunReport } from "./qcRunReport.ts";

export interface ViewFrame {
  readonly frame: number | null;
  /** null: there is no file. */
  readonly file: { readonly path: string; readonly bytes: number; readonly sha256: string } | null;
  /** null: nobody looked. */
  readonly inspection: QcInspection | null;
  /** Why nobody looked, or why it is not in the version; null: no reason is known. */
  readonly reason: string | null;
}

export interface ViewPlace {
  /** `w001`; `x.####.exr`. */
  readonly name: string;
  readonly frames: readonly ViewFrame[];
  /** Over the whole place; null: no check looked at it. */
  readonly whole: QcInspection | null;
}

export interface QcView {
  /** Of which this is the report: `SH010 env_relight v007`. */
  readonly title: string;
  readonly tool: { readonly name: string; readonly version: string };
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly checks: readonly { readonly check: string; readonly severity?: Severity | undefined }[];
  readonly places: readonly ViewPlace[];
  /** Over all places, as variations of one another; null: no check looked at them so. */
  readonly set: QcInspection | null;
}

export function viewOfVersion(report: QcReport): QcView {
  const { subject } = report;
  return {
    title: `${subject.name} ${subject.product} ${subject.version}`,
    tool: report.tool,
    createdAt: report.createdAt,
    checks: report.profile.checks,
    places: report.wedges.map((wedge) => ({
      name: wedge.wedge,
      frames: wedge.frames.map(({ frame, file, inspection, reason }) => ({ frame, file, inspection, reason })),
      whole: wedge.sequence,
    })),
    set: report.set ?? null,
  };
}

export function viewOfRun(report: QcRunReport): QcView {
  const [only] = report.sequences;
  return {
    title: report.sequences.length === 1 && only !== undefined ? only.name : `${report.sequences.length} pictures`,
    tool: report.tool,
    createdAt: report.createdAt,
    checks: report.profile.checks,
    places: report.sequences.map(({ name, frames, sequence }) => ({
      name,
      frames: frames.map(({ frame, file, inspection }) => ({ frame, file, inspection, reason: null })),
      whole: sequence,
    })),
    set: report.set,
  };
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
