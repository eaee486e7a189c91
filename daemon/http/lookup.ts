/** A job by its id or a unique beginning of it. The command line and the API find jobs by this one function. */
import { HotplateError } from "../domain/errors.ts";
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { JobRow, Store } from "../storePort.ts";

/** @throws HotplateError HP-NOT-FOUND; HP-ID-AMBIGUOUS, naming what it could be. */
export async function findJob(store: Pick<Store, "job" | "jobs">, idOrPrefix: string): Promise<JobRow> {
  const exact = await store.job(idOrPrefix as JobId);
  if (exact !== null) return exact;
  const jobs = idOrPrefix === "" ? [] : await store.jobs({ limit: LIMITS.matchesShownMax + 1, idPrefix: idOrPrefix });
  const [first, second] = jobs;
  if (first === undefined) throw new HotplateError("HP-NOT-FOUND", `There is no job ${idOrPrefix}.`);
  if (second === undefined) return first;
  const shown = jobs.slice(0, LIMITS.matchesShownMax).map((job) => `${job.id} (${job.name}, ${job.state})`);
  const more = jobs.length > LIMITS.matchesShownMax ? ", and more" : "";
  throw new HotplateError(
    "HP-ID-AMBIGUOUS",
    `${idOrPrefix} is the beginning of several jobs: ${shown.join(", ")}${more}.`,
  );
}
