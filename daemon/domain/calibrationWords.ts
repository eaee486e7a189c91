/** The answer of `hotplate qc calibrate` for people: a row per limit, then what would change, and what stays. */
import type { CalibrationChange, CalibrationReport } from "./calibrationReport.ts";
import type { Share } from "./shareInterval.ts";

export function calibrationRows(report: CalibrationReport): readonly (readonly string[])[] {
  const head = ["CHECK", "LIMIT", "NOW", "PROPOSED", "FOUND OF THE BAD", "FLAGGED OF THE GOOD", "BEST (YOUDEN)"];
  const rows = report.limits.map(({ check, limit, must, now, proposed, best, remark }) => {
    const side = must === "atMost" ? "at most" : "at least";
    const shown = proposed ?? now;
    return [
      check,
      limit,
      `${side} ${digits(now.value)}`,
      proposed === null ? `as now: ${remark ?? ""}` : `${side} ${digits(proposed.value)}`,
      shareText(shown.detection),
      shareText(shown.falseAlarms),
      best === null ? "-" : digits(best.value),
    ];
  });
  return [head, ...rows];
}

export function calibrationClosing(report: CalibrationReport): readonly string[] {
  const { good, bad } = report.changes;
  const left = new Map<string, string[]>();
  for (const { check, because } of report.left) left.set(because, [...(left.get(because) ?? []), check]);
  return [
    `good  ${changeText(good)}`,
    ...(good.sequences === null ? [] : [`good   as sequences ${changeText(good.sequences)}`]),
    `bad   ${changeText(bad)}`,
    ...(bad.sequences === null ? [] : [`bad    as sequences ${changeText(bad.sequences)}`]),
    ...[...left].map(([because, checks]) => `left   ${[...new Set(checks)].join(", ")}: ${because}`),
  ];
}

function changeText({ before, after, newlyFlagged, newlyPassed }: CalibrationChange): string {
  return `flagged by any check: ${shareText(before)} now, ${shareText(after)} with all proposals; ${newlyFlagged.length} newly, ${newlyPassed.length} no longer`;
}

/** `19 of 20 (95 %; 76.4 to 99.1)` */
function shareText({ hits, of, share, low, high }: Share): string {
  if (of === 0) return "none";
  const one = (value: number): string => (value * 100).toFixed(1);
  return `${hits} of ${of} (${Number(one(share))} %; ${one(low)} to ${one(high)})`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
