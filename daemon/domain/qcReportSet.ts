/** What QC says of a version's variations together, as a section of the report for people: what it found, with pictures, and what passed. */
import { evidenceSvg } from "./qcEvidenceSvg.ts";
import type { QcFinding } from "./qcInspection.ts";
import type { QcReport } from "./qcReport.ts";
import { esc, findingVerdict, measureWords, told, verdictTag } from "./qcReportWords.ts";

/** Measures that name variations are told in the sentence already. */
const MEASURES_SHOWN = 6;

export function setHtml({ set }: Pick<QcReport, "set">): string {
  if (set === undefined || set.findings.length === 0) return "";
  return `<h2>The variations together</h2><ul class="look">${set.findings.map(item).join("")}</ul>`;
}

function item(finding: QcFinding): string {
  const verdict = findingVerdict(finding);
  const hint = finding.hint === null ? "" : `<p class="small faint">${told(finding.hint)}</p>`;
  const numbers = finding.measures
    .slice(0, MEASURES_SHOWN)
    .map((measure) => `${told(measure.name)} ${measureWords(measure)}`);
  const shown = (finding.evidence ?? []).map((piece) => evidenceSvg(piece, esc)).join("");
  return `<li class="e-${verdict}">${verdictTag(verdict)} &middot; ${told(finding.check)}<p>${told(finding.message)}</p>${hint}<p class="small faint">${numbers.join("; ")}</p>${shown}</li>`;
}
