/**
 * What QC's word on a wedge as a whole does. Frames that are missing are told by the tasks that did not make them: they are reported
 * with the sequence and keep no other frame back.
 */
import { LIMITS } from "./limits.ts";
import type { Finding, GateOutcome, Inspection, Verdict } from "./qc.ts";
import { gateOf, worstVerdict } from "./qc.ts";

const REPORTED_ONLY = "frames.complete";

/** The findings by which a wedge as a whole is judged. */
export function wholeFindings({ findings }: Pick<Inspection, "findings">): Inspection["findings"] {
  return findings.filter((finding) => finding.check !== REPORTED_ONLY);
}

export function wholeVerdict(inspection: Pick<Inspection, "findings">): Verdict {
  const verdicts = wholeFindings(inspection).map((finding) => finding.verdict);
  return verdicts.length === 0 ? "pass" : worstVerdict(verdicts);
}

/** The finding that decides about a result: of its wedge as a whole, where that is what held or refused it. */
export function decidingFinding(inspection: Inspection): Finding | undefined {
  const { whole } = inspection;
  const findings = whole === undefined ? inspection.findings : wholeFindings(whole.inspection);
  const verdict = whole === undefined ? inspection.verdict : wholeVerdict(whole.inspection);
  return findings.find((finding) => finding.verdict === verdict);
}

/** Held as a part of its wedge: what is decided about it is decided about all of the wedge. */
export function isHeldAsWhole(task: {
  readonly gate: GateOutcome | null;
  readonly inspection: Inspection | null;
}): boolean {
  return task.gate === "hold" && task.inspection?.whole !== undefined;
}

/** `looks`: how often it was looked at, this time included. A hold ends as a rejection, or is looked at again. */
export function wedgeGate(
  inspection: Inspection,
  of: { readonly gate: "reject" | "hold" | "warn"; readonly looks: number; readonly now: number },
): { readonly gate: GateOutcome; readonly holdUntil: number | null } {
  const verdict = wholeVerdict(inspection);
  const gate = gateOf(verdict, of.gate);
  if (gate !== "hold") return { gate, holdUntil: null };
  if (verdict !== "error") return { gate, holdUntil: of.now + LIMITS.holdMs };
  if (of.looks >= LIMITS.qcLooksMax) return { gate: "reject", holdUntil: null };
  return { gate, holdUntil: of.now + LIMITS.qcLookAgainMs };
}
