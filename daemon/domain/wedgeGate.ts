/**
 * What QC's word on a wedge as a whole does. Frames that are missing are told by the tasks that did not make them: they are reported
 * with the sequence and keep no other frame back.
 */
import type { Inspection, Verdict } from "./qc.ts";
import { worstVerdict } from "./qc.ts";

const REPORTED_ONLY = "frames.complete";

/** The findings by which a wedge as a whole is judged. */
export function wholeFindings({ findings }: Pick<Inspection, "findings">): Inspection["findings"] {
  return findings.filter((finding) => finding.check !== REPORTED_ONLY);
}

export function wholeVerdict(inspection: Pick<Inspection, "findings">): Verdict {
  const verdicts = wholeFindings(inspection).map((finding) => finding.verdict);
  return verdicts.length === 0 ? "pass" : worstVerdict(verdicts);
}
