/** How a worker is ended: asked first where it can end what it keeps, killed where it may be stuck. */
import type { ChildProcess } from "node:child_process";
import { LIMITS } from "../../domain/limits.ts";
import type { Timer } from "../timer.ts";

/**
 * One that rests ends by itself, for only it knows the process groups of the programs that it keeps; what works may be stuck, and is
 * killed. Returns what calls the kill off.
 */
export function endWorker(
  worker: ChildProcess,
  { works, timer }: { readonly works: boolean; readonly timer: Timer },
): () => void {
  const kill = (): void => void worker.kill("SIGKILL");
  if (works || !worker.connected) {
    kill();
    return () => undefined;
  }
  worker.disconnect();
  return timer(LIMITS.execKillMs, kill);
}
