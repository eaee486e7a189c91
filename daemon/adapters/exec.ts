/**
 * Programs, by execa: each in a process group of its own, killed whole at the deadline, with capped output and a small
 * environment. May assume nothing about the program: it may hang in a dead mount where even SIGKILL waits, or leave children
 * behind that hold its output open. Must never pass on what speaks for us (NOTIFY_SOCKET, WATCHDOG_*, tokens).
 */
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { LIMITS } from "../domain/limits.ts";
import type { Exec, ExecAnswer } from "../ports.ts";

/** The last are the marks of an image worker and of a starter: what they start is known by them (leftBehind.ts). */
const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "HOTPLATE_WORKER", "HOTPLATE_STARTER"] as const;

/** Said of what made no end. */
export const NOTHING_BEFORE_DEADLINE = {
  exitCode: null,
  stdout: "",
  stderr: "",
  timedOut: true,
  capped: false,
} as const;

/** `environment` is where the passed-on variables come from; tests give their own. */
export function createExec(environment: Readonly<Record<string, string | undefined>> = process.env): Exec {
  return {
    async run(command, args, options) {
      const child = execa(command, args, {
        env: environmentOf(environment, options),
        extendEnv: false,
        reject: false,
        stripFinalNewline: false,
        input: options.stdin ?? "",
        maxBuffer: {
          stdout: options.stdoutBytesMax ?? LIMITS.execOutputBytesMax,
          stderr: LIMITS.execOutputBytesMax,
        },
        timeout: options.timeoutMs,
        killSignal: "SIGKILL",
        forceKillAfterDelay: false,
        // A group of its own, killed with all that is in it; also when we exit ourselves.
        killDescendants: true,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
      const end = child.then((result) => {
        // What it left running in the background holds nothing of ours any more.
        child.kill("SIGKILL");
        return result;
      });
      const stop = new AbortController();
      const late = delay(options.timeoutMs + LIMITS.execKillMs, "late" as const, { signal: stop.signal }).catch(
        // Aborted, because the program ended in time.
        () => "late" as const,
      );
      const first = await Promise.race([end, late]);
      stop.abort();
      if (first !== "late") return answerOf(command, first);
      // Killed, and still not gone: it waits inside the kernel, or one that left its group holds its output open.
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.nodeChildProcess.unref();
      return { ...NOTHING_BEFORE_DEADLINE, gone: end.then(() => undefined) };
    },
  };
}

function environmentOf(
  environment: Readonly<Record<string, string | undefined>>,
  { env, outlives }: Parameters<Exec["run"]>[2],
): Record<string, string> {
  const { HOTPLATE_STARTER: mark, ...small } = smallEnvironment(environment);
  return { ...small, ...(mark === undefined || outlives === true ? {} : { HOTPLATE_STARTER: mark }), ...env };
}

/** What every child of ours gets, and nothing else. */
export function smallEnvironment(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = from[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}

/** What execa says of an ended program, and we read. */
interface Ended {
  readonly exitCode?: number | undefined;
  readonly stdout?: string | undefined;
  readonly stderr?: string | undefined;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly isTerminated: boolean;
  readonly code?: string | undefined;
  readonly shortMessage?: string | undefined;
}

function answerOf(command: string, result: Ended): ExecAnswer {
  const started = result.exitCode !== undefined || result.isTerminated || result.isMaxBuffer || result.timedOut;
  if (!started) {
    throw Object.assign(new Error(`${command} can't be run: ${result.shortMessage ?? "unknown"}`), {
      code: result.code ?? "EIO",
    });
  }
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout ?? "",
    stderr: result.stderr ?? "",
    timedOut: result.timedOut,
    capped: result.isMaxBuffer,
  };
}
