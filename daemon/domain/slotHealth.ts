/**
 * Is a slot's ComfyUI alive? A verdict from facts, each with its own action: *unreachable* is waited for, *unresponsive* gets
 * time as long as it works, a *zombie* (its execution thread is dead behind a 200) is restarted. Silence of a prompt alone is
 * no sign: loading, decoding and compiling are silent.
 */
import { LIMITS } from "./limits.ts";

export interface HealthFacts {
  /** unknown: attached; somebody else's process. */
  readonly process: "alive" | "gone" | "unknown";
  /** Its log told that the execution thread died. */
  readonly threadDied: boolean;
  /** Since its last good answer, ms; null: it answers. */
  readonly silentMs: number | null;
  /** How calls fail: nobody listens, or no answer comes in time. */
  readonly silence: "refused" | "late" | null;
  /** For how long it has answered, but nothing about its prompts, ms. */
  readonly deafMs: number;
  /** For how long prompts have waited while none ran, ms. */
  readonly queueStillMs: number;
  /** For how long the same prompt has run without any progress, ms. */
  readonly promptStillMs: number;
  /** For how long the process used neither processor nor disk, ms; null: not known. */
  readonly idleMs: number | null;
  /** null: not known. */
  readonly gpuBusy: boolean | null;
}

export interface Verdict {
  readonly kind: "alive" | "unreachable" | "unresponsive" | "zombie";
  /** What was seen, in words; null when alive. */
  readonly words: string | null;
  /** Its time is over: it must be restarted. */
  readonly restart: boolean;
  /** Nobody listens: its queue was in memory, so what it had is gone whoever starts it again. */
  readonly gone: boolean;
}

export function verdictOf(facts: HealthFacts): Verdict {
  if (facts.process === "gone") return { kind: "unreachable", words: "its process ended", restart: true, gone: true };
  if (facts.threadDied) return zombie("its execution thread died; it answers and runs nothing");
  if (facts.deafMs > LIMITS.slotUnresponsiveMs)
    return zombie(`it answers, but nothing about its prompts for ${seconds(facts.deafMs)}`);
  if (facts.silentMs !== null) return silent(facts, facts.silentMs);
  if (facts.queueStillMs > LIMITS.slotQueueStillMs)
    return zombie(`prompts have waited for ${seconds(facts.queueStillMs)} while none ran`);
  const idleMs = facts.idleMs ?? 0;
  const still = Math.min(facts.promptStillMs, idleMs);
  if (still > LIMITS.slotPromptStillMs && facts.gpuBusy !== true) {
    return zombie(
      `a prompt has run for ${seconds(facts.promptStillMs)} without progress while the process did nothing for ${seconds(idleMs)}`,
    );
  }
  return { kind: "alive", words: null, restart: false, gone: false };
}

function silent(facts: HealthFacts, silentMs: number): Verdict {
  if (facts.silence !== "late") {
    const words = `nobody has listened for ${seconds(silentMs)}`;
    const restart = silentMs > LIMITS.slotUnreachableMs;
    return { kind: "unreachable", words, restart, gone: silentMs > LIMITS.slotGoneMs };
  }
  // A graph node in native code may hold Python's lock for minutes and is no fault, as long as something moves.
  const works = facts.idleMs !== null && facts.idleMs < LIMITS.slotUnresponsiveMs;
  const patience = works ? LIMITS.slotUnresponsiveBusyMs : LIMITS.slotUnresponsiveMs;
  return {
    kind: "unresponsive",
    words: `no answer for ${seconds(silentMs)}`,
    restart: silentMs > patience,
    gone: false,
  };
}

function zombie(words: string): Verdict {
  return { kind: "zombie", words, restart: true, gone: false };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

export interface Activity {
  readonly at: number;
  readonly cpuMs: number;
  readonly diskBytes: number;
}

/** Did the process work between two looks? Its own answers to our polls are not work. */
export function worked(before: Activity, after: Activity): boolean {
  const ms = Math.max(1, after.at - before.at);
  return (
    (after.cpuMs - before.cpuMs) / ms > LIMITS.slotIdleCpuShare ||
    ((after.diskBytes - before.diskBytes) * 1000) / ms > LIMITS.slotIdleDiskBytesPerSecond
  );
}
