/**
 * A waiver: a named person lets one finding of QC stand, with a reason. It is bound to the picture's content, to the check and
 * to its version: with another content or another version it is void. It covers warnings and failures; an error has no measure
 * to waive. What QC found is never edited: reports show both.
 */
import type { Finding, Inspection, Measure } from "./qc.ts";

export interface Waiver {
  readonly id: number;
  readonly wedge: number;
  readonly frame: number | null;
  /** Of the picture as it was staged and is published. */
  readonly sha256: string;
  readonly check: string;
  readonly version: number;
  readonly verdict: "warn" | "fail";
  /** Values and limits at the time. */
  readonly measures: readonly Measure[];
  readonly by: string;
  readonly reason: string;
  /** ms since the epoch. */
  readonly at: number;
  /** It was taken back; null: it stands. */
  readonly revoked: { readonly by: string; readonly at: number } | null;
}
export type NewWaiver = Omit<Waiver, "id" | "at" | "revoked">;

/** One picture with QC's word on it. */
export interface JudgedPicture {
  readonly frame: number | null;
  readonly sha256: string;
  readonly inspection: Inspection;
}

/** The pictures of a task that QC has looked at: of a chunk those that may be published. */
export function judgedPictures(task: {
  readonly staged: readonly { readonly frame: number | null; readonly sha256: string }[];
  readonly inspection: Inspection | null;
}): readonly JudgedPicture[] {
  const { inspection } = task;
  if (inspection === null) return [];
  const { frames } = inspection;
  return task.staged.flatMap(({ frame, sha256 }) => {
    const own = frames === undefined ? inspection : frames.find((one) => one.frame === frame)?.inspection;
    return own === undefined ? [] : [{ frame, sha256, inspection: own }];
  });
}

type Bound = Pick<Waiver, "sha256" | "check" | "version" | "revoked">;

export function isWaived(finding: Finding, sha256: string, waivers: readonly Bound[]): boolean {
  return waivers.some(
    (waiver) =>
      waiver.revoked === null &&
      waiver.sha256 === sha256 &&
      waiver.check === finding.check &&
      waiver.version === finding.version,
  );
}

/** What still keeps the pictures from passing: failures that nobody waived, and errors, which nobody can. */
export function openFindings(pictures: readonly JudgedPicture[], waivers: readonly Bound[]): readonly Finding[] {
  return pictures.flatMap(({ sha256, inspection }) =>
    inspection.findings.filter(
      (finding) => finding.verdict === "error" || (finding.verdict === "fail" && !isWaived(finding, sha256, waivers)),
    ),
  );
}

/** Waivers for what a check found in the pictures; a sentence when there is nothing to waive. */
export function waiversFor(
  pictures: readonly JudgedPicture[],
  of: { readonly wedge: number; readonly check: string; readonly by: string; readonly reason: string },
): readonly NewWaiver[] | string {
  const found = pictures.flatMap(({ frame, sha256, inspection }) =>
    inspection.findings.filter(({ check }) => check === of.check).map((finding) => ({ frame, sha256, finding })),
  );
  const out = found.flatMap(({ frame, sha256, finding: { verdict, version, measures } }): NewWaiver[] =>
    verdict === "warn" || verdict === "fail" ? [{ ...of, frame, sha256, version, verdict, measures }] : [],
  );
  if (out.length > 0) return out;
  if (found.some(({ finding }) => finding.verdict === "error"))
    return `${of.check} could not look: an error has no measure to waive. Cure its cause, or reject the result.`;
  const others = pictures.flatMap(({ inspection }) =>
    inspection.findings.filter(({ verdict }) => verdict === "warn" || verdict === "fail").map(({ check }) => check),
  );
  const there =
    others.length === 0 ? "QC found nothing to waive." : `To waive are: ${[...new Set(others)].join(", ")}.`;
  return `${of.check} found nothing here. ${there}`;
}
