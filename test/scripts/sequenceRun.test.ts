/** The proof over frames: what was seen before it was cut off is taken from its records, and nothing that was seen by other checks. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { heldFor } from "../../scripts/bench/qc/records.ts";
import { runSequences } from "../../scripts/bench/qc/sequenceRun.ts";
import { SHOT_KINDS, sequenceChecks, sequenceMarkdown } from "../../scripts/bench/qc/sequenceTable.ts";

const checks = await sequenceChecks();
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sequences-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Of every kind one shot, with a defect found and nothing flagged that is right. */
function recordsOf(held: string): string {
  const file = path.join(folder, "records.jsonl");
  const lines = SHOT_KINDS.map(({ name }, kind) => {
    const of = { check: "temporal.flicker", on: name, heldOut: kind > 20 };
    const notes = [
      { injected: "nothing", ...of, found: false, wanted: false },
      { injected: "one frame + 3 %", ...of, found: true, wanted: true },
    ];
    return JSON.stringify({ kind, seed: 1001, defects: true, checks: held, notes });
  });
  writeFileSync(file, `${lines.join("\n")}\n{"kind": 0, "se`);
  return file;
}

/** Nobody works: what is not in the records stays open. */
const run = (records: string, shots: { readonly shots: number; readonly cleanShots: number }) =>
  runSequences({ ...shots, seed: 0, workers: 0, records });

describe("a run of the proof over frames that was cut off", () => {
  it("takes what was seen from its records, without the line that was cut", async () => {
    const notes = await run(recordsOf(heldFor(0, checks)), { shots: 1, cleanShots: 1 });
    expect(notes).toHaveLength(2 * SHOT_KINDS.length);
    expect(sequenceMarkdown(notes)).toContain("`temporal.flicker` finds 21 of 21 (100 %, 84.5-100) and flags 0 of 21");
  });

  it("counts a shot with defects as a clean one, too, where only that is asked for", async () => {
    const notes = await run(recordsOf(heldFor(0, checks)), { shots: 0, cleanShots: 1 });
    expect(notes).toHaveLength(SHOT_KINDS.length);
    expect(notes.every(({ wanted }) => !wanted)).toBe(true);
  });

  it("takes nothing that other versions or limits of the checks said", async () => {
    const others = checks.map((check) => ({ ...check, version: check.version + 1 }));
    expect(await run(recordsOf(heldFor(0, others)), { shots: 1, cleanShots: 1 })).toEqual([]);
  });
});
