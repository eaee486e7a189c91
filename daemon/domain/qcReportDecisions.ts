/** The report's part about decisions: findings that a person let stand, and seeds that were given up. Findings stay where they are. */
import type { QcReport } from "./qcReport.ts";
import { esc, told } from "./qcReportWords.ts";

/** "": nothing was decided. */
export function decisionsHtml(report: QcReport): string {
  return [waivers(report), tries(report)].filter((part) => part !== "").join("\n");
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
