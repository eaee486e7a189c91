/** The thread that does image jobs, one at a time. It owns nothing: whoever started it may end it at any instant. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../domain/errors.ts";
import type { WorkerAnswer, WorkerQuestion, WorkerSetUp } from "./imageJobs.ts";
import { createPerformer } from "./perform.ts";
import { sentError } from "./sentError.ts";

const port = parentPort;
assert(port !== null, "imageWorker.ts runs in a worker thread");
const perform = createPerformer(workerData as WorkerSetUp);

port.on("message", ({ id, job }: WorkerQuestion) => {
  const answer = (value: WorkerAnswer) => port.postMessage(value);
  perform(job).then(
    (result) => answer({ id, kind: "done", result }),
    (error: unknown) => answer({ id, kind: "failed", error: sentError(error) }),
  );
});
