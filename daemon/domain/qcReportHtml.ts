/**
 * The QC report for people: one self-contained page that opens from a share with no daemon, no network and no script,
 * reads on a phone and prints. Every verdict is an icon and a word, every number stands beside its threshold. All text is
 * a stranger's and is escaped; pictures are data URIs or paths below the page's folder. Pure: view in, text out.
 */
import type { PageParts } from "./qcPageParts.ts";
import { besideEachOther, contactSheet, needsALook, overTheFrames } from "./qcPageParts.ts";
import type { PagePicture } from "./qcPagePictures.ts";
import { pictureDefinitions } from "./qcPagePictures.ts";
import { checkTable, resultTable } from "./qcPageTables.ts";
import type { QcReport } from "./qcReport.ts";
import type { LaterWaiver } from "./qcReportDecisions.ts";
import { decisionsHtml, laterHtml } from "./qcReportDecisions.ts";
import { QC_ICONS, QC_STYLE } from "./qcReportStyle.ts";
import { address, counts, esc, told, verdictTag } from "./qcReportWords.ts";
import type { QcView } from "./qcView.ts";
import { viewOfVersion } from "./qcView.ts";

export interface QcPage {
  /** Absent: the view's. */
  readonly title?: string;
  /** Contact sheets as pictures: paths relative to the page, or data URIs. */
  readonly contactSheets?: readonly string[];
  /** Of a place's frame; null: there is none. */
  readonly picture?: (at: number, frame: number | null) => PagePicture | null;
  readonly crop?: PageParts["crop"];
  /** Ready HTML: what people decided. */
  readonly decisions?: string;
  /** Ready HTML, at the top: what they decided later. */
  readonly later?: string;
}

export function qcHtml(view: QcView, page: QcPage = {}): string {
  const title = page.title ?? view.title;
  const pictures = pictureDefinitions(view, page.picture ?? (() => null));
  const crop: PageParts["crop"] = (...of) => {
    const found = page.crop?.(...of) ?? null;
    const src = found === null ? null : address(found.src);
    return found === null || src === null ? null : { ...found, src };
  };
  const parts: PageParts = { view, shown: pictures.shown, crop };
  const links = (page.contactSheets ?? []).map(address).filter((link) => link !== null);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${esc(title)}</title>
<style>${QC_STYLE}</style>
</head>
<body>
${QC_ICONS}
${pictures.html}
${header(view, title)}
<main>
${page.later ?? ""}
${needsALook(parts)}
${page.decisions ?? ""}
${besideEachOther(parts)}
${contactSheet(parts, links)}
${overTheFrames(parts)}
${checkTable(parts)}
${resultTable(parts)}
</main>
${footer(view)}
</body>
</html>
`;
}

/** Of a version: with what people decided about it. */
export function versionHtml(
  report: QcReport,
  page: Omit<QcPage, "decisions" | "later"> & { readonly waivedLater?: readonly LaterWaiver[] } = {},
): string {
  const { waivedLater = [], ...rest } = page;
  const later = laterHtml(report, waivedLater);
  return qcHtml(viewOfVersion(report), { ...rest, decisions: decisionsHtml(report), later });
}

function header(view: QcView, title: string): string {
  const { headline } = view;
  return `<header>
<h1>${told(title)}</h1>
<p class="faint">${view.facts.map(told).join(" &middot; ")}</p>
${view.simulated ? '<p class="banner">SIMULATED: made by a simulated ComfyUI, to try the pipeline. These are no results.</p>' : ""}
<p class="headline"><span>${esc(headline.of)}: ${verdictTag(headline.verdict)}</span><span class="small faint">${esc(headline.words)}</span></p>
${view.counts.map(([of, numbers]) => counts(of, numbers)).join("\n")}
${view.notes.map((note) => `<p class="small faint">${told(note)}</p>`).join("\n")}
<nav class="small" aria-label="On this page"><a href="#look">Needs a look</a> <a href="#checks">Checks and thresholds</a> <a href="#results">Every result</a></nav>
</header>`;
}

function footer({ tool, createdAt, complete }: QcView): string {
  return `<footer>
<p><b>How to read this.</b> pass: looked at, nothing found. warn: look at it. fail: a defect was measured. error: QC could not look; this says nothing about the picture. Numbers stand beside their limits: the value, then (in brackets) what it must be.</p>
<p>Made by ${told(tool.name)} ${told(tool.version)} at ${told(createdAt)}. Complete data: ${told(complete)}.</p>
</footer>`;
}
