/**
 * How far ahead versions are opened. A number and a staging directory cost some forty calls on the disk; while more manifests
 * wait to be read than one batch takes, those calls are theirs, unless the slots could run out of work.
 */
import { LIMITS } from "./limits.ts";

export function mayOpenVersions(now: {
  /** Files that wait in each hot folder. */
  readonly waitingFiles: readonly number[];
  readonly readyTasks: number;
}): boolean {
  const backlog = now.waitingFiles.some((waiting) => waiting > LIMITS.claimsPerBatch);
  return !backlog || now.readyTasks < LIMITS.candidatesPerTick;
}
