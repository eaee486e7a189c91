/** A larger result at its plate's size: means over areas, whole factor or not; what cannot lie on the plate says why. */
import { describe, expect, it } from "vitest";
import { boxesAt, insideAt, reducedTo, sizesApart } from "../../daemon/domain/plateSize.ts";
import type { DecodedImage } from "../../daemon/plugin.ts";
import { decoded, decodedFloat } from "../fixtures/pictures.ts";

const size = (width: number, height: number) => ({ width, height });

describe("a result at its plate's size", () => {
  it("is the mean of what each pixel covers, as 16-bit codes that are not rounded to 8", () => {
    const image: DecodedImage = {
      ...decoded({ width: 4, height: 2, channels: 1, bits: 8, value: () => 0 }),
      samples: Uint8Array.of(0, 2, 4, 6, 1, 3, 5, 8),
    };
    const small = reducedTo(size(2, 1), image);
    expect([small.width, small.height, small.bitDepth]).toEqual([2, 1, 16]);
    expect([...small.samples]).toEqual([Math.round(1.5 * 257), Math.round(5.75 * 257)]);
  });

  it("weighs pixels that two places share by their area: a factor of 1.5", () => {
    const image: DecodedImage = {
      ...decodedFloat(3, 3),
      channels: 1,
      channelNames: ["Y"],
      samples: Float32Array.of(1, 2, 3, 1, 2, 3, 1, 2, 3),
    };
    const small = reducedTo(size(2, 2), image);
    const [left, right] = [(1 + 2 / 2) / 1.5, (2 / 2 + 3) / 1.5];
    expect([...small.samples].map((v) => v.toFixed(5))).toEqual([left, right, left, right].map((v) => v.toFixed(5)));
  });

  it.each([
    [64, 48, 2],
    [64, 48, 3],
    [40, 30, 2.4],
    [37, 23, 1.7],
  ])("of one colour is that colour, floats and codes: %i x %i, %f times as large", (width, height, scale) => {
    const large = size(Math.round(width * scale), Math.round(height * scale));
    const codes = reducedTo(size(width, height), decoded({ ...large, channels: 3, bits: 16, value: () => 0.4 }));
    expect(new Set(codes.samples)).toEqual(new Set([Math.round(0.4 * 65_535)]));
    const light = reducedTo(
      size(width, height),
      decodedFloat(large.width, large.height, () => 7.5),
    );
    expect(Math.max(...light.samples) - Math.min(...light.samples)).toBeLessThan(1e-5);
    expect(light.samples[0]).toBeCloseTo(7.5, 5);
  });

  it("that is not finite in one place is so in that place alone", () => {
    const image = decodedFloat(8, 8, (x, y) => (x === 3 && y === 3 ? Number.POSITIVE_INFINITY : 1));
    const small = reducedTo(size(4, 4), image);
    const strange = [...small.samples].flatMap((v, i) => (Number.isFinite(v) ? [] : [Math.floor(i / 3)]));
    expect(new Set(strange)).toEqual(new Set([1 * 4 + 1]));
  });

  it("may change wherever anything under a pixel may, and ignores what lies in the scaled rectangles", () => {
    const inside = new Uint8Array(16);
    inside[1 * 4 + 3] = 1;
    expect([...insideAt(size(2, 2), size(4, 4), inside)]).toEqual([0, 1, 0, 0]);
    expect(boxesAt(size(50, 40), size(100, 80), [[90, 70, 10, 10]])).toEqual([[45, 35, 5, 5]]);
  });
});

describe("two sizes", () => {
  it.each([
    ["200x100", "100x50", null],
    ["100x50", "100x50", null],
    ["151x76", "101x51", null],
    ["199x101", "100x50", null],
    ["50x25", "100x50", "the result is not of the plate's size, and not larger"],
    ["108x50", "100x50", "the result is not of the plate's size, and not larger"],
    ["200x180", "100x50", "the result is not of the plate's shape"],
  ])("%s beside %s: %s", (result, plate, why) => {
    const of = (text: string) => {
      const [width = 0, height = 0] = text.split("x").map(Number);
      return { width, height };
    };
    expect(sizesApart(of(result), of(plate))).toBe(why);
  });
});
