/**
 * Has a prompt run too long? The recipe's time limit counts from the last sign of progress: a long render that moves is not
 * stopped. A total bound stands above it, for progress may be a lie. Where it is known what such work takes, standing still
 * for many times as long is enough: nobody waits half an hour for what takes a second.
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
  /** What such work takes on this slot, loading included, ms; null: not known yet. */
  readonly usualMs: number | null;
}

/** Why it must be stopped, in words; null while it may run. */
export function overTime(of: RunTimes): string | null {
  if (of.runningSince === null) return null;
  const total = of.timeoutMs * LIMITS.taskTotalTimeouts;
  if (of.now - of.runningSince > total) return `it ran ${words(total)} and made no end, although it made progress`;
  const since = Math.max(of.runningSince, of.movedAt ?? of.runningSince);
  const stillMs = stillLimitMs(of);
  if (of.now - since <= stillMs) return null;
  const usual = stillMs < of.timeoutMs && of.usualMs !== null ? `; such work takes ${words(of.usualMs)}` : "";
  return `it made no progress for ${words(stillMs)}${usual}`;
}

function stillLimitMs({ timeoutMs, usualMs }: RunTimes): number {
  if (usualMs === null) return timeoutMs;
  return Math.min(timeoutMs, Math.max(LIMITS.stillMsMin, usualMs * LIMITS.stillTimesUsual));
}

function words(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
