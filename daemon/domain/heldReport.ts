/**
 * What is known of results that wait for a person, as a report of the same shape as a version's (`qc.json`), and its page: what must
 * be looked at before anybody decides. Pure: rows in, report and text out.
 */
import { wedgeName } from "./ids.ts";
import type { Inspection } from "./qc.ts";
import type { QcExtra, QcFacts, QcReport } from "./qcReport.ts";
import { qcReport } from "./qcReport.ts";
import { decisionCommands } from "./qcAnswer.ts";
import { decisionsHtml } from "./qcReportDecisions.ts";
import type { QcPage } from "./qcReportHtml.ts";
import { qcHtml } from "./qcReportHtml.ts";
import { esc, told } from "./qcReportWords.ts";
import type { QcView } from "./qcView.ts";
import { viewOfVersion } from "./qcView.ts";

export interface HeldTask {
  readonly id: string;
  /** What a decision about all of its variation names. */
  readonly of: string;
  /** Held with all of its variation, by what was said of its frames together. */
  readonly whole: boolean;
  readonly wedge: number;
  readonly frame: number | null;
  /** ms since the epoch; then it counts as rejected, or is looked at again. */
  readonly until: number | null;
  /** What still keeps it, in words. */
  readonly reason: string;
  /** What a waiver must name; empty: nothing can be waived. */
  readonly checks: readonly string[];
}

/** `facts` hold the frames of held tasks and no others; `wholes`: what was said of wedges that are held as a whole. */
export function heldReport(
  facts: QcFacts,
  extra: Omit<QcExtra, "sequences" | "set">,
  wholes: ReadonlyMap<number, Inspection>,
): QcReport {
  const report = qcReport(facts, { ...extra, sequences: wholes });
  return {
    ...report,
    publishedResult: null,
    wedges: report.wedges.map((wedge) => ({
      ...wedge,
      frames: wedge.frames.map((frame) => ({ ...frame, outcome: "held" as const })),
    })),
  };
}

export interface HeldPage {
  readonly held: readonly HeldTask[];
  /** How many more tasks are held than the page tells of. */
  readonly more: number;
  /** Variations of the whole version. */
  readonly wedges: number;
}

export function heldView(report: QcReport, { held, more, wedges }: HeldPage): QcView {
  const view = viewOfVersion(report);
  const count = new Set(held.map(({ wedge }) => wedge)).size;
  const rest = more === 0 ? "" : `, and ${more} more results than this page holds`;
  return {
    ...view,
    headline: {
      of: "What waits for a person",
      verdict: report.executionStatus === "error" && report.result !== "fail" ? "error" : report.result,
      words: `${count} of ${wedges} ${wedges === 1 ? "variation" : "variations"}${rest}`,
    },
    counts: [],
    notes: [
      "This version is not published. This page goes with the decisions, and the version's own takes its place.",
      ...view.notes,
    ],
    complete: "held_qc.json in the job's staging",
  };
}

/** Stands in the page's text, so that what is removed later is a page of this kind and no other. */
export const HELD_MARK = "<!-- hotplate: held -->";

export function heldHtml(report: QcReport, of: HeldPage, page: Omit<QcPage, "decisions" | "title">): string {
  const view = heldView(report, of);
  const decisions = `${HELD_MARK}\n${decideHtml(of)}\n${decisionsHtml(report)}`;
  return qcHtml(view, { ...page, title: `Held: ${view.title}`, decisions });
}

function decideHtml({ held, more }: HeldPage): string {
  const byWedge = new Map<string, HeldTask[]>();
  for (const one of held) byWedge.set(one.of, [...(byWedge.get(one.of) ?? []), one]);
  const items = [...byWedge].map(([of, tasks]) => {
    const [first] = tasks;
    if (first === undefined || tasks.length === 1) return tasks.map(taskHtml).join("");
    const until = tasks.flatMap((task) => task.until ?? []);
    const checks = [...new Set(tasks.flatMap((task) => task.checks))];
    const head = `<strong>${esc(wedgeName(first.wedge))}</strong>${untilHtml(until.length === 0 ? null : Math.min(...until))}: ${tasks.length} of its results wait. All of them at once:${commandsHtml(of, checks)}`;
    // What is held as a whole is decided about as a whole, whichever of its results is named.
    const each = first.whole ? `<br>${told(first.reason)}` : `<ul>${tasks.map(taskHtml).join("")}</ul>`;
    return `<li>${head}${each}</li>`;
  });
  const rest = more === 0 ? "" : `<li>and ${more} more: hotplate show says them</li>`;
  return `<h2 id="decide">Decide</h2><p class="faint">Nothing is published by waiting: a hold that ends without a decision is a rejection. A word on a variation leaves alone what was decided already.</p><ul>${items.join("")}${rest}</ul>`;
}

function taskHtml({ id, wedge, frame, until, reason, checks }: HeldTask): string {
  const place = frame === null ? wedgeName(wedge) : `${wedgeName(wedge)} frame ${frame}`;
  return `<li><strong>${esc(place)}</strong>${untilHtml(until)}: ${told(reason)}${commandsHtml(id, checks)}</li>`;
}

function commandsHtml(target: string, checks: readonly string[]): string {
  return decisionCommands(target, checks)
    .map((line) => `<br><code>${esc(line)}</code>`)
    .join("");
}

function untilHtml(until: number | null): string {
  return until === null ? "" : ` until ${esc(new Date(until).toISOString().slice(0, 16).replace("T", " "))} UTC`;
}
