/** Parts of a picture around a place: never outside it, never larger than asked, the place in the middle where there is room. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cropAround } from "../../daemon/domain/crop.ts";

describe("the part around a place", () => {
  const of = { width: 960, height: 540, pixels: 320 };

  it("has the place in its middle and its surroundings with it", () => {
    expect(cropAround([500, 200, 20, 20], of)).toEqual([430, 130, 160, 160]);
    expect(cropAround([400, 200, 100, 90], of)).toEqual([350, 155, 200, 180]);
  });

  it("of a line is its middle, and at the edge of the picture it is moved inwards", () => {
    expect(cropAround([512, 0, 1, 540], of)).toEqual([433, 110, 160, 320]);
    expect(cropAround([0, 0, 4, 4], of)).toEqual([0, 0, 160, 160]);
    expect(cropAround([950, 535, 10, 5], of)).toEqual([800, 380, 160, 160]);
  });

  it("lies inside the picture, whatever a check says", () => {
    const number = fc.integer({ min: -2_000, max: 4_000 });
    fc.assert(
      fc.property(number, number, number, number, (x, y, width, height) => {
        const [left, top, wide, high] = cropAround([x, y, width, height], { width: 300, height: 100, pixels: 320 });
        expect(left >= 0 && top >= 0 && left + wide <= 300 && top + high <= 100 && wide > 0 && high > 0).toBe(true);
      }),
    );
  });
});
