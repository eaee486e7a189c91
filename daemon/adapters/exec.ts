/** Programs, by execa: own process group, killed whole at the deadline, output capped, a small environment. */
import { execa } from "execa";
import { LIMITS } from "../domain/limits.ts";
import type { Exec } from "../ports.ts";

const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ"] as const;

export function createExec(): Exec {
  return {
    async run(command, args, options) {
      const env = Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? ""]])));
      const child = execa(command, args, {
        env,
        extendEnv: false,
        reject: false,
        detached: true,
        maxBuffer: LIMITS.execOutputBytesMax,
        input: options.stdin ?? "",
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        stripFinalNewline: false,
      });
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        killGroup(child.pid);
      }, options.timeoutMs);
      const result = await child;
      clearTimeout(timer);
      return { exitCode: result.exitCode ?? null, stdout: String(result.stdout ?? ""), stderr: String(result.stderr ?? ""), timedOut };
    },
  };
}

/** The child leads its own group (`detached`), so its children go with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
