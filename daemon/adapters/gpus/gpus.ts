/**
 * The GPUs of this node by one long-lived `nvidia-smi --query-gpu ... -l`, beside it one bounded question at a time for
 * who computes on them. It never blocks: readings are what came last. A field that this driver does not know is dropped and
 * the rest asked again; a GPU that fell off the bus is left out so that the others are still seen; a child that goes silent is
 * killed, and not doubled while it hangs in the kernel.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { GpuFacts, GpuProcess, GpuReading, Known } from "../../domain/gpu.ts";
import { messageOf } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { backoffMs } from "../../domain/retry.ts";
import type { Clock, Exec, Gpus } from "../../ports.ts";
import type { Follow, Followed, FollowedEnd } from "./follow.ts";
import { follow } from "./follow.ts";
import type { KernelLog } from "./kernelLog.ts";
import { followKernelLog } from "./kernelLog.ts";
import type { Query } from "./parse.ts";
import { FULL_QUERY, LookBuilder, lostGpu, PROCESS_FIELDS, processRows, refusedField, withoutField } from "./parse.ts";
import { processFacts } from "./processes.ts";

export interface GpusOptions {
  readonly clock: Clock;
  readonly exec: Exec;
  /** What follows a program; absent: this process itself. */
  readonly follow?: Follow;
  readonly smi?: string;
  readonly journal?: string;
  /** Seconds between two looks; nvidia-smi takes whole ones. */
  readonly everySeconds?: number;
  readonly silentMs?: number;
  readonly retryMs?: (failures: number) => number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export function createGpus(options: GpusOptions): Gpus {
  const watch = new GpuWatch(options);
  return {
    start: (wake) => watch.start(wake),
    read: () => watch.read(),
    close: () => watch.close(),
  };
}

class GpuWatch {
  readonly #options: GpusOptions;
  readonly #smi: string;
  readonly #silentMs: number;
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  #query: Query = FULL_QUERY;
  #look: { readonly at: number; readonly gpus: readonly GpuFacts[] } | null = null;
  #reason = "nvidia-smi was not asked yet";
  #lost = new Map<string, string>();
  #failures = 0;
  #child: Followed | null = null;
  #processes: Known<GpuProcess> = { kind: "unknown", reason: "nvidia-smi was not asked yet who computes" };
  #asking: Promise<void> | null = null;
  #kernel: KernelLog | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: GpusOptions) {
    this.#options = options;
    this.#smi = options.smi ?? "nvidia-smi";
    this.#silentMs = options.silentMs ?? LIMITS.gpuSilentMs;
  }

  start(wake: () => void): void {
    this.#wake = wake;
    this.#loop = this.#run();
  }

  read(): GpuReading {
    const { clock } = this.#options;
    // Without a new look nothing is known: never the last value. A restart of the child is not silence.
    if (this.#look === null) return { kind: "unknown", reason: this.#reason, silent: false };
    if (clock.now() - this.#look.at > this.#silentMs) return { kind: "unknown", reason: this.#reason, silent: true };
    return {
      kind: "known",
      at: this.#look.at,
      gpus: this.#look.gpus,
      lost: [...this.#lost].map(([busId, text]) => ({ busId, text })),
      processes: this.#processes,
      xids: this.#kernel?.read() ?? { kind: "unknown", reason: "the kernel's log was not asked yet" },
    };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#child?.kill();
    const all = Promise.all([this.#loop, this.#asking, this.#kernel?.close()]);
    const late = new AbortController();
    // One that hangs in the kernel does not keep us.
    await Promise.race([all, delay(LIMITS.execKillMs, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    this.#child?.abandon();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const asked = this.#others();
      const end = await this.#life(asked);
      if (this.#stop.signal.aborted) return;
      if (!this.#learnt(end)) {
        this.#failures += 1;
        await this.#pause((this.#options.retryMs ?? backoffMs)(this.#failures));
      }
    }
  }

  /** One life of the child; its end is waited for, however long it hangs. */
  async #life(asked: readonly string[] | null): Promise<FollowedEnd> {
    const every = this.#options.everySeconds ?? LIMITS.gpuLookMs / 1000;
    const looks = new LookBuilder(this.#query, asked?.length ?? null);
    const args = [
      `--query-gpu=${this.#query.map(({ smi }) => smi).join(",")}`,
      "--format=csv,noheader,nounits",
      ...(asked === null ? [] : [`--id=${asked.join(",")}`]),
      "-l",
      String(every),
    ];
    const child = (this.#options.follow ?? follow)(this.#smi, args, {
      environment: this.#options.environment ?? process.env,
      line: (line) => {
        const gpus = looks.take(line);
        if (gpus === null) return;
        silence.refresh();
        this.#looked(gpus);
      },
    });
    this.#child = child;
    const silence = setTimeout(() => {
      this.#reason = `nvidia-smi said nothing for ${Math.round(this.#silentMs / 1000)} s`;
      child.kill();
      this.#wake();
    }, this.#silentMs).unref();
    // A GPU that was left out may be back after a reset.
    const again = asked === null ? undefined : setTimeout(() => child.kill(), LIMITS.gpuLostRetryMs).unref();
    const end = await child.ended;
    clearTimeout(silence);
    clearTimeout(again);
    this.#child = null;
    return end;
  }

  #looked(gpus: readonly GpuFacts[]): void {
    this.#failures = 0;
    this.#look = { at: this.#options.clock.now(), gpus };
    this.#askWho();
    this.#kernel ??= followKernelLog({
      exec: this.#options.exec,
      follow: this.#options.follow ?? follow,
      command: this.#options.journal ?? "journalctl",
      retryMs: LIMITS.journalRetryMs,
      environment: this.#options.environment ?? process.env,
      changed: this.#wake,
    });
    this.#wake();
  }

  /** True when the end says how to ask better, and it is asked again at once. */
  #learnt(end: FollowedEnd): boolean {
    const refused = refusedField(end.said);
    const better = refused === null ? null : withoutField(this.#query, refused);
    if (better !== null) {
      this.#query = better;
      return true;
    }
    const lost = lostGpu(end.said);
    if (lost !== null && !this.#lost.has(lost.busId) && this.#lost.size < LIMITS.gpusMax) {
      this.#lost.set(lost.busId, lost.text);
      if (this.#others() !== null) return true;
    }
    // A new driver may have all of them again: nothing that was left out stays so.
    if (lost === null) this.#lost = new Map();
    this.#query = FULL_QUERY;
    // Killed by us for its silence: that is the reason, and it stands already.
    if (end.exitCode !== null || end.code !== null) this.#reason = wordsOf(end);
    this.#wake();
    return false;
  }

  /** The GPUs to ask for by place when one is lost; null: all. */
  #others(): readonly string[] | null {
    if (this.#lost.size === 0 || this.#look === null) return null;
    const others = this.#look.gpus.flatMap(({ busId }) => (busId === null || this.#lost.has(busId) ? [] : [busId]));
    return others.length === 0 ? null : others;
  }

  #askWho(): void {
    if (this.#asking !== null || this.#stop.signal.aborted) return;
    this.#asking = this.#who().then((processes) => {
      this.#processes = processes;
      this.#asking = null;
      this.#wake();
    });
  }

  async #who(): Promise<Known<GpuProcess>> {
    const args = [`--query-compute-apps=${PROCESS_FIELDS}`, "--format=csv,noheader,nounits"];
    try {
      const answer = await this.#options.exec.run(this.#smi, args, { timeoutMs: LIMITS.gpuProcessesMs });
      // Gone only when the kernel lets it go: until then nothing else is started.
      await answer.gone;
      if (answer.timedOut) return { kind: "unknown", reason: "nvidia-smi took too long to say who computes" };
      if (answer.exitCode !== 0) return { kind: "unknown", reason: firstLine(answer.stdout + answer.stderr) };
      const rows = processRows(answer.stdout).slice(0, LIMITS.gpuProcessesMax);
      const list = await Promise.all(rows.map(async (row) => ({ ...row, process: await processFacts(row.pid) })));
      return { kind: "known", list };
    } catch (error) {
      return { kind: "unknown", reason: messageOf(error) };
    }
  }

  async #pause(ms: number): Promise<void> {
    // Aborted: it is being closed.
    await delay(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
  }
}

function wordsOf(end: FollowedEnd): string {
  if (end.code === "ENOENT") return "there is no nvidia-smi here: no NVIDIA driver, or a GPU of another vendor";
  return `nvidia-smi ended (${end.code ?? end.exitCode ?? "killed"}): ${firstLine(end.said)}`;
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0]?.slice(0, 300) || "it said nothing";
}
