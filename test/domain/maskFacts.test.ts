/** A mask as checks see it: where it is, how much of the frame, and the pixels that must stay. */
import { describe, expect, it } from "vitest";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";

// A ring of 3 x 3 with a hole, in a frame of 6 x 4.
const RING = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0];
const picture = { width: 6, height: 4, inside: Uint8Array.from(RING) };

describe("facts of a mask", () => {
  it("count what is inside, hole and all, and box it", () => {
    const { box, share, outside } = maskFacts(picture, { width: 6, height: 4, ignore: [] });
    expect(box).toEqual([1, 1, 3, 3]);
    expect(share).toBeCloseTo(8 / 24, 12);
    expect(Array.from(outside)).toEqual([0, 7, 10, 13, 14, 15, 16, 19, 22, 24]);
  });

  it("leave ignored pixels out of what must stay, and not out of what is inside", () => {
    const { box, share, outside } = maskFacts(picture, { width: 6, height: 4, ignore: [[0, 0, 2, 4]] });
    expect(box).toEqual([1, 1, 3, 3]);
    expect(share).toBeCloseTo(8 / 24, 12);
    expect(Array.from(outside)).toEqual([2, 6, 10, 12, 14, 15, 16, 18, 22, 24]);
  });

  it("of an empty mask say that nothing is inside", () => {
    const empty = { width: 2, height: 1, inside: new Uint8Array(2) };
    const { box, share, outside } = maskFacts(empty, { width: 4, height: 2, ignore: [] });
    expect([box, share, Array.from(outside)]).toEqual([null, 0, [0, 8]]);
  });
});
