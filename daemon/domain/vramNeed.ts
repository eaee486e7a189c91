/**
 * How much GPU memory a kind of work was seen to need. Pictures of one recipe differ in size, and a large GPU is used up
 * gladly, so the least of the last peaks counts: a slot is passed over only when even the lightest of them would not fit. What
 * needs more is found by the memory ladder.
 */
import { setNewest } from "./boundedMap.ts";
import { LIMITS } from "./limits.ts";

export interface VramNeeds {
  observe(workKey: string, mib: number): void;
  /** MiB; null before enough was seen. */
  of(workKey: string): number | null;
}

export function createVramNeeds(): VramNeeds {
  const peaks = new Map<string, readonly number[]>();
  return {
    observe(workKey, mib) {
      const list = [...(peaks.get(workKey) ?? []), mib].slice(-LIMITS.vramPeaksKept);
      setNewest(peaks, workKey, { value: list, max: LIMITS.workKindsKept });
    },
    of(workKey) {
      const list = peaks.get(workKey) ?? [];
      return list.length < LIMITS.vramPeaksMin ? null : Math.min(...list);
    },
  };
}
