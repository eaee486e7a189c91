/**
 * Ends this process at once. `process.exit` waits for every thread, and a thread in a call on a dead mount never ends: the
 * process would stay, neither running nor gone, until somebody kills it. Replacing the process's image ends them all (the
 * kernel can kill what waits for an NFS or FUSE server), and the exit code is still ours to give.
 */
import { existsSync } from "node:fs";

const SHELL = "/bin/sh";

export function endProcess(code: number): never {
  // Never where it could fail: a failed one aborts.
  if (process.platform === "linux" && process.execve !== undefined && existsSync(SHELL))
    process.execve(SHELL, ["sh", "-c", `exit ${code}`], {});
  process.exit(code);
}
