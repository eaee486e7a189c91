/** The mask that checks see is the one that the edit was laid by: above nothing counts as inside, whatever its file holds. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { answerOf } from "../../../daemon/adapters/images/answer.ts";
import { editMask } from "../../../daemon/adapters/images/editMask.ts";
import { encodePngSamples } from "../../../daemon/adapters/images/encodePicture.ts";
import { createMaskOf } from "../../../daemon/adapters/images/inspectMask.ts";

const dir = mkdtempSync(join(tmpdir(), "hotplate-mask-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const tools = {
  readable: async (bytes: Uint8Array) => ({ bytes, by: null }),
  readableChunk: async (all: readonly Uint8Array[]) => all.map((bytes) => ({ bytes, by: null })),
  demand: () => undefined,
};

describe("a mask as checks see it", () => {
  it.each([8, 16] as const)("is that of the edit, either way round, of %i bits", async (bits) => {
    const top = bits === 8 ? 255 : 65_535;
    const codes = [0, 1, 2, top >> 1, top - 1, top];
    const data = bits === 8 ? Uint8Array.from(codes) : Uint16Array.from(codes);
    const bytes = await encodePngSamples({ width: 6, height: 1, channels: 1, data });
    const path = join(dir, `${bits}.png`);
    writeFileSync(path, bytes);
    for (const invert of [false, true]) {
      const plan = { from: "mask", channel: "red", invert, feather: 0 } as const;
      const image = await answerOf(bytes);
      const laid = Array.from(editMask(image, plan, image), (value) => (value > 0 ? 1 : 0));
      expect(Array.from((await createMaskOf(tools)({ path, plan })).inside)).toEqual(laid);
    }
  });

  it.each([
    [19, 7],
    [64, 3],
  ])("of %i x %i grey pixels of 8 bits is told pixel by pixel, whatever stands beside what", async (width, height) => {
    // Stretches of nothing and of all, longer than what is passed over at once, with every code between them.
    const data = Uint8Array.from({ length: width * height }, (_, i) => [0, 255, (i * 53) % 256][(i >> 5) % 3] ?? 0);
    const path = join(dir, `stretches.${width}.png`);
    writeFileSync(path, await encodePngSamples({ width, height, channels: 1, data }));
    for (const invert of [false, true]) {
      const plan = { from: "mask", channel: "red", invert, feather: 0 } as const;
      const { inside } = await createMaskOf(tools)({ path, plan });
      expect(Array.from(inside)).toEqual(Array.from(data, (code) => (code === (invert ? 255 : 0) ? 0 : 1)));
    }
  });

  it("without black is told with its smallest value and how much is nearly black, either way round", async () => {
    const write = async (name: string, code: (i: number) => number) => {
      const path = join(dir, name);
      const data = Uint8Array.from({ length: 6400 }, (_, i) => code(i));
      writeFileSync(path, await encodePngSamples({ width: 80, height: 80, channels: 1, data }));
      return path;
    };
    const plan = { from: "mask", channel: "red", invert: false, feather: 0 } as const;
    const lifted = await createMaskOf(tools)({ path: await write("lifted.png", (i) => (i < 1600 ? 240 : 2)), plan });
    expect(lifted.least).toBeCloseTo(2 / 255, 6);
    expect(lifted.nearlyBlack).toBe(0.75);
    const turned = await write("turned.png", (i) => (i < 1600 ? 240 : 253));
    const around = await createMaskOf(tools)({ path: turned, plan: { ...plan, invert: true } });
    expect(around.least).toBeCloseTo(2 / 255, 6);
    expect(around.nearlyBlack).toBe(0.75);
    const usual = await createMaskOf(tools)({ path: await write("usual.png", (i) => (i < 1600 ? 240 : 0)), plan });
    expect(usual.nearlyBlack).toBeUndefined();
  });
});
