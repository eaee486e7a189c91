/** Two pictures of one frame become one: a linear mix in the numbers that the files hold. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import sharp from "sharp";
import { blend, mix } from "../../../daemon/adapters/images/blend.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import { loadFrame } from "../../../daemon/adapters/images/loadFrame.ts";
import { readWhole } from "../../../daemon/adapters/images/byteSource.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

async function write(path: string, samples: Uint8Array | Uint16Array, channels: 1 | 3 | 4): Promise<void> {
  const raw = { width: 2, height: samples.length / channels / 2, channels };
  const deep = samples instanceof Uint16Array;
  const space = deep ? (channels === 1 ? "grey16" : "rgb16") : channels === 1 ? "b-w" : "srgb";
  await sharp(samples, { raw }).toColourspace(space).png().toFile(path);
}

async function blended(
  a: Uint8Array | Uint16Array,
  b: Uint8Array | Uint16Array,
  of: { part: number; channels: 1 | 3 | 4 },
) {
  using dir = tempDir();
  await write(dir.file("a.png"), a, of.channels);
  await write(dir.file("b.png"), b, of.channels);
  await blend({ earlier: dir.file("a.png"), later: dir.file("b.png"), part: of.part, to: dir.file("c.png") });
  const loaded = await loadFrame(readWhole(dir.file("c.png")));
  return loaded.kind === "frame" ? loaded.image : loaded;
}

describe("a blend", () => {
  it("keeps depth and channels, and rounds to the nearest code", async () => {
    const eight = await blended(Uint8Array.of(0, 10, 255, 7, 0, 1), Uint8Array.of(255, 20, 255, 8, 0, 0), {
      part: 1 / 3,
      channels: 3,
    });
    expect(eight).toMatchObject({ bitDepth: 8, channels: 3, samples: Uint8Array.of(85, 13, 255, 7, 0, 1) });
    const deep = await blended(Uint16Array.of(0, 65_535, 1000, 3), Uint16Array.of(65_535, 65_535, 2001, 4), {
      part: 0.5,
      channels: 1,
    });
    expect(deep).toMatchObject({ bitDepth: 16, channels: 1, samples: Uint16Array.of(32_768, 65_535, 1501, 4) });
    const alpha = await blended(Uint8Array.of(0, 0, 0, 0, 9, 9, 9, 255), Uint8Array.of(8, 8, 8, 255, 9, 9, 9, 255), {
      part: 0.25,
      channels: 4,
    });
    expect(alpha).toMatchObject({ channels: 4, samples: Uint8Array.of(2, 2, 2, 64, 9, 9, 9, 255) });
  });

  it("of a picture with itself changes nothing, whatever the part", () => {
    const samples = Uint16Array.from({ length: 65_536 }, (_, code) => code);
    for (const part of [0, 1 / 3, 0.123456, 2 / 3, 1]) expect(mix(samples, samples, part)).toEqual(samples);
  });

  it("of two OpenEXR pictures stays one, in float, with its windows and values above 1", async () => {
    using dir = tempDir();
    const exr = (values: readonly number[]): Uint8Array =>
      encodeExr({
        data: [2, 1, 2, 1],
        display: [0, 0, 8, 4],
        compression: "zip",
        planes: ["R", "G", "B"].map((name, channel) => ({
          name,
          type: "float" as const,
          data: Float32Array.from(values, (value) => value + channel),
        })),
        attributes: [],
      });
    writeFileSync(dir.file("a.exr"), exr([0, 100]));
    writeFileSync(dir.file("b.exr"), exr([1, -4]));
    await blend({ earlier: dir.file("a.exr"), later: dir.file("b.exr"), part: 0.25, to: dir.file("c.exr") });
    const loaded = await loadFrame(readWhole(dir.file("c.exr")));
    expect(loaded.kind === "frame" && loaded.image).toMatchObject({
      channelNames: ["R", "G", "B"],
      bitDepth: 32,
      samples: Float32Array.of(0.25, 1.25, 2.25, 74, 75, 76),
      windows: { data: [2, 1, 2, 1], display: [0, 0, 8, 4] },
    });
  });

  it("refuses two pictures that are not of one kind, and one that is damaged", async () => {
    using dir = tempDir();
    await write(dir.file("a.png"), new Uint8Array(12), 3);
    await write(dir.file("b.png"), new Uint8Array(24), 3);
    await write(dir.file("deep.png"), new Uint16Array(12), 3);
    const of = (later: string) =>
      blend({ earlier: dir.file("a.png"), later: dir.file(later), part: 0.5, to: dir.file("c.png") });
    await expect(of("b.png")).rejects.toMatchObject({ code: "HP-PLATE-KIND" });
    await expect(of("deep.png")).rejects.toThrow("8 bits and as 2 x 2, 3 channels of 16 bits");
    writeFileSync(dir.file("cut.png"), readWhole(dir.file("a.png")).subarray(0, 60));
    await expect(of("cut.png")).rejects.toMatchObject({ code: "HP-PLATE-BROKEN" });
  });
});
