/** Pictures by name: sequences, stills, frames that should be there, and what goes with a frame. */
import { describe, expect, it } from "vitest";
import {
  groupsIn,
  isPictureName,
  partnerOf,
  partnersIn,
  variations,
  wantedFrames,
} from "../../daemon/domain/pictureGroups.ts";

describe("the frames that a sequence should have", () => {
  it("go from the first to the last, by the distance of neighbours", () => {
    expect(wantedFrames([1001, 1002, 1004])).toEqual([1001, 1002, 1003, 1004]);
    expect(wantedFrames([1, 3, 7])).toEqual([1, 3, 5, 7]);
    expect(wantedFrames([-2, -1, 0])).toEqual([-2, -1, 0]);
  });

  it("are not told where fewer than half of them are there, or one only", () => {
    expect(wantedFrames([1001, 1030, 1058])).toBeNull();
    expect(wantedFrames([1, 2, 100])).toBeNull();
    expect(wantedFrames([1001])).toBeNull();
    expect(wantedFrames([])).toBeNull();
  });
});

describe("names of a folder", () => {
  it("become sequences, and stills of one group each", () => {
    const groups = groupsIn("/x", ["b.png", "a.1001.exr", "a.1002.exr", "a.1004.exr", "s.1001.exr", "s.1030.exr"]);
    expect(groups.map(({ name, isSequence, wanted }) => [name, isSequence, wanted])).toEqual([
      ["b.png", false, [null]],
      ["a.####.exr", true, [1001, 1002, 1003, 1004]],
      ["s.1001.exr", false, [1001]],
      ["s.1030.exr", false, [1030]],
    ]);
    expect(groups[1]?.frames[2]).toEqual({ frame: 1004, path: "/x/a.1004.exr" });
  });

  it("are pictures by their ending only, and hidden ones are none", () => {
    expect(["a.EXR", "b.tiff", "c.webp"].every(isPictureName)).toBe(true);
    expect(["notes.txt", ".a.exr", "exr", "a.exr.tmp"].some(isPictureName)).toBe(false);
  });
});

describe("variations", () => {
  const named = (...names: readonly string[]) => variations(groupsIn("/x", names)).map(({ name }) => name);

  it("are numbered pictures, also beside one that stands alone", () => {
    expect(named("w001.png", "w002.png", "w003.png")).toEqual(["w001.png", "w002.png", "w003.png"]);
    expect(named("w001.png", "w002.png", "w003.png", "base.png").toSorted()).toEqual([
      "base.png",
      "w001.png",
      "w002.png",
      "w003.png",
    ]);
  });

  it("are sequences, where there are several and nothing else", () => {
    const both = ["a.1001.exr", "a.1002.exr", "b.1001.exr", "b.1002.exr"];
    expect(named(...both)).toEqual(["a.####.exr", "b.####.exr"]);
  });
});

describe("the partner of a picture", () => {
  const at = (frame: number | null, path = "/out/o.exr") => ({ frame, path });
  const partners = (...names: readonly string[]) => {
    const found = partnersIn(groupsIn("/p", names));
    if (!found.ok) throw new Error(found.twice.join());
    return found.partners;
  };

  it("is the frame of its number, and of no other", () => {
    const plates = partners("p.1001.exr", "p.1002.exr");
    expect(partnerOf(at(1002), plates)).toBe("/p/p.1002.exr");
    expect(partnerOf(at(1003), plates)).toBeNull();
    expect(partnerOf(at(null), plates)).toBeNull();
  });

  it("is the one of its name in a folder of many", () => {
    const plates = partners("a.exr", "b.exr", "s.1001.exr", "s.1030.exr");
    expect(partnerOf(at(null, "/good/b.png"), plates)).toBe("/p/b.exr");
    expect(partnerOf(at(1030, "/good/s.1030.png"), plates)).toBe("/p/s.1030.exr");
    expect(partnerOf(at(null, "/good/c.png"), plates)).toBeNull();
    expect(partnersIn([...groupsIn("/p", ["a.exr", "b.exr"]), ...groupsIn("/q", ["a.png"])])).toEqual({
      ok: false,
      twice: ["a"],
    });
  });

  it("is the one file, or nothing", () => {
    expect(partnerOf(at(7), { kind: "one", path: "/p.png" })).toBe("/p.png");
    expect(partnerOf(at(7), { kind: "none" })).toBeNull();
  });
});
