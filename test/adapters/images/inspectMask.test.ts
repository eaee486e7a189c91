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
});
