/**
 * Which checks run on a step's results, with which limits: those of a profile (the manifest's, else the recipe's, else the basic
 * one), or those that the manifest names one by one, with its limits over the check's own.
 */
import type { ErrorCode } from "./errors.ts";
import type { Manifest } from "./manifestSchema.ts";
import { nearestWord } from "./nearest.ts";
import type { QcRequest } from "./plan.ts";
import type { CheckBook } from "./qc.ts";
import { BASIC_PROFILE } from "./qcProfile.ts";

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

export function chosenChecks(
  manifest: Pick<Manifest, "qc">,
  book: CheckBook,
  recipeProfile: string | null,
): ChosenChecks {
  const named = manifest.qc?.checks;
  if (named === undefined) return profileChecks(manifest.qc?.profile ?? null, book, recipeProfile);
  const installed = book.checks;
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

function profileChecks(asked: string | null, book: CheckBook, recipeProfile: string | null): ChosenChecks {
  const name = asked ?? recipeProfile ?? BASIC_PROFILE;
  const profile = book.profiles.find((each) => each.name === name);
  if (profile === undefined) {
    const names = book.profiles.map((each) => each.name);
    const finding = {
      code: "HP-MANIFEST-FIELD",
      path: asked === null ? ["use"] : ["qc", "profile"],
      message:
        asked === null
          ? `The recipe wants the QC profile "${name}", which is not installed.`
          : `There is no QC profile "${name}".`,
      found: name,
      expected: `one of ${names.join(", ")}`,
      nearest: nearestWord(name, names),
    } as const;
    return { requests: [], findings: [finding] };
  }
  const requests = Object.entries(profile.checks).flatMap(([id, limits]) => {
    const check = book.checks.find((each) => each.id === id);
    return check === undefined ? [] : [{ check: id, limits: { ...check.limits, ...limits } }];
  });
  // A studio's own checks look at everything: that is why they were installed.
  const own = book.checks.filter((check) => !check.shipped && !Object.hasOwn(profile.checks, check.id));
  return {
    requests: [...requests, ...own.map((check) => ({ check: check.id, limits: { ...check.limits } }))],
    findings: [],
  };
}
