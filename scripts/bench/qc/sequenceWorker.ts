/** A process of the proof over frames: one shot a message, what the checks said of it as the answer. */
import type { ShotJob } from "./sequenceTable.ts";
import { notesOf, sequenceChecks } from "./sequenceTable.ts";

const checks = await sequenceChecks();
process.on("message", (job: ShotJob) => {
  process.send?.(notesOf(checks, job));
});
