/** A GPU in the few words of a table, and the doctor's lines about the GPUs of a node. */
import type { GpuFacts, SlotGpu } from "../domain/gpu.ts";

/** `0 NVIDIA L40S 61 °C 12/45 GiB`; `?` when nothing is known: the reason is in `--json` and in `doctor`. */
export function gpuWords({ facts, uuid }: SlotGpu): string {
  if (facts === null) return uuid === null ? "?" : `? ${uuid}`;
  return factWords(facts);
}

export function factWords(facts: GpuFacts): string {
  const gib = (mib: number | null): string => (mib === null ? "?" : String(Math.round(mib / 1024)));
  const memory = facts.memoryTotalMiB === null ? [] : [`${gib(facts.memoryUsedMiB)}/${gib(facts.memoryTotalMiB)} GiB`];
  const heat = facts.celsius === null ? [] : [`${facts.celsius} °C`];
  return [String(facts.index), facts.name ?? "GPU", ...heat, ...memory].join(" ");
}
