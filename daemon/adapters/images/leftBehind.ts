/**
 * What a program leaves running when it is over: a child that made a session of its own belongs to no process group that anybody
 * knows. Everything that a worker starts, and everything that one run of a check's program starts, inherits a mark in its
 * environment, so that nothing else is ever ended. What empties its environment on purpose is not found. Where /proc does not
 * tell, nothing is.
 */
import { LIMITS } from "../../domain/limits.ts";
import { allPids, environmentOf, lives, processStat } from "../slots/procfs.ts";

/** Passed on by `smallEnvironment`. */
export const WORKER_MARK = "HOTPLATE_WORKER";
/** Of one run of a check's program. */
export const PROGRAM_MARK = "HOTPLATE_PROGRAM";
type MarkName = typeof WORKER_MARK | typeof PROGRAM_MARK;

/** Resolves when none is left: whoever started another meanwhile is found in the next round. */
export async function endLeftBehind(name: MarkName, mark: string): Promise<void> {
  for (let round = 0; round < LIMITS.leftBehindRounds; round += 1) {
    const killed = await Promise.all((await allPids()).map((pid) => endMarked(pid, name, mark)));
    if (!killed.includes(true)) return;
  }
}

/** Between two looks at its start time, so that it is the process whose environment was read. */
async function endMarked(pid: number, name: MarkName, mark: string): Promise<boolean> {
  if (pid === process.pid || (await environmentOf(pid, name)) !== mark) return false;
  const stat = await processStat(pid);
  if (!lives(stat) || (await environmentOf(pid, name)) !== mark) return false;
  if ((await processStat(pid))?.startTime !== stat.startTime) return false;
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    // Gone by itself.
    return false;
  }
}
