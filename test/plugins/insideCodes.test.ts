/** What lies well inside a mask, and the codes of what was changed there, are those of the plain formulas, whatever the image and the mask are. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import { frameInput } from "../../daemon/domain/qcInput.ts";
import type { CheckInput, DecodedImage } from "../../daemon/plugin.ts";
import { insideCodes } from "../../plugins/_insideCodes.ts";
import { coreOf, someOf } from "../../plugins/_maskCore.ts";

interface Made {
  readonly width: number;
  readonly height: number;
  readonly names: string;
  readonly bits: 8 | 16 | 32;
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  readonly holes: readonly number[];
  readonly seed: number;
}

const half = (from: number) => fc.double({ min: from, max: from + 0.5, noNaN: true });
const made: fc.Arbitrary<Made> = fc.record({
  width: fc.integer({ min: 16, max: 230 }),
  height: fc.integer({ min: 16, max: 200 }),
  names: fc.constantFrom("RGB", "RGBA", "Y", "BGRA"),
  bits: fc.constantFrom(8 as const, 16 as const, 32 as const),
  box: fc.tuple(half(0), half(0), half(0.5), half(0.5)),
  holes: fc.array(fc.nat(), { maxLength: 3 }),
  seed: fc.integer(),
});

/** A plate, and a result that changes some pixels inside a box with holes. */
function inputOf(of: Made): CheckInput {
  const { width, height, bits } = of;
  const channelNames = Array.from(of.names);
  const count = width * height * channelNames.length;
  const random = numbers(of.seed);
  const filled = (each: (i: number) => number): DecodedImage["samples"] => {
    const out = bits === 32 ? new Float32Array(count) : bits === 16 ? new Uint16Array(count) : new Uint8Array(count);
    for (let i = 0; i < count; i += 1) out[i] = each(i);
    return out;
  };
  const value = (): number => {
    const code = random() % 5 === 0 ? [0, 65_535, 257, 256][random() % 4]! : random() & 0xffff;
    return bits === 32 ? (code - 100) / 65_000 : code & (2 ** bits - 1);
  };
  const plate = filled(value);
  const inside = new Uint8Array(width * height);
  const [left, top, right, bottom] = of.box;
  for (let i = 0; i < inside.length; i += 1) {
    const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
    inside[i] = x >= left && x < right && y >= top && y < bottom ? 1 : 0;
  }
  for (const hole of of.holes) inside[hole % inside.length] = 0;
  const result = filled((i) =>
    inside[Math.floor(i / channelNames.length)] === 1 && random() % 3 > 0 ? value() : plate[i]!,
  );
  const image = (samples: DecodedImage["samples"]): DecodedImage => ({
    width,
    height,
    channels: channelNames.length,
    channelNames,
    bitDepth: bits,
    sampleType: bits === 32 ? "float" : "uint",
    samples,
    reader: "test",
    windows: null,
  });
  const input = frameInput({
    result: image(result),
    plate: image(plate),
    mask: maskFacts({ width, height, inside }, { width, height, ignore: [] }),
    maskProblem: null,
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    composited: true,
    expected: { width, height, bitDepth: null, ignore: [] },
  });
  return { ...input, limits: {} };
}

function numbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >>> 12;
  };
}

/** Corners, edges and middle of a tile, moved out by an inset. */
function plainTiles({ result, mask }: CheckInput, size: number, inset: number) {
  const { width, height } = result!;
  const [left, top, wide, high] = mask!.box!;
  const around = (at: number, length: number): readonly number[] => [
    Math.max(0, at - inset),
    at,
    at + size / 2,
    at + size - 1,
    Math.min(length - 1, at + size - 1 + inset),
  ];
  const out: { readonly x: number; readonly y: number }[] = [];
  for (let y = Math.ceil(top / size) * size; y <= Math.min(height, top + high) - size; y += size)
    for (let x = Math.ceil(left / size) * size; x <= Math.min(width, left + wide) - size; x += size)
      if (
        around(y, height).every((row) => around(x, width).every((column) => mask!.inside[row * width + column] === 1))
      )
        out.push({ x, y });
  return out;
}

function plainCore(input: CheckInput) {
  if (input.mask!.box === null || input.mask!.outside.length === 0) return null;
  const large = plainTiles(input, 32, 24);
  if (large.length >= 4) return { size: 32, tiles: large };
  const small = plainTiles(input, 8, 6);
  return small.length >= 16 ? { size: 8, tiles: small } : null;
}

const code = (v: number): number => Math.round(Math.min(1, Math.max(0, v)) * 65_535);

function plainCodes(input: CheckInput, of: "result" | "plate") {
  const core = plainCore(input);
  if (core === null) return null;
  const { tiles, size } = someOf(core, 65_536 / core.size ** 2);
  const [image, plate] = [input[of]!, input.plate!];
  const light = image.samples instanceof Float32Array;
  const places = image.channelNames.flatMap((name, place) => (name === "A" ? [] : [place]));
  const counts = new Map<number, number>();
  for (const { x, y } of tiles)
    for (let i = 0; i < size * size; i += 1) {
      const first = ((y + Math.floor(i / size)) * image.width + x + (i % size)) * image.channels;
      if (of === "result" && places.every((place) => image.samples[first + place] === plate.samples[first + place]))
        continue;
      for (const place of places) {
        const v = image.samples[first + place]!;
        const at = light ? code(v) : v;
        if (at > 0 && at < 65_535) counts.set(at, (counts.get(at) ?? 0) + 1);
      }
    }
  const codes = [...counts.keys()].sort((a, b) => a - b);
  const samples = [...counts.values()].reduce((sum, n) => sum + n, 0);
  if (samples === 0) return null;
  const share = (is: (at: number) => boolean) =>
    codes.filter(is).reduce((sum, at) => sum + counts.get(at)!, 0) / samples;
  const near = (at: number): boolean => Math.abs(at - Math.round(at / 257) * 257) <= (light ? 16 : 0);
  return {
    samples,
    distinct: codes.length,
    step: codes.slice(1).reduce((least, at, i) => Math.min(least, at - codes[i]!), 65_536),
    onGrid: Math.max(share(near), light ? 0 : share((at) => at % 256 === 0)),
  };
}

describe("well inside a mask", () => {
  it("lie the tiles whose surroundings do", () => {
    fc.assert(
      fc.property(made, (of) => {
        const input = inputOf(of);
        expect(coreOf(input)).toEqual(plainCore(input));
      }),
      { numRuns: 200 },
    );
  });

  it("stand the codes of changed pixels, and all of the plate's", () => {
    let looked = 0;
    fc.assert(
      fc.property(made, (of) => {
        const input = inputOf(of);
        for (const which of ["result", "plate"] as const) {
          const seen = insideCodes(input, which, code);
          looked += seen === null ? 0 : 1;
          expect(seen).toEqual(plainCodes(input, which));
        }
      }),
      { numRuns: 120 },
    );
    expect(looked).toBeGreaterThan(40);
  });
});
