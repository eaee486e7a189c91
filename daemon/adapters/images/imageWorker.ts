/**
 * The process that does image jobs, one at a time. It owns nothing: whoever started it may end it at any instant, and it
 * ends by itself when that one is gone. A stop of the whole group is for the daemon, which may still need its pictures.
 */
import { assert, messageOf } from "../../domain/errors.ts";
import type { WorkerAnswer, WorkerBroke, WorkerLoads, WorkerQuestion, WorkerSetUp } from "./imageJobs.ts";
import { endLeftBehind, WORKER_MARK } from "../leftBehind.ts";
import { createPerformer } from "./perform.ts";
import { sentError } from "./sentError.ts";
import { createVoice } from "./workerVoice.ts";

assert(process.send !== undefined, "imageWorker.ts runs as a child with a channel");
const answer = (value: WorkerAnswer | WorkerBroke | WorkerLoads, then?: () => void): void => {
  process.send?.(value, undefined, undefined, then);
};
const speaks = createVoice([process.stdout, process.stderr]);
const perform = createPerformer(JSON.parse(process.argv[2] ?? "{}") as WorkerSetUp, {
  loads: async (file) => new Promise((resolve) => answer({ kind: "loads", file }, resolve)),
  speaks,
});

process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => {
  // Programs that it keeps, and what they started in sessions of their own.
  void endLeftBehind(WORKER_MARK, process.env[WORKER_MARK] ?? "none").finally(() => process.exit(0));
});
process.on("uncaughtException", (error) => answer({ kind: "broke", message: messageOf(error) }, () => process.exit(1)));
process.on("message", ({ id, job }: WorkerQuestion) => {
  perform(job).then(
    (result) => answer({ id, kind: "done", result }),
    (error: unknown) => answer({ id, kind: "failed", error: sentError(error) }),
  );
});
