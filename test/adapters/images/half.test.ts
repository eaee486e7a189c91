/** Half floats against the machine's own conversion, which is the standard's. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { HALF, halfBits, toHalves } from "../../../daemon/adapters/images/half.ts";

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;
const machine = (value: number): number => new Uint16Array(Float16Array.of(value).buffer)[0]!;

test("every half comes back as itself; NaN stays a NaN", () => {
  for (let bits = 0; bits < 65_536; bits += 1) {
    const back = halfBits(bitsOf(HALF[bits]!));
    if (Number.isNaN(HALF[bits])) expect(back & 0x7e00).toBe(0x7e00);
    else if (back !== bits) expect.fail(`${bits.toString(16)} came back as ${back.toString(16)}`);
  }
});

test("what lies between two halves goes to the nearer one, and exactly between them to the even one", () => {
  // Every pair of neighbours, their middle, and the floats on each side of it: also among the smallest and the largest.
  const floats = new Float32Array(1);
  const words = new Uint32Array(floats.buffer);
  for (let low = 0; low < 0x7bff; low += 1) {
    floats[0] = (HALF[low]! + HALF[low + 1]!) / 2;
    const middle = words[0]!;
    const even = low % 2 === 0 ? low : low + 1;
    const got = [middle - 1, middle, middle + 1].map(halfBits);
    if (got[0] !== low || got[1] !== even || got[2] !== low + 1)
      expect.fail(`beside ${low.toString(16)}: ${got.join(", ")}`);
    if (halfBits((middle | 0x8000_0000) >>> 0) !== (even | 0x8000)) expect.fail(`-${low.toString(16)}`);
  }
});

test("too large is infinity, too small is a zero of its sign", () => {
  const halves = toHalves(Float32Array.of(65_519.99, 65_520, 1e30, -Infinity, 2 ** -25, -(2 ** -26), 2 ** -24, -0));
  expect([...halves]).toEqual([0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 0x8000, 1, 0x8000]);
});

test("any float is what the machine makes of it", () => {
  fc.assert(
    fc.property(fc.float(), (value) => Number.isNaN(value) || halfBits(bitsOf(value)) === machine(value)),
    { numRuns: 5_000 },
  );
});
