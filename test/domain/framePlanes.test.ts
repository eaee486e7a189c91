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

test("blocks deviate by what their pixels say, to the last bit where that is little, at every size and depth", () => {
  let state = 1;
  const noise = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 12;
  };
  for (const [width, height] of [
    [33, 70],
    [64, 32],
    [101, 41],
  ] as const)
    for (const channels of [1, 3, 4] as const)
      for (const bits of [8, 16] as const)
        for (const spread of [0, 1, 40, 380]) {
          const level = (noise() % 60_000) + 1_000;
          const value = (): number => (level + (noise() % (spread + 1))) / 65_535;
          const image = decoded({ width, height, channels, bits, value });
          for (const means of [{}, { kernel: createPlaneKernel() }]) {
            const { luma, blocks } = framePlanes(image, Int32Array.of(0, width * height), means);
            expect(Array.from(blocks.sd)).toEqual(plainDeviations(luma, width, height, Array.from(blocks.sd)));
          }
        }
});

/** Of each block from its pixels, where `seen` is less than 400 codes; else as it was seen. */
function plainDeviations(luma: Uint16Array, width: number, height: number, seen: readonly number[]): readonly number[] {
  const columns = Math.ceil(width / 32);
  return seen.map((sd, i) => {
    if (sd >= 400) return sd;
    const codes: number[] = [];
    for (let y = Math.floor(i / columns) * 32; y < Math.min(height, (Math.floor(i / columns) + 1) * 32); y += 1)
      for (let x = (i % columns) * 32; x < Math.min(width, ((i % columns) + 1) * 32); x += 1)
        codes.push(luma[y * width + x]!);
    const sum = (of: readonly number[]) => of.reduce((all, code) => all + code, 0);
    const mean = sum(codes) / codes.length;
    return Math.fround(Math.sqrt(Math.max(0, sum(codes.map((code) => code * code)) / codes.length - mean * mean)));
  });
}
