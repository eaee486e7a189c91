/** A process of the proof: takes jobs by their number, answers with what the checks said. */
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import type { Job } from "./jobs.ts";
import { runJob } from "./jobs.ts";
import { photos } from "./photos.ts";

const folder = process.argv[2] === "" ? null : (process.argv[2] ?? null);
const bench = { loaded: await loadChecks([]), photos: await photos(folder) };
process.on("disconnect", () => process.exit(0));
process.on("message", (job: Job) => process.send?.(runJob(job, bench)));
process.send?.("ready");
