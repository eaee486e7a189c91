/**
 * Gives memory back when the daemon rests. V8 keeps what a busy hour made its heap grow to and collects only when it grows
 * again; a daemon that waits for the next drop would hold it for days. Collected once after work, when a while has been quiet,
 * so that nobody waits for it. Needs `--expose-gc` (the launcher gives it); without it nothing is done.
 */
import { LIMITS } from "../domain/limits.ts";

export interface Resting {
  /** CPU time used so far, ms. */
  readonly usedMs: () => number;
  readonly collect: (() => void) | null;
}

export const ofThisProcess: Resting = {
  usedMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  collect: globalThis.gc === undefined ? null : () => globalThis.gc?.({ type: "major", flavor: "last-resort" }),
};

/** Looked at once in every `LIMITS.memoryLookMs`: returns whether it collected. */
export function createRest({ usedMs, collect }: Resting): () => boolean {
  let last = usedMs();
  let collectedAt = 0;
  return () => {
    const now = usedMs();
    const quiet = now - last < LIMITS.memoryQuietCpuMs;
    last = now;
    if (collect === null || !quiet || now - collectedAt < LIMITS.memoryWorthCpuMs) return false;
    collect();
    // What collecting itself cost is no work that asks for the next.
    last = usedMs();
    collectedAt = last;
    return true;
  };
}

export function giveMemoryBack(): { stop(): void } {
  const rest = createRest(ofThisProcess);
  const timer = setInterval(rest, LIMITS.memoryLookMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
