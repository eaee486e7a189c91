/** The proof of the checks: its small fixed part must not find less or flag more than is written down; its counting is right. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import type { Guard } from "../../scripts/bench/qc/guard.ts";
import { guardRun } from "../../scripts/bench/qc/guard.ts";
import { inputHashes } from "../../scripts/bench/qc/inputHashes.ts";
import { BEGIN, END, withTable } from "../../scripts/bench/qc/proofTable.ts";
import { wilson } from "../../scripts/bench/qc/tally.ts";

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
