/** A step's QC as the plan keeps it (checks, limits with their sources, gate, retry), and the same in words for people. */
import type { QcPlan, QcRequest } from "./plan.ts";
import type { ManifestFinding } from "./manifestFinding.ts";
import type { QcSources } from "./qcChoice.ts";
import { chosenChecks } from "./qcChoice.ts";
import { offWords } from "./qcOff.ts";
import { chosenGate } from "./qcGate.ts";
import type { RecipeFile } from "./recipe.ts";

export function qcPlan(
  sources: QcSources & {
    readonly recipe: Pick<RecipeFile, "name" | "version" | "parameters" | "qc"> | null;
    readonly rerun: boolean;
  },
): { readonly plan: QcPlan; readonly findings: readonly ManifestFinding[] } {
  const { requests, off, profile, layers, findings } = chosenChecks(sources);
  const { gate, retry, ...said } = chosenGate({
    layers,
    recipe: sources.recipe,
    checks: sources.book.checks,
    rerun: sources.rerun,
  });
  return {
    plan: {
      gate,
      checks: requests,
      ...(off.length === 0 ? {} : { off }),
      ...(profile === null ? {} : { profile }),
      ...(retry === null ? {} : { retry }),
    },
    findings: [...findings, ...said.findings],
  };
}

/** For `hotplate validate --plan`: the profile in force, the gate, and what differs from the checks' own. */
export function qcWords(qc: QcPlan): readonly string[] {
  const count = `${qc.checks.length} ${qc.checks.length === 1 ? "check" : "checks"}`;
  const by = qc.profile?.by === "default" ? "the default" : `by ${qc.profile?.by ?? ""}`;
  const checks = qc.profile === undefined ? `${count} of the manifest` : `profile ${qc.profile.name} (${by}), ${count}`;
  const seeds =
    qc.retry === undefined ? "" : `${qc.retry.seeds} other ${qc.retry.seeds === 1 ? "seed" : "seeds"}, then `;
  const { off = [] } = qc;
  return [
    `  QC:       ${checks}; a failure: ${seeds}${qc.gate}`,
    ...(off.length === 0 ? [] : [`            off: ${offWords(off)}`]),
    ...qc.checks.flatMap(differingWords),
  ];
}

/** What somebody set over the profile: a line per check. */
function differingWords({ check, limits, severity, from }: QcRequest): readonly string[] {
  const ours = Object.entries(from ?? {}).filter(([, who]) => !who.startsWith("the check's own") && !isProfile(who));
  if (ours.length === 0) return [];
  const words = ours.map(([name, who]) => `${name} ${name === "severity" ? severity : limits[name]} (${who})`);
  return [`            ${check}: ${words.join(", ")}`];
}

function isProfile(who: string): boolean {
  return who.startsWith("profile ");
}
