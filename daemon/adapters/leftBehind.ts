/**
 * What a program leaves running when it is over: a child that made a session of its own belongs to no process group that anybody
 * knows. Everything that a worker starts, and everything that one run of a check's program starts, inherits a mark in its
 * environment, so that nothing else is ever ended. What empties its environment on purpose is not found. Where /proc does not
 * tell, nothing is.
 */
import { setTimeout as delay } from "node:timers/promises";
import { LIMITS } from "../domain/limits.ts";
import { createExec } from "./exec.ts";
import { allPids, environmentText, lives, processStat } from "./slots/procfs.ts";

/** Passed on by `smallEnvironment`. */
export const WORKER_MARK = "HOTPLATE_WORKER";
/** Of one run of a check's program. */
export const PROGRAM_MARK = "HOTPLATE_PROGRAM";
/** Of everything that a starter starts for the daemon, but slots. */
export const STARTER_MARK = "HOTPLATE_STARTER";
type MarkName = typeof WORKER_MARK | typeof PROGRAM_MARK | typeof STARTER_MARK;

type Seen = "killed" | "other" | "unsure";

/** How the environment of a process is read that becomes another all the time. */
type AtOnce = (pid: number) => Promise<string | null>;

/** As often as it takes, for who must start no program. */
export const byReading: AtOnce = environmentText;

/** Resolves when none is left: whoever started another meanwhile, or could not be told just then, is found in the next round. */
export async function endLeftBehind(name: MarkName, mark: string, atOnce: AtOnce = byProgram): Promise<void> {
  for (let round = 0; round < LIMITS.leftBehindRounds; round += 1) {
    const seen = await Promise.all((await allPids()).map((pid) => endMarked(pid, { name, mark, atOnce })));
    if (seen.every((one) => one === "other")) return;
    // On a busy machine such a moment lasts as long as the process waits for a processor.
    if (!seen.includes("killed")) await delay(LIMITS.leftBehindLookMs * round);
  }
}

/** Between two looks at its start time, so that it is the process whose environment was read. */
interface Sought {
  readonly name: MarkName;
  readonly mark: string;
  readonly atOnce: AtOnce;
}

async function endMarked(pid: number, sought: Sought): Promise<Seen> {
  if (pid === process.pid) return "other";
  const stat = await processStat(pid);
  if (stat?.isKernel === true) return "other";
  const isMarked = await settledMark(pid, sought);
  if (isMarked !== true) return isMarked === null ? "unsure" : "other";
  if (stat === null || (await processStat(pid))?.startTime !== stat.startTime) return "unsure";
  try {
    process.kill(pid, "SIGKILL");
    return "killed";
  } catch {
    // Gone by itself.
    return "unsure";
  }
}

/**
 * What becomes another program all the time has, between our opening of its environment and our reading it, mostly become the next
 * one already, and what was opened is empty. A small program does both at once.
 */
async function settledMark(pid: number, sought: Sought): Promise<boolean | null> {
  let isMarked = await hasMark(pid, await environmentText(pid), sought);
  for (let look = 1; look < LIMITS.leftBehindLooks && isMarked === null; look += 1) {
    if ((await processStat(pid)) === null) return null;
    isMarked = await hasMark(pid, await sought.atOnce(pid), sought);
  }
  return isMarked;
}

/** null: it can't be told, and one that was listed and is gone may have left a child that was not listed yet. */
async function hasMark(
  pid: number,
  text: string | null,
  { name, mark }: Pick<Sought, "name" | "mark">,
): Promise<boolean | null> {
  if (text !== null && text !== "") return text.split("\0").includes(`${name}=${mark}`);
  const stat = await processStat(pid);
  if (stat === null) return null;
  return text === null || stat.isBare || !lives(stat) ? false : null;
}

const exec = createExec({ PATH: process.env["PATH"] });

async function byProgram(pid: number): Promise<string | null> {
  try {
    const answer = await exec.run("cat", [`/proc/${pid}/environ`], { timeoutMs: LIMITS.leftBehindReadMs });
    return answer.exitCode === 0 || answer.timedOut ? answer.stdout : null;
  } catch {
    // A node that can't start it now: not told.
    return "";
  }
}
