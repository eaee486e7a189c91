/**
 * The facts from which a version's papers are written (`version.ts`): gathered by publish, all of them rows and hashes.
 */
import type { StoredPath } from "./pathForms.ts";
import type { RoundTrip } from "./colorRecord.ts";
import type { RanTogether } from "./ranOn.ts";
import type { StepPlan } from "./plan.ts";
import type { Inspection } from "./qc.ts";
import type { RejectedResult } from "./rejection.ts";
import type { Failure } from "./retry.ts";
import type { SeedTry } from "./seedRetry.ts";
import type { TaskState } from "./task.ts";
import type { Waiver } from "./waiver.ts";

export interface VersionTask {
  readonly wedge: number;
  readonly frame: number | null;
  readonly state: TaskState;
  readonly failure: Failure | null;
  readonly inspection: Inspection | null;
  readonly gpuSeconds: number | null;
}

/** A frame that was wanted, whatever tasks were to make it. */
export interface VersionFrame {
  readonly wedge: number;
  readonly frame: number | null;
  /** Of the task whose word counts for it. */
  readonly state: TaskState;
  /** Why it is missing; null while it is not. */
  readonly failure: Failure | null;
  readonly inspection: Inspection | null;
  /** Chunks that were blended for it, by their first frames, with each one's part; empty: one result as it is. */
  readonly of: readonly { readonly chunk: number | null; readonly share: number }[];
  /** Two chunks have it, and yet it is one's alone: why. */
  readonly unblended: string | null;
  /** The picture that QC or a person refused, where it was staged; absent: none. */
  readonly refused?: { readonly path: string; readonly bytes: number; readonly sha256: string };
}

/** A result file at its final place; `path` is relative to the version's folder. */
export interface VersionFile {
  readonly path: string;
  readonly wedge: number;
  readonly frame: number | null;
  readonly bytes: number;
  readonly sha256: string;
  /** What was written, where that is on record. */
  readonly size?: Pick<FileHead, "width" | "height" | "channels" | "bitDepth">;
  /** What the way to the model and back costs an unchanged picture, where that was measured. */
  readonly roundTrip?: RoundTrip;
}

export interface VersionFacts {
  readonly plan: StepPlan;
  readonly stepId: string;
  readonly version: number;
  readonly fence: number;
  readonly store: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly tasks: readonly VersionTask[];
  /** Every frame of every wedge, by wedge, then frame. */
  readonly frames: readonly VersionFrame[];
  readonly files: readonly VersionFile[];
  /** Seeds that were given up for another; absent: none. `plan` has the seeds that made the files. */
  readonly tries?: readonly SeedTry[];
  /** Every waiver of the step; absent: none. */
  readonly waivers?: readonly Waiver[];
  /** What people kept out, those results too that passed after that; absent: none. */
  readonly rejections?: readonly RejectedResult[];
  readonly graphSha256: string;
  readonly ran: RanTogether;
  readonly checks: readonly { readonly name: string; readonly version: number }[];
  readonly job: {
    readonly id: string;
    readonly name: string;
    readonly show: string;
    readonly manifestSha256: string;
    readonly manifestText: string;
    /** As it was read, with defaults: canonical JSON. */
    readonly manifestRead: string;
    readonly requestedBy: string;
    readonly createdAt: number;
    /** ms since the epoch; null: not known. */
    readonly startedAt: number | null;
  };
}

export interface MachineRecord {
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  readonly hotplate: string;
  readonly devices: readonly string[];
  readonly torch: readonly string[];
  readonly comfyVersions: readonly string[];
  readonly simulated: boolean;
  /** Of the GPUs. */
  readonly drivers: readonly string[];
  /** ComfyUI's flags that make a difference to pixels or memory, without paths; null: it did not say. */
  readonly flags: readonly string[] | null;
  /** What the flags say of the models' number format; empty: nothing. */
  readonly precisions: readonly string[];
}

/** What a result file's own head says. */
export interface FileHead {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bitDepth: number;
  readonly compression: string | null;
}

/** One thing that a version was made of: a plate, an image, a reference. */
export interface InputFacts {
  readonly role: string;
  /** As people write it: `AGM_..._PL01_v001.####.exr`. */
  readonly ref: string;
  /** `1001-1058`; "" without frame numbers. */
  readonly frames: string;
  readonly dir: string;
  /** The same by its root's name: true on every machine that has the root. */
  readonly place?: StoredPath;
  readonly files: readonly {
    readonly frame: number | null;
    readonly name: string;
    readonly bytes: number;
    readonly mtimeNs: string;
    /** null: it could not be hashed in time. */
    readonly sha256: string | null;
  }[];
  /** Why a hash is not known. */
  readonly note: string | null;
}
