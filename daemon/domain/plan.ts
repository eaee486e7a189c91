/**
 * The plan: what one accepted manifest means, in full and with nothing left to decide but who runs it when.
 * Made once, at admission (`domain/manifest` -> `domain/expand`); stored with the job; never changed.
 * Paths are absolute on this node and already proven to lie inside a root.
 */

import type { ColorHints } from "./colorHints.ts";
import type { ColorPlan } from "./colorPlan.ts";
import type { Output } from "./outputFormat.ts";
import type { PathForm } from "./pathForms.ts";
import type { Severity } from "./qc.ts";
import type { Recipe } from "./recipe.ts";
import type { TargetPaths } from "./targetPaths.ts";
import type { RecordPlan } from "./recordPlan.ts";
import type { ShotEntity } from "./shotEntity.ts";
import type { RerunPlan } from "./rerunPlan.ts";
import type { OffCheck } from "./qcOff.ts";

export type JsonScalar = string | number | boolean;

/** One plate file as it was when the job was accepted: enough to notice that it changed. */
export interface PlateFrame {
  /** null: a still without a frame number. */
  readonly frame: number | null;
  readonly path: string;
  readonly bytes: number;
  /** Nanoseconds since the epoch, as decimal text (a number would lose digits). */
  readonly mtimeNs: string;
  readonly ino: string;
}

/** A version of ours that a plate is part of: what its results are derived from. */
export interface VersionSource {
  /** The reference as the manifest wrote it (`envTunnel@latest`); null: it wrote a path. */
  readonly asked: string | null;
  /** `hotplate://SHOW/SHOT/PRODUCT/v007[/w032]`. */
  readonly ref: string;
  readonly productDir: string;
  readonly product: string;
  /** `v007` or `v007/w032`. */
  readonly subject: string;
  /** Of the version's commit when the manifest was accepted. */
  readonly commitSha256: string;
}

export interface PlatePlan {
  /** As shown to people: `AGM_104_065_010_PL01_v001.####.exr`. */
  readonly pattern: string;
  readonly dir: string;
  /** Name before the frame, without the trailing dot. */
  readonly stem: string;
  /** Lower case, without the dot: `exr`. */
  readonly ext: string;
  /** Digits of the frame number; 0 for a still. */
  readonly padding: number;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly PlateFrame[];
  /** As the manifest writes it. */
  readonly colorspace: string | null;
  /** What its first file says of its colours. */
  readonly color?: ColorHints;
  /** Absent: footage. */
  readonly source?: VersionSource;
}

export interface RecipeRef {
  readonly name: string;
  readonly version: string;
  /** sha256 over recipe.yaml and the graph: what ran, whatever the name says. */
  readonly sha256: string;
  readonly dir: string;
  /** The recipe itself, where no recipe folder has it: of a version that is made again. */
  readonly carried?: Pick<Recipe, "file" | "graph" | "approval" | "rerun">;
}

export interface WedgePlan {
  /** 1-based, from the combination expression (leftmost axis slowest), never from finishing order. */
  readonly index: number;
  /** Axis name -> the value's label, seeds as text. */
  readonly axes: Readonly<Record<string, string>>;
  /** Complete: defaults, manifest values and axis values resolved. Seeds as text. */
  readonly parameters: Readonly<Record<string, JsonScalar>>;
  /** Whole number 0..2^53-1 as text. */
  readonly seed: string;
  /** Its seed is that of this try (domain/seedRetry): only in a plan as its wedges were made; absent: the plan's own. */
  readonly seedTry?: number;
  /** Models that its graph loads (domain/modelSet); absent: none. */
  readonly models?: readonly string[];
}

/** Where a version lands: `<productDir>/v007/`, and in it the files that the show's layout names. */
export interface Target {
  /** The folder that holds the product: the shot, beside the plates. */
  readonly shotDir: string;
  readonly productDir: string;
  readonly reviewDir: string;
  readonly product: string;
  /** Plate stem without its version: the first part of every file name. */
  readonly name: string;
  /** The configured root that contains it: the unit of mounts, breakers and demo marks. */
  readonly root: string;
  /** What the show's own templates, or the manifest, call the shot; absent: nothing does. */
  readonly entity?: ShotEntity;
  /** It goes to the show's publish place: a copy of its record lies beside the frames, for whoever takes them over. */
  readonly publish?: true;
  /** Names of files and places for people; absent in plans made before layouts: as `beside` ships them. */
  readonly paths?: TargetPaths;
}

export interface QcRequest {
  readonly check: string;
  readonly limits: Readonly<Record<string, number>>;
  /** Absent: the check's own word counts. */
  readonly severity?: Severity;
  /** Limit -> where it comes from: `profile relight`, `manifest`. Absent: the check's own default. */
  readonly from?: Readonly<Record<string, string>>;
}

/** Other seeds for a wedge that failed by what another seed may cure (domain/seedRetry). */
export interface SeedRetry {
  /** At most so many after the wedge's own. */
  readonly seeds: number;
  /** The recipe's parameter that takes the seed. */
  readonly parameter: string;
  /** Checks whose failure another seed may cure. */
  readonly cures: readonly string[];
  /** Who asked for it: `manifest`, `profile relight`. */
  readonly by: string;
}

export interface QcPlan {
  readonly gate: "reject" | "hold" | "warn";
  readonly checks: readonly QcRequest[];
  /** Checks that would look and were taken out; absent: none. */
  readonly off?: readonly OffCheck[];
  /** Absent: the manifest lists its checks itself, or a plan of before. */
  readonly profile?: { readonly name: string; readonly by: string; readonly provenance?: string };
  /** Absent: the gate decides at once. */
  readonly retry?: SeedRetry;
}

/** Frames together: how many frames a task takes, and what becomes of those that two tasks have. */
export interface ChunkPlan {
  /** Frames of one task, at least 2. */
  readonly perTask: number;
  /** Frames that neighbouring chunks share, at most half of `perTask`. */
  readonly overlap: number;
  /** Each frame by a LoadImage of its own, chained by ImageBatch; or one lossless video file. */
  readonly how: "batch" | "clip";
  /** Shared frames: a linear crossfade of both, or each from the chunk that saw more around it. */
  readonly seam: "blend" | "drop";
  /** The last chunk, when it is short: fed earlier frames too, or fewer. */
  readonly short: "shift" | "shorten";
}

export interface StepPlan {
  readonly name: string;
  readonly recipe: RecipeRef;
  readonly plate: PlatePlan | null;
  /** Sorted, unique; [null] for a still or a recipe without a plate. */
  readonly frames: readonly (number | null)[];
  /** null or absent: every frame is a task of its own (domain/chunks). */
  readonly chunks?: ChunkPlan | null;
  readonly wedges: readonly WedgePlan[];
  readonly target: Target;
  readonly output: Output;
  readonly color: ColorPlan;
  readonly qc: QcPlan;
  /** Seconds of GPU time per task by the recipe's own estimate; null when it makes none. */
  readonly gpuSecondsPerTask: number | null;
  readonly timeoutMs: number;
  /** The manifest's own words on how long pixels are kept; absent: the node's. */
  readonly retention?: { readonly rejects?: string | undefined; readonly wip?: string | undefined };
  /** What the record of the version says; absent in plans of before. */
  readonly record?: RecordPlan;
  /** The version that is made again; absent: none. */
  readonly rerun?: RerunPlan;
}

export interface JobPlan {
  readonly name: string;
  readonly show: string;
  /** 0..100, higher first. */
  readonly priority: number;
  /** ms since the epoch; null without one. */
  readonly deadlineAt: number | null;
  readonly rerun: boolean;
  readonly steps: readonly StepPlan[];
  /** The manifest as canonical JSON, after defaults: what the dedupe key is made of. */
  readonly manifestCanonical: string;
  readonly notes: readonly string[];
  /** How the manifest's writer spells paths: answers spell them so. Absent: nothing in it told. */
  readonly reader?: PathForm;
}

/** Frames that all steps publish: wedges x frames. */
export function frameCount(plan: JobPlan): number {
  return plan.steps.reduce((sum, step) => sum + step.wedges.length * step.frames.length, 0);
}
