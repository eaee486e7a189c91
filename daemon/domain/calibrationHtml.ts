/**
 * The page of a calibration, for whoever decides on limits: one self-contained file, no script, prints. Per limit the numbers
 * now and proposed with their intervals, and two drawings: what each limit would find and flag, and the curve of both. Pure.
 */
import type { AtLimit } from "./calibration.ts";
import type { CalibrationChange, CalibrationReport } from "./calibrationReport.ts";
import { QC_STYLE } from "./qcReportStyle.ts";
import { esc, told } from "./qcReportWords.ts";
import type { Share } from "./shareInterval.ts";

type Limit = CalibrationReport["limits"][number];

export function calibrationHtml(report: CalibrationReport): string {
  const { counts, createdAt, keep, profile, tool } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>QC calibration</title>
<style>${QC_STYLE}${STYLE}</style>
</head>
<body>
<header>
<h1>QC calibration</h1>
<p class="faint">${counts.good} good and ${counts.bad} bad pictures &middot; ${profile === null ? "checks named one by one" : `profile ${told(profile)}`} &middot; a limit keeps ${percent(keep)} of the good ones &middot; ${told(createdAt)}</p>
${changes(report)}
</header>
<main>
<h2>Limits</h2>
${table(report.limits)}
${remarks(report.limits)}
<h2>Curves</h2>
<p class="small faint">Solid: bad pictures past the limit (detection). Dashed: good ones past it (false alarms). Upright lines: the limit now and, thicker, the proposed one.</p>
<div class="curves">${report.limits
    .filter((limit) => limit.curve.length > 1)
    .map(curves)
    .join("")}</div>
${left(report)}
</main>
<footer><p>Made by ${told(tool.name)} ${told(tool.version)}. Intervals are Wilson's, 95 %. A proposal speaks for pictures like these, and for no others. Complete data: --json.</p></footer>
</body>
</html>
`;
}

const STYLE = `
.curves{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr));gap:1rem}
.curves figure{margin:0;background:var(--card);border-radius:.4rem;padding:.7rem .8rem;break-inside:avoid}
.curves .pair{display:flex;flex-wrap:wrap;gap:.6rem 1rem}
.curves svg{max-width:100%;height:auto;flex:none}
main th,main td{overflow-wrap:normal}
.change{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;list-style:none;padding:0}
@media print{
 .curves figure{border:1px solid var(--line)}
 table.rows{font-size:7.2pt}
 table.rows>tbody>tr>th,.axes{min-width:0}
 thead th,.limit,.axes{white-space:normal;overflow-wrap:break-word;font-size:inherit}
 main th,main td{padding:.2rem .25rem}
}
`;

function changes({ changes: { good, bad } }: CalibrationReport): string {
  const words = (of: string, { before, after, newlyFlagged, newlyPassed }: CalibrationChange): string =>
    `<li><b>${of}</b>: ${shareWords(before)} flagged now, ${shareWords(after)} with all proposals (${newlyFlagged.length} newly flagged, ${newlyPassed.length} no longer)</li>`;
  const wholes = (of: string, change: CalibrationChange | null): string => (change === null ? "" : words(of, change));
  return `<ul class="change">${words("Good ones", good)}${wholes("Good sequences", good.sequences)}${words("Bad ones", bad)}${wholes("Bad sequences", bad.sequences)}</ul>`;
}

const COLUMNS = [
  "limit",
  "now",
  "proposed",
  "found of the bad",
  "flagged of the good",
  "area",
  "best by Youden",
  "good: low, median, high",
  "bad",
];

function table(limits: readonly Limit[]): string {
  const head = COLUMNS.map((word) => `<th scope="col">${word}</th>`).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="Limits"><table class="rows"><thead><tr>${head}</tr></thead><tbody>${limits.map(row).join("")}</tbody></table></div>`;
}

function row(of: Limit): string {
  const { proposed, now, best } = of;
  const shown = proposed ?? now;
  const cells = [
    valueText(now.value),
    proposed === null ? '<span class="faint">as now</span>' : `<b>${valueText(proposed.value)}</b>`,
    shareWords(shown.detection),
    shareWords(shown.falseAlarms),
    of.area === null ? "" : `<span class="number">${of.area.toFixed(3)}</span>`,
    best === null ? "" : bestWords(best),
    of.good === null ? "" : of.good.map(valueText).join(", "),
    of.bad === null ? "" : of.bad.map(valueText).join(", "),
  ];
  const side = of.must === "atMost" ? "at most" : "at least";
  return `<tr><th scope="row">${told(of.check).replace(".", ".<wbr>")} <span class="axes">${told(of.limit)}, ${side}</span></th>${cells.map((cell, i) => `<td data-of="${COLUMNS[i + 1] ?? ""}">${cell}</td>`).join("")}</tr>`;
}

function remarks(limits: readonly Limit[]): string {
  const items = limits.flatMap(({ check, limit, remark }) =>
    remark === null ? [] : [`<li><b>${told(check)}</b> ${told(limit)}: ${told(remark)}</li>`],
  );
  return items.length === 0 ? "" : `<ul class="small">${items.join("")}</ul>`;
}

function bestWords(best: AtLimit): string {
  return `${valueText(best.value)}: ${percent(best.detection.share)} found, ${percent(best.falseAlarms.share)} flagged`;
}

/** `95.0 % (19 of 20; 76.4 to 99.1)` */
export function shareWords({ hits, of, share, low, high }: Share): string {
  if (of === 0) return "none to look at";
  return `${percent(share)} <span class="limit">(${hits} of ${of}; ${one(low)} to ${one(high)})</span>`;
}

function one(share: number): string {
  return (share * 100).toFixed(1);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

function valueText(value: number): string {
  return `<span class="number">${Number(value.toPrecision(3))}</span>`;
}

const SIDE = 170;
const WIDE = 250;
const EDGE = 26;

function curves(of: Limit): string {
  const title = `${of.check} ${of.limit}`;
  const shown = of.proposed ?? of.now;
  const words = `${percent(shown.detection.share)} of the bad found, ${percent(shown.falseAlarms.share)} of the good flagged at ${Number(shown.value.toPrecision(3))}`;
  return `<figure><figcaption><b>${told(title)}</b> <span class="small faint">${words}</span></figcaption><div class="pair">${byLimit(of)}${curve(of)}</div></figure>`;
}

/** What each limit would find and flag. */
function byLimit(of: Limit): string {
  const values = of.curve.map(({ value }) => value);
  const marks = [of.now.value, ...(of.proposed === null ? [] : [of.proposed.value])];
  const [low, high] = [Math.min(...values, ...marks), Math.max(...values, ...marks)];
  const x = (value: number) => place((value - low) / (high - low || 1), WIDE);
  const y = (share: number) => upward(share, SIDE);
  const line = (name: "detection" | "falseAlarms") =>
    of.curve.map((point) => `${x(point.value)},${y(point[name])}`).join(" ");
  const upright = (value: number, width: number) =>
    `<path d="M${x(value)} ${y(0)}V${y(1)}" stroke="var(--warn)" stroke-width="${width}"/>`;
  const label = `${of.check} ${of.limit}: shares past each limit from ${low.toPrecision(3)} to ${high.toPrecision(3)}`;
  return svg({
    wide: WIDE,
    label,
    inside: `${upright(of.now.value, 1)}${of.proposed === null ? "" : upright(of.proposed.value, 3)}<polyline points="${line("detection")}" fill="none" stroke="currentColor" stroke-width="2"/><polyline points="${line("falseAlarms")}" fill="none" stroke="currentColor" stroke-width="1.4" stroke-dasharray="5 4"/>`,
    names: [`${low.toPrecision(3)}`, "limit", `${high.toPrecision(3)}`],
  });
}

/** Detection over false alarms. */
function curve(of: Limit): string {
  const x = (share: number) => place(share, SIDE);
  const y = (share: number) => upward(share, SIDE);
  // A limit that is stricter than every value flags everything.
  const points = [{ falseAlarms: 1, detection: 1 }, ...of.curve].map(
    (point) => `${x(point.falseAlarms)},${y(point.detection)}`,
  );
  const mark = ({ detection, falseAlarms }: AtLimit, radius: number) =>
    `<circle cx="${x(falseAlarms.share)}" cy="${y(detection.share)}" r="${radius}" fill="var(--warn)" stroke="var(--card)"/>`;
  return svg({
    wide: SIDE,
    label: `${of.check} ${of.limit}: detection over false alarms, area ${of.area?.toFixed(3) ?? "unknown"}`,
    inside: `<path d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}" stroke="var(--line)"/><polyline points="${points.join(" ")}" fill="none" stroke="currentColor" stroke-width="2"/>${mark(of.now, 3)}${of.proposed === null ? "" : mark(of.proposed, 5)}`,
    names: ["0", "false alarms", "1"],
  });
}

function place(share: number, wide: number): string {
  return (EDGE + share * (wide - EDGE - 8)).toFixed(1);
}

function upward(share: number, high: number): string {
  return (high - EDGE - share * (high - EDGE - 8)).toFixed(1);
}

function svg(of: {
  readonly wide: number;
  readonly label: string;
  readonly inside: string;
  readonly names: readonly [string, string, string];
}): string {
  const { wide, label, inside, names } = of;
  const [left, middle, right] = names;
  const text = (words: string, x: number, anchor: string) =>
    `<text x="${x}" y="${SIDE - 8}" font-size="11" text-anchor="${anchor}" fill="currentColor">${esc(words)}</text>`;
  const axis = `<path d="M${EDGE} 8V${SIDE - EDGE}H${wide - 8}" fill="none" stroke="currentColor"/>`;
  const shares = [0, 1].map(
    (share) =>
      `<text x="${EDGE - 5}" y="${Number(upward(share, SIDE)) + 4}" font-size="11" text-anchor="end" fill="currentColor">${share}</text>`,
  );
  return `<svg role="img" aria-label="${esc(label)}" width="${wide}" height="${SIDE}" viewBox="0 0 ${wide} ${SIDE}">${axis}${shares.join("")}${inside}${text(left, EDGE, "start")}${text(middle, EDGE + (wide - EDGE - 8) / 2, "middle")}${text(right, wide - 8, "end")}</svg>`;
}

function left({ left: all }: CalibrationReport): string {
  if (all.length === 0) return "";
  const items = all.map(({ check, because }) => `<li><b>${told(check)}</b>: ${told(because)}</li>`);
  return `<h2>Left as they are</h2><ul class="small">${items.join("")}</ul>`;
}
