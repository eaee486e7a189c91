/**
 * Does a mount answer? Asked by a child that can be killed: a call of our own on a dead one would never come back and would
 * keep one of libuv's threads. A child that even SIGKILL can't free is not doubled: until it is gone the mount is late.
 */
import type { Exec } from "../ports.ts";

/** Opens the directory and asks for one name: enough to need an answer of the file server. */
const CHILD = "const dir = require('node:fs').opendirSync(process.argv[1]); dir.readSync(); dir.closeSync();";

export type ProbeAnswer = "well" | "late" | "error";

export function createMountProbe(exec: Exec): (dir: string, timeoutMs: number) => Promise<ProbeAnswer> {
  const stuck = new Set<string>();
  return async (dir, timeoutMs) => {
    if (stuck.has(dir)) return "late";
    // From the root directory: the working directory of a child must not lie on the mount it asks about.
    const answer = await exec.run(process.execPath, ["-e", CHILD, dir], { timeoutMs, cwd: "/" });
    if (answer.gone !== undefined) {
      stuck.add(dir);
      void answer.gone.then(() => stuck.delete(dir));
    }
    if (answer.timedOut) return "late";
    return answer.exitCode === 0 ? "well" : "error";
  };
}
