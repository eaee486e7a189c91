/**
 * A pool of image workers: a bounded queue, one job at a time per thread, a deadline per job. A worker that crashes or hangs
 * is dropped, its job answers with an error (HP-IMAGE-WORKER, ETIMEDOUT), and the next job gets a new one. Idle workers
 * end, so that a waiting daemon is small. Nothing here knows what a job means.
 */
import { Worker } from "node:worker_threads";
import { HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { ImageJob, ImageJobKind, ImageResults, WorkerAnswer, WorkerQuestion, WorkerSetUp } from "./imageJobs.ts";
import { receivedError } from "./sentError.ts";

export interface WorkerPool {
  run<K extends ImageJobKind>(job: ImageJob & { readonly kind: K }): Promise<ImageResults[K]>;
  /** Ends all workers; queued and running jobs answer with an error. */
  close(): Promise<void>;
}

/** Calls back after `ms` unless canceled; tests give one that they fire themselves. */
export type Timer = (ms: number, then: () => void) => () => void;

export interface PoolOptions {
  readonly size: number;
  readonly setUp: WorkerSetUp;
  readonly deadlineMs: number;
  readonly timer?: Timer;
}

interface Waiting {
  readonly question: WorkerQuestion;
  readonly resolve: (result: ImageResults[ImageJobKind]) => void;
  readonly reject: (error: Error) => void;
}
interface Thread {
  readonly worker: Worker;
  current: Waiting | null;
  /** Cancels the deadline while it works, the end of its idle time while it does not. */
  cancelTimer: () => void;
}

const SCRIPT = new URL("./imageWorker.ts", import.meta.url);

const realTimer: Timer = (ms, then) => {
  const timer = setTimeout(then, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

export function createWorkerPool(options: PoolOptions): WorkerPool {
  return new Pool(options);
}

class Pool implements WorkerPool {
  readonly #options: PoolOptions;
  readonly #timer: Timer;
  readonly #queue: Waiting[] = [];
  readonly #threads = new Set<Thread>();
  readonly #ending = new Set<Promise<unknown>>();
  #lastId = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#timer = options.timer ?? realTimer;
  }

  async run<K extends ImageJobKind>(job: ImageJob & { readonly kind: K }): Promise<ImageResults[K]> {
    if (this.#closed) throw wereClosed();
    if (this.#queue.length >= LIMITS.imageQueueMax) {
      throw Object.assign(new Error(`more than ${LIMITS.imageQueueMax} image jobs wait`), { code: "EAGAIN" });
    }
    this.#lastId += 1;
    const question: WorkerQuestion = { id: this.#lastId, job };
    return new Promise<ImageResults[K]>((resolve, reject) => {
      // A worker answers a question of kind K with the result of kind K.
      this.#queue.push({ question, resolve: resolve as Waiting["resolve"], reject });
      this.#pump();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(wereClosed());
    for (const thread of this.#threads) this.#drop(thread, wereClosed());
    // A thread in a dead mount never ends: it is not waited for beyond a mount's deadline.
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#timer(LIMITS.mountCallDeadlineMs, resolve);
    });
    await Promise.race([Promise.all(this.#ending), late]);
    cancel();
  }

  #start(): Thread {
    const worker = new Worker(SCRIPT, { workerData: this.#options.setUp, execArgv: [] });
    const thread: Thread = { worker, current: null, cancelTimer: () => undefined };
    worker.on("message", (answer: WorkerAnswer) => this.#finish(thread, answer));
    worker.on("error", (error: Error) =>
      this.#drop(thread, workerError(`An image worker broke: ${error.message}`, error)),
    );
    worker.on("exit", (code) => this.#drop(thread, workerError(`An image worker ended (exit ${code}).`)));
    this.#threads.add(thread);
    return thread;
  }

  #pump(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      const idle = [...this.#threads].find((thread) => thread.current === null);
      if (idle === undefined && this.#threads.size >= this.#options.size) return;
      const next = this.#queue.shift();
      if (next !== undefined) this.#give(idle ?? this.#start(), next);
    }
  }

  #give(thread: Thread, waiting: Waiting): void {
    const { deadlineMs } = this.#options;
    thread.cancelTimer();
    thread.current = waiting;
    thread.worker.ref();
    thread.cancelTimer = this.#timer(deadlineMs, () => {
      const words = `An image worker made no end of ${waiting.question.job.kind} in ${deadlineMs} ms.`;
      this.#drop(thread, Object.assign(new Error(words), { code: "ETIMEDOUT" }));
    });
    thread.worker.postMessage(waiting.question);
  }

  #finish(thread: Thread, answer: WorkerAnswer): void {
    const { current } = thread;
    if (current === null || current.question.id !== answer.id) return;
    thread.cancelTimer();
    thread.current = null;
    // An idle worker must not keep a command alive that forgot it.
    thread.worker.unref();
    thread.cancelTimer = this.#timer(LIMITS.imageWorkerIdleMs, () => this.#drop(thread, wereClosed()));
    if (answer.kind === "done") current.resolve(answer.result);
    else current.reject(receivedError(answer.error));
    this.#pump();
  }

  /** Forgets a thread for good; what it was doing answers with `error`. */
  #drop(thread: Thread, error: Error): void {
    if (!this.#threads.delete(thread)) return;
    thread.cancelTimer();
    const { current } = thread;
    thread.current = null;
    const end: Promise<unknown> = thread.worker.terminate().finally(() => this.#ending.delete(end));
    this.#ending.add(end);
    current?.reject(error);
    this.#pump();
  }
}

function workerError(message: string, cause?: unknown): HotplateError {
  return new HotplateError("HP-IMAGE-WORKER", message, { cause });
}

function wereClosed(): HotplateError {
  return workerError("The image workers were closed.");
}
