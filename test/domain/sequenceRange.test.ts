/** Ranges inside a path: order, duplicates, and counting without counting out. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SequenceRange } from "../../daemon/domain/sequenceRange.ts";
import { framesOf, parseRange, rangeHas, rangeSize } from "../../daemon/domain/sequenceRange.ts";

function range(text: string): SequenceRange {
  const parsed = parseRange(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.range;
}

describe("a range in a path", () => {
  it.each([
    ["1-5", [1, 2, 3, 4, 5]],
    ["5-1", [5, 4, 3, 2, 1]],
    ["-10--7", [-10, -9, -8, -7]],
    ["1-10x3", [1, 4, 7, 10]],
    ["1-10y2", [2, 4, 6, 8, 10]],
    ["1-10:4", [1, 5, 9, 4, 7, 10, 3, 2, 6, 8]],
    ["10-1x-2", [10, 8, 6, 4, 2]],
    ["1001,1002-1000", [1001, 1002, 1000]],
    ["1 - 3, 9", [1, 2, 3, 9]],
  ])("%s keeps its order and a frame's first place", (text, frames) =>
    expect([...framesOf(range(text))]).toEqual(frames),
  );

  it("is counted and asked at once, however long it is", () => {
    expect(rangeSize(range("1-10000000"))).toBe(10_000_000);
    expect(rangeHas(range("0-9999999x7"), 9_999_997)).toBe(true);
    expect(rangeHas(range("0-9999999x7"), 9_999_998)).toBe(false);
    expect(parseRange("0-9999999999")).toMatchObject({ ok: false, code: "HP-PLATE-TOO-MANY" });
    expect(parseRange("1-5000001,1-5000000")).toMatchObject({ ok: false, code: "HP-PLATE-TOO-MANY" });
  });

  it("has exactly the frames that it lists, and as many", () => {
    const number = fc.integer({ min: -60, max: 60 });
    const element = fc
      .tuple(number, number, fc.constantFrom("x", "y", ":"), fc.integer({ min: 1, max: 9 }))
      .map(([a, b, kind, step]) => `${a}-${b}${kind}${step}`);
    fc.assert(
      fc.property(element, (text) => {
        const of = range(text);
        const frames = [...framesOf(of)];
        expect(new Set(frames).size).toBe(frames.length);
        expect(rangeSize(of)).toBe(frames.length);
        for (let frame = -61; frame <= 61; frame += 1) expect(rangeHas(of, frame)).toBe(frames.includes(frame));
      }),
    );
  });
});
