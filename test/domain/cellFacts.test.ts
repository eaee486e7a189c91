/** Result and plate in the cells of one grid. */
import { describe, expect, it } from "vitest";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import type { FrameFacts } from "../../daemon/domain/qcInput.ts";
import { frameInput } from "../../daemon/domain/qcInput.ts";
import type { DecodedImage } from "../../daemon/plugin.ts";
import { decoded, decodedFloat } from "../fixtures/pictures.ts";

function input(result: DecodedImage, plate: DecodedImage | null, more: Partial<FrameFacts> = {}) {
  return frameInput({
    result,
    plate,
    resultFile: { path: "/v/a.png", bytes: 1, frame: 1 },
    decodeProblem: null,
    plateProblem: null,
    mask: null,
    maskProblem: null,
    composited: false,
    expected: { width: null, height: null, bitDepth: null, ignore: [] },
    ...more,
  });
}
const flat = (width: number, height: number, of: (x: number, y: number) => number) =>
  decoded({ width, height, channels: 3, bits: 16, value: of });

describe("cells", () => {
  it("are at most 64 x 36, of whole blocks, and hold linear light", () => {
    const cells = input(
      flat(4096, 96, () => 0.5),
      null,
    ).cells("result");
    expect([cells?.columns, cells?.rows]).toEqual([64, 2]);
    // IEC 61966-2-1: half of the code is 21.4 % of the light.
    for (const value of cells?.luma ?? []) expect(value).toBeCloseTo(0.214, 3);
  });

  it("of a result twice as large as its plate lie at the same places", () => {
    const ramp = (width: number) => (x: number) => (Math.floor((x / width) * 6) + 1) / 8;
    const { cells } = input(flat(384, 128, ramp(384)), flat(192, 64, ramp(192)));
    expect(cells("result")?.luma.length).toBe(12);
    const plate = [...(cells("plate")?.luma ?? [])];
    for (const [i, value] of [...(cells("result")?.luma ?? [])].entries()) expect(value).toBeCloseTo(plate[i] ?? 0, 5);
  });

  it("of one and a half times the size share the blocks on their borders", () => {
    const { cells } = input(
      flat(144, 96, () => 0.5),
      flat(96, 64, () => 0.5),
    );
    expect(cells("result")?.luma.length).toBe(6);
    for (const value of cells("result")?.luma ?? []) expect(value).toBeCloseTo(0.214, 3);
  });

  it("of which a part is ignored say nothing, so that what moves under it is no light that jumps", () => {
    const one = flat(192, 64, (x) => (x % 7) / 8);
    const ignore = [[70, 40, 10, 10]] as const;
    const { cells } = input(one, one, { expected: { width: null, height: null, bitDepth: null, ignore } });
    const cut = [...(cells("result")?.luma ?? [])].map((light, i) => (Number.isNaN(light) ? i : -1));
    expect(cut.filter((i) => i >= 0)).toEqual([8]);
    const large = flat(384, 128, (x) => (Math.floor(x / 2) % 7) / 8);
    const boxes = [[140, 80, 20, 20]] as const;
    const twice = input(large, one, { expected: { width: null, height: null, bitDepth: null, ignore: boxes } });
    expect([...(twice.cells("result")?.luma ?? [])].findIndex(Number.isNaN)).toBe(8);
  });

  it("of a larger result hold the plate's light exactly, edges inside of a block too", () => {
    const edges = flat(192, 64, (x, y) => ((x * 31 + y * 17) % 11) / 11);
    const large = flat(384, 128, (x, y) => (((x >> 1) * 31 + (y >> 1) * 17) % 11) / 11);
    const { cells } = input(large, edges);
    const plate = cells("plate")?.luma ?? [];
    for (const [i, light] of [...(cells("result")?.luma ?? [])].entries()) expect(light).toBeCloseTo(plate[i] ?? 0, 4);
  });

  it("keep light above white where both are floats, and count what is no number as none", () => {
    const bright = decodedFloat(64, 32, (x) => (x < 32 ? 8 : Number.NaN));
    expect([...(input(bright, bright).cells("plate")?.red ?? [])]).toEqual([8, 0]);
    expect(
      input(
        bright,
        flat(64, 32, () => 1),
      ).cells("result")?.red[0],
    ).toBeCloseTo(1, 5);
  });

  it("say how much of them may change", () => {
    const inside = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 48 ? 1 : 0));
    const mask = maskFacts({ width: 64, height: 64, inside }, { width: 64, height: 64, ignore: [] });
    const cells = input(
      flat(64, 64, () => 0.5),
      null,
      { mask },
    ).cells("result");
    expect([...(cells?.inside ?? [])]).toEqual([1, 0.5, 1, 0.5]);
  });

  it("leave out what is no picture", () => {
    const image = flat(64, 64, (x) => (x < 32 ? 1 : 0.5));
    const ignore = [[0, 0, 32, 64]] as const;
    const cells = input(image, null, { expected: { width: null, height: null, bitDepth: null, ignore } }).cells(
      "result",
    );
    expect([...(cells?.luma ?? [])].map(Number.isNaN)).toEqual([true, false, true, false]);
  });
});
