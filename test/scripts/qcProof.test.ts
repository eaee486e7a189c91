/**
 * The proof of the checks: its small fixed part must not find less or flag more than is written down; its counting is right; a run that
 * was cut off goes on, and leaves no process behind.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import type { Guard } from "../../scripts/bench/qc/guard.ts";
import { guardRun } from "../../scripts/bench/qc/guard.ts";
import { inputHashes } from "../../scripts/bench/qc/inputHashes.ts";
import type { Job, Seen } from "../../scripts/bench/qc/jobs.ts";
import { BEGIN, END, proofTable, withTable } from "../../scripts/bench/qc/proofTable.ts";
import { heldFor, keyOf, openRecords } from "../../scripts/bench/qc/records.ts";
import { tally, wilson } from "../../scripts/bench/qc/tally.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const written = JSON.parse(readFileSync("docs/qc-proof.json", "utf8")) as {
  readonly inputs: Readonly<Record<string, string>>;
  readonly guard: Guard;
};

describe("the proof of the checks", () => {
  it("looks at the pictures that it says", () => {
    expect(inputHashes()).toEqual(written.inputs);
  });

  it("finds no fewer defects and flags no more that is right than is written down", async () => {
    const now = guardRun(await loadChecks([]));
    expect(Object.keys(now.found).sort()).toEqual(Object.keys(written.guard.found).sort());
    for (const [defect, found] of Object.entries(now.found))
      expect(found, `${defect}: found in`).toBeGreaterThanOrEqual(written.guard.found[defect] ?? 0);
    for (const [check, alarms] of Object.entries(now.alarms))
      expect(alarms, `${check}: clean cases flagged`).toBeLessThanOrEqual(written.guard.alarms[check] ?? 0);
  });
});

describe("what a count is worth", () => {
  it("is Wilson's interval", () => {
    // Newcombe 1998, table I: 81 of 263, and 0 of 20.
    const [low, high] = wilson({ hits: 81, of: 263 });
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
    expect(wilson({ hits: 0, of: 20 })[1]).toBeCloseTo(0.1611, 4);
    expect(wilson({ hits: 0, of: 0 })).toEqual([0, 1]);
  });
});

describe("the page's table", () => {
  it("is replaced between its marks, and nothing else is", () => {
    expect(withTable(`a\n${BEGIN}\nold\n${END}\nb\n`, "new\n")).toBe(`a\n${BEGIN}\nnew\n${END}\nb\n`);
    expect(() => withTable("no marks", "new\n")).toThrow("proof");
  });
});

const job: Job = { kind: "clean", from: "procedural", number: 3, seed: 0 };
const clean: Seen = {
  scene: "discs",
  seed: 4,
  heldOut: false,
  large: false,
  edit: "recolour",
  holds: "codes",
  again: false,
  defect: null,
  verdicts: { "image.seam": "pass" },
  values: {},
};

describe("the answers of a run", () => {
  const head = heldFor(0, [{ id: "image.seam", version: 2, limits: { scoreMax: 0.25 } }]);

  it("are kept as they come, and those of a run that was cut off in the middle of a line are used again", () => {
    using dir = tempDir();
    const file = dir.file("records.jsonl");
    openRecords(file, head).add(job, [clean]);
    appendFileSync(file, '{"job":{"kind":"cl');
    const again = openRecords(file, head);
    expect(again.done.get(keyOf(job))).toEqual([clean]);
    again.add({ ...job, number: 4 }, [clean]);
    expect([...openRecords(file, head).done.keys()]).toEqual(["clean procedural 3", "clean procedural 4"]);
  });

  it("are refused for another seed, another version of a check and another limit", () => {
    using dir = tempDir();
    const file = dir.file("records.jsonl");
    openRecords(file, head);
    for (const other of [
      heldFor(1, [{ id: "image.seam", version: 2, limits: { scoreMax: 0.25 } }]),
      heldFor(0, [{ id: "image.seam", version: 3, limits: { scoreMax: 0.25 } }]),
      heldFor(0, [{ id: "image.seam", version: 2, limits: { scoreMax: 0.3 } }]),
    ])
      expect(() => openRecords(file, other)).toThrow("hold for another seed");
  });
});

describe("a process of the proof", () => {
  it("ends in the middle of its work when nobody waits for it any more", async () => {
    const worker = fork("scripts/bench/qc/proofWorker.ts", [], { serialization: "advanced" });
    await once(worker, "message");
    const answers: unknown[] = [];
    worker.on("message", (answer) => answers.push(answer));
    // Dozens of pictures: it is not done when the channel closes.
    worker.send({ ...job, kind: "defects" } satisfies Job);
    worker.disconnect();
    expect((await once(worker, "exit"))[0]).toBe(0);
    expect(answers).toEqual([]);
  });
});

describe("the count of clean cases", () => {
  it("takes a case in all its forms for one, flagged where one form was", () => {
    const fail = { "alpha.preserved": "fail" } as const;
    const seen = [
      clean,
      { ...clean, holds: "light", again: true, verdicts: { "alpha.preserved": "pass" } },
      { ...clean, seed: 5 },
      { ...clean, seed: 5, holds: "light", again: true, verdicts: fail },
      { ...clean, seed: 6, large: true, verdicts: { "image.seam": "warn" } },
    ] as const satisfies readonly Seen[];
    const counted = tally(seen);
    const of = (check: string) => counted.clean.find((row) => row.check === check)?.alarms;
    expect(of("image.seam")).toEqual({ hits: 0, of: 2 });
    expect(of("alpha.preserved")).toEqual({ hits: 1, of: 2 });
    expect(of("image.grain")).toEqual({ hits: 0, of: 0 });
    expect(counted.anyFail.seen).toEqual({ hits: 1, of: 2 });
    expect(counted.large.anyWarn).toEqual({ hits: 1, of: 1 });
    const table = proofTable({ photos: [], tally: counted });
    expect(table).toContain("| `alpha.preserved` | 1 of 2: 50.0 (9.5-90.5) | - |");
    expect(table).toContain("| `image.seam` | 1 of 1: 100 (20.7-100) |");
  });
});
