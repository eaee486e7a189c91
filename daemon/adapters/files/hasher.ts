/**
 * Hashing off the loop: small files in place, large ones in a thread of their own, so that a 200 MB result costs the loop
 * nothing. The thread starts at the first large file and ends when it was idle for a while, so that a waiting daemon is
 * small; idle, it keeps no process alive.
 */
import { Worker } from "node:worker_threads";
import { LIMITS } from "../../domain/limits.ts";
import type { FileDigest } from "./hashStream.ts";
import { hashStream } from "./hashStream.ts";
import { failure, openRegular } from "./openRegular.ts";

export interface HashQuestion {
  readonly id: number;
  readonly path: string;
}
export type HashAnswer =
  | { readonly id: number; readonly ok: true; readonly digest: FileDigest }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };

interface Waiting {
  readonly resolve: (digest: FileDigest) => void;
  readonly reject: (error: Error) => void;
}
interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  idle: NodeJS.Timeout | null;
}

const SCRIPT = new URL("./hashWorker.ts", import.meta.url);

export interface HasherOptions {
  /** Larger files go to the thread. */
  readonly inlineBytesMax: number;
}

export function createHasher({ inlineBytesMax }: HasherOptions): (path: string) => Promise<FileDigest> {
  let thread: Thread | null = null;
  let lastId = 0;

  function start(): Thread {
    const worker = new Worker(SCRIPT, { execArgv: [] });
    const started: Thread = { worker, waiting: new Map(), idle: null };
    worker.on("message", (answer: HashAnswer) => finish(started, answer));
    worker.on("error", (error: Error) => drop(started, error.message));
    worker.on("exit", (code) => drop(started, `the hashing thread ended (exit ${code})`));
    worker.unref();
    return started;
  }

  function finish(on: Thread, answer: HashAnswer): void {
    const waiting = on.waiting.get(answer.id);
    on.waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.digest);
    else waiting?.reject(Object.assign(new Error(answer.message), { code: answer.code }));
    if (on.waiting.size > 0) return;
    on.worker.unref();
    on.idle = setTimeout(() => drop(on, "idle"), LIMITS.hashThreadIdleMs).unref();
  }

  /** What it was asked answers EIO: the caller's stage looks again. */
  function drop(dropped: Thread, why: string): void {
    if (thread === dropped) thread = null;
    if (dropped.idle !== null) clearTimeout(dropped.idle);
    for (const waiting of dropped.waiting.values()) waiting.reject(failure("EIO", why));
    dropped.waiting.clear();
    void dropped.worker.terminate();
  }

  function askThread(path: string): Promise<FileDigest> {
    thread ??= start();
    const asked = thread;
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      if (asked.idle !== null) clearTimeout(asked.idle);
      asked.waiting.set(id, { resolve, reject });
      asked.worker.ref();
      asked.worker.postMessage({ id, path } satisfies HashQuestion);
    });
  }

  return async (path) => {
    const { handle, bytes } = await openRegular(path);
    try {
      if (bytes <= inlineBytesMax) return await hashStream(handle);
    } finally {
      await handle.close();
    }
    return askThread(path);
  };
}
