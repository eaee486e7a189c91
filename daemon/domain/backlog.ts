/**
 * What has to wait while a hot folder holds more manifests than can be read at once. To be accepted comes first: it takes a
 * file out of the artist's hands. Versions are not opened further ahead than slots could use (a number and a staging directory
 * cost some forty calls on the disk), and beyond the bound at which one answer stands for the whole folder those of single
 * files come later; never much later.
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

/** A file that was accepted `sinceMs` ago; `waitingFiles` are still to be read in its folder. */
export function answerMayWait(of: { readonly waitingFiles: number; readonly sinceMs: number }): boolean {
  return of.waitingFiles > LIMITS.answersPerFolderMax && of.sinceMs < LIMITS.answerHoldMs;
}
