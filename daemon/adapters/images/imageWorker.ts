/**
 * The process that does image jobs, one at a time. It owns nothing: whoever started it may end it at any instant, and it
 * ends by itself when that one is gone. A stop of the whole group is for the daemon, which may still need its pictures.
 */
import { assert, messageOf } from "../../domain/errors.ts";
import type { WorkerHears, WorkerQuestion, WorkerSays, WorkerSetUp } from "./imageJobs.ts";
import { memoryOf } from "./jobMemory.ts";
import { endLeftBehind, WORKER_MARK } from "../leftBehind.ts";
import { createPerformer } from "./perform.ts";
import { sentError } from "../sentError.ts";
import { fileBehind, guardEnds } from "./workerEnds.ts";
import { createVoice } from "./workerVoice.ts";

assert(process.send !== undefined, "imageWorker.ts runs as a child with a channel");
const answer = (value: WorkerSays, then?: () => void): void => {
  process.send?.(value, undefined, undefined, then);
};
const speaks = createVoice([process.stdout, process.stderr]);
/** Plugins that were loaded here. */
const files = new Set<string>();
/** What it is about just now: the file that it loads, what broke over the question before, and a job that waits for its turn. */
const now: { loading: string | null; broken: ReadonlyMap<string, string>; waits: WorkerQuestion | null } = {
  loading: null,
  broken: new Map(),
  // Another one that comes in its place means that it never had its turn.
  waits: null,
};
// While a file is loaded its end is told by the pool, which leaves it out (workers.ts).
const end = guardEnds(process, () => now.loading === null && files.size > 0);
const perform = createPerformer(JSON.parse(process.argv[2] ?? "{}") as WorkerSetUp, {
  loads: async (file) => {
    now.loading = file;
    if (file !== null) files.add(file);
    return new Promise((resolve) => answer({ kind: "loads", file }, resolve));
  },
  speaks,
  looks: (file) => answer({ kind: "looks", file }),
  broken: () => now.broken,
});

process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => {
  // Programs that it keeps, and what they started in sessions of their own.
  void endLeftBehind(WORKER_MARK, process.env[WORKER_MARK] ?? "none").finally(() => end(0));
});
process.on("uncaughtException", (error) =>
  answer({ kind: "broke", message: messageOf(error), by: fileBehind(error, files) }, () => end(1)),
);
process.on("message", (said: WorkerHears) => {
  if ("may" in said) {
    if (now.waits?.id === said.may) begin(now.waits);
    return;
  }
  const need = memoryOf(said.job);
  if (need.bytes === 0) return begin(said);
  now.waits = said;
  answer({ kind: "needs", id: said.id, ...need });
});

function begin({ id, job, without }: WorkerQuestion): void {
  now.waits = null;
  now.broken = new Map(without);
  perform(job).then(
    (result) => answer({ id, kind: "done", result }),
    (error: unknown) => answer({ id, kind: "failed", error: sentError(error) }),
  );
}
