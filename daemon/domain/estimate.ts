/**
 * How long work takes, learned from what ended here: seconds per kind of work and slot, how fast each slot is, what loading
 * a set of models costs. Nothing is declared; what was not seen yet is null and nobody guesses a number for it.
 *
 * Means are exponentially weighted, so that a new driver or a larger frame is believed after a few tasks.
 */

import { setNewest } from "./boundedMap.ts";
import { LIMITS } from "./limits.ts";

/** One attempt that ended well. */
export interface Observation {
  /** Kind of work: recipe and models. */
  readonly workKey: string;
  readonly modelKey: string;
  readonly slot: string;
  readonly seconds: number;
  /** Its models were not on the slot yet: the seconds hold their loading. */
  readonly cold: boolean;
}

export interface Estimates {
  /** Seconds of one task with warm models; null before any was seen. */
  secondsOf(workKey: string, slot: string): number | null;
  /** Seconds to load a set of models; "" is 0; null before any load was measured. */
  loadSecondsOf(modelKey: string): number | null;
}

export interface Estimator extends Estimates {
  observe(seen: Observation): void;
}

/** What a task is charged with when it is given: what it will likely take, and a second where nobody knows. */
export function chargeSeconds(estimates: Estimates, workKey: string, slot: string): number {
  return estimates.secondsOf(workKey, slot) ?? LIMITS.taskGuessSeconds;
}

/** Weight of the newest observation. */
const NEWEST = 0.3;

class Mean {
  value: number | null = null;
  add(next: number): void {
    this.value = this.value === null ? next : this.value + NEWEST * (next - this.value);
  }
}

export function createEstimator(): Estimator {
  const warm = new Map<string, Mean>();
  const warmOn = new Map<string, Mean>();
  /** Slot -> its seconds / the mean seconds of that work: 2 is half as fast. */
  const slowness = new Map<string, Mean>();
  /** Set of models -> cold runs not yet compared with a warm one, and loads known. */
  const cold = new Map<string, { readonly workKey: string; readonly slot: string; readonly seconds: Mean }>();
  const anyLoad = new Mean();

  const secondsOf = (workKey: string, slot: string): number | null => {
    const own = warmOn.get(`${workKey}\n${slot}`)?.value ?? null;
    if (own !== null) return own;
    const mean = warm.get(workKey)?.value ?? null;
    return mean === null ? null : mean * (slowness.get(slot)?.value ?? 1);
  };

  const measuredLoad = (modelKey: string): number | null => {
    const run = cold.get(modelKey);
    if (run === undefined || run.seconds.value === null) return null;
    const usual = secondsOf(run.workKey, run.slot);
    return usual === null ? null : Math.max(0, run.seconds.value - usual);
  };

  return {
    secondsOf,
    loadSecondsOf(modelKey) {
      if (modelKey === "") return 0;
      return measuredLoad(modelKey) ?? anyLoad.value;
    },
    observe({ workKey, modelKey, slot, seconds, cold: wasCold }) {
      if (wasCold && modelKey !== "") {
        const known = cold.get(modelKey);
        if (known?.workKey === workKey && known.slot === slot) known.seconds.add(seconds);
        else {
          const first = new Mean();
          first.add(seconds);
          setNewest(cold, modelKey, { value: { workKey, slot, seconds: first }, max: LIMITS.workKindsKept });
        }
      } else {
        const before = warm.get(workKey)?.value ?? null;
        mean(warm, workKey).add(seconds);
        mean(warmOn, `${workKey}\n${slot}`).add(seconds);
        if (before !== null && before > 0) mean(slowness, slot).add(seconds / before);
      }
      const load = measuredLoad(modelKey);
      if (load !== null && modelKey !== "") anyLoad.add(load);
    },
  };
}

function mean(of: Map<string, Mean>, key: string): Mean {
  const known = of.get(key) ?? new Mean();
  setNewest(of, key, { value: known, max: LIMITS.workKindsKept });
  return known;
}
