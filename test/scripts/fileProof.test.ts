/**
 * The proof of the checks over files: its small fixed part must not find less or flag more than is written down; what it counts is right;
 * its bytes are the same every time.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { createImages } from "../../daemon/adapters/images/images.ts";
import { cleanFile, CORPORA } from "../../scripts/bench/qc/fileCases.ts";
import type { FilesGuard } from "../../scripts/bench/qc/fileRun.ts";
import { GUARD, guardOf, runFiles } from "../../scripts/bench/qc/fileRun.ts";
import type { FileNote } from "../../scripts/bench/qc/fileTally.ts";
import { CHECKS } from "../../scripts/bench/qc/jobs.ts";
import { PLAN_SPOILS, rightPlan, spoiltPlan } from "../../scripts/bench/qc/seriesNames.ts";
import { SEQUENCE_CHECKS } from "../../scripts/bench/qc/sequenceTable.ts";
import { cleanRows, FILES_MARKS, filesMarkdown, foundRows } from "../../scripts/bench/qc/fileTally.ts";

const { files: written } = JSON.parse(readFileSync("docs/qc-proof.json", "utf8")) as { readonly files: FilesGuard };

describe("the proof over files", () => {
  it("finds no fewer defects and flags no more that is right than is written down", { timeout: 120_000 }, async () => {
    const now = guardOf(await runFiles({ ...GUARD, workers: 2 }));
    expect(Object.keys(now.found).sort()).toEqual(Object.keys(written.found).sort());
    for (const [defect, found] of Object.entries(now.found))
      expect(found, `${defect}: found in`).toBeGreaterThanOrEqual(written.found[defect] ?? 0);
    expect(Object.keys(now.alarms).sort()).toEqual(Object.keys(written.alarms).sort());
    for (const [check, alarms] of Object.entries(now.alarms))
      expect(alarms, `${check}: right ones flagged`).toBeLessThanOrEqual(written.alarms[check] ?? 0);
  });

  it("stands on the page between its marks", () => {
    const page = readFileSync("docs/qc.md", "utf8");
    expect(page.split(FILES_MARKS.begin)).toHaveLength(2);
    expect(page.split(FILES_MARKS.end)).toHaveLength(2);
  });
});

it("every shipped check that needs no model of a studio's has defects and right ones in one of the three tables", async () => {
  const { checks } = await loadChecks([]);
  const rows = new Set([...CHECKS, ...SEQUENCE_CHECKS, ...Object.keys(written.found).map((key) => key.split(": ")[0])]);
  const models = ["image.nsfw", "image.text", "plate.identity"];
  expect(checks.map(({ id }) => id).filter((id) => !rows.has(id))).toEqual(models);
  for (const check of new Set(Object.keys(written.found).map((key) => key.split(": ")[0])))
    expect(written.alarms, "right ones of").toHaveProperty([check ?? ""]);
});

describe("right files", () => {
  let dir = "";
  const images = createImages({ scratchDir: null, checkFolders: [], workers: 1 });
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "files-"));
  });
  afterAll(async () => {
    await images.close();
    rmSync(dir, { recursive: true });
  });

  it.each(CORPORA)("of %s are the same bytes again, and others by another seed", async (corpus) => {
    const bytesOf = async (seed: number) => (await cleanFile({ images, dir }, { corpus, seed, number: 0 })).result;
    const [once, again, other] = [await bytesOf(3), await bytesOf(3), await bytesOf(4)];
    expect(Buffer.compare(once, again)).toBe(0);
    expect(Buffer.compare(once, other)).not.toBe(0);
  });
});

describe("names and frames", () => {
  it("are spoilt as they say: a plan has what is wanted, and another after it was spoilt", () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { wanted, present } = rightPlan(seed);
      expect(present).toEqual(wanted);
      for (const [name, spoil] of Object.entries(PLAN_SPOILS)) {
        const spoilt = spoiltPlan(seed, spoil);
        expect(spoilt.present, `${name}, seed ${seed}`).not.toEqual(spoilt.wanted);
      }
    }
  });
});

describe("what was said of files", () => {
  const right = { check: "file.decodes", on: "PNG", verdict: "pass", defect: null } as const satisfies FileNote;
  const defect = { name: "cut off", strength: "half", stated: true, says: "fail" } as const;
  const put = { ...right, verdict: "fail", defect } as const satisfies FileNote;

  it("counts as found only where the verdict is the one that it must be, and as flagged whatever is no pass", () => {
    const notes: readonly FileNote[] = [put, { ...put, verdict: "error" }, { ...put, verdict: null }, right];
    expect(foundRows(notes)).toEqual([{ check: "file.decodes", ...defect, found: { hits: 1, of: 3 } }]);
    const clean = [right, { ...right, verdict: "error" }, { ...right, verdict: null }] as const;
    expect(cleanRows(clean)).toEqual([{ check: "file.decodes", flagged: { hits: 1, of: 2 }, on: ["PNG (1)"] }]);
  });

  it("writes strengths of which all were found in one line, each other one by itself", () => {
    const missed = { ...put, verdict: "pass", defect: { ...defect, strength: "a byte", stated: false } } as const;
    const table = filesMarkdown([put, { ...put, defect: { ...defect, strength: "all" } }, missed, right]);
    expect(table).toContain("| cut off | `file.decodes` | **half; all** | fail | 2 of 2: 100 (34.2-100) |");
    expect(table).toContain("|  |  | a byte | fail | 0 of 1: 0 (0-79.3) |");
    expect(table).toContain("| `file.decodes` | 0 of 1: 0 (0-79.3) |  |");
  });
});
