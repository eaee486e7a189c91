/** The report's part about decisions: findings that a person let stand, and seeds that were given up. Findings stay where they are. */
import type { QcReport } from "./qcReport.ts";
import { esc, told } from "./qcReportWords.ts";

/** "": nothing was decided. */
export function decisionsHtml(report: QcReport): string {
  return [rejections(report), waivers(report), tries(report)].filter((part) => part !== "").join("\n");
}

function rejections({ rejections: all = [] }: QcReport): string {
  if (all.length === 0) return "";
  const items = all.map(({ wedge, frame, by, reason, at, stands }) => {
    const place = frame === null ? wedge : `${wedge} frame ${frame}`;
    const after = stands ? "" : " <strong>A person let it pass after that.</strong>";
    return `<li><strong>${esc(place)}</strong> rejected by ${told(by)} on ${esc(at.slice(0, 10))}: ${told(reason)}${after}</li>`;
  });
  return `<h2>Rejected by people</h2><p class="faint">What a named person kept out. What was let pass after that stands below, too.</p><ul>${items.join("")}</ul>`;
}

function waivers({ waivers: all = [] }: QcReport): string {
  if (all.length === 0) return "";
  const items = all.map(({ wedge, frame, check, version, result, by, reason, at, measures }) => {
    const values = measures
      .filter(({ limit }) => limit !== null)
      .map(({ name, value, limit }) => `${name} ${Number(value.toPrecision(4))}, limit ${limit ?? ""}`);
    const place = frame === null ? wedge : `${wedge} frame ${frame}`;
    return `<li><strong>${esc(place)}</strong> ${esc(check)}@${version} (${esc(result)}${values.length === 0 ? "" : `: ${esc(values.join("; "))}`}), waived by ${told(by)} on ${esc(at.slice(0, 10))}: ${told(reason)}</li>`;
  });
  return `<h2>Waived</h2><p class="faint">What QC found stays as it was found; a named person let it stand for these very pictures.</p><ul>${items.join("")}</ul>`;
}

function tries({ wedges }: QcReport): string {
  const items = wedges
    .filter(({ tries: own }) => own !== undefined && own.length > 0)
    .map(({ wedge, seed, tries: own = [] }) => {
      const before = own.map((one) => `seed ${esc(one.seed)}: ${esc(one.check)}: ${told(one.reason)}`).join("; ");
      return `<li><strong>${esc(wedge)}</strong> is of seed ${esc(seed)}. Given up: ${before}</li>`;
    });
  if (items.length === 0) return "";
  return `<h2>Other seeds</h2><p class="faint">Made again as a whole; what was given up lies in quarantine.</p><ul>${items.join("")}</ul>`;
}

/** Between these stands what was waived after publication: it changes, and nothing else of the page does. */
const LATER = { begin: "<!-- hotplate: waived later -->", end: "<!-- /hotplate: waived later -->" } as const;

/** A waiver of the product's log of decisions. */
export interface LaterWaiver {
  readonly subject: string;
  readonly who: string;
  readonly ts: string;
  readonly note: string;
  readonly waives?:
    | { readonly check: string; readonly version: number; readonly pictures: readonly unknown[] }
    | undefined;
}

/** Where decisions about a published version live, and those waivers that stand now. */
export function laterHtml({ subject }: QcReport, waivers: readonly LaterWaiver[]): string {
  const name = `${subject.product}@${subject.version}`;
  return `<p class="small faint">What people decide after publication stands in the product's log of decisions: <code>hotplate waive ${esc(name)} --list</code>, <code>hotplate audit</code>.</p>
${LATER.begin}${laterList(waivers)}${LATER.end}`;
}

function laterList(waivers: readonly LaterWaiver[]): string {
  if (waivers.length === 0) return "";
  const items = waivers.slice(0, LATER_MAX).map(({ subject, who, ts, note, waives }) => {
    const count = waives?.pictures.length ?? 0;
    return `<li><strong>${esc(subject)}</strong> ${esc(waives?.check ?? "")}@${waives?.version ?? 0}, ${count} ${count === 1 ? "picture" : "pictures"}, waived by ${told(who)} on ${esc(ts.slice(0, 10))}: ${told(note)}</li>`;
  });
  const more = waivers.length - items.length;
  return `<h2>Waived after publication</h2><ul>${items.join("")}${more > 0 ? `<li>and ${more} more</li>` : ""}</ul>`;
}

const LATER_MAX = 300;

/** The page with the waivers that stand now; null: it has no place for them. */
export function withLater(page: string, waivers: readonly LaterWaiver[]): string | null {
  const [begin, end] = [page.indexOf(LATER.begin), page.indexOf(LATER.end)];
  if (begin < 0 || end < begin) return null;
  return `${page.slice(0, begin + LATER.begin.length)}${laterList(waivers)}${page.slice(end)}`;
}
