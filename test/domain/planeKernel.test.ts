/** Planes made by vectors are those of the loops, to the last bit, whatever the image holds and however its rows end. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framePlanes } from "../../daemon/domain/framePlanes.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { pixelRuns } from "../../daemon/domain/pixelRuns.ts";
import { createPlaneKernel } from "../../daemon/domain/planeKernel.ts";
import type { DecodedImage } from "../../daemon/plugin.ts";

const LAYOUTS = ["RGB", "RGBA", "BGR", "Y", "YA"] as const;

function image(of: {
  readonly width: number;
  readonly height: number;
  readonly names: string;
  readonly bits: 8 | 16 | 32;
  readonly seed: number;
}): DecodedImage {
  const { width, height, bits } = of;
  const channelNames = Array.from(of.names);
  const count = width * height * channelNames.length;
  const samples = bits === 16 ? new Uint16Array(count) : bits === 8 ? new Uint8Array(count) : new Float32Array(count);
  let state = of.seed;
  for (let i = 0; i < count; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    // The ends of the scale often, where signs and carries go wrong.
    const code = (state >>> 28) % 3 === 0 ? 0xffff : (state >>> 28) % 3 === 1 ? 0 : state >>> 12;
    samples[i] = bits === 32 ? (code & 0xffff) / 0xffff : code & (2 ** bits - 1);
  }
  const sampleType = bits === 32 ? "float" : "uint";
  return {
    width,
    height,
    channels: channelNames.length,
    channelNames,
    bitDepth: bits,
    sampleType,
    samples,
    reader: "",
    windows: null,
  };
}

function planesOf(of: DecodedImage, kernel?: ReturnType<typeof createPlaneKernel>) {
  const { luma, blocks, facts } = framePlanes(
    of,
    pixelRuns(of.width, of.height, []),
    kernel === undefined ? {} : { kernel },
  );
  return { luma, blocks, facts: { ...facts } };
}

describe("planes by vectors", () => {
  const kernel = createPlaneKernel();

  it("are made on this machine, of whole numbers in up to four channels and of nothing else", () => {
    const takes = (of: DecodedImage) => {
      const blocks = Math.ceil(of.width / 32) * Math.ceil(of.height / 32);
      const [pixels, luma, rounded, square, red, green, blue] = Array.from(
        { length: 7 },
        () => new Float64Array(blocks),
      );
      const sums = {
        pixels: Float32Array.from(pixels!),
        luma: luma!,
        rounded: rounded!,
        square: square!,
        red: red!,
        green: green!,
        blue: blue!,
      };
      return kernel(of, new Uint16Array(of.width * of.height), sums);
    };
    const of = { width: 40, height: 3, names: "RGB", seed: 1 } as const;
    expect(takes(image({ ...of, bits: 16 }))).toBe(true);
    expect(takes(image({ ...of, bits: 8 }))).toBe(true);
    expect(takes(image({ ...of, bits: 32 }))).toBe(false);
    expect(takes(image({ ...of, bits: 16, names: "RGBAZ" }))).toBe(false);
    expect(takes(image({ ...of, bits: 16, width: LIMITS.planeKernelWidthMax + 1, height: 1 }))).toBe(false);
  });

  it("are those of the loops, one image after another of any size and kind", () => {
    fc.assert(
      fc.property(
        fc.record({
          width: fc.integer({ min: 1, max: 140 }),
          height: fc.integer({ min: 1, max: 70 }),
          names: fc.constantFrom(...LAYOUTS),
          bits: fc.constantFrom(8 as const, 16 as const),
          seed: fc.integer(),
        }),
        (of) => {
          const seen = image(of);
          expect(planesOf(seen, kernel)).toEqual(planesOf(seen));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("hold the largest sums that there are", () => {
    for (const names of ["RGB", "Y"]) {
      const white = image({ width: 4096, height: 33, names, bits: 16, seed: 1 });
      white.samples.fill(65_535);
      const { luma, blocks, facts } = planesOf(white, kernel);
      expect([luma.every((code) => code === 65_535), facts.mean, facts.sd]).toEqual([true, 1, 0]);
      expect(blocks.mean.every((mean) => mean === 65_535)).toBe(true);
    }
  });
});
