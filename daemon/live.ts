/**
 * What the loop knows now and no store keeps: slots, folders, roots, trouble. Owned by the loop; stages read and write it
 * only inside a tick. After a crash it is rebuilt by looking.
 */
import type { Config, SlotConfig } from "./domain/config.ts";
import type { JobId, Fence, PromptId, StepId, TaskId } from "./domain/ids.ts";
import type { Wish } from "./domain/slotLadder.ts";
import type { FolderView, NodeView, RootView, SlotProcessView, SlotView } from "./domain/nodeView.ts";
import { LIMITS } from "./domain/limits.ts";
import type { StepPlan } from "./domain/plan.ts";
import type { RuleBook } from "./domain/classify.ts";
import type { SlotGpu } from "./domain/gpu.ts";
import type { Catalogue, ComfySlot, Files, PromptStatus, SystemStats, Wake, World } from "./ports.ts";
import type { MemorySlot } from "./domain/memoryLadder.ts";
import type { EndedAttempt } from "./domain/sickness.ts";
import type { Estimator } from "./domain/estimate.ts";
import { createEstimator } from "./domain/estimate.ts";
import type { VramNeeds } from "./domain/vramNeed.ts";
import { createVramNeeds } from "./domain/vramNeed.ts";
import type { Ledger } from "./domain/share.ts";
import { EMPTY_LEDGER } from "./domain/share.ts";
import type { FlightFacts, SlotFacts, WaitReason } from "./domain/slotFit.ts";
import type { Presence } from "./presencePort.ts";
import type { TaskClass, TaskRow } from "./storePort.ts";
import type { Work } from "./work.ts";

export interface Flight {
  readonly taskId: TaskId;
  readonly fence: Fence;
  readonly promptId: PromptId;
  readonly task: TaskRow;
  readonly plan: StepPlan;
  readonly startedAt: number;
  /** Kind of work and set of models, for estimates and warm models. */
  readonly workKey: string;
  readonly modelKey: string;
  /** Who asked for it. */
  readonly person: string;
  /** Its models were not on the slot when it was given. */
  readonly cold: boolean;
  /** Nothing may run beside it on the slot. */
  readonly alone: boolean;
  /** Seconds charged to the show's share when it was given. */
  readonly charged: number;
  /** When ComfyUI was first seen to run it, ms since the epoch. */
  runningSince: number | null;
  /** What the socket said of its progress, when that last moved, and what its time limit says. */
  progress: number | null;
  movedAt: number | null;
  overTime: string | null;
  /** Peak memory of the slot's GPU above idle while it ran, MiB. */
  peakVramMiB: number | null;
  phase: "preparing" | "submitted" | "canceling" | "collecting";
  submittedAt: number | null;
  /** What the prompt must be stopped for; null while it may run. */
  stopFor: "steal" | "cancel" | "timeout" | "lost" | null;
  /** Image workers that broke or hung over its result. */
  finishTries: number;
  lastStatus: PromptStatus["kind"] | null;
  unknownSince: number | null;
  /** An answer of ComfyUI is in hand and being acted on: no more polls. */
  settled: boolean;
  /** It ended well and its files wait for their turn to be collected. */
  toCollect: (PromptStatus & { readonly kind: "completed" }) | null;
}

export interface SlotState {
  readonly config: SlotConfig;
  readonly client: ComfySlot;
  state: "up" | "down" | "refused";
  reason: string | null;
  stats: SystemStats | null;
  catalogue: Catalogue | null;
  classes: ReadonlySet<string> | null;
  /** For which job, and when, classes of the catalogue were last asked for again. */
  asked: { readonly job: JobId; readonly at: number; readonly done: Promise<void> } | null;
  nextProbeAt: number;
  nextPollAt: number;
  failures: number;
  /** Its GPU, as far as it is known (stages/gpus). */
  gpu: SlotGpu;
  /** Process group of its ComfyUI when we started it (supervision); tells its GPU work from that of others. */
  processGroup: number | null;
  /** Peaks of GPU memory (stages/vramPeaks): the least seen when nothing ran, and the kinds of work that ran since. */
  readonly vram: { base: number | null; readonly kinds: Set<string>; readAt: number | null };
  /** The set of models that it holds or is about to load; null: not known. */
  modelKey: string | null;
  /** Memory of its GPU, MiB; null: not known. */
  gpuMemoryMiB: number | null;
  readonly flights: Map<TaskId, Flight>;
  /** Who keeps new work off it -> why. Each stage writes under its own name only. */
  readonly blocks: Map<"supervision" | "gpu" | "sick" | "person", WaitReason>;
  /** Last good answer, ms; 0: none yet. */
  answeredAt: number;
  /** How calls fail while it is down. */
  silence: "refused" | "late" | null;
  /** Since when calls about its prompts failed, whatever else it answers; null: they don't, or none was made. */
  deafSince: number | null;
  /** Why it should be restarted; supervision does it. */
  restartWish: Wish | null;
  /** Prompts of ours that ended in this life of its process. */
  ended: number;
  /** What supervision sees of a spawned one. */
  process: SlotProcessView | null;
  /** Node packs that could not be loaded. */
  packs: readonly string[];
  /** Recipes that it can't run, each with the graph node classes that it lacks. */
  lacks: readonly string[];
  /** Work that it refused for a model or graph node that it does not have (stages/standing), for a bounded time. */
  readonly missing: Map<string, Missing>;
  /** Prompts that the socket spoke of since they were last asked about; all of them when it could not say. */
  readonly woken: Set<string>;
  wokenAll: boolean;
}

export interface Missing {
  readonly reason: WaitReason;
  /** ms; then it is tried again: somebody may have put it there. */
  readonly until: number;
}

export interface Trouble {
  readonly message: string;
  readonly nextTryAt: number;
  readonly failures: number;
}

export interface RootState {
  readonly name: string;
  readonly path: string;
  state: "well" | "slow" | "full";
  reason: string | null;
  freeBytes: number | null;
  demo: boolean;
  nextLookAt: number;
}

export interface Live {
  readonly slots: Map<string, SlotState>;
  readonly folders: Map<string, FolderView>;
  readonly roots: Map<string, RootState>;
  readonly stepTrouble: Map<StepId, Trouble>;
  /** What its version comes without, in words, of this life: a movie, where the node has no ffmpeg. */
  readonly lacks: Map<StepId, string>;
  /** Recipe name -> ended tasks and their seconds, of this life. */
  readonly rates: Map<string, { ended: number; seconds: number }>;
  readonly plans: Map<StepId, StepPlan>;
  /** How the last attempts ended, oldest first (domain/sickness). */
  readonly ended: EndedAttempt[];
  /** Kinds of work by their id in the store. */
  readonly classes: Map<number, TaskClass>;
  /** How long work takes and what loading models costs, learned. */
  readonly estimator: Estimator;
  /** How much GPU memory kinds of work need, learned. */
  readonly needs: VramNeeds;
  /** Who used the GPUs lately. */
  ledger: Ledger;
  /** Set of models -> when a task of it was last given to any slot. */
  readonly servedAt: Map<string, number>;
  /** What is already on record of what jobs ran on (stages/standing). */
  readonly ran: Map<string, true>;
  /** `dir/stem` of plates that accepted manifests name: such media in a hot folder are no strays. */
  readonly namedPlates: Set<string>;
  /** Product and review directories of accepted work: such a folder in a hot folder is no drop. */
  readonly ownDirs: Set<string>;
  /** Plate files that are not what was accepted, and since when that is known (stages/plateGuard). */
  readonly unsettledPlates: Map<string, number>;
  /** Hot folder -> jobs that it was told nothing of yet, and since when. */
  readonly unanswered: Map<string, Map<JobId, number>>;
  state: NodeView["state"];
}

export interface MachineFacts {
  readonly hostname: string;
  readonly os: string;
  readonly cpu: string;
  readonly memoryBytes: number;
}

export interface DaemonOptions {
  readonly node: string;
  readonly version: string;
  readonly pid: number;
  readonly machine: MachineFacts;
  readonly rules: () => Promise<RuleBook>;
  /** Lists a directory in a killable child: may calls be made on this root again? */
  readonly probe: (dir: string, timeoutMs: number) => Promise<"well" | "late" | "error">;
  /** Makes a hot folder ours although another store owned it. */
  readonly takeOver: boolean;
  /** Has the schedule of retention rung since it was last asked? Absent: there is none. */
  readonly retentionDue?: () => boolean;
  /** Secret of this node for `privacy: redact`; absent: nothing is redacted. */
  readonly privacyKey?: string;
  /** Absent: no person is known to use this machine. */
  readonly presence?: Presence;
}

/** What every stage gets. */
export interface Stage {
  readonly name: string;
  tick(): Promise<void>;
  /** Gives back what it holds of the outside (watchers). */
  close?(): Promise<void>;
}
export interface StageContext {
  readonly world: World;
  /** The guarded disk: every call has a deadline. */
  readonly files: Files;
  readonly work: Work;
  readonly live: Live;
  readonly options: DaemonOptions;
  readonly wake: () => void;
}

interface Opening {
  readonly openSlot: (slot: SlotConfig, wake: Wake) => ComfySlot;
  readonly now: () => number;
}

export function createLive(config: Config, of: Opening, wake: () => void): Live {
  const slots = new Map(config.slots.map((slot) => [slot.name, newSlot(slot, of, wake)]));
  const roots = new Map<string, RootState>(
    config.roots.map((root) => [
      root.linux,
      { name: root.name, path: root.linux, state: "well", reason: null, freeBytes: null, demo: false, nextLookAt: 0 },
    ]),
  );
  return {
    slots,
    folders: new Map(),
    roots,
    stepTrouble: new Map(),
    lacks: new Map(),
    rates: new Map(),
    plans: new Map(),
    classes: new Map(),
    ended: [],
    estimator: createEstimator(),
    needs: createVramNeeds(),
    ledger: EMPTY_LEDGER,
    unsettledPlates: new Map(),
    servedAt: new Map(),
    ran: new Map(),
    namedPlates: new Set(),
    ownDirs: new Set(),
    unanswered: new Map(config.hotFolders.map((folder) => [folder.path, new Map()])),
    state: "starting",
  };
}

/** A slot that nobody has asked yet. */
function newSlot(config: SlotConfig, of: Opening, wake: () => void): SlotState {
  const state: SlotState = {
    config,
    client: of.openSlot(config, (what) => {
      heard(state, what, of.now());
      wake();
    }),
    state: "down",
    reason: "not asked yet",
    stats: null,
    catalogue: null,
    classes: null,
    asked: null,
    nextProbeAt: 0,
    nextPollAt: 0,
    failures: 0,
    gpu: { uuid: null, facts: null, reason: "not looked at yet", mismatch: null },
    processGroup: null,
    vram: { base: null, kinds: new Set(), readAt: null },
    modelKey: null,
    gpuMemoryMiB: null,
    flights: new Map(),
    blocks: new Map(),
    answeredAt: 0,
    silence: null,
    deafSince: null,
    restartWish: null,
    ended: 0,
    process: null,
    packs: [],
    lacks: [],
    missing: new Map(),
    woken: new Set(),
    wokenAll: false,
  };
  return state;
}

/** A beginning is only a time for estimates; an end is asked about. */
function heard(slot: SlotState, what: Parameters<Wake>[0], now: number): void {
  if (what === null) {
    slot.wokenAll = true;
    // Its socket came or went: is it there? A restart between two looks would not be seen.
    slot.nextProbeAt = 0;
  } else if (what.ended) slot.woken.add(what.prompt);
  else for (const flight of slot.flights.values()) if (flight.promptId === what.prompt) flight.runningSince ??= now;
}

/** The slots as the memory ladder sees them. */
export function memorySlots(live: Live): readonly MemorySlot[] {
  return [...live.slots.values()].map((slot) => ({ name: slot.config.name, gpuMiB: slot.gpuMemoryMiB }));
}

/** How an attempt ended, for finding out who is sick; the last ones of each slot are enough. */
export function noteEnd(live: Live, end: EndedAttempt): void {
  live.ended.push(end);
  if (live.ended.length > LIMITS.endedAttemptsKept) live.ended.shift();
}

export function slotFacts(slot: SlotState, now: number): SlotFacts {
  return {
    name: slot.config.name,
    state: slot.state,
    reason: slot.reason,
    simulated: slot.stats?.simulated ?? false,
    classes: slot.classes,
    blocks: [...slot.blocks.values(), ...tooMuchToCollect(slot)],
    modelKey: slot.modelKey,
    gpuMemoryMiB: slot.gpuMemoryMiB,
    flights: [...slot.flights.values()].flatMap((flight) => flightFacts(flight, now)),
  };
}

/** Results pile up behind a slow disk: the GPU waits for it rather than ComfyUI's own disk for us. */
function tooMuchToCollect(slot: SlotState): readonly WaitReason[] {
  const waiting = [...slot.flights.values()].filter((flight) => flight.phase === "collecting").length;
  if (waiting < LIMITS.collectingPerSlotMax) return [];
  const message = `${waiting} of its results wait to be copied to their disk`;
  return [{ code: "HP-DISK-IO", message, action: "it goes on by itself" }];
}

/** What is being collected is over for ComfyUI. */
function flightFacts(flight: Flight, now: number): readonly FlightFacts[] {
  if (flight.phase === "collecting") return [];
  const { taskId, phase, workKey, modelKey, alone, cold, runningSince } = flight;
  const runningMs = runningSince === null ? null : Math.max(0, now - runningSince);
  return [{ taskId, phase, workKey, modelKey, alone, cold, runningMs }];
}

export function slotView(slot: SlotState, drift: readonly string[]): SlotView {
  return {
    name: slot.config.name,
    url: slot.config.url,
    state: slot.state,
    reason: slot.reason,
    simulated: slot.stats?.simulated ?? false,
    version: slot.stats?.version ?? null,
    device: slot.stats?.deviceName ?? null,
    classes: slot.classes,
    blocks: [...slot.blocks.values()],
    gpu: slot.gpu,
    tasks: [...slot.flights.keys()],
    process: slot.process,
    packs: slot.packs,
    lacks: slot.lacks,
    drift,
  };
}

export function rootView(root: RootState): RootView {
  return {
    name: root.name,
    path: root.path,
    state: root.state,
    reason: root.reason,
    freeBytes: root.freeBytes,
    demo: root.demo,
  };
}
