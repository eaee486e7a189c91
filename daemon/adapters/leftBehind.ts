/**
 * What a program leaves running when it is over: a child that made a session of its own belongs to no process group that anybody
 * knows. Everything that a worker starts, and everything that one run of a check's program starts, inherits a mark in its
 * environment, so that nothing else is ever ended. What empties its environment on purpose is not found. Where /proc does not
 * tell, nothing is.
 */
import { setTimeout as delay } from "node:timers/promises";
import { LIMITS } from "../domain/limits.ts";
import { allPids, commandOf, environmentText, lives, processStat } from "./slots/procfs.ts";

/** Passed on by `smallEnvironment`. */
export const WORKER_MARK = "HOTPLATE_WORKER";
/** Of one run of a check's program. */
export const PROGRAM_MARK = "HOTPLATE_PROGRAM";
type MarkName = typeof WORKER_MARK | typeof PROGRAM_MARK;

type Seen = "killed" | "other" | "unsure";

/** Resolves when none is left: whoever started another meanwhile, or could not be told just then, is found in the next round. */
export async function endLeftBehind(name: MarkName, mark: string): Promise<void> {
  for (let round = 0; round < LIMITS.leftBehindRounds; round += 1) {
    const seen = await Promise.all((await allPids()).map((pid) => endMarked(pid, name, mark)));
    if (seen.every((one) => one === "other")) return;
    // On a busy machine such a moment lasts as long as the process waits for a processor.
    if (!seen.includes("killed")) await delay(LIMITS.leftBehindLookMs * round);
  }
}

/** Between two looks at its start time, so that it is the process whose environment was read. */
async function endMarked(pid: number, name: MarkName, mark: string): Promise<Seen> {
  if (pid === process.pid) return "other";
  const isMarked = await settledMark(pid, name, mark);
  if (isMarked !== true) return isMarked === null ? "unsure" : "other";
  const stat = await processStat(pid);
  if (!lives(stat) || (await settledMark(pid, name, mark)) !== true) return "unsure";
  if ((await processStat(pid))?.startTime !== stat.startTime) return "unsure";
  try {
    process.kill(pid, "SIGKILL");
    return "killed";
  } catch {
    // Gone by itself.
    return "unsure";
  }
}

/** What becomes another program all the time is mostly one, between two moments in which it is none. */
async function settledMark(pid: number, name: MarkName, mark: string): Promise<boolean | null> {
  for (let look = 1; look < LIMITS.leftBehindLooks; look += 1) {
    const isMarked = await hasMark(pid, name, mark);
    if (isMarked !== null) return isMarked;
  }
  return hasMark(pid, name, mark);
}

/**
 * null: it can't be told. A process that becomes another program has neither words nor an environment for a moment, and one that was listed and is
 * gone may have left a child that was not listed yet.
 */
async function hasMark(pid: number, name: MarkName, mark: string): Promise<boolean | null> {
  const text = await environmentText(pid);
  if (text !== null && text !== "") return text.split("\0").includes(`${name}=${mark}`);
  const stat = await processStat(pid);
  if (stat === null) return null;
  const isBetween = text === "" && lives(stat) && !stat.isKernel && (await commandOf(pid)) === "";
  return isBetween ? null : false;
}
