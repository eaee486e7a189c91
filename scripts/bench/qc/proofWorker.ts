/** A process of the proof: takes jobs by their number, answers with what the checks said. */
import { setImmediate } from "node:timers/promises";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import type { Job, Seen } from "./jobs.ts";
import { runJob } from "./jobs.ts";
import { photos } from "./photos.ts";

// Whoever handed out the work is gone, however it ended: nobody waits for an answer any more.
process.on("disconnect", () => process.exit(0));
const bench = { loaded: await loadChecks([]), photos: await photos(process.argv.slice(2)) };
async function answer(job: Job): Promise<void> {
  const seen: Seen[] = [];
  for (const one of runJob(job, bench)) {
    seen.push(one);
    // A job takes seconds: between two pictures it is heard that nobody waits.
    await setImmediate();
  }
  // Nobody may wait any more: that is no error.
  process.send?.(seen, undefined, undefined, (error) => error !== null && process.exit(0));
}
process.on("message", (job: Job) => void answer(job));
process.send?.("ready");
