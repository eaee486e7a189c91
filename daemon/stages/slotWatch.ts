/**
 * What supervision remembers of one slot between two looks, and how looks become facts: for how long nothing moved, what the
 * log said, which cancel had no effect. All in memory: a new daemon looks anew.
 */
import { byteText } from "../domain/byteSize.ts";
import type { ExitWords } from "../domain/exitWords.ts";
import { exitWords, failedPack, isThreadDeath } from "../domain/exitWords.ts";
import type { PromptId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Activity, Verdict } from "../domain/slotHealth.ts";
import { verdictOf, worked } from "../domain/slotHealth.ts";
import type { Care, CareFacts } from "../domain/slotLadder.ts";
import { newCare } from "../domain/slotLadder.ts";
import type { SlotState } from "../live.ts";
import type { Catalogue, ProcessLook, SpawnedSlot } from "../ports.ts";

export interface Watch {
  readonly slot: SlotState;
  /** null: attached. */
  readonly spawned: SpawnedSlot | null;
  readonly mode: CareFacts["mode"];
  care: Care;
  look: ProcessLook | null;
  nextLookAt: number;
  warmUp: CareFacts["warmUp"];
  exit: ExitWords | null;
  threadDied: boolean;
  /** It answered and warmed up in this life. */
  wasReady: boolean;
  activity: Activity | null;
  /** Since when the process did nothing; null: it works, or nothing is known. */
  idleSince: number | null;
  /** Since when prompts waited while none ran. */
  queueStillSince: number | null;
  /** A look at ComfyUI's own queue confirmed it. */
  queueStillSeen: boolean;
  running: { readonly prompt: PromptId; readonly progress: number | null; readonly since: number } | null;
  /** Prompts that are to be stopped -> since when. */
  readonly stops: Map<PromptId, number>;
  /** Prompts let go while nobody answered: canceled when somebody does. */
  orphans: readonly PromptId[];
  recycleSince: number | null;
  /** The catalogue against which the recipes were held. */
  checked: Catalogue | null;
  wasDown: boolean;
  cameBack: boolean;
}

/** What is known of a process of which nothing was seen yet. */
const NEW_PROCESS = {
  exit: null,
  threadDied: false,
  wasReady: false,
  activity: null,
  idleSince: null,
  queueStillSince: null,
  queueStillSeen: false,
  running: null,
  recycleSince: null,
} satisfies Partial<Watch>;

export function newWatch(slot: SlotState, now: number): Watch {
  const { config } = slot;
  const { spawn } = config;
  const mode = spawn !== undefined ? "spawned" : config.restart !== undefined ? "restartable" : "attached";
  return {
    slot,
    spawned: spawn === undefined ? null : { ...config, spawn },
    mode,
    care: newCare(now, mode),
    look: null,
    nextLookAt: 0,
    warmUp: (config.warmUp ?? spawn !== undefined) ? "needed" : "done",
    ...NEW_PROCESS,
    stops: new Map(),
    orphans: [],
    checked: null,
    wasDown: false,
    cameBack: false,
  };
}

/** Another process: what was known of the last one says nothing about it. */
export function forgetProcess(watch: Watch): void {
  const wanted = watch.slot.config.warmUp ?? watch.spawned !== null;
  Object.assign(watch, {
    warmUp: wanted ? "needed" : "done",
    ...NEW_PROCESS,
  } satisfies Partial<Watch>);
  watch.stops.clear();
  watch.slot.ended = 0;
  watch.slot.packs = [];
  watch.slot.modelKey = null;
}

/** A look at the process becomes what is remembered. Returns the packs that were named for the first time. */
export function absorb(watch: Watch, look: ProcessLook, now: number): readonly string[] {
  watch.look = look;
  const { slot } = watch;
  watch.threadDied ||= look.lines.some(isThreadDeath);
  const packs = look.lines.flatMap((line) => failedPack(line) ?? []).filter((pack) => !slot.packs.includes(pack));
  slot.packs = [...slot.packs, ...new Set(packs)].slice(0, LIMITS.slotPacksMax);
  slot.process =
    look.alive && look.pid !== null
      ? { pid: look.pid, startedAt: look.startedAt ?? now, residentBytes: look.residentBytes, ended: slot.ended }
      : null;
  slot.processGroup = look.alive ? look.pid : null;
  if (look.moved && slot.restartWish === null) {
    const message = "its port is another one now";
    slot.restartWish = { code: "HP-SLOT-RESTARTING", message, when: "now", fault: false, person: false };
  }
  const activity = { at: now, cpuMs: look.cpuMs, diskBytes: look.diskBytes };
  const works = watch.activity === null || worked(watch.activity, activity);
  watch.activity = activity;
  watch.idleSince = works ? null : (watch.idleSince ?? now);
  if (!look.alive && look.exit !== null && watch.exit === null)
    watch.exit = exitWords({ ...look.exit, tail: look.tail, wasReady: watch.wasReady });
  return [...new Set(packs)];
}

/** What the flights tell: who runs, whether it moves, whether all wait. Decoration of the socket counts as a sign of life. */
export function observeFlights(watch: Watch, now: number): void {
  const { slot } = watch;
  const flights = [...slot.flights.values()].filter(
    (flight) => flight.submittedAt !== null && !flight.settled && flight.phase !== "collecting",
  );
  if (flights.length === 0) slot.deafSince = null;
  const running = flights.find((flight) => flight.lastStatus === "running");
  const waits = flights.some((flight) => flight.lastStatus === "pending");
  if (slot.state !== "up" || running !== undefined || !waits) {
    watch.queueStillSince = null;
    watch.queueStillSeen = false;
  } else watch.queueStillSince ??= now;
  if (running === undefined) watch.running = null;
  else {
    const progress = slot.client.progress(running.promptId);
    const same = watch.running?.prompt === running.promptId && watch.running.progress === progress;
    if (!same) watch.running = { prompt: running.promptId, progress, since: now };
  }
  const stopping = new Set(flights.filter((flight) => flight.stopFor !== null).map((flight) => flight.promptId));
  for (const prompt of watch.stops.keys()) if (!stopping.has(prompt)) watch.stops.delete(prompt);
  for (const prompt of stopping) if (!watch.stops.has(prompt)) watch.stops.set(prompt, now);
  // A late answer is no restart: only where nobody listened may another process answer now.
  if (slot.state === "down") watch.wasDown ||= slot.silence === "refused";
  else if (watch.wasDown) {
    watch.wasDown = false;
    watch.cameBack = true;
  }
}

export function factsOf(watch: Watch, now: number): CareFacts {
  const { slot, look, care } = watch;
  return {
    now,
    mode: watch.mode,
    alive: watch.spawned === null ? null : (look?.alive ?? null),
    adoptedReady: look?.adoptedReady ?? null,
    stranger: look?.port === "other" ? (look.holder ?? "another process") : null,
    exit: watch.exit,
    answers: slot.state !== "down" && slot.answeredAt > care.since,
    idle: slot.flights.size === 0,
    verdict: verdict(watch, now),
    stuck: stuckWords(watch, now),
    wish: slot.restartWish,
    warmUp: watch.warmUp,
    cameBack: watch.cameBack,
  };
}

function verdict(watch: Watch, now: number): Verdict {
  const { slot, look } = watch;
  const asked = slot.answeredAt > 0 || slot.silence !== null;
  return verdictOf({
    process: watch.spawned === null || look === null ? "unknown" : look.alive ? "alive" : "gone",
    threadDied: watch.threadDied,
    // Counted from when supervision began to expect an answer, for an older one says nothing.
    silentMs: slot.state === "down" && asked ? now - Math.max(slot.answeredAt, watch.care.since) : null,
    silence: slot.silence,
    // Only where it answered something since: what answers nothing at all is judged by its silence.
    deafMs: slot.deafSince === null || slot.answeredAt <= slot.deafSince ? 0 : now - slot.deafSince,
    queueStillMs: watch.queueStillSince === null || !watch.queueStillSeen ? 0 : now - watch.queueStillSince,
    promptStillMs: watch.running === null ? 0 : now - watch.running.since,
    idleMs: watch.activity === null ? null : watch.idleSince === null ? 0 : now - watch.idleSince,
    gpuBusy: gpuBusy(slot),
  });
}

/** null: not known, and nothing is guessed. */
function gpuBusy(slot: SlotState): boolean | null {
  const percent = slot.gpu.facts?.utilisationPercent ?? null;
  return percent === null ? null : percent >= LIMITS.slotGpuBusyPercent;
}

/** A cancel is verified by asking; one that has no effect in its time never will. */
function stuckWords(watch: Watch, now: number): string | null {
  const idleMs = watch.idleSince === null ? 0 : now - watch.idleSince;
  const patience = idleMs > LIMITS.cancelIdleMs ? LIMITS.cancelIdleMs : LIMITS.cancelMs;
  for (const since of watch.stops.values()) {
    if (now - since <= patience || watch.slot.state !== "up") continue;
    return `a prompt goes on ${Math.round((now - since) / 1000)} s after it was canceled`;
  }
  return null;
}

/** Past its memory it restarts at once; past a bound of `recycle` when idle, and after some patience it is made idle. */
export function recycleWish(watch: Watch, now: number): void {
  const { slot, look, spawned } = watch;
  if (watch.care.phase !== "ready" || slot.restartWish !== null) return;
  const held = look?.residentBytes ?? 0;
  const memoryMax = spawned?.spawn.memoryMax;
  if (memoryMax !== undefined && held > memoryMax) {
    const message = `it used ${byteText(held)} of the ${byteText(memoryMax)} that spawn.memoryMax allows`;
    slot.restartWish = { code: "HP-SLOT-MEMORY", message, when: "now", fault: true, person: false };
    return;
  }
  const { tasks, memory } = slot.config.recycle ?? {};
  const due =
    memory !== undefined && held > memory
      ? `it holds ${byteText(held)}, more than recycle.memory`
      : tasks !== undefined && slot.ended >= tasks
        ? `it has run ${slot.ended} tasks, as recycle.tasks says`
        : null;
  watch.recycleSince = due === null ? null : (watch.recycleSince ?? now);
  if (due === null || watch.recycleSince === null) return;
  if (slot.flights.size > 0 && now - watch.recycleSince < LIMITS.slotRecyclePatienceMs) return;
  slot.restartWish = { code: "HP-SLOT-RECYCLING", message: due, when: "idle", fault: false, person: false };
}
