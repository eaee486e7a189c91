/**
 * A profile with the proposed limits in it, as the file that a studio keeps beside its own checks: everything else as the profile
 * that it was made from, and in words where the limits come from. Pure: text out.
 */
import { stringify } from "yaml";
import type { CalibrationReport } from "./calibrationReport.ts";
import type { QcProfile } from "./qcProfile.ts";
import { partsOf } from "./qcWishes.ts";

export function calibratedProfile(
  report: CalibrationReport,
  of: { readonly name: string; readonly base: QcProfile },
): string {
  const { base, name } = of;
  const checks = Object.fromEntries(
    Object.entries(base.checks).map(([check, wish]) => {
      const { limits, severity } = partsOf(wish);
      const all = { ...limits, ...proposals(report, check), ...(severity === undefined ? {} : { severity }) };
      return [check, Object.keys(all).length === 0 ? null : all];
    }),
  );
  const profile = {
    hotplate: 1,
    name,
    title: `${base.title} (calibrated)`,
    provenance: provenanceOf(report),
    ...(base.gate === undefined ? {} : { gate: base.gate }),
    ...(base.onFail === undefined ? {} : { onFail: base.onFail }),
    checks,
  };
  return `# Made by hotplate qc calibrate: profile ${base.name} with limits from pictures that people judged (docs/qc.md).\n${stringify(profile, { lineWidth: 120, nullStr: "" })}`;
}

function proposals(report: CalibrationReport, check: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    report.limits.flatMap(({ check: of, limit, proposed, now }) =>
      of === check && proposed !== null && proposed.value !== now.value ? [[limit, proposed.value]] : [],
    ),
  );
}

export function provenanceOf(report: CalibrationReport): string {
  const { counts, createdAt, keep, limits, changes } = report;
  const set = limits.filter(({ proposed, now }) => proposed !== null && proposed.value !== now.value);
  const names = set.map(({ check, limit }) => `${check}.${limit}`).join(", ");
  const alarms = changes.good.after;
  const found = changes.bad.after;
  const whole = { good: changes.good.sequences?.after, bad: changes.bad.sequences?.after };
  return [
    `Calibrated on ${counts.good} good and ${counts.bad} bad pictures on ${createdAt.slice(0, 10)}:`,
    names === "" ? "no limit changed." : `${names} keep ${Number((keep * 100).toFixed(3))} % of the good ones each.`,
    `With them ${alarms.hits} of ${alarms.of} good and ${found.hits} of ${found.of} bad ones are flagged.`,
    ...(whole.good === undefined && whole.bad === undefined
      ? []
      : [
          `As sequences: ${whole.good?.hits ?? 0} of ${whole.good?.of ?? 0} good and ${whole.bad?.hits ?? 0} of ${whole.bad?.of ?? 0} bad.`,
        ]),
  ]
    .join(" ")
    .slice(0, 2_000);
}
