/**
 * What the daemon knows now that is in no store: slots, folders, roots. A picture for `explain`, the API and reports,
 * made fresh by `daemon.ts` on request; nobody decides anything by an old one.
 */
import type { GpuReading, SlotGpu } from "./gpu.ts";
import type { ScheduleFacts } from "./board.ts";
import type { StepPlan } from "./plan.ts";
import type { WaitReason } from "./slotFit.ts";

export interface SlotView {
  readonly name: string;
  readonly url: string;
  readonly state: "up" | "down" | "refused";
  /** Why it is not up, in words. */
  readonly reason: string | null;
  readonly simulated: boolean;
  readonly version: string | null;
  readonly device: string | null;
  /** Graph node classes it offers; null until read. */
  readonly classes: ReadonlySet<string> | null;
  /** What keeps new work off it although it answers. */
  readonly blocks: readonly WaitReason[];
  /** Its GPU, as far as it is known. */
  readonly gpu: SlotGpu;
  /** Task ids, running first. */
  readonly tasks: readonly string[];
  /** null: attached, or nothing runs. */
  readonly process: SlotProcessView | null;
  /** Node packs that ComfyUI could not load. */
  readonly packs: readonly string[];
  /** Recipes that it can't run, each with the graph node classes that it lacks. */
  readonly lacks: readonly string[];
  /** Approved recipes for which its ComfyUI, its node packs or the recipe itself differ from the approval, and how. */
  readonly drift: readonly string[];
}

export interface SlotProcessView {
  readonly pid: number;
  readonly startedAt: number;
  readonly residentBytes: number;
  /** Prompts of ours that ended in it. */
  readonly ended: number;
}

export interface FolderView {
  readonly path: string;
  readonly show: string;
  readonly kind: "hot folder" | "asset path";
  readonly state: "up" | "down";
  readonly reason: string | null;
  /** Names that are still settling or waiting for their plates. */
  readonly waiting: number;
  /** Reason -> how many names were ignored (dotfile, temporary, system). */
  readonly ignored: Readonly<Record<string, number>>;
  readonly lastListedAt: number | null;
}

export interface RootView {
  readonly name: string;
  readonly path: string;
  readonly state: "well" | "slow" | "full";
  readonly reason: string | null;
  readonly freeBytes: number | null;
  /** A demo root carries `.hotplate-demo.json`; only there may simulated results be published. */
  readonly demo: boolean;
}

export interface NodeView {
  readonly node: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
  readonly now: number;
  readonly state: "starting" | "up" | "draining";
  readonly slots: readonly SlotView[];
  readonly gpus: GpuReading;
  readonly folders: readonly FolderView[];
  readonly roots: readonly RootView[];
  /** Steps whose version can't be opened or published now, and why. */
  readonly stepTrouble: Readonly<Record<string, string>>;
  /** Mean seconds per ended task of this process, by recipe; absent before 3 tasks ended. */
  readonly secondsPerTask: Readonly<Record<string, number>>;
  /** What the scheduler decides by, but for what waits: that is in the store. */
  readonly scheduling: Omit<ScheduleFacts, "heads">;
  /** What keeps a wedge of a step off which slot: its models there, or a recipe that is not as it was approved. */
  readonly lacksOf: (plan: StepPlan, wedge: number) => ReadonlyMap<string, WaitReason>;
  /** GPU memory that a kind of work was seen to need, MiB, where a GPU here has so much. */
  readonly needOf: (workKey: string) => number | null;
}
