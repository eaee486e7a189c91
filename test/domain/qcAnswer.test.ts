/** What an artist reads of QC in STATUS.txt. */
import { expect, it } from "vitest";
import type { AnswerQc } from "../../daemon/domain/qcAnswer.ts";
import { qcLines } from "../../daemon/domain/qcAnswer.ts";

const NOTHING: AnswerQc = {
  wedges: 200,
  warned: 0,
  held: { count: 0, page: null, first: [] },
  waived: { count: 0, first: [] },
  reseeded: { wedges: 0, first: [] },
};

it("nothing is said where there is nothing to say", () => {
  expect(qcLines(NOTHING)).toEqual([]);
});

it("warnings are counted, with where to look", () => {
  expect(qcLines({ ...NOTHING, warned: 2 })).toEqual(["  warnings: 2 of 200 have QC warnings: see the QC report"]);
  expect(qcLines({ ...NOTHING, warned: 1 })[0]).toContain("1 of 200 has QC warnings");
});

it("another seed is named with the one before and why, and the rest is counted", () => {
  const tries = [{ seed: "1000", check: "image.not_black", reason: "It is black." }];
  expect(qcLines({ ...NOTHING, reseeded: { wedges: 3, first: [{ wedge: 2, seed: "77", tries }] } })).toEqual([
    "  seeds:    w002 was made again with seed 77 (seed 1000: image.not_black: It is black.)",
    "  seeds:    and 2 more variations: see the QC report",
  ]);
});

it("what waits for a person says until when, and why", () => {
  const until = Date.UTC(2026, 10, 29, 9, 30);
  const first = [{ task: "job_a/1/w003/1001", wedge: 3, reason: "image.soft: It is soft.", until }];
  const page = "/r/look_v001_qc.html";
  const [line, action, more, look] = qcLines({ ...NOTHING, held: { count: 2, page, first } });
  expect(look).toBe("  look at:  /r/look_v001_qc.html");
  expect(line).toBe("  held:     w003 waits for a person until 2026-11-29 09:30 UTC: image.soft: It is soft.");
  expect(action).toContain("hotplate waive job_a/1/w003/1001 --check ID --reason WHY, or hotplate reject");
  expect(more).toBe("  held:     and 1 more");
});

it("what people let stand is told with who, why and of which check", () => {
  const first = [{ wedge: 3, check: "image.soft", by: "anna", reason: "wanted:\nrack focus" }];
  expect(qcLines({ ...NOTHING, waived: { count: 5, first } })).toEqual([
    "  waived:   w003 image.soft by anna: wanted: rack focus",
    "  waived:   and 4 more: see the QC report",
  ]);
});
