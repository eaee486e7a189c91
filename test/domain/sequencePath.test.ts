/** How people write sequences, in every form that a studio's programs write, and what is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { PadStyle } from "../../daemon/domain/sequencePadding.ts";
import { isFrameText, paddingIn, paddingMarks } from "../../daemon/domain/sequencePadding.ts";
import { parseSequencePath, sequencePathText } from "../../daemon/domain/sequencePath.ts";
import { framesOf } from "../../daemon/domain/sequenceRange.ts";

function parts(text: string, style: PadStyle = "artist"): unknown[] {
  const parsed = parseSequencePath(text, style);
  if (!parsed.ok) return [parsed.code, parsed.message];
  const { dir, base, padding, ext, range } = parsed.path;
  return [dir, base, padding?.width ?? 0, ext, range === null ? null : [...framesOf(range)]];
}

describe("a sequence as a person writes it", () => {
  it.each([
    ["marks", "/x/sh.####.exr", ["/x/", "sh.", 4, ".exr", null]],
    ["printf", "sh.%04d.exr", ["", "sh.", 4, ".exr", null]],
    ["printf without digits", "sh.%d.exr", ["", "sh.", 1, ".exr", null]],
    ["Houdini", "sh.$F4.exr", ["", "sh.", 4, ".exr", null]],
    ["Houdini with a zero", "sh.$F04.exr", ["", "sh.", 4, ".exr", null]],
    ["Houdini without digits", "sh.$F.exr", ["", "sh.", 1, ".exr", null]],
    ["UDIM", "tex.<UDIM>.tif", ["", "tex.", 4, ".tif", null]],
    ["UDIM in printf's form", "tex.%(UDIM)d.tif", ["", "tex.", 4, ".tif", null]],
    ["@", "sh.@@@.exr", ["", "sh.", 3, ".exr", null]],
    ["brackets", "sh.[1001-1003].exr", ["", "sh.", 4, ".exr", [1001, 1002, 1003]]],
    ["brackets with leading zeros", "sh.[0001-0003].exr", ["", "sh.", 4, ".exr", [1, 2, 3]]],
    ["brackets around marks", "sh_[####].exr", ["", "sh_", 4, ".exr", null]],
    ["a range", "sh.1001-1003####.exr", ["", "sh.", 4, ".exr", [1001, 1002, 1003]]],
    ["a range with a step, descending", "sh.9-1x4####.exr", ["", "sh.", 4, ".exr", [9, 5, 1]]],
    ["a range below zero", "sh.-3--1####.exr", ["", "sh.", 4, ".exr", [-3, -2, -1]]],
    ["one frame", "sh_v003.1001.exr", ["", "sh_v003.", 4, ".exr", [1001]]],
    ["one frame below zero", "sh.-001.exr", ["", "sh.", 4, ".exr", [-1]]],
    ["no frame without a dot", "sh_v003_1001.exr", ["", "sh_v003_1001", 0, ".exr", null]],
    ["an extension of two parts", "geo.1001.bgeo.sc", ["", "geo.", 4, ".bgeo.sc", [1001]]],
    ["an extension that begins with a digit", "sh.####.7zip", ["", "sh.", 4, ".7zip", null]],
    ["an extension that ends in -1", "sh.####.ext-1", ["", "sh.", 4, ".ext-1", null]],
    ["a word behind the frame", "sh.1001_left.exr", ["", "sh.", 4, "_left.exr", [1001]]],
    ["a drive", "P:\\AGM\\sh.####.exr", ["P:\\AGM\\", "sh.", 4, ".exr", null]],
    ["UNC", "\\\\nas01\\shows\\sh.####.exr", ["\\\\nas01\\shows\\", "sh.", 4, ".exr", null]],
    ["UNC with slashes", "//nas01/shows/sh.1001.exr", ["//nas01/shows/", "sh.", 4, ".exr", [1001]]],
    ["mixed separators", "//nas01\\AGM/a\\sh.####.exr", ["//nas01\\AGM/a\\", "sh.", 4, ".exr", null]],
    ["folders with dots and marks", "/a.1001/b.####/sh.####.exr", ["/a.1001/b.####/", "sh.", 4, ".exr", null]],
    [
      "a date, a space and stray marks",
      "2025-05-13 take#2@home.####.exr",
      ["", "2025-05-13 take#2@home.", 4, ".exr", null],
    ],
    ["a date that is no frame", "name_2025-05-13_1809-00.ext", ["", "name_2025-05-13_1809-00", 0, ".ext", null]],
  ])("takes %s: %s", (_what, text, expected) => expect(parts(text)).toEqual(expected));

  it.each([
    ["parts of frames in a range", "sh.1-5x0.5####.exr", "parts of frames"],
    ["parts of frames in the padding", "sh.#.#.exr", "parts of frames"],
    ["a date where a range would be", "sh_2025-05-13####.exr", "not a frame or a range"],
    ["a step of 0", "sh.1-10x0####.exr", "step of 0"],
    ["a step against its direction", "sh.1-10x-2####.exr", "against its own direction"],
    ["a number that can't be counted with", "sh.99999999999999999999####.exr", "too large"],
    ["a path longer than any disk's", `${"a".repeat(LIMITS.pathCharactersMax)}.####.exr`, "more than 4096 characters"],
  ])("refuses %s", (_what, text, words) => {
    expect(parts(text)).toEqual(["HP-PLATE-PATTERN", expect.stringContaining(words)]);
  });

  it("refuses more than ten million frames without counting them out", () => {
    expect(parts("sh.1-10000001####.exr")[0]).toBe("HP-PLATE-TOO-MANY");
    expect(parts("sh.1-9007199254740991####.exr")[0]).toBe("HP-PLATE-TOO-MANY");
  });

  it("is written back as it was, whatever stands in it", () => {
    const pieces = fc.constantFrom(
      "a",
      ".",
      "_",
      "-",
      "1001",
      "0",
      "####",
      "%04d",
      "$F4",
      "<UDIM>",
      "x",
      ",",
      ":",
      "/",
      "\\",
      "é",
      " ",
      "v003",
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }).map((some) => some.join("")),
        (text) => {
          const parsed = parseSequencePath(text);
          if (parsed.ok) expect(sequencePathText(parsed.path)).toBe(text);
        },
      ),
    );
  });
});

describe("padding", () => {
  it.each([
    ["artist", [4, 2, 3, 4, 8, 1, 4]],
    ["hash1", [1, 2, 3, 4, 8, 1, 4]],
    ["hash4", [4, 8, 12, 16, 32, 1, 4]],
  ] as const)("of style %s gives # ## ### #### ######## @ @@@@ so many digits", (style, widths) => {
    const marks = ["#", "##", "###", "####", "########", "@", "@@@@"];
    expect(marks.map((text) => paddingIn(`x.${text}.exr`, style)?.padding.width)).toEqual(widths);
  });

  it("is written in marks that are read as the same digits", () => {
    for (const style of ["artist", "hash1", "hash4"] as const)
      for (let width = 1; width <= 12; width += 1)
        expect(paddingIn(`x.${paddingMarks(width, style)}.exr`, style)?.padding.width).toBe(width);
  });

  it("counts the minus, and is grown out of by larger numbers only", () => {
    const yes = [
      ["-001", 4],
      ["0999", 4],
      ["1000", 4],
      ["10000", 4],
      ["-1", 1],
      ["1", 1],
      ["1001", 1],
      ["0", 1],
    ] as const;
    const no = [
      ["-0001", 4],
      ["999", 4],
      ["00999", 4],
      ["01", 1],
      ["-0", 1],
      ["", 4],
      ["1e3", 3],
      ["x", 1],
    ] as const;
    for (const [text, width] of yes) expect([text, isFrameText(text, width)]).toEqual([text, true]);
    for (const [text, width] of no) expect([text, isFrameText(text, width)]).toEqual([text, false]);
  });
});
