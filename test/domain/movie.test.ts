/** Rates as people write them, and which frames are a movie. */
import { expect, it } from "vitest";
import { frameRate, isSequence, movieArguments, moviePictureName } from "../../daemon/domain/movie.ts";

it.each([
  [24, "24/1"],
  ["25", "25/1"],
  [23.976, "24000/1001"],
  ["23.98", "24000/1001"],
  [29.97, "30000/1001"],
  [59.94, "60000/1001"],
  ["24000/1001", "24000/1001"],
  [12.5, "12500/1000"],
])("the rate %s is %s", (said, ratio) => {
  const rate = frameRate(said);
  expect(`${rate?.numerator}/${rate?.denominator}`).toBe(ratio);
});

it.each([0, -24, 1000, "fast", "24/0", "1/2", Number.NaN, ""])("%s is no rate", (said) => {
  expect(frameRate(said)).toBeNull();
});

it("frames in even steps are a movie; stills and picks are not", () => {
  expect(
    [
      [1001, 1002, 1003],
      [1, 3, 5, 7],
      [-1, 0],
    ].map(isSequence),
  ).toEqual([true, true, true]);
  expect([[1001], [null], [], [1001, 1030, 1058], [1, 2, 4]].map(isSequence)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

it("ffmpeg is told sides of a multiple of 4, closed groups of a second, and no word of this machine but the pictures' folder", () => {
  const of = { rate: { numerator: 24_000, denominator: 1001 }, comment: "hotplate://AGM/010/a/v001", to: "/s/m.mp4" };
  const args = movieArguments("/s", of).join(" ");
  expect(args).toContain("-framerate 24000/1001 -start_number 1 -i /s/%06d.jpg");
  expect(args).toContain("crop=trunc(iw/4)*4:trunc(ih/4)*4:0:0");
  expect(args).toContain("-g 24 -flags:v +cgop+bitexact");
  expect(args).toContain("-map_metadata -1");
  expect(moviePictureName(12)).toBe("000012.jpg");
});
