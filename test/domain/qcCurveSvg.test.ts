/** Curves of reports: numbers that a person can find a frame by, and no line where there was none. */
import { describe, expect, it } from "vitest";
import type { Curve } from "../../daemon/domain/qcCurveSvg.ts";
import { curveSvg, gapsIn } from "../../daemon/domain/qcCurveSvg.ts";
import { esc } from "../../daemon/domain/qcReportWords.ts";

const drawn = (x: readonly number[], of: Partial<Curve> = {}): string =>
  curveSvg({ x, y: x.map(() => 1), xName: "frame", yName: "stop", limits: [], ...of }, { label: "l", escape: esc });
const lines = (svg: string): readonly (readonly string[])[] =>
  [...svg.matchAll(/points="([^"]*)"/g)].map(([, points = ""]) => points.split(" "));
const numbers = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text[^>]*y="134"[^>]*>([^<]*)</g)].map(([, words = ""]) => words);
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("a curve over frames of which one is missing", () => {
  const x = [...range(1001, 1007), 1009, 1010];

  it("has no line over the gap, a mark there, and its number", () => {
    const svg = drawn(x);
    expect(lines(svg).map(({ length }) => length)).toEqual([7, 2]);
    expect(svg.match(/class="gap"/g)).toHaveLength(1);
    expect(svg).toContain("none at 1008<");
  });

  it("has a point where only one frame stands between two gaps, and counts gaps beyond a few", () => {
    const svg = drawn([1001, 1002, 1003, 1006, 1007, 1009, 1010, 1012, 1014, 1015]);
    expect(lines(svg).map(({ length }) => length)).toEqual([3, 2, 2, 1, 2]);
    expect(svg.match(/r="1.5"/g)).toHaveLength(1);
    expect(svg).toContain("none at 1004-1005, 1008 and 2 more<");
  });

  it("has none where every second frame was made, nor where a long one is drawn by the worst of every few", () => {
    expect(gapsIn([1001, 1003, 1005, 1007])).toEqual([]);
    expect(gapsIn([1001, 1003, 1007, 1009])).toEqual([{ from: 1003, to: 1007, step: 2 }]);
    expect(gapsIn([1001, 1006, 1009, 1010, 1015, 1019, 1021])).toEqual([]);
    expect(lines(drawn(x, { gaps: [] }))).toHaveLength(1);
  });
});

describe("the numbers under a curve", () => {
  it("are those of both ends, of the worst point in bold, and round ones between them", () => {
    const x = range(1001, 1100);
    const svg = drawn(x, { y: x.map((frame) => (frame === 1053 ? 9 : 1)) });
    expect(numbers(svg)).toEqual(["1053", "frame 1001", "1100", "1080"]);
    expect(svg).toMatch(/font-weight="700">1053</);
    expect(svg).toContain("stop up to 9<");
  });

  it("never lie on one another: what has no room is left out, the worst last", () => {
    const svg = drawn(range(1001, 1100), { y: range(1001, 1100).map((frame) => (frame === 1003 ? 9 : 1)) });
    expect(numbers(svg)).toEqual(["1003", "1100", "1040", "1060", "1080"]);
  });

  it("tell the lowest of what must be no less than its limit", () => {
    const svg = drawn([1001, 1002, 1003], { y: [0.9, 0.4, 0.8], limits: [0.6], must: "atLeast" });
    expect(svg).toContain("stop down to 0.4, limit 0.6");
    expect(numbers(svg)).toEqual(["1002", "frame 1001", "1003"]);
  });

  it("are there for values below zero, one point, and no limit", () => {
    const svg = drawn([5], { y: [-2] });
    expect(svg).not.toMatch(/NaN|Infinity|undefined|class="bar"/);
    expect(lines(svg)).toEqual([["160.0,120.0"]]);
    expect(numbers(svg)).toEqual(["frame 5"]);
  });
});
