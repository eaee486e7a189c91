/** image.seam counts the signs and steps of every line as its formula says, whichever way the lines run and whatever the mask is. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Way } from "../../plugins/_seamJoint.ts";
import { signsOf } from "../../plugins/image_seam.ts";

/** One line after another, one pixel after another. */
function plain({ plane, inside, first, across, along, places, length }: Way) {
  const out = { count: new Int32Array(places), sign: new Int32Array(places), step: new Int32Array(places) };
  for (let place = 2; place < places - 1; place += 1)
    for (let k = 0; k < length; k += Math.max(1, Math.floor(length / 400))) {
      const at = first + place * across + k * along;
      if (inside !== null && inside[at] === 0) continue;
      const [before2, before, here, behind] = [-2, -1, 0, 1].map((away) => plane[at + away * across]!) as [
        number,
        number,
        number,
        number,
      ];
      const kink = 2 * (here - before - (before - before2 + (behind - here)) / 2);
      out.count[place]! += 1;
      out.sign[place]! += Math.sign(kink);
      out.step[place]! += kink;
    }
  return out;
}

test("the signs of lines are those of the formula, at the ends of the scale, in large frames and inside a mask", () => {
  fc.assert(
    fc.property(
      fc.record({
        width: fc.constantFrom(48, 61, 130, 805),
        height: fc.constantFrom(48, 57, 1203),
        left: fc.nat(9),
        top: fc.nat(9),
        masked: fc.boolean(),
        columns: fc.boolean(),
        seed: fc.integer(),
      }),
      ({ width, height, left, top, masked, columns, seed }) => {
        let state = seed;
        const random = (): number => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
          return state >>> 12;
        };
        const plane = Uint16Array.from({ length: width * height }, () =>
          random() % 4 === 0 ? (random() & 1) * 65_535 : random() & 0xffff,
        );
        const inside = masked ? Uint8Array.from(plane, () => (random() % 5 > 0 ? 1 : 0)) : null;
        const [wide, high] = [width - left - 1, height - top - 1];
        const way: Way = {
          plane,
          before: null,
          inside,
          first: top * width + left,
          across: columns ? 1 : width,
          along: columns ? width : 1,
          places: columns ? wide : high,
          length: columns ? high : wide,
          inset: 0,
          limits: {},
        };
        expect(signsOf(way)).toEqual(plain(way));
      },
    ),
    { numRuns: 40 },
  );
});
