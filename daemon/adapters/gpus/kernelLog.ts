/**
 * Xid reports of the NVIDIA driver, by following the kernel's messages in the journal from a bounded time back, so that a
 * restart of ours forgets none. Only where this user may read them (group systemd-journal or adm): else it says so, once an
 * attempt, and nothing is guessed from silence.
 */
import type { Known, XidReport } from "../../domain/gpu.ts";
import { LIMITS } from "../../domain/limits.ts";
import { messageOf } from "../../domain/errors.ts";
import type { Exec } from "../../ports.ts";
import type { Follow, Followed } from "./follow.ts";
import { xidReport } from "./parse.ts";

export interface KernelLog {
  read(): Known<XidReport>;
  close(): Promise<void>;
}

export interface KernelLogOptions {
  readonly exec: Exec;
  readonly follow: Follow;
  readonly command: string;
  readonly retryMs: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly changed: () => void;
}

export function followKernelLog(options: KernelLogOptions): KernelLog {
  const { command, exec, follow, environment } = options;
  let known: Known<XidReport> = { kind: "unknown", reason: "the kernel's log was not asked yet" };
  let child: Followed | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const unknown = (reason: string): void => {
    known = { kind: "unknown", reason };
    options.changed();
    if (closed) return;
    timer = setTimeout(() => void begin(), options.retryMs);
    timer.unref();
  };
  const begin = async (): Promise<void> => {
    const reason = await unreadable(exec, command);
    if (closed) return;
    if (reason !== null) {
      unknown(reason);
      return;
    }
    const reports: XidReport[] = [];
    known = { kind: "known", list: reports };
    const since = `-${Math.ceil(LIMITS.gpuXidHoldMs / 1000)}s`;
    child = follow(
      command,
      ["--dmesg", "--follow", "--quiet", "--no-pager", "--output=short-unix", "--lines=all", `--since=${since}`],
      {
        environment,
        line(text) {
          const report = xidReport(text);
          if (report === null) return;
          reports.push(report);
          if (reports.length > LIMITS.gpuXidsKeptMax) reports.shift();
          options.changed();
        },
      },
    );
    const { said, code } = await child.ended;
    child = null;
    unknown(`journalctl ended (${code ?? (said.trim().split("\n").at(-1) || "it said nothing")})`);
  };
  const started = begin();
  return {
    read: () => known,
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      child?.kill();
      await started;
    },
  };
}

/** Why the kernel's messages can't be read; null when they can: there is always one in this boot. */
async function unreadable(exec: Exec, command: string): Promise<string | null> {
  const args = ["--dmesg", "--lines=1", "--quiet", "--no-pager", "--output=short-unix"];
  try {
    const answer = await exec.run(command, args, { timeoutMs: LIMITS.journalLookMs });
    if (answer.timedOut) return "journalctl gives no answer";
    if (answer.exitCode === 0 && /^\d/.test(answer.stdout)) return null;
    return "this user may not read the kernel's log; add it to the group systemd-journal";
  } catch (error) {
    return messageOf(error);
  }
}
