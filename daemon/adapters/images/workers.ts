/**
 * A pool of image workers: a bounded queue, one job at a time per worker, a deadline per job. A worker that crashes or hangs
 * is dropped, its job answers with an error (HP-IMAGE-WORKER, ETIMEDOUT), and the next job gets a new one. Workers are
 * processes: what decoders take is given back only by the end of a process, and idle ones end, so that a waiting daemon is
 * small. Nothing here knows what a job means.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type {
  ImageJob,
  ImageJobKind,
  ImageResults,
  WorkerAnswer,
  WorkerBroke,
  WorkerQuestion,
  WorkerSetUp,
} from "./imageJobs.ts";
import { endLeftBehind, WORKER_MARK } from "./leftBehind.ts";
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
interface Running {
  readonly worker: ChildProcess;
  readonly ended: Promise<void>;
  current: Waiting | null;
  /** Cancels the deadline while it works, the end of its idle time while it does not. */
  cancelTimer: () => void;
}

const SCRIPT = fileURLToPath(new URL("./imageWorker.ts", import.meta.url));

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
  readonly #workers = new Set<Running>();
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
    const closing = [...this.#workers];
    // Idle ones keep nothing alive; now their end is waited for.
    for (const { worker } of closing) worker.ref();
    for (const running of closing) this.#drop(running, wereClosed());
    // A process in a dead mount never ends: it is not waited for beyond a mount's deadline.
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#timer(LIMITS.mountCallDeadlineMs, resolve);
    });
    await Promise.race([Promise.all(this.#ending), late]);
    cancel();
    for (const { worker } of closing) worker.unref();
  }

  #start(): Running {
    const mark = randomUUID();
    const worker = fork(SCRIPT, [JSON.stringify(this.#options.setUp)], {
      env: { ...process.env, [WORKER_MARK]: mark },
      execArgv: [],
      serialization: "advanced",
      // Standard output is the log's: what a studio's own check prints goes where errors go.
      stdio: ["ignore", 2, 2, "ipc"],
      // The daemon's working directory may lie on a mount that dies.
      cwd: "/",
    });
    const ended = new Promise<void>((resolve) => {
      worker.once("exit", (code) => {
        // One that ended by itself has ended what it kept (imageWorker.ts).
        if (code === 0) resolve();
        else void endLeftBehind(WORKER_MARK, mark).finally(resolve);
      });
      worker.once("error", () => worker.pid === undefined && resolve());
    });
    const running: Running = { worker, ended, current: null, cancelTimer: () => undefined };
    worker.on("message", (message) => {
      const answer = message as WorkerAnswer | WorkerBroke;
      if (answer.kind === "broke") this.#drop(running, workerError(`An image worker broke: ${answer.message}`));
      else this.#finish(running, answer);
    });
    worker.on("error", (error: Error) =>
      this.#drop(running, workerError(`An image worker broke: ${error.message}`, error)),
    );
    worker.on("exit", (code, signal) =>
      this.#drop(running, workerError(`An image worker ended (${signal ?? `exit ${code}`}).`)),
    );
    this.#workers.add(running);
    return running;
  }

  #pump(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      const idle = [...this.#workers].find((running) => running.current === null);
      if (idle === undefined && this.#workers.size >= this.#options.size) return;
      const next = this.#queue.shift();
      if (next !== undefined) this.#give(idle ?? this.#start(), next);
    }
  }

  #give(running: Running, waiting: Waiting): void {
    const { deadlineMs } = this.#options;
    running.cancelTimer();
    running.current = waiting;
    running.worker.ref();
    running.worker.channel?.ref();
    running.cancelTimer = this.#timer(deadlineMs, () => {
      const words = `An image worker made no end of ${waiting.question.job.kind} in ${deadlineMs} ms.`;
      this.#drop(running, Object.assign(new Error(words), { code: "ETIMEDOUT" }));
    });
    // A worker that is gone meanwhile says so by its exit.
    running.worker.send(waiting.question, () => undefined);
  }

  #finish(running: Running, answer: WorkerAnswer): void {
    const { current } = running;
    if (current === null || current.question.id !== answer.id) return;
    running.cancelTimer();
    running.current = null;
    // An idle worker must not keep a command alive that forgot it.
    running.worker.unref();
    running.worker.channel?.unref();
    running.cancelTimer = this.#timer(LIMITS.imageWorkerIdleMs, () => this.#drop(running, wereClosed()));
    if (answer.kind === "done") current.resolve(answer.result);
    else current.reject(receivedError(answer.error));
    this.#pump();
  }

  /** Forgets a running for good; what it was doing answers with `error`. */
  #drop(running: Running, error: Error): void {
    if (!this.#workers.delete(running)) return;
    running.cancelTimer();
    const { current } = running;
    running.current = null;
    const cancelKill = endWorker(running.worker, current !== null);
    const end: Promise<unknown> = running.ended.finally(() => {
      cancelKill();
      this.#ending.delete(end);
    });
    this.#ending.add(end);
    current?.reject(error);
    this.#pump();
  }
}

/**
 * One that rests ends by itself, for only it knows the process groups of the programs that it keeps; what works may be stuck, and is
 * killed. Returns what calls the kill off.
 */
function endWorker(worker: ChildProcess, works: boolean): () => void {
  const kill = (): void => void worker.kill("SIGKILL");
  if (works || !worker.connected) {
    kill();
    return () => undefined;
  }
  worker.disconnect();
  return realTimer(LIMITS.execKillMs, kill);
}

function workerError(message: string, cause?: unknown): HotplateError {
  return new HotplateError("HP-IMAGE-WORKER", message, { cause });
}

function wereClosed(): HotplateError {
  return workerError("The image workers were closed.");
}
