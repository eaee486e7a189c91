/**
 * What each check's own code took, by this process' CPU clock: two readings of about a microsecond per call. A worker does one thing at
 * a time, so the clock is the check's; what checks share (planes, blocks, a hash) counts for the first that asks for it.
 */
import type { Inspection } from "../../domain/qc.ts";
import type { Check } from "../../plugin.ts";

export interface TimedChecks {
  readonly checks: readonly Check[];
  /** The inspection that they made, with `cpuMs` at each finding. */
  told(inspection: Inspection): Inspection;
}

/** `isWanted` false: nothing is measured, and nothing said. */
export function timedChecks(checks: readonly Check[], isWanted: boolean): TimedChecks {
  if (!isWanted) return { checks, told: (inspection) => inspection };
  const spent = new Map<string, number>();
  return {
    checks: checks.map((check) => timed(check, spent)),
    told: (inspection) => ({
      ...inspection,
      findings: inspection.findings.map((finding) => {
        const microseconds = spent.get(finding.check);
        return microseconds === undefined ? finding : { ...finding, cpuMs: microseconds / 1000 };
      }),
    }),
  };
}

function timed(check: Check, spent: Map<string, number>): Check {
  const as = <T>(work: () => T): T => {
    const before = process.cpuUsage();
    try {
      return work();
    } finally {
      const { user, system } = process.cpuUsage(before);
      spent.set(check.id, (spent.get(check.id) ?? 0) + user + system);
    }
  };
  return {
    ...check,
    ...(check.applies === undefined ? {} : { applies: (input) => as(() => check.applies?.(input) as string | null) }),
    run: (input) => as(() => check.run(input)),
  };
}
