/** The plate of a manifest and the files it means; listings and the sequences in them; gaps. */
import { describe, expect, it } from "vitest";
import { gapsIn, spanCount, spanText } from "../../daemon/domain/frames.ts";
import type { PlatePattern } from "../../daemon/domain/sequence.ts";
import { matchFrames, paddingsOnDisk, parsePattern, stemOf } from "../../daemon/domain/sequence.ts";
import { sequencesIn } from "../../daemon/domain/sequenceListing.ts";

function pattern(text: string): PlatePattern {
  const parsed = parsePattern(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.pattern;
}
const matched = (text: string, names: readonly string[]): readonly (number | null)[] =>
  matchFrames(names, pattern(text)).frames.map((one) => one.frame);

describe("the files that a plate's name means", () => {
  it("are those of its padding, and what grew out of it", () => {
    expect(matched("x.####.exr", ["x.9999.exr", "x.10000.exr", "x.1.exr", "x.00001.exr", "y.1001.exr"])).toEqual([
      9999, 10000,
    ]);
    expect(matched("x.###.exr", ["x.1001.exr"])).toEqual([]);
    expect(paddingsOnDisk(["x.1001.exr"], pattern("x.###.exr"))).toEqual([4]);
  });
  it("may have any number of digits where no padding is named, and at least so many for printf", () => {
    expect(matched("x.%d.exr", ["x.9.exr", "x.1001.exr", "x.0010.exr"])).toEqual([9, 1001]);
    expect(matched("x.$F.exr", ["x.1001.exr"])).toEqual([1001]);
    expect(matched("x.%03d.exr", ["x.1001.exr"])).toEqual([1001]);
  });
  it("may be below zero, in order", () => {
    expect(matched("x.####.exr", ["x.0001.exr", "x.-001.exr", "x.-010.exr", "x.0000.exr"])).toEqual([-10, -1, 0, 1]);
  });
  it("are found through Unicode's normal forms, and two that look the same are told", () => {
    const [nfc, nfd] = ["caf\u00e9.1001.exr", "cafe\u0301.1001.exr"];
    expect(matchFrames([nfd], pattern("caf\u00e9.####.exr"))).toMatchObject({
      frames: [{ name: nfd }],
      otherForm: 1,
      twins: [],
    });
    expect(matchFrames([nfc], pattern("cafe\u0301.####.exr"))).toMatchObject({
      frames: [{ name: nfc }],
      otherForm: 1,
      twins: [],
    });
    expect(matchFrames([nfc], pattern("caf\u00e9.####.exr"))).toMatchObject({
      frames: [{ name: nfc }],
      otherForm: 0,
      twins: [],
    });
    expect(matchFrames([nfc, nfd], pattern("caf\u00e9.####.exr")).twins).toEqual([nfc, nfd]);
    expect(matchFrames(["cafe\u0301.exr"], pattern("caf\u00e9.exr")).frames).toEqual([
      { frame: null, name: "cafe\u0301.exr" },
    ]);
  });
  it("have a stem without the separator, and a text that people write", () => {
    expect([stemOf(pattern("x_v001.####.exr")), pattern("x.[0001-0010].exr").text]).toEqual(["x_v001", "x.####.exr"]);
    expect([pattern("x.%d.exr").text, pattern("x.#.exr").text]).toEqual(["x.%d.exr", "x.####.exr"]);
  });
});

describe("the sequences in a listing", () => {
  const told = (names: readonly string[]): unknown[] =>
    sequencesIn(names).map((one) => [`${one.base}[${one.width}]${one.ext}`, one.frames.map(({ frame }) => frame)]);

  it("are separate by padding", () => {
    expect(told(["a.0999.exr", "a.1000.exr", "b.999.exr", "b.1000.exr", "c.1.exr", "c.0001.exr"])).toEqual([
      ["a.[4].exr", [999, 1000]],
      ["b.[3].exr", [999, 1000]],
      ["c.[1].exr", [1]],
      ["c.[4].exr", [1]],
    ]);
  });
  it("are looser than what a person may write: a frame needs no dot", () => {
    expect(told(["file0001.ext", "file0002.ext", "plate_0001.png"])).toEqual([
      ["file[4].ext", [1, 2]],
      ["plate_[4].png", [1]],
    ]);
  });
  it("hold no versions and no dates as frames", () => {
    expect(told(["sh_v001.png", "sh_v002.png"])).toEqual([
      ["sh_v001[0].png", []],
      ["sh_v002[0].png", []],
    ]);
    expect(told(["x_2025-05-13.png"])).toEqual([["x_2025-05-13[0].png", []]]);
    expect(told(["x.-001.png", "x.0000.png"])).toEqual([["x.[4].png", [-1, 0]]]);
  });
});

describe("gaps", () => {
  it("are ranges, counted and never counted out", () => {
    const gaps = gapsIn([1, 2, 5, 6, 9_007_199_254_740_000]);
    expect(gaps).toEqual([
      [3, 4],
      [7, 9_007_199_254_739_999],
    ]);
    expect(spanCount(gaps)).toBe(9_007_199_254_739_995);
    expect(spanText(gaps)).toBe("3-4,7-9007199254739999");
  });
  it("read as short as they can, and a long list is cut", () => {
    expect(spanText(gapsIn([1001, 1002, 1005, 1010]))).toBe("1003,1004,1006-1009");
    expect(spanText(gapsIn([1, 3, 5, 7, 9]))).toBe("2-8:2");
    expect(spanText(gapsIn(Array.from({ length: 201 }, (_, at) => at * 2)))).toMatch(/ and 100 more gaps$/);
  });
});
