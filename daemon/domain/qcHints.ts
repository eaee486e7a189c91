/**
 * What whoever runs QC by hand can do about a finding, where the command line has a word for it: a check knows nothing of who asks.
 * Pure.
 */
import type { Finding, Inspection } from "./qc.ts";

/** Said after the check's own hint; null: the command line has no word for it. */
const WORDS: Readonly<Record<string, (finding: Finding) => string | null>> = {
  "header.size": sizeWords,
  "image.bit_depth": ({ measures }) =>
    (measureOf(measures, "fileBits")?.value ?? 16) <= 8 ? "If 8 bits are meant: --depth 8." : null,
  "mask.preserved": ({ verdict }) =>
    verdict === "fail" ? "A mask in which black is where it may change: --mask-invert." : null,
  "frames.repeated": () => "Where a hold is wanted: --limit frames.repeated.equalMax=N.",
};

export function handInspection(inspection: Inspection): Inspection {
  return { ...inspection, findings: inspection.findings.map(handFinding) };
}

function handFinding(finding: Finding): Finding {
  if (finding.verdict === "pass" || !Object.hasOwn(WORDS, finding.check)) return finding;
  const words = WORDS[finding.check]?.(finding) ?? null;
  if (words === null) return finding;
  return { ...finding, hint: finding.hint === null ? words : `${finding.hint} ${words}` };
}

function measureOf(measures: Finding["measures"], name: string): Finding["measures"][number] | null {
  return measures.find((measure) => measure.name === name) ?? null;
}

/** A size that is not the plate's is a fault only until somebody says that it is meant. */
function sizeWords({ measures }: Finding): string | null {
  const width = measureOf(measures, "width");
  const height = measureOf(measures, "height");
  if (width?.limit == null || height?.limit == null) return null;
  if (width.value === width.limit && height.value === height.limit) return null;
  const scale = width.value / width.limit;
  const isScaled = scale === height.value / height.limit && Number(scale.toFixed(4)) === scale;
  const scaled = isScaled ? `--scale ${scale}, or ` : "";
  return `If that is the size you want: ${scaled}--size ${width.value}x${height.value}.`;
}
