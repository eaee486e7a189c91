/**
 * The facts from which a version's papers are written (`version.ts`): gathered by publish, all of them rows and hashes.
 */
import type { RanTogether } from "./ranOn.ts";
import type { StepPlan } from "./plan.ts";
import type { Inspection } from "./qc.ts";
import type { Failure } from "./retry.ts";
import type { TaskState } from "./task.ts";

export interface VersionTask {
  readonly wedge: number;
  readonly frame: number | null;
  readonly state: TaskState;
  readonly failure: Failure | null;
  readonly inspection: Inspection | null;
  readonly gpuSeconds: number | null;
}

/** A result file at its final place; `path` is relative to the version's folder. */
export interface VersionFile {
  readonly path: string;
  readonly wedge: number;
  readonly frame: number | null;
  readonly bytes: number;
  readonly sha256: string;
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
  readonly files: readonly VersionFile[];
  readonly graphSha256: string;
  readonly ran: RanTogether;
  readonly checks: readonly { readonly name: string; readonly version: number }[];
  readonly job: {
    readonly id: string;
    readonly name: string;
    readonly show: string;
    readonly manifestSha256: string;
    readonly manifestText: string;
    readonly requestedBy: string;
    readonly createdAt: number;
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
}
