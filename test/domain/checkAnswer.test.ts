/** Answers of strangers: whatever stands in one, it becomes plain data or a sentence that says what is wrong with it. */
import { describe, expect, test } from "vitest";
import { readAnswer } from "../../daemon/domain/checkAnswer.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";

const MEASURE = { name: "x", value: 1, unit: "count", limit: null };
const GOOD = { verdict: "warn", measures: [MEASURE], message: "Fine." };

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
const faultOf = (given: unknown): string | null => {
  const reading = readAnswer(given);
  return reading.kind === "fault" ? reading.fault : null;
};

describe("an answer", () => {
  test("is copied: what it was made of is read once, and what we do not know stays behind", () => {
    let reads = 0;
    const evidence = [{ kind: "boxes", title: "here", boxes: [[0, 0, 4, 4]] }];
    const given = {
      ...GOOD,
      get message() {
        return `read ${(reads += 1)}`;
      },
      evidence,
      more: nested(100_000),
    };
    const reading = readAnswer(given);
    expect(reading).toEqual({ kind: "answer", answer: { ...GOOD, message: "read 1", evidence, hint: undefined } });
    expect(reads).toBe(1);
    expect(reading.kind === "answer" && reading.answer.evidence).not.toBe(evidence);
  });

  test.each([
    ["measures", { ...GOOD, measures: nested(200_000) }],
    ["a measure's frame", { ...GOOD, measures: [{ ...MEASURE, frame: nested(5_000) }] }],
    ["evidence", { ...GOOD, evidence: nested(200_000) }],
    ["its hint, by a circle", { ...GOOD, hint: circle() }],
  ])("with %s nested without end is told, and nothing overflows", (_, given) => {
    expect(faultOf(given)).toBe(`it is nested more than ${LIMITS.checkAnswerDepthMax} deep`);
  });

  test("with more values than anybody reads is told before they are read", () => {
    const endless: unknown[] = [];
    endless.length = 4_000_000_000;
    expect(faultOf({ ...GOOD, measures: endless })).toBe(`it has more than ${LIMITS.checkAnswerValuesMax} values`);
  });

  test.each([
    ["a hole among the measures", { ...GOOD, measures: [MEASURE, undefined] }, /measure 2/],
    ["samples for measures", { ...GOOD, measures: new Float32Array(9_000_000) }, /no list/],
    ["a function for a message", { ...GOOD, message: () => "x" }, /no message/],
  ])("with %s is none", (_, given, words) => {
    expect(faultOf(given)).toMatch(words);
  });

  test.each([
    [
      "a name of megabytes",
      { name: "n".repeat(3_000_000) },
      /^measure 1 has a name of 3000000 characters; at most 200$/,
    ],
    ["no name", { name: " " }, /^measure 1 has no name$/],
    ["a name that is a number", { name: 5 }, /^measure 1 has no name$/],
    ["a frame in words", { frame: "<script>" }, /^measure 1 has a frame that is no whole number$/],
    ["half a frame", { frame: 1.5 }, /frame/],
    ["another unit", { unit: "u".repeat(3_000_000) }, /^measure 1 has no unit of code, stop, /],
    ["a side in other words", { must: "below" }, /must/],
    ["a limit in words", { limit: "5" }, /limit/],
    ["a value in words", { value: "5" }, /finite value/],
  ])("whose measure has %s is told, with which measure it is", (_, wrong, words) => {
    expect(faultOf({ ...GOOD, measures: [{ ...MEASURE, ...wrong }] })).toMatch(words);
  });

  test("keeps a whole frame, of a measure that names one", () => {
    expect(readAnswer({ ...GOOD, measures: [{ ...MEASURE, frame: -3 }] })).toMatchObject({ kind: "answer" });
  });

  test.each([
    ["a title", { kind: "boxes", title: "t".repeat(201), boxes: [] }],
    ["an axis", { kind: "plot", title: "t", x: [1], y: [1], xName: "x".repeat(201), yName: "", limit: null }],
    ["a field of its own", { kind: "boxes", title: "t", boxes: [], ["k".repeat(3_000_000)]: 1 }],
  ])("whose evidence has %s without end is told in a bounded sentence", (_, piece) => {
    const fault = faultOf({ ...GOOD, evidence: [piece] });
    expect(fault).toMatch(/^its evidence is wrong: /);
    expect(fault?.length).toBeLessThanOrEqual(LIMITS.checkMessageCharactersMax);
  });

  test("that comes later is none, and its refusal ends no process", async () => {
    const late = async () => Promise.reject(new Error("nobody listens"));
    expect(faultOf(late())).toMatch(/promise/);
    await new Promise((resolve) => setImmediate(resolve));
  });
});

function circle(): unknown {
  const round: { again?: unknown } = {};
  round.again = round;
  return round;
}
