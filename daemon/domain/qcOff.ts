/** Checks that somebody took out, and who: what does not look must be told, for a gate that is gone leaves everything green. Pure. */
import type { QcPlan, QcRequest } from "./plan.ts";
import type { Severity } from "./qc.ts";

/** A check that would look, and does not. */
export interface OffCheck {
  readonly check: string;
  /** `manifest`; `hotplate.yaml, show AGM`. */
  readonly by: string;
}

/** It always runs: nothing passes that nobody could open. */
export const ALWAYS_RUNS = "file.decodes";

/** What may fail a result by itself, before anybody calibrates (docs/qc.md): without one of these a broken result is published unseen. */
const STRUCTURAL: ReadonlySet<string> = new Set([
  "frames.complete",
  "header.size",
  "header.format",
  "pixels.finite",
  "image.not_black",
  "image.not_solid",
  "image.bit_depth",
  "mask.preserved",
  "alpha.preserved",
  "temporal.duplicate",
  "file.hash",
  "file.metadata",
  "delivery.exr",
  "delivery.dpx",
  "delivery.name",
]);

/** Measured only, and who said so. */
export function onTrial(
  requests: readonly {
    readonly check: string;
    readonly severity?: Severity | undefined;
    readonly from?: QcRequest["from"] | undefined;
  }[],
): readonly OffCheck[] {
  return requests
    .filter(({ severity }) => severity === "measure")
    .map(({ check, from }) => ({ check, by: from?.["severity"] ?? "somebody" }));
}

/** `image.not_black, image.not_solid (manifest); image.soft (recipe look 1.0.0)` */
export function offWords(off: readonly OffCheck[]): string {
  const by = new Map<string, string[]>();
  for (const one of off) by.set(one.by, [...(by.get(one.by) ?? []), one.check]);
  return [...by].map(([who, checks]) => `${checks.join(", ")} (${who})`).join("; ");
}

/** For STATUS.txt: structural checks that do not look, or gate nothing. */
export function structuralOffLines(qc: Pick<QcPlan, "checks" | "off"> | undefined): readonly string[] {
  const structural = (all: readonly OffCheck[]) => all.filter(({ check }) => STRUCTURAL.has(check));
  const [off, trial] = [structural(qc?.off ?? []), structural(onTrial(qc?.checks ?? []))];
  return [
    ...(off.length === 0 ? [] : [`  QC off:   ${offWords(off)}`]),
    ...(trial.length === 0 ? [] : [`  QC off:   measured only, never gated: ${offWords(trial)}`]),
  ];
}
