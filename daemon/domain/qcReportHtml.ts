/**
 * The QC report for people: one self-contained page that opens from a share with no daemon, no network and no script,
 * reads on a phone and prints. Every verdict is an icon and a word, every number stands beside its threshold. All text is
 * a stranger's and is escaped; pictures are paths below the page's folder or data URIs. Pure: report in, text out.
 */
import { evidenceSvg } from "./qcEvidenceSvg.ts";
import { roundTripWords } from "./colorRecord.ts";
import type { Verdict } from "./qc.ts";
import { worstVerdict } from "./qc.ts";
import type { QcFinding } from "./qcInspection.ts";
import { verdictOf } from "./qcInspection.ts";
import type { QcFrame, QcReport, QcWedge } from "./qcReport.ts";
import { decisionsHtml } from "./qcReportDecisions.ts";
import { wedgeVerdict } from "./qcReport.ts";
import { QC_ICONS, QC_STYLE } from "./qcReportStyle.ts";
import { setHtml } from "./qcReportSet.ts";
import { address, counts, esc, findingVerdict, frameRanges, measureWords, told, verdictTag } from "./qcReportWords.ts";

export interface QcPage {
  readonly title: string;
  /** Contact sheets: paths relative to the page, or data URIs. */
  readonly contactSheets: readonly string[];
  /** The picture of a wedge's frame, relative to the page; null: none. */
  readonly thumbnail: (wedge: QcWedge, frame: QcFrame) => string | null;
}

/** More are counted and left to qc.json: nobody reads them, and a page must open. */
const LOOK_MAX = 300;
const ROWS_MAX = 2_000;

export function qcHtml(report: QcReport, page: QcPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${esc(page.title)}</title>
<style>${QC_STYLE}</style>
</head>
<body>
${QC_ICONS}
${header(report, page)}
<main>
${needsALook(report)}
${setHtml(report)}
${decisionsHtml(report)}
${sheets(page)}
${table(report, page)}
${checks(report)}
</main>
${footer(report)}
</body>
</html>
`;
}

function header(report: QcReport, page: QcPage): string {
  const { subject, recipe } = report;
  const published = report.publishedResult ?? (report.totals.frames.error > 0 ? "error" : null);
  const frames = report.wedges.flatMap((wedge) => wedge.frames);
  const there = frames.filter((frame) => frame.outcome === "published").length;
  const missing = frames.length - there;
  const words = there === 0 ? "nothing was published" : `${there} of ${frames.length} frames published`;
  return `<header>
<h1>${told(page.title)}</h1>
<p class="faint">${told(subject.show)} &middot; ${told(subject.name)} &middot; ${told(subject.product)} ${told(subject.version)} &middot; recipe ${told(recipe.name)} ${told(recipe.version)} &middot; job ${told(subject.job)}</p>
${report.simulated ? '<p class="banner">SIMULATED: made by a simulated ComfyUI, to try the pipeline. These are no results.</p>' : ""}
<p class="headline"><span>This version: ${verdictTag(published, published === null ? "not looked at" : published)}</span><span class="small faint">${words}${missing > 0 ? `, ${missing} not` : ""}</span></p>
${counts("Wedges", report.totals.wedges)}
${report.wedges.length === frames.length ? "" : counts("Frames", report.totals.frames)}
${colour(report)}
</header>`;
}

/** Spaces, how the answer came back, and what that costs: measured, not promised. */
function colour({ color }: QcReport): string {
  if (color?.in == null) return "";
  const way = [color.in, color.model, color.out]
    .filter((name) => name !== null)
    .map(told)
    .join(" &rarr; ");
  return `<p class="small faint">Colour: ${way}, ${esc(color.how)}. Round trip: ${esc(roundTripWords(color))}.</p>`;
}

interface Look {
  readonly wedge: QcWedge;
  readonly finding: QcFinding;
  readonly frames: readonly (number | null)[];
}

/** What did not pass, one entry per wedge and check, worst first. */
function looks(report: QcReport): readonly Look[] {
  const out = report.wedges.flatMap((wedge) => {
    const byCheck = new Map<string, { finding: QcFinding; frames: (number | null)[] }>();
    for (const frame of wedge.frames) {
      for (const finding of frame.inspection?.findings ?? []) {
        if (findingVerdict(finding) === "pass") continue;
        const key = `${finding.check} ${findingVerdict(finding)}`;
        const entry = byCheck.get(key);
        if (entry === undefined) byCheck.set(key, { finding, frames: [frame.frame] });
        else entry.frames.push(frame.frame);
      }
    }
    const over = (wedge.sequence?.findings ?? []).filter((finding) => findingVerdict(finding) !== "pass");
    return [...byCheck.values(), ...over.map((finding) => ({ finding, frames: [] }))].map((entry) => ({
      wedge,
      ...entry,
    }));
  });
  return out.sort((a, b) => weight(b.finding) - weight(a.finding));
}

function weight(finding: QcFinding): number {
  return ["pass", "warn", "error", "fail"].indexOf(findingVerdict(finding));
}

function needsALook(report: QcReport): string {
  const all = looks(report);
  const unseen = report.wedges.flatMap((wedge) => wedge.frames.flatMap((frame) => unmade(wedge, frame)));
  if (all.length + unseen.length === 0) return "<h2>Needs a look</h2><p>Nothing: every check that applies passed.</p>";
  const items = all.slice(0, LOOK_MAX).map(lookItem);
  const rest = all.length + unseen.length - items.length - Math.min(unseen.length, LOOK_MAX);
  const more = rest > 0 ? `<li>${rest} more: see qc.json.</li>` : "";
  return `<h2>Needs a look</h2><ul class="look">${items.join("")}${unseen.slice(0, LOOK_MAX).join("")}${more}</ul>`;
}

function lookItem({ wedge, finding, frames }: Look): string {
  const verdict = findingVerdict(finding);
  const ranges = frameRanges(frames);
  const place = `<a href="#${rowId(wedge)}">${told(wedge.wedge)}</a>${ranges === "" ? "" : ` frame ${ranges}`}`;
  const hint = finding.hint === null ? "" : `<p class="small faint">${told(finding.hint)}</p>`;
  const shown = (finding.evidence ?? []).map((piece) => evidenceSvg(piece, esc)).join("");
  return `<li class="e-${verdict}">${verdictTag(verdict)} &middot; ${place} &middot; ${told(finding.check)}<p>${told(finding.message)}</p>${hint}${shown}</li>`;
}

/** Frames that QC never saw and that are not in the version, with the reason. */
function unmade(wedge: QcWedge, frame: QcFrame): readonly string[] {
  if (frame.inspection !== null || frame.outcome === "published") return [];
  const place = `${told(wedge.wedge)}${frame.frame === null ? "" : ` frame ${frame.frame}`}`;
  return [
    `<li>${verdictTag(null, frame.outcome)} &middot; ${place}<p>${told(frame.reason ?? "no reason is recorded")}</p></li>`,
  ];
}

function sheets(page: QcPage): string {
  const images = page.contactSheets.flatMap((path) => {
    const src = address(path);
    if (src === null) return [];
    const picture = `<img src="${esc(src)}" alt="Contact sheet: every wedge with its label and verdict">`;
    return [src.startsWith("data:") ? picture : `<a href="${esc(src)}">${picture}</a>`];
  });
  return images.length === 0 ? "" : `<h2>Contact sheet</h2><div class="sheet">${images.join("")}</div>`;
}

interface Row {
  readonly wedge: QcWedge;
  readonly frames: readonly QcFrame[];
  readonly name: string;
  readonly verdict: Verdict | null;
}

/** A row per wedge; of a single wedge, a row per frame. */
function rowsOf(report: QcReport): readonly Row[] {
  const [only] = report.wedges;
  if (report.wedges.length === 1 && only !== undefined && only.frames.length > 1) {
    return only.frames.map((frame) => ({
      wedge: only,
      frames: [frame],
      name: frame.frame === null ? "still" : String(frame.frame),
      verdict: verdictOf(frame.inspection),
    }));
  }
  return report.wedges.map((wedge) => ({
    wedge,
    frames: wedge.frames,
    name: wedge.wedge,
    verdict: wedgeVerdict(wedge),
  }));
}

function table(report: QcReport, page: QcPage): string {
  const ids = checkIds(report);
  const all = rowsOf(report);
  const head = ["", report.wedges.length === 1 && all.length > 1 ? "frame" : "wedge", "verdict", ...ids].map(
    (word) => `<th scope="col">${esc(word)}</th>`,
  );
  const body = all.slice(0, ROWS_MAX).map((row) => tableRow(row, ids, page));
  const more = all.length > ROWS_MAX ? `<p class="faint">${all.length - ROWS_MAX} more: see qc.json.</p>` : "";
  return `<h2>Every result</h2><div class="scroll"><table class="rows"><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>${more}`;
}

function checkIds(report: QcReport): readonly string[] {
  const ids = new Set<string>();
  for (const wedge of report.wedges) {
    for (const inspection of [wedge.sequence, ...wedge.frames.map((frame) => frame.inspection)]) {
      for (const finding of inspection?.findings ?? []) ids.add(finding.check);
    }
  }
  return [...ids].sort();
}

function rowId(wedge: QcWedge): string {
  return `w${wedge.index}`;
}

function tableRow(row: Row, ids: readonly string[], page: QcPage): string {
  const [first] = row.frames;
  const id = first === undefined || first === row.wedge.frames[0] ? ` id="${rowId(row.wedge)}"` : "";
  const axes = [
    ...Object.entries(row.wedge.axes).map(([axis, label]) => `${axis}: ${label}`),
    ...(row.wedge.seed === "" || "seed" in row.wedge.axes ? [] : [`seed: ${row.wedge.seed}`]),
  ];
  const label = `<th scope="row">${told(row.name)}${axes.map((axis) => `<span class="axes">${told(axis)}</span>`).join("")}</th>`;
  const outcomes = [...new Set(row.frames.map((frame) => frame.outcome))].filter((outcome) => outcome !== "published");
  const outcome =
    outcomes.length === 0 ? "" : `<span class="axes">${esc(outcomes.join(", "))}: not in the version</span>`;
  const verdict = `<td data-of="verdict">${verdictTag(row.verdict)}${outcome}</td>`;
  const cells = ids.map((check) => `<td data-of="${esc(check)}">${cell(row, check)}</td>`);
  return `<tr${id}>${picture(row, page)}${label}${verdict}${cells.join("")}</tr>`;
}

function picture(row: Row, page: QcPage): string {
  for (const frame of row.frames) {
    const path = page.thumbnail(row.wedge, frame);
    const src = path === null ? null : address(path);
    if (src !== null) return `<td class="picture"><img src="${esc(src)}" alt="${esc(row.name)}" loading="lazy"></td>`;
  }
  return '<td class="picture"></td>';
}

/** The worst finding of the check in this row: verdict where it is no pass, then its numbers beside their limits. */
function cell(row: Row, check: string): string {
  const inspections = [row.wedge.sequence, ...row.frames.map((frame) => frame.inspection)].filter(
    (each) => each !== null,
  );
  const findings = inspections.flatMap((each) => each.findings.filter((finding) => finding.check === check));
  const [first] = findings;
  if (first === undefined)
    return inspections.some((each) => each.notApplied.some((n) => n.check === check))
      ? '<span class="faint">not applied</span>'
      : "";
  const verdict = worstVerdict(findings.map(findingVerdict));
  const worst = findings.find((finding) => findingVerdict(finding) === verdict) ?? first;
  const numbers = worst.measures.map(
    (measure) => `<div class="small">${told(measure.name)} ${measureWords(measure)}</div>`,
  );
  return `${verdictTag(verdict)}${numbers.join("")}`;
}

function checks(report: QcReport): string {
  const reasons = new Map<string, Map<string, number>>();
  for (const inspection of report.wedges.flatMap((wedge) => [
    wedge.sequence,
    ...wedge.frames.map((frame) => frame.inspection),
  ])) {
    for (const { check, because } of inspection?.notApplied ?? []) {
      const of = reasons.get(check) ?? new Map<string, number>();
      of.set(because, (of.get(because) ?? 0) + 1);
      reasons.set(check, of);
    }
  }
  const asked = report.profile.checks.map(({ check, limits }) => {
    const changed = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
    return `<tr><th scope="row">${told(check)}</th><td data-of="limits of this job">${told(changed.join(", ") || "the check's own")}</td><td data-of="not applied">${notApplied(reasons.get(check))}</td></tr>`;
  });
  return `<h2>Checks asked for</h2><p class="faint small">Gate: a fail ${GATE[report.profile.gate]}.</p><div class="scroll"><table class="rows"><thead><tr><th scope="col">check</th><th scope="col">limits of this job</th><th scope="col">not applied, because</th></tr></thead><tbody>${asked.join("")}</tbody></table></div>`;
}

const GATE: Readonly<Record<QcReport["profile"]["gate"], string>> = {
  reject: "is kept out of the version and put into quarantine",
  hold: "waits for a person",
  warn: "is published and marked",
};

function notApplied(reasons: ReadonlyMap<string, number> | undefined): string {
  return [...(reasons ?? [])].map(([because, n]) => `${told(because)} (${n} ${n === 1 ? "time" : "times"})`).join("; ");
}

function footer(report: QcReport): string {
  const { tool, createdAt, recipe, subject } = report;
  return `<footer>
<p><b>How to read this.</b> pass: looked at, nothing found. warn: published, look at it. fail: a defect was measured. error: QC could not look; this says nothing about the picture. Numbers stand beside their limits: the value, then (in brackets) what it must be.</p>
<p>Made by ${told(tool.name)} ${told(tool.version)} at ${told(createdAt)}. Step ${told(subject.step)}, recipe sha256 ${told(recipe.sha256)}. Complete data: .hotplate/qc.json in the version.</p>
</footer>`;
}
