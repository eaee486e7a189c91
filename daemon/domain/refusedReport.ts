/**
 * The page of a version that was not published because of what QC, or a person, refused: a report of the same shape as a version's
 * (`qc.json`), seen as what it is: nothing is there but what lies in quarantine. Pure: report in, view and text out.
 */
import type { QcReport } from "./qcReport.ts";
import { decisionsHtml } from "./qcReportDecisions.ts";
import type { QcPage } from "./qcReportHtml.ts";
import { qcHtml } from "./qcReportHtml.ts";
import type { QcView } from "./qcView.ts";
import { viewOfVersion } from "./qcView.ts";

/** `complete`: how the report for machines is called, beside the page. */
export function refusedView(report: QcReport, complete: string): QcView {
  const view = viewOfVersion(report);
  const refused = report.wedges.filter(({ frames }) => frames.some(({ outcome }) => outcome === "rejected"));
  const count = report.wedges.length;
  return {
    ...view,
    headline: {
      of: "What was refused",
      verdict: report.executionStatus === "error" && report.result !== "fail" ? "error" : report.result,
      words: `${refused.length} of ${count} ${count === 1 ? "variation" : "variations"}; nothing was published`,
    },
    notes: [
      "This version was not published, and its number stays used. Dropped again, the manifest is a new version; with qc: {gate: hold} it waits for a person.",
      ...view.notes,
    ],
    complete: `${complete} beside this page`,
  };
}

export function refusedHtml(report: QcReport, complete: string, page: Omit<QcPage, "decisions" | "title">): string {
  const view = refusedView(report, complete);
  return qcHtml(view, { ...page, title: `Refused: ${view.title}`, decisions: decisionsHtml(report) });
}
