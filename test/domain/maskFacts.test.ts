/** A mask as checks see it: where it is, how much of the frame, and the pixels that must stay. */
import fc from "fast-check";
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

  it("are those of a look at every pixel, whatever the mask and whatever is ignored", () => {
    const box = fc.tuple(fc.integer({ min: -2, max: 9 }), fc.integer({ min: -2, max: 9 }), fc.nat(6), fc.nat(6));
    const case_ = fc.record({
      width: fc.integer({ min: 1, max: 9 }),
      bits: fc.array(fc.constantFrom(0, 0, 1, 1, 1), { minLength: 1, maxLength: 70 }),
      ignore: fc.array(box, { maxLength: 2 }),
    });
    fc.assert(
      fc.property(case_, ({ width, bits, ignore }) => {
        const height = Math.ceil(bits.length / width);
        const inside = new Uint8Array(width * height);
        inside.set(bits);
        const seen = maskFacts({ width, height, inside }, { width, height, ignore });
        const ignored = (x: number, y: number) =>
          ignore.some(([left, top, w, h]) => x >= left && x < left + w && y >= top && y < top + h);
        const all = Array.from(inside, (bit, i) => ({ bit, i, x: i % width, y: Math.floor(i / width) }));
        const stays = all.filter(({ bit, x, y }) => bit === 0 && !ignored(x, y)).map(({ i }) => i);
        const told: number[] = [];
        for (let k = 0; k < seen.outside.length; k += 2)
          for (let i = seen.outside[k] as number; i < (seen.outside[k + 1] as number); i += 1) told.push(i);
        expect(told).toEqual(stays);
        const ones = all.filter(({ bit }) => bit === 1);
        expect(seen.share).toBe(ones.length / inside.length);
        const [left, top] = [Math.min(...ones.map(({ x }) => x)), Math.min(...ones.map(({ y }) => y))];
        const [right, bottom] = [Math.max(...ones.map(({ x }) => x)), Math.max(...ones.map(({ y }) => y))];
        expect(seen.box).toEqual(ones.length === 0 ? null : [left, top, right - left + 1, bottom - top + 1]);
      }),
      { numRuns: 500 },
    );
  });
});
