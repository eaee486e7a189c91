/**
 * A small fixed part of the proof, seconds long: a test runs it and fails where a check finds less, or flags more that is right, than it
 * did when the proof was last written down (docs/qc-proof.json).
 */
import type { LoadedChecks } from "../../../daemon/adapters/plugins.ts";
import { caseOf } from "./cases.ts";
import { DEFECTS } from "./defects.ts";
import { runJob, sceneOf, seenOf } from "./jobs.ts";

export interface Guard {
  /** Defect -> scenes in which its check found it at the stated strength. */
  readonly found: Readonly<Record<string, number>>;
  /** Check -> clean cases that it flagged. */
  readonly alarms: Readonly<Record<string, number>>;
}

const SCENES = 4;
const CLEAN = 24;

export function guardRun(loaded: LoadedChecks): Guard {
  const found: Record<string, number> = {};
  const alarms: Record<string, number> = {};
  const bench = { loaded, photos: [] };
  const flagged = (verdict: string | undefined): boolean => verdict === "warn" || verdict === "fail";
  for (let number = 0; number < SCENES; number += 1) {
    // Every third one, so that kinds and edits differ.
    const scene = sceneOf({ kind: "defects", from: "procedural", number: number * 3, seed: 0 }, []);
    for (const { name, check, must, strengths, holds = "codes" } of DEFECTS) {
      const one = caseOf(scene, strengths[must]?.defect ?? null, holds);
      found[name] ??= 0;
      if (one === null) continue;
      const seen = seenOf(scene, one, { bench, holds, defect: { name, strength: must } });
      found[name] = (found[name] ?? 0) + (flagged(seen.verdicts[check]) ? 1 : 0);
    }
  }
  for (let number = 0; number < CLEAN; number += 1) {
    for (const seen of runJob({ kind: "clean", from: "procedural", number, seed: 0 }, bench)) {
      // In its first form: the others say the same, and seconds count here.
      if (seen.again) break;
      for (const [check, verdict] of Object.entries(seen.verdicts))
        alarms[check] = (alarms[check] ?? 0) + (flagged(verdict) ? 1 : 0);
    }
  }
  return { found, alarms };
}
