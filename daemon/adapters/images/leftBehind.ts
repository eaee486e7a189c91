/**
 * What a worker leaves behind when it is killed, or breaks: programs of checks have process groups of their own, which only that
 * worker knew, and what they have started goes on without them. Everything that a worker starts has its mark in the environment, so
 * that nothing else is ever ended. Where /proc does not tell, nothing is.
 */
import { LIMITS } from "../../domain/limits.ts";
import { allPids, environmentOf, lives, processStat } from "../slots/procfs.ts";

/** Passed on by `smallEnvironment`. */
export const WORKER_MARK = "HOTPLATE_WORKER";

/** Resolves when none is left: whoever started another meanwhile is found in the next round. */
export async function endLeftBehind(mark: string): Promise<void> {
  for (let round = 0; round < LIMITS.leftBehindRounds; round += 1) {
    const killed = await Promise.all((await allPids()).map((pid) => endMarked(pid, mark)));
    if (!killed.includes(true)) return;
  }
}

/** Between two looks at its start time, so that it is the process whose environment was read. */
async function endMarked(pid: number, mark: string): Promise<boolean> {
  if (pid === process.pid || (await environmentOf(pid, WORKER_MARK)) !== mark) return false;
  const stat = await processStat(pid);
  if (!lives(stat) || (await environmentOf(pid, WORKER_MARK)) !== mark) return false;
  if ((await processStat(pid))?.startTime !== stat.startTime) return false;
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    // Gone by itself.
    return false;
  }
}
