/**
 * Queue, history and execution of one simulated ComfyUI: one prompt at a time, smallest (number, id) first, messages in the
 * real one's order, history written after `execution_success` and before `executing {node: null}`. Memory only: a restart
 * loses all of it.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Faults } from "./faults.ts";
import type { Telling } from "./narrator.ts";
import { errorFields, Narrator } from "./narrator.ts";
import type { Graph, OutputFile, WorkerMessage, WorkerOrder } from "./words.ts";
import { ancestors } from "./validate.ts";

export interface Prompt {
  readonly number: number;
  readonly id: string;
  readonly graph: Graph;
  readonly extraData: Readonly<Record<string, unknown>>;
  readonly outputs: readonly string[];
  readonly clientId: string | null;
}
export interface HistoryEntry {
  readonly prompt: Prompt;
  readonly outputs: Readonly<Record<string, { readonly images: readonly OutputFile[] }>>;
  readonly status: {
    readonly status_str: "success" | "error";
    readonly completed: boolean;
    readonly messages: readonly (readonly [string, object])[];
  };
}
export interface LogEntry {
  readonly id: string;
  readonly receivedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  readonly checkpoint: string | null;
}
export interface EngineOptions {
  readonly slotDir: string;
  readonly workMs: number;
  readonly loadMs: number;
  readonly faults: Faults;
  /** To the owner of a prompt, or to all when it has none. */
  readonly send: (clientId: string | null, type: string, data: object) => void;
  readonly die: () => void;
}

const HISTORY_MAX = 10_000;
const OUT_OF_MEMORY =
  "Allocation on device 0 would exceed allowed memory. (out of memory)\nTIPS: If the error persists, try a smaller image.";

export class Engine {
  readonly pending: Prompt[] = [];
  readonly history = new Map<string, HistoryEntry>();
  readonly log: LogEntry[] = [];
  running: Prompt | null = null;
  readonly #options: EngineOptions;
  readonly #worker: Worker;
  readonly #interrupt = new SharedArrayBuffer(4);
  #execution = 0;
  #checkpoint: string | null = null;
  #take: ((message: WorkerMessage) => void) | null = null;
  #closed = false;
  #zombie = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    for (const dir of ["input", "output", "temp"]) mkdirSync(join(options.slotDir, dir), { recursive: true });
    this.#worker = new Worker(new URL("./pixelWorker.ts", import.meta.url), {
      workerData: { slotDir: options.slotDir, interrupt: this.#interrupt },
    });
    this.#worker.on("message", (message: WorkerMessage) => this.#take?.(message));
    this.#worker.unref();
  }

  remaining(): number {
    return this.pending.length + (this.running === null ? 0 : 1);
  }

  put(prompt: Prompt): void {
    this.log.push({
      id: prompt.id,
      receivedAt: Date.now(),
      startedAt: null,
      endedAt: null,
      checkpoint: checkpointOf(prompt.graph),
    });
    this.pending.push(prompt);
    this.pending.sort((a, b) => a.number - b.number || (a.id < b.id ? -1 : 1));
    this.#status();
    setImmediate(() => void this.#next());
  }

  /** Pending only; unknown ids are ignored. */
  remove(ids: readonly string[]): void {
    for (const id of ids) {
      const at = this.pending.findIndex((prompt) => prompt.id === id);
      if (at >= 0) this.pending.splice(at, 1);
    }
    this.#status();
  }

  /** Acts on the running prompt, if it is that one; null means whichever runs. */
  interrupt(id: string | null): boolean {
    if (this.running === null || (id !== null && this.running.id !== id)) return false;
    if (this.#options.faults.happens("lostCancel")) return true;
    Atomics.store(new Int32Array(this.#interrupt), 0, this.#execution);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker.terminate();
  }

  #status(): void {
    this.#options.send(null, "status", { status: { exec_info: { queue_remaining: this.remaining() } } });
  }

  async #next(): Promise<void> {
    if (this.running !== null || this.#closed || this.#zombie) return;
    const prompt = this.pending.shift();
    if (prompt === undefined) return;
    this.running = prompt;
    this.#status();
    if (this.#options.faults.happens("die")) this.#options.die();
    if (this.#options.faults.happens("zombie")) {
      this.#zombie = true;
      return;
    }
    await this.#execute(prompt);
    this.running = null;
    await this.#next();
  }

  async #execute(prompt: Prompt): Promise<void> {
    const { send, faults } = this.#options;
    const messages: [string, object][] = [];
    const outputs: Record<string, { images: readonly OutputFile[] }> = {};
    const note = (type: string, data: object): void => {
      const stamped = { ...data, prompt_id: prompt.id, timestamp: Date.now() };
      messages.push([type, stamped]);
      send(prompt.clientId, type, stamped);
    };
    const entry = this.log.findLast((known) => known.id === prompt.id);
    if (entry !== undefined) entry.startedAt = Date.now();
    note("execution_start", {});
    await this.#work(prompt);
    const success = await this.#run(prompt, { note, outputs });
    if (entry !== undefined) entry.endedAt = Date.now();
    if (success && prompt.clientId !== null && faults.happens("dropSocket")) send(prompt.clientId, "__drop", {});
    if (faults.happens("lateHistory")) await pause(300);
    if (!faults.happens("forget")) this.#remember(prompt, { outputs, messages, success });
    this.#status();
    send(prompt.clientId, "executing", { node: null, prompt_id: prompt.id });
  }

  /** Stands for the GPU's time: loading another checkpoint, then the work. */
  async #work(prompt: Prompt): Promise<void> {
    const checkpoint = checkpointOf(prompt.graph);
    if (checkpoint !== null && checkpoint !== this.#checkpoint && this.#options.loadMs > 0)
      await pause(this.#options.loadMs);
    this.#checkpoint = checkpoint;
    if (this.#options.workMs > 0) await pause(this.#options.workMs);
  }

  #run(prompt: Prompt, of: Telling): Promise<boolean> {
    const { send, faults } = this.#options;
    if (faults.happens("falseSuccess")) {
      of.note("execution_cached", { nodes: [] });
      of.note(
        "execution_error",
        errorFields({
          node: "1",
          nodeClass: "LoadImage",
          type: "graph.DependencyCycleError",
          message: "Dependency cycle detected",
        }),
      );
      return Promise.resolve(true);
    }
    const order: WorkerOrder = {
      graph: prompt.graph,
      nodes: executionOrder(prompt),
      number: ++this.#execution,
      faults: (["noFile", "truncated", "black"] as const).filter((fault) => faults.happens(fault)),
    };
    if (faults.happens("oom")) {
      of.note("execution_cached", { nodes: [] });
      of.note(
        "execution_error",
        errorFields({
          node: order.nodes.at(-1) ?? "",
          nodeClass: "KSampler",
          type: "torch.OutOfMemoryError",
          message: OUT_OF_MEMORY,
        }),
      );
      return Promise.resolve(false);
    }
    const narrator = new Narrator(prompt, (type, data) => send(prompt.clientId, type, data), of);
    return new Promise((resolve) => {
      this.#take = (message) => {
        const ended = narrator.tell(message);
        if (ended !== null) resolve(ended);
      };
      this.#worker.postMessage(order);
    });
  }

  #remember(
    prompt: Prompt,
    of: { outputs: HistoryEntry["outputs"]; messages: readonly [string, object][]; success: boolean },
  ): void {
    this.history.set(prompt.id, {
      prompt,
      outputs: of.outputs,
      status: { status_str: of.success ? "success" : "error", completed: of.success, messages: of.messages },
    });
    if (this.history.size <= HISTORY_MAX) return;
    for (const oldest of this.history.keys()) {
      this.history.delete(oldest);
      break;
    }
  }
}

/** Dependencies before dependants; only what the outputs need. */
export function executionOrder(prompt: Pick<Prompt, "graph" | "outputs">): readonly string[] {
  const needed = new Set<string>();
  for (const output of prompt.outputs) ancestors(prompt.graph, output, needed);
  const out: string[] = [];
  const visit = (id: string): void => {
    if (out.includes(id)) return;
    for (const value of Object.values(prompt.graph[id]?.inputs ?? {})) {
      if (Array.isArray(value) && typeof value[0] === "string" && needed.has(value[0])) visit(value[0]);
    }
    out.push(id);
  };
  for (const id of prompt.outputs) visit(id);
  return out;
}

function checkpointOf(graph: Graph): string | null {
  for (const node of Object.values(graph))
    if (typeof node.inputs["ckpt_name"] === "string") return node.inputs["ckpt_name"];
  return null;
}
