/** A process of the proof over frames: one shot a message, what the checks said of it as the answer. */
import { notesOf, sequenceChecks } from "./sequenceTable.ts";

const checks = await sequenceChecks();
process.on("message", ({ kind, seed }: { readonly kind: number; readonly seed: number }) => {
  process.send?.(notesOf(checks, kind, seed));
});
