/** The processes that do the jobs of the proof: each takes the next job when it is done with one, and ends when this process does. */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Job, Seen } from "./jobs.ts";

export interface Hands {
  readonly workers: number;
  /** Folders of photographs. */
  readonly folders: readonly string[];
  readonly done: (job: Job, seen: readonly Seen[]) => void;
}

/** Hands the jobs out one by one, so that a slow process takes fewer. */
export async function doAll(jobs: readonly Job[], { workers, folders, done }: Hands): Promise<void> {
  const script = fileURLToPath(new URL("./proofWorker.ts", import.meta.url));
  let next = 0;
  const work = async (worker: ChildProcess): Promise<void> => {
    const end = ended(worker);
    await Promise.race([once(worker, "message"), end]);
    while (next < jobs.length) {
      const job = jobs[next] as Job;
      next += 1;
      worker.send(job);
      const [seen] = (await Promise.race([once(worker, "message"), end])) as [Seen[]];
      done(job, seen);
    }
    worker.disconnect();
    await end;
  };
  const count = Math.min(workers, jobs.length);
  await Promise.all(Array.from({ length: count }, () => work(fork(script, folders, { serialization: "advanced" }))));
}

/** Ends well where there is nothing more to do. */
async function ended(worker: ChildProcess): Promise<never[]> {
  const [code] = (await once(worker, "exit")) as [number];
  if (code !== 0) throw new Error(`a process of the proof ended (${code})`);
  return [];
}

const SAY_EVERY_MS = 30_000;

/** Says how far it is: over and over on one line of a terminal, a line now and then elsewhere (a log). */
export function progress(of: number): (done: number) => void {
  let said = Date.now();
  const began = said;
  return (done) => {
    const now = Date.now();
    const terminal = process.stderr.isTTY;
    if (now - said < (terminal ? 500 : SAY_EVERY_MS) && done < of) return;
    said = now;
    const left = done === 0 ? "" : `, ${Math.round(((now - began) * (of - done)) / done / 1000)} s to go`;
    process.stderr.write(terminal ? `\r${done} of ${of} jobs${left}   ` : `${done} of ${of} jobs${left}\n`);
  };
}
