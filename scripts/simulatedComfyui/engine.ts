/**
 * Execution: one prompt at a time, events in the real one's order, history written after `execution_success` and before
 * `executing {node: null}`. Pixels are made in a worker thread, so HTTP never waits for them. Memory only: a restart loses all.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { FaultBook } from "./faults.ts";
import { faultMs } from "./faults.ts";
import { HistoryBook } from "./historyBook.ts";
import type { PromptLog } from "./promptLog.ts";
import { PromptQueue } from "./promptQueue.ts";
import { PromptRun } from "./promptRun.ts";
import type { Sockets } from "./sockets.ts";
import { MODEL_FOLDERS } from "./objectInfo.ts";
import type { Prompt, Version, WorkerMessage, WorkerOrder } from "./words.ts";

export interface EngineOptions {
  readonly slotDir: string;
  readonly version: Version;
  readonly workMs: number;
  /** Who works for so many ms instead of waiting them out: a real GPU (scripts/bench/gpu.ts). */
  readonly busy?: (ms: number) => Promise<void>;
  readonly loadMs: number;
  /** Goes into every seeded value beside the graph's own seeds. */
  readonly seed: number;
  readonly faults: FaultBook;
  readonly log: PromptLog;
  readonly die: (exitCode: number) => void;
  readonly say: (line: string) => void;
}

export class Engine {
  readonly queue = new PromptQueue();
  readonly history = new HistoryBook();
  readonly #options: EngineOptions;
  readonly #worker: Worker;
  readonly #interruptCell = new Int32Array(new SharedArrayBuffer(4));
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #released = new Set<() => void>();
  #sockets: Sockets | null = null;
  #run: PromptRun | null = null;
  #execution = 0;
  #closed = false;
  #zombie = false;
  #poisoned = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { slotDir, version, seed } = options;
    for (const dir of ["input", "output", "temp", ...MODEL_FOLDERS.map((folder) => join("models", folder))])
      mkdirSync(join(slotDir, dir), { recursive: true });
    this.#worker = new Worker(new URL("./pixelWorker.ts", import.meta.url), {
      workerData: { slotDir, version, seed, interrupt: this.#interruptCell.buffer },
    });
    this.#worker.on("message", (message: WorkerMessage) => this.#run?.take(message));
    this.#worker.unref();
  }

  attach(sockets: Sockets): void {
    this.#sockets = sockets;
  }

  get running(): Prompt | null {
    return this.#run?.prompt ?? null;
  }

  runningNode(clientId: string): string | null {
    return this.#run !== null && this.#run.prompt.clientId === clientId ? this.#run.node : null;
  }

  remaining(): number {
    return this.queue.pending.length + (this.#run === null ? 0 : 1);
  }

  put(prompt: Prompt): void {
    this.queue.put(prompt);
    this.#options.log.received(prompt.id, prompt.number);
    this.#sockets?.status();
    setImmediate(() => this.#next());
  }

  /** Pending only; unknown ids are ignored. True when something went. */
  remove(ids: readonly string[] | "all"): boolean {
    const before = this.queue.pending.length;
    if (ids === "all") this.queue.clear();
    else for (const id of ids) this.queue.remove(id);
    const gone = before !== this.queue.pending.length;
    if (gone) this.#sockets?.status();
    return gone;
  }

  /** Acts on the running prompt if it is that one; null means whichever runs. */
  interrupt(id: string | null): boolean {
    const run = this.#run;
    if (run === null || (id !== null && run.prompt.id !== id)) return false;
    if (this.#options.faults.take("lostCancel") !== null) return true;
    const execution = this.#execution;
    const store = (): void => {
      Atomics.store(this.#interruptCell, 0, execution);
      Atomics.notify(this.#interruptCell, 0);
    };
    const late = this.#options.faults.take("slowInterrupt");
    if (late === null) store();
    else this.#later(faultMs(late, 1_000), store);
    return true;
  }

  /** `POST /free` and memory pressure: nothing stays cached. */
  free(): void {
    this.#worker.postMessage("free");
  }

  /** Lets go what a fault without a time holds back (`lateHistory`). */
  release(): void {
    for (const go of this.#released) go();
  }

  async close(keepTemp = false): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#worker.terminate();
    if (!keepTemp) rmSync(join(this.#options.slotDir, "temp"), { recursive: true, force: true });
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #next(): void {
    if (this.#run !== null || this.#closed || this.#zombie) return;
    const prompt = this.queue.take();
    if (prompt === null || this.#sockets === null) return;
    const { faults } = this.#options;
    const exit = faults.take("die");
    if (exit !== null) this.#options.die(Number(exit || 137));
    const zombie = faults.take("zombie");
    this.#zombie = zombie !== null;
    if (zombie === "queue") {
      this.queue.put(prompt);
      return;
    }
    this.#execution += 1;
    const run = new PromptRun(prompt, {
      sockets: this.#sockets,
      faults,
      version: this.#options.version,
      log: this.#options.log.entry(prompt.id),
    });
    this.#run = run;
    this.#sockets.status();
    if (this.#zombie) {
      if (zombie !== "silent")
        this.#options.say("Exception in thread Thread-2 (prompt_worker):\nRuntimeError: simulated");
      return;
    }
    run.begin();
    if (faults.take("stallSockets") !== null) this.#sockets.stall();
    run.ended = () => this.#ended(run);
    if (faults.take("falseSuccess") !== null) run.falseSuccess();
    else void this.#work(run);
  }

  async #work(run: PromptRun): Promise<void> {
    const { busy, workMs } = this.#options;
    const order = this.#order(run);
    if (busy === undefined) {
      this.#worker.postMessage(order);
      return;
    }
    await busy(workMs);
    if (!this.#closed) this.#worker.postMessage({ ...order, workMs: 0 });
  }

  #order(run: PromptRun): WorkerOrder {
    const { faults, workMs, loadMs } = this.#options;
    const took = (name: "noFile" | "truncated" | "black" | "wrongSize"): boolean => faults.take(name) !== null;
    const seed = faults.value("black") ?? "";
    const isOfSeed = Object.values(run.prompt.graph).some(({ inputs }) =>
      ["seed", "noise_seed"].some((name) => String(inputs[name]) === seed),
    );
    return {
      graph: run.prompt.graph,
      nodes: run.order,
      execution: this.#execution,
      workMs,
      loadMs,
      results: {
        noFile: took("noFile"),
        truncated: took("truncated"),
        black: seed === "" ? took("black") : isOfSeed,
        wrongSize: took("wrongSize"),
      },
      raise: this.#raise(),
    };
  }

  #raise(): WorkerOrder["raise"] {
    const { faults } = this.#options;
    this.#poisoned ||= faults.take("cudaError") !== null;
    if (this.#poisoned) {
      return {
        type: "torch.AcceleratorError",
        message:
          "CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be asynchronously reported at some other API call.\n",
      };
    }
    if (faults.take("oom") !== null) {
      return {
        type: "torch.OutOfMemoryError",
        message:
          "Allocation on device 0 would exceed allowed memory. (out of memory)\nThis error means you ran out of memory on your GPU.\n\nTIPS: If the workflow worked before you might have accidentally set the batch_size to a large number.",
      };
    }
    return faults.take("nodeError") === null
      ? null
      : { type: "RuntimeError", message: "simulated failure of a graph node" };
  }

  #ended(run: PromptRun): void {
    const late = this.#options.faults.take("lateHistory");
    const finish = (): void => {
      if (this.#closed) return;
      if (this.#options.faults.take("forget") === null) this.history.add(run.entry());
      this.#run = null;
      this.#sockets?.status();
      run.end();
      this.#next();
    };
    if (late === null) finish();
    else if (late !== "") this.#later(faultMs(late, 0), finish);
    else this.#hold(finish);
  }

  #hold(go: () => void): void {
    const once = (): void => {
      this.#released.delete(once);
      go();
    };
    this.#released.add(once);
  }
}
