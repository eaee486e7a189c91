/**
 * What is done for a slot next. One step at a time, from what is true now, and it may be asked again at any moment:
 *
 *   looking -> starting -> warming -> ready            spawned; an adopted one that was ready before skips the warming
 *   ready -> stopping -> starting                      stuck, zombie, poisoned, over its memory, recycled, asked for
 *   any -> resting -> starting                         it ended by itself: a pause that doubles
 *   any -> quarantined -> starting                     too many ends in a window, or one that a start can't cure
 *
 * `stopping` is the ladder SIGINT, SIGTERM, SIGKILL, each with its deadline; nothing starts before the process is gone. An
 * attached slot has no process of ours: `restarting` is somebody's program, and without one it can only be quarantined.
 */
import type { ErrorCode } from "./errors.ts";
import type { ExitWords } from "./exitWords.ts";
import { LIMITS } from "./limits.ts";
import { backoffMs } from "./retry.ts";
import type { Verdict } from "./slotHealth.ts";

export type Phase =
  | "looking"
  | "starting"
  | "warming"
  | "ready"
  | "stopping"
  | "restarting"
  | "resting"
  | "quarantined"
  | "ended";

export interface Care {
  readonly phase: Phase;
  /** When the phase began, ms. */
  readonly since: number;
  /** resting, quarantined: when it is tried again. */
  readonly until: number;
  /** Why it is in this phase; shown to people. */
  readonly why: Why | null;
  /** Times of ends that count, within the window. */
  readonly ends: readonly number[];
  /** stopping: what was sent and when. */
  readonly sent: readonly Signal[];
  readonly sentAt: number;
  /** stopping: an end for a fault counts, a wished one does not. */
  readonly counts: boolean;
}
export interface Why {
  readonly code: ErrorCode;
  readonly message: string;
  readonly action: string | null;
}
export type Signal = "SIGINT" | "SIGTERM" | "SIGKILL";

export interface Wish {
  readonly code: ErrorCode;
  readonly message: string;
  readonly when: "now" | "idle";
  /** It counts as a fault of the slot. */
  readonly fault: boolean;
  /** A person asked: only that opens a quarantine. */
  readonly person: boolean;
}

export interface CareFacts {
  readonly now: number;
  readonly mode: "spawned" | "restartable" | "attached";
  /** Our process; null: attached, or not looked yet. */
  readonly alive: boolean | null;
  /** It was ready in the life before; null: this daemon started it. */
  readonly adoptedReady: boolean | null;
  /** Who listens on a spawned slot's port instead of us, in words. */
  readonly stranger: string | null;
  /** How it ended, or why it could not be started. */
  readonly exit: ExitWords | null;
  /** A good answer came since the phase began. */
  readonly answers: boolean;
  /** Nothing of ours runs or waits in it. */
  readonly idle: boolean;
  readonly verdict: Verdict;
  /** A cancel that had no effect in its time, in words. */
  readonly stuck: string | null;
  readonly wish: Wish | null;
  readonly warmUp: "needed" | "running" | "done" | { readonly failed: string };
  /** attached: it went away and came back since the phase began. */
  readonly cameBack: boolean;
}

export type Act =
  | { readonly kind: "start" }
  | { readonly kind: "signal"; readonly signal: Signal }
  | { readonly kind: "command" }
  | { readonly kind: "warmUp" }
  /** Its tasks go elsewhere; `exit`: the process died by itself, and what ran may be why. */
  | { readonly kind: "letGo"; readonly exit: ExitWords | null }
  /** The wish was fulfilled. */
  | { readonly kind: "granted" };

export interface Decision {
  readonly care: Care;
  readonly acts: readonly Act[];
}

const LADDER: readonly { readonly signal: Signal; readonly ms: number }[] = [
  { signal: "SIGINT", ms: LIMITS.slotInterruptMs },
  { signal: "SIGTERM", ms: LIMITS.slotTerminateMs },
  { signal: "SIGKILL", ms: LIMITS.slotKillMs },
];

export function newCare(now: number, mode: CareFacts["mode"]): Care {
  const phase = mode === "spawned" ? "looking" : "ready";
  return { phase, since: now, until: 0, why: null, ends: [], sent: [], sentAt: 0, counts: false };
}

export function decide(care: Care, facts: CareFacts): Decision {
  switch (care.phase) {
    case "looking":
      return looking(care, facts);
    case "starting":
    case "warming":
      return notYet(care, facts);
    case "ready":
      return facts.mode === "spawned" ? spawnedReady(care, facts) : attachedReady(care, facts);
    case "stopping":
      return stopping(care, facts);
    case "restarting":
      return restarting(care, facts);
    case "resting":
      if (facts.wish?.when !== "now" && facts.now < care.until) return stay(care);
      return begin(care, facts, care.why);
    case "quarantined":
      return quarantined(care, facts);
    case "ended":
      return stay(care);
  }
}

function looking(care: Care, facts: CareFacts): Decision {
  if (facts.alive === null) return stay(care);
  return facts.alive ? stay(enter(care, "starting", facts.now)) : begin(care, facts, null);
}

/** Starts the process, or runs the program that restarts an attached one. */
function begin(care: Care, facts: CareFacts, why: Why | null): Decision {
  const granted: readonly Act[] = facts.wish === null ? [] : [{ kind: "granted" }];
  if (facts.mode !== "spawned")
    return { care: enter(care, "restarting", facts.now, why), acts: [...granted, { kind: "command" }] };
  if (facts.stranger !== null) {
    const stranger: Why = {
      code: "HP-SLOT-PORT",
      message: `its port is used by ${facts.stranger}, which Hotplate did not start`,
      action: "end that process, or give the slot another spawn.port",
    };
    return stay({ ...enter(care, "resting", facts.now, stranger), until: facts.now + LIMITS.slotLookMs });
  }
  return { care: enter(care, "starting", facts.now, why), acts: [...granted, { kind: "start" }] };
}

/** starting, warming: judged by the life of the process, with a generous bound on top. */
function notYet(care: Care, facts: CareFacts): Decision {
  if (facts.alive === false) return facts.exit === null ? stay(care) : ended(care, facts, facts.exit);
  if (facts.wish?.when === "now") return stop(care, facts, wished(facts.wish));
  if (facts.verdict.kind === "zombie") return stop(care, facts, faulty(facts.verdict.words ?? "it is a zombie"));
  const bound = care.phase === "starting" ? LIMITS.slotStartMs : LIMITS.slotWarmUpMs;
  if (facts.now - care.since > bound) {
    const minutes = Math.round(bound / 60_000);
    return stop(care, facts, faulty(`it was not ready after ${minutes} min of ${care.phase}`));
  }
  if (care.phase === "starting") {
    if (!facts.answers || facts.stranger !== null) return stay(care);
    const proven = facts.adoptedReady === true || facts.warmUp === "done";
    if (proven) return stay(enter(care, "ready", facts.now));
    return { care: enter(care, "warming", facts.now), acts: [{ kind: "warmUp" }] };
  }
  if (facts.warmUp === "done") return stay(enter(care, "ready", facts.now));
  if (typeof facts.warmUp === "object") return stop(care, facts, faulty(`its warm-up failed: ${facts.warmUp.failed}`));
  // The process that was asked went away and another answers: it is asked again.
  return facts.warmUp === "needed" ? { care, acts: [{ kind: "warmUp" }] } : stay(care);
}

function spawnedReady(care: Care, facts: CareFacts): Decision {
  if (facts.alive === false) return facts.exit === null ? stay(care) : ended(care, facts, facts.exit);
  const reason = reasonToStop(facts);
  return reason === null ? stay(care) : stop(care, facts, reason);
}

interface StopReason {
  readonly why: Why;
  readonly counts: boolean;
}
const faulty = (message: string): StopReason => ({
  why: { code: "HP-SLOT-STUCK", message, action: null },
  counts: true,
});
const wished = (wish: Wish): StopReason => ({
  why: { code: wish.code, message: wish.message, action: null },
  counts: wish.fault,
});

function reasonToStop(facts: CareFacts): StopReason | null {
  if (facts.verdict.restart) return faulty(facts.verdict.words ?? facts.verdict.kind);
  if (facts.stuck !== null) return faulty(facts.stuck);
  if (facts.wish !== null && (facts.wish.when === "now" || facts.idle)) return wished(facts.wish);
  return null;
}

function attachedReady(care: Care, facts: CareFacts): Decision {
  if (facts.verdict.kind === "alive" && typeof facts.warmUp === "object")
    return quarantine(care, facts, { ...faulty(`its warm-up failed: ${facts.warmUp.failed}`).why });
  const reason = reasonToStop(facts);
  // Whoever starts it again has time for that; its tasks need not wait for it.
  if (facts.verdict.gone && reason === null)
    return facts.idle ? stay(care) : { care, acts: [{ kind: "letGo", exit: null }] };
  if (reason === null) {
    const warm = facts.warmUp === "needed" && facts.answers && facts.idle;
    return warm ? { care, acts: [{ kind: "warmUp" }] } : stay(care);
  }
  if (facts.mode === "restartable") {
    const counted = reason.counts ? { ...care, ends: recent(care, facts.now) } : care;
    if (tooMany(counted)) return quarantine(counted, facts, reason.why);
    const begun = begin(counted, facts, reason.why);
    return { ...begun, acts: [{ kind: "letGo", exit: null }, ...begun.acts] };
  }
  // Nobody there: it is down already and waited for, while its tasks go elsewhere.
  if (facts.verdict.kind === "unreachable" || facts.verdict.kind === "unresponsive")
    return facts.idle ? stay(care) : { care, acts: [{ kind: "letGo", exit: null }] };
  return quarantine(care, facts, reason.why);
}

function stop(care: Care, facts: CareFacts, { why, counts }: StopReason): Decision {
  const first = LADDER[0]?.signal ?? "SIGKILL";
  return {
    care: { ...enter(care, "stopping", facts.now, why), sent: [first], sentAt: facts.now, counts },
    acts: [...(facts.wish === null ? [] : [{ kind: "granted" } as const]), { kind: "signal", signal: first }],
  };
}

function stopping(care: Care, facts: CareFacts): Decision {
  if (facts.alive === false) return stopped(care, facts);
  const step = LADDER[care.sent.length - 1];
  if (step === undefined || facts.now - care.sentAt < step.ms) return stay(care);
  const next = LADDER[care.sent.length];
  if (next !== undefined) {
    return {
      care: { ...care, sent: [...care.sent, next.signal], sentAt: facts.now },
      acts: [{ kind: "signal", signal: next.signal }],
    };
  }
  // It waits inside the kernel. Nothing can be started beside it; the moment it goes, the slot goes on.
  const message = `${care.why?.message ?? "it had to end"}; SIGKILL does not end it: it waits inside the kernel`;
  const stuck: Why = {
    code: "HP-SLOT-STUCK",
    message,
    action: "look at its disk and driver; perhaps restart the node",
  };
  if (care.why?.message === message) return stay(care);
  return { care: { ...care, why: stuck, sentAt: facts.now }, acts: [{ kind: "letGo", exit: null }] };
}

function stopped(care: Care, facts: CareFacts): Decision {
  const letGo: Act = { kind: "letGo", exit: null };
  const counted = care.counts ? { ...care, ends: recent(care, facts.now) } : care;
  if (tooMany(counted)) return withFirst(letGo, quarantine(counted, facts, care.why));
  return withFirst(letGo, begin(counted, { ...facts, wish: null }, care.why));
}

/** It ended by itself. */
function ended(care: Care, facts: CareFacts, exit: ExitWords): Decision {
  const counted = { ...care, ends: recent(care, facts.now) };
  const why: Why = { code: exit.code, message: exit.message, action: exit.action };
  const letGo: Act = { kind: "letGo", exit };
  if (exit.hopeless || tooMany(counted)) return withFirst(letGo, quarantine(counted, facts, why));
  const until = facts.now + backoffMs(counted.ends.length);
  return { care: { ...enter(counted, "resting", facts.now, why), until }, acts: [letGo] };
}

function restarting(care: Care, facts: CareFacts): Decision {
  if (facts.exit !== null) return quarantine(care, facts, { ...facts.exit });
  if (facts.answers) return stay(enter(care, "ready", facts.now));
  if (facts.now - care.since <= LIMITS.slotStartMs) return stay(care);
  const minutes = Math.round(LIMITS.slotStartMs / 60_000);
  return quarantine(care, facts, faulty(`it did not answer for ${minutes} min after its restart`).why);
}

function quarantine(care: Care, facts: CareFacts, why: Why | null): Decision {
  const cause = why?.message ?? "it can't be trusted";
  const words: Why = {
    code: "HP-SLOT-QUARANTINED",
    message: `${cause}${care.ends.length > 1 ? ` (${care.ends.length} times)` : ""}`,
    action: why?.action ?? null,
  };
  const care2 = {
    ...enter(care, "quarantined", facts.now, words),
    until: facts.now + LIMITS.slotQuarantineMs,
    ends: [],
  };
  const granted: readonly Act[] = facts.wish === null ? [] : [{ kind: "granted" }];
  return { care: care2, acts: [...(facts.idle ? [] : [{ kind: "letGo", exit: null } as const]), ...granted] };
}

/** Left after its bound, by a person, or, attached, when somebody restarted it. */
function quarantined(care: Care, facts: CareFacts): Decision {
  const asked = facts.wish?.person === true;
  if (!asked && facts.now < care.until && !facts.cameBack)
    return facts.wish === null ? stay(care) : { care, acts: [{ kind: "granted" }] };
  if (facts.mode === "spawned" && facts.alive === true) return stop(care, facts, wished(LEAVING));
  if (facts.mode === "attached" || facts.cameBack) {
    const acts: readonly Act[] = asked ? [{ kind: "granted" }] : [];
    return { care: enter(care, "ready", facts.now), acts };
  }
  return begin(care, facts, null);
}
const LEAVING: Wish = {
  code: "HP-SLOT-RESTARTING",
  message: "it leaves quarantine",
  when: "now",
  fault: false,
  person: false,
};

function enter(care: Care, phase: Phase, now: number, why: Why | null = null): Care {
  return { ...care, phase, since: now, until: 0, why, sent: [], sentAt: 0, counts: false };
}

function stay(care: Care): Decision {
  return { care, acts: [] };
}

function withFirst(act: Act, decision: Decision): Decision {
  const rest = decision.acts.filter((other) => other.kind !== act.kind);
  return { care: decision.care, acts: [act, ...rest] };
}

function recent(care: Care, now: number): readonly number[] {
  return [...care.ends.filter((at) => now - at < LIMITS.slotEndsWindowMs), now];
}

function tooMany(care: Care): boolean {
  return care.ends.length >= LIMITS.slotEndsMax;
}
