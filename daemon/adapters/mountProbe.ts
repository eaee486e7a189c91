/** Does a mount answer? Asked by a child that can be killed: a call of our own on a dead one would never come back. */
import type { Exec } from "../ports.ts";

const CHILD = "require('node:fs').readdirSync(process.argv[1]); console.log('well')";

export function createMountProbe(exec: Exec): (dir: string, timeoutMs: number) => Promise<"well" | "late" | "error"> {
  return async (dir, timeoutMs) => {
    const answer = await exec.run(process.execPath, ["-e", CHILD, dir], { timeoutMs });
    if (answer.timedOut) return "late";
    return answer.exitCode === 0 ? "well" : "error";
  };
}
