/**
 * A pool of image workers: a bounded queue, one job at a time per worker, a deadline per job. A worker that crashes or hangs
 * is dropped, its job answers with an error (HP-IMAGE-WORKER, ETIMEDOUT), and the next job gets a new one. Workers are
 * processes: what decoders take is given back only by the end of a process, and idle ones end, so that a waiting daemon is
 * small. A worker says what a job will take before it decodes, and begins when that fits beside what the others have
 * (memoryBudget.ts); it waits outside its deadline. Nothing here knows what a job means. A worker says which plugin it is about to load: one that makes no end of it, or ends
 * its worker by it, is left out from then on, and the job is done again without it. It says, too, whose function it calls: a plugin
 * that ends its worker, breaks it later or makes no end of it is an error of that job, which is done again without calling it.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { shownText } from "../../domain/terminalText.ts";
import type {
  ImageJob,
  ImageJobKind,
  ImageResults,
  WorkerAnswer,
  WorkerBroke,
  WorkerMay,
  WorkerNeeds,
  WorkerQuestion,
  WorkerSays,
  WorkerSetUp,
} from "./imageJobs.ts";
import { endWorker } from "./endWorker.ts";
import { endLeftBehind, WORKER_MARK } from "../leftBehind.ts";
import type { MemoryBudget } from "./memoryBudget.ts";
import { createMemoryBudget, defaultMemory, tooMuch } from "./memoryBudget.ts";
import { receivedError } from "../sentError.ts";
import type { Timer } from "../timer.ts";
import { realTimer } from "../timer.ts";
import { hearLines, toStandardError } from "./workerVoice.ts";

export interface WorkerPool {
  run<K extends ImageJobKind>(job: ImageJob & { readonly kind: K }): Promise<ImageResults[K]>;
  /** Ends all workers; queued and running jobs answer with an error. */
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly size: number;
  readonly setUp: WorkerSetUp;
  readonly deadlineMs: number;
  /** Bytes that pictures may take in all workers together; absent: as the machine has memory. */
  readonly memoryBytes?: number;
  readonly timer?: Timer;
  /** Plugins that no worker loads again, and why; pools may share one. */
  readonly leftOut?: Map<string, string>;
  /** Each line that workers print, as it may be shown; absent: to standard error. */
  readonly hear?: (line: string) => void;
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
  /** The plugin that it loads just now. */
  loading: string | null;
  /** The plugin whose function it calls just now. */
  looking: string | null;
  /** Cancels the deadline while it works, the end of its idle time while it does not. */
  cancelTimer: () => void;
}

const SCRIPT = fileURLToPath(new URL("./imageWorker.ts", import.meta.url));

export function createWorkerPool(options: PoolOptions): WorkerPool {
  return new Pool(options);
}

class Pool implements WorkerPool {
  readonly #options: PoolOptions;
  readonly #timer: Timer;
  readonly #leftOut: Map<string, string>;
  readonly #queue: Waiting[] = [];
  readonly #workers = new Set<Running>();
  readonly #ending = new Set<Promise<unknown>>();
  readonly #memory: MemoryBudget<Running>;
  #lastId = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#timer = options.timer ?? realTimer;
    this.#leftOut = options.leftOut ?? new Map<string, string>();
    this.#memory = createMemoryBudget(options.memoryBytes ?? defaultMemory(), (running) => this.#giveUp(running));
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
    const worker = fork(SCRIPT, [JSON.stringify({ ...this.#options.setUp, leftOut: [...this.#leftOut] })], {
      env: { ...process.env, [WORKER_MARK]: mark },
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // The daemon's working directory may lie on a mount that dies.
      cwd: "/",
    });
    for (const stream of [worker.stdout, worker.stderr]) {
      if (stream === null) continue;
      hearLines(stream, this.#options.hear ?? toStandardError);
      // A pipe, which the types don't say; an idle worker keeps nothing alive.
      (stream as Socket).unref();
    }
    const ended = new Promise<void>((resolve) => {
      worker.once("exit", (code) => {
        // One that ended by itself has ended what it kept (imageWorker.ts). Its last words are read by the second turn of the loop.
        if (code === 0) setImmediate(() => setImmediate(resolve));
        else void endLeftBehind(WORKER_MARK, mark).finally(resolve);
      });
      worker.once("error", () => worker.pid === undefined && resolve());
    });
    const running: Running = {
      worker,
      ended,
      current: null,
      loading: null,
      looking: null,
      cancelTimer: () => undefined,
    };
    worker.on("message", (message) => {
      const answer = message as WorkerSays;
      if (answer.kind === "loads") this.#loads(running, answer.file);
      else if (answer.kind === "looks") this.#looks(running, answer.file);
      else if (answer.kind === "needs") this.#needs(running, answer);
      else if (answer.kind === "done" || answer.kind === "failed") this.#finish(running, answer);
      else this.#broke(running, answer);
    });
    worker.on("error", (error: Error) =>
      this.#drop(running, workerError(`An image worker broke: ${error.message}`, error)),
    );
    worker.on("exit", (code, signal) => {
      const how = signal ?? `exit ${code}`;
      // Whoever was killed from outside has not ended itself.
      if (signal !== "SIGKILL" && this.#leaveOut(running, `it ended its worker while it was loaded (${how})`)) return;
      if (this.#passOver(running, running.looking, `its worker ended while it ran (${how})`)) return;
      this.#drop(running, workerError(`An image worker ended (${how}).`));
    });
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
    running.cancelTimer();
    running.current = waiting;
    this.#memory.works(running);
    running.worker.ref();
    running.worker.channel?.ref();
    this.#setDeadline(running, waiting);
    // A worker that is gone meanwhile says so by its exit.
    running.worker.send(waiting.question, () => undefined);
  }

  #setDeadline(running: Running, { question }: Waiting): void {
    const { deadlineMs } = this.#options;
    running.cancelTimer = this.#timer(deadlineMs, () => {
      const words = `An image worker made no end of ${question.job.kind} in ${deadlineMs} ms.`;
      if (this.#passOver(running, running.looking, `it made no end in ${deadlineMs} ms, and its worker was ended`))
        return;
      this.#drop(running, Object.assign(new Error(words), { code: "ETIMEDOUT" }));
    });
  }

  /** Waiting for its turn is no time of the job. What never fits is refused, and the worker goes on to the next. */
  #needs(running: Running, need: WorkerNeeds): void {
    const { current } = running;
    if (current === null || current.question.id !== need.id || !this.#workers.has(running)) return;
    running.cancelTimer();
    const fits = this.#memory.ask(running, need, () => {
      this.#setDeadline(running, current);
      running.worker.send({ may: need.id } satisfies WorkerMay, () => undefined);
    });
    if (!fits) this.#ends(running, () => current.reject(tooMuch(need.bytes, this.#memory.bytes)));
  }

  /** Another needs what it keeps. What it was to do, and has not begun, is done by one that keeps nothing. */
  #giveUp(running: Running): void {
    const { current } = running;
    if (current !== null) this.#queue.unshift(current);
    running.current = null;
    this.#drop(running, wereClosed());
  }

  /** Each file has a time of its own, so that slow ones are never taken for a slow job. */
  #loads(running: Running, file: string | null): void {
    const { current } = running;
    if (current === null || !this.#workers.has(running)) return;
    running.cancelTimer();
    running.loading = file;
    if (file === null) return this.#setDeadline(running, current);
    const seconds = LIMITS.pluginLoadMs / 1000;
    running.cancelTimer = this.#timer(LIMITS.pluginLoadMs, () => {
      this.#leaveOut(running, `it made no end of being loaded in ${seconds} s and was ended`);
    });
  }

  /** Each call has a time of its own, as loading has; the job has its own anew afterwards. */
  #looks(running: Running, file: string | null): void {
    const { current } = running;
    if (current === null || !this.#workers.has(running)) return;
    running.looking = file;
    // Calls follow each other by the hundred: only what is about to be called sets a clock.
    running.cancelTimer();
    if (file === null) return this.#setDeadline(running, current);
    const { pluginRunMs } = LIMITS;
    running.cancelTimer = this.#timer(Math.min(pluginRunMs, this.#options.deadlineMs), () => {
      const why = `it made no end in ${Math.min(pluginRunMs, this.#options.deadlineMs) / 1000} s, and its worker was ended`;
      if (running.looking === file) this.#passOver(running, file, why);
    });
  }

  #broke(running: Running, { message, by }: WorkerBroke): void {
    if (this.#leaveOut(running, `it broke its worker while it was loaded: ${message}`)) return;
    if (this.#passOver(running, by, `it broke its worker later, where nobody could catch it: ${message}`)) return;
    if (running.current === null) {
      const hear = this.#options.hear ?? toStandardError;
      hear(
        shownText(`${by === null ? "An image worker" : `plugin ${by}`} broke while nothing was looked at: ${message}`),
      );
    }
    this.#drop(running, workerError(`An image worker broke${by === null ? "" : ` by ${by}`}: ${message}`));
  }

  /** The job is done again without calling it. False: nobody knows whose fault it was, or it was left out already. */
  #passOver(running: Running, file: string | null, why: string): boolean {
    const { current } = running;
    if (current === null || file === null || !this.#workers.has(running)) return false;
    const without = current.question.without ?? [];
    if (without.some(([known]) => known === file)) return false;
    const said = why.slice(0, LIMITS.checkMessageCharactersMax);
    this.#queue.unshift({ ...current, question: { ...current.question, without: [...without, [file, said]] } });
    running.current = { ...current, reject: () => undefined };
    this.#drop(running, workerError(why));
    return true;
  }

  /** False: it was loading none. */
  #leaveOut(running: Running, why: string): boolean {
    const { current, loading } = running;
    if (current === null || loading === null || !this.#workers.has(running)) return false;
    this.#leftOut.set(loading, why.slice(0, LIMITS.checkMessageCharactersMax));
    const again = { ...current, reject: (): void => undefined };
    this.#queue.unshift(current);
    running.current = again;
    this.#drop(running, workerError(why));
    return true;
  }

  #finish(running: Running, answer: WorkerAnswer): void {
    const { current } = running;
    if (current === null || current.question.id !== answer.id) return;
    this.#ends(running, () => {
      if (answer.kind === "done") current.resolve(answer.result);
      else current.reject(receivedError(answer.error));
    });
  }

  #ends(running: Running, settle: () => void): void {
    running.cancelTimer();
    running.current = null;
    running.looking = null;
    // An idle worker must not keep a command alive that forgot it.
    running.worker.unref();
    running.worker.channel?.unref();
    running.cancelTimer = this.#timer(LIMITS.imageWorkerIdleMs, () => this.#drop(running, wereClosed()));
    settle();
    this.#pump();
    if (running.current === null) this.#memory.rests(running);
  }

  /** Forgets a running for good; what it was doing answers with `error`. */
  #drop(running: Running, error: Error): void {
    if (!this.#workers.delete(running)) return;
    running.cancelTimer();
    const { current } = running;
    running.current = null;
    const cancelKill = endWorker(running.worker, { works: current !== null, timer: realTimer });
    this.#memory.leaves(running);
    // One that is stuck in a dead mount never ends: all others would wait for what it has.
    const cancelGone = this.#timer(LIMITS.mountCallDeadlineMs, () => this.#memory.gone(running));
    const end: Promise<unknown> = running.ended.finally(() => {
      cancelKill();
      cancelGone();
      this.#memory.gone(running);
      this.#ending.delete(end);
    });
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
