/** What the planes of a picture say of it: a flat colour has no deviation, whatever its luma is rounded to. */
import { expect, test } from "vitest";
import { framePlanes } from "../../daemon/domain/framePlanes.ts";
import { createPlaneKernel } from "../../daemon/domain/planeKernel.ts";
import { decoded } from "../fixtures/pictures.ts";

test("one flat colour deviates by nothing, by the loops and by vectors", () => {
  for (const colour of [
    [1, 1, 0.99992],
    [0, 0.9155, 0],
    [0.3, 0.2, 0.7],
  ]) {
    const image = decoded({ width: 100, height: 70, channels: 3, bits: 16, value: (_x, _y, c) => colour[c] as number });
    for (const means of [{}, { kernel: createPlaneKernel() }]) {
      const { blocks, facts } = framePlanes(image, Int32Array.from([0, 7000]), means);
      expect(Math.max(...blocks.sd)).toBe(0);
      expect(facts.blockSdMax).toBe(0);
      // Blocks' means are kept in 32 bits.
      expect(facts.sd).toBeLessThan(1e-6);
    }
  }
});

test("what deviates little deviates by what its pixels say", () => {
  const image = decoded({
    width: 64,
    height: 32,
    channels: 1,
    bits: 16,
    value: (x) => (30_000 + (x % 2) * 20) / 65_535,
  });
  const { blocks, facts } = framePlanes(image, Int32Array.from([0, 2048]));
  expect(Array.from(blocks.sd)).toEqual([10, 10]);
  expect(facts.sd * 65_535).toBeCloseTo(10, 3);
});
