/** What an artist reads of QC in STATUS.txt. */
import { expect, it } from "vitest";
import type { AnswerQc } from "../../daemon/domain/qcAnswer.ts";
import { anywayLines, qcLines, refusedLines } from "../../daemon/domain/qcAnswer.ts";

const NOTHING: AnswerQc = {
  wedges: 200,
  report: true,
  warned: 0,
  anyway: { failed: 0, unlooked: 0, published: true },
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

it("a report is spoken of only where there is one", () => {
  const first = [{ wedge: 3, check: "image.soft", by: "anna", reason: "wanted" }];
  const tries = [{ seed: "1000", check: "image.not_black", reason: "It is black." }];
  const reseeded = { wedges: 3, first: [{ wedge: 2, seed: "77", tries }] };
  const lines = qcLines({ ...NOTHING, report: false, warned: 2, waived: { count: 5, first }, reseeded });
  expect(lines.join("\n")).not.toContain("report");
  expect(lines).toContain("  seeds:    and 2 more variations");
});

it("what was refused is named as far as a line holds, and the rest counted where it was counted", () => {
  const refused = { wedges: [1, 12], more: 0, place: "/q/v007" };
  expect(refusedLines(refused, null)).toEqual(["  refused:  w001, w012: the pictures lie in /q/v007"]);
  expect(refusedLines({ ...refused, more: null }, "/r/v007_qc.html")).toEqual([
    "  refused:  w001, w012 and others: the pictures lie in /q/v007",
    "  QC:       /r/v007_qc.html",
  ]);
});

it("what waits for a person says until when, and why", () => {
  const until = Date.UTC(2026, 10, 29, 9, 30);
  const checks = ["image.soft", "image.seam"];
  const first = [{ task: "job_a/1/w3/1001", wedge: 3, reason: "image.soft: It is soft.", checks, until }];
  const page = "/r/look_v001_qc.html";
  const [line, waive, reject, more, look] = qcLines({ ...NOTHING, held: { count: 2, page, first } });
  expect(look).toBe("  look at:  /r/look_v001_qc.html");
  expect(line).toBe("  held:     w003 waits for a person until 2026-11-29 09:30 UTC: image.soft: It is soft.");
  // Lines to be pasted: the id as people spell it, and which checks.
  expect(waive?.trim()).toBe("hotplate waive job_a/1/w003/1001 --check image.soft --check image.seam --reason WHY");
  expect(reject?.trim()).toBe("hotplate reject job_a/1/w003/1001 --reason WHY");
  expect(more).toBe("  held:     and 1 more");
});

it("where more than one result of a variation waits, one line decides about all of them", () => {
  const wedge = { wedge: 3, target: "job_a/1/w3", tasks: 3, frames: "1001-1003", reason: "image.soft: It is soft." };
  const wedges = [{ ...wedge, checks: ["image.soft"], until: null }];
  expect(qcLines({ ...NOTHING, held: { count: 5, page: null, first: [], wedges } })).toEqual([
    "  held:     3 results of w003 (1001-1003) wait for a person: image.soft: It is soft.",
    "            hotplate waive job_a/1/w003 --check image.soft --reason WHY",
    "            hotplate reject job_a/1/w003 --reason WHY",
    "  held:     and 2 more",
  ]);
});

it("what one person rejected and another let pass is told with the first one's name and reason", () => {
  const first = [{ wedge: 3, frame: 1002, by: "anna", reason: "too\ndark" }];
  expect(qcLines({ ...NOTHING, overruled: { count: 3, first } })).toEqual([
    "  rejected: w003 frame 1002 by anna: too dark; it was waived after that",
    "  rejected: and 2 more, waived after that: see the QC report",
  ]);
});

it("what people let stand is told with who, why and of which check", () => {
  const first = [{ wedge: 3, check: "image.soft", by: "anna", reason: "wanted:\nrack focus" }];
  expect(qcLines({ ...NOTHING, waived: { count: 5, first } })).toEqual([
    "  waived:   w003 image.soft by anna: wanted: rack focus",
    "  waived:   and 4 more: see the QC report",
  ]);
});

it("what nobody could look at offers no waiver: an error has nothing to waive", () => {
  const first = [{ task: "job_a/1/w1/still", wedge: 1, reason: "QC could not look", checks: [], until: null }];
  const lines = qcLines({ ...NOTHING, held: { count: 1, page: null, first } });
  expect(lines.slice(1)).toEqual(["            hotplate reject job_a/1/w001/still --reason WHY"]);
});

it("what gate warn passes on although it failed, or nobody could look, is counted by itself", () => {
  expect(anywayLines(NOTHING)).toEqual([]);
  expect(anywayLines({ ...NOTHING, wedges: 2, anyway: { failed: 2, unlooked: 0, published: true } })).toEqual([
    "  QC:       2 of 2 variations FAILED; they are published all the same, for gate: warn says so",
  ]);
  expect(anywayLines({ ...NOTHING, anyway: { failed: 1, unlooked: 3, published: false } })).toEqual([
    "  QC:       1 of 200 variations FAILED; it will be published all the same, for gate: warn says so",
    "  QC:       3 of 200 variations COULD NOT BE LOOKED AT; they will be published all the same, for gate: warn says so",
  ]);
});

it("words of plugins and people stay on their line", () => {
  const reason = "grain:\n  held:     nothing";
  const held = { count: 1, page: null, first: [{ task: "job_1/1/w3/-", wedge: 3, reason, checks: [], until: null }] };
  expect(qcLines({ ...NOTHING, held })[0]).toBe("  held:     w003 waits for a person: grain: held: nothing");
  const tries = [{ seed: "1000", check: "studio.x", reason }];
  expect(qcLines({ ...NOTHING, reseeded: { wedges: 1, first: [{ wedge: 2, seed: "77", tries }] } })).toEqual([
    "  seeds:    w002 was made again with seed 77 (seed 1000: studio.x: grain: held: nothing)",
  ]);
});
