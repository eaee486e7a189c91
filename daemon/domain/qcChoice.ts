/**
 * Which checks run on a step's results, with which limits: every installed one by default, or those that the manifest
 * names, with its limits over the check's own.
 */
import type { ErrorCode } from "./errors.ts";
import type { Manifest } from "./manifestSchema.ts";
import { nearestWord } from "./nearest.ts";
import type { QcRequest } from "./plan.ts";
import type { InstalledCheck } from "./qc.ts";

export interface ChosenChecks {
  readonly requests: readonly QcRequest[];
  readonly findings: readonly {
    readonly code: ErrorCode;
    readonly path: readonly (string | number)[];
    readonly message: string;
    readonly found: string;
    readonly expected: string;
    readonly nearest: string | null;
  }[];
}

export function chosenChecks(manifest: Manifest, installed: readonly InstalledCheck[]): ChosenChecks {
  const named = manifest.qc?.checks;
  if (named === undefined)
    return { requests: installed.map((check) => ({ check: check.id, limits: { ...check.limits } })), findings: [] };
  const requests: QcRequest[] = [];
  const findings: ChosenChecks["findings"][number][] = [];
  for (const [index, entry] of named.entries()) {
    for (const [id, limits] of typeof entry === "string" ? [[entry, {}] as const] : Object.entries(entry)) {
      const check = installed.find((known) => known.id === id);
      const path = ["qc", "checks", index];
      if (check === undefined) {
        const ids = installed.map((known) => known.id);
        findings.push({
          code: "HP-MANIFEST-FIELD",
          path,
          message: `There is no check "${id}".`,
          found: id,
          expected: `one of ${ids.join(", ")}`,
          nearest: nearestWord(id, ids),
        });
        continue;
      }
      for (const limit of Object.keys(limits)) {
        if (Object.hasOwn(check.limits, limit)) continue;
        const known = Object.keys(check.limits);
        findings.push({
          code: "HP-MANIFEST-FIELD",
          path: [...path, id, limit],
          message: `Check ${id} has no limit "${limit}".`,
          found: limit,
          expected: known.length === 0 ? "no limits" : `one of ${known.join(", ")}`,
          nearest: nearestWord(limit, known),
        });
      }
      requests.push({ check: id, limits: { ...check.limits, ...limits } });
    }
  }
  return { requests, findings };
}
