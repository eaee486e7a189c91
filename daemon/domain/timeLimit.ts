/**
 * Has a prompt run too long? The recipe's time limit counts from the last sign of progress: a long render that moves is not
 * stopped. A total bound stands above it, for progress may be a lie.
 */
import { LIMITS } from "./limits.ts";

export interface RunTimes {
  readonly now: number;
  /** When ComfyUI was first seen to run it; null: it waits there, which costs no time. */
  readonly runningSince: number | null;
  /** When its progress last moved; null: nothing was heard of it. */
  readonly movedAt: number | null;
  /** The recipe's, ms. */
  readonly timeoutMs: number;
}

/** Why it must be stopped, in words; null while it may run. */
export function overTime(of: RunTimes): string | null {
  if (of.runningSince === null) return null;
  const total = of.timeoutMs * LIMITS.taskTotalTimeouts;
  if (of.now - of.runningSince > total) return `it ran ${words(total)} and made no end, although it made progress`;
  const since = Math.max(of.runningSince, of.movedAt ?? of.runningSince);
  return of.now - since > of.timeoutMs ? `it made no progress for ${words(of.timeoutMs)}` : null;
}

function words(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
