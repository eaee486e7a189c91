/** Headers that lie, bombs and cuts: a clear answer before memory is taken, whatever the kind. */
import { truncateSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { bytesSource, readWhole } from "../../../daemon/adapters/images/byteSource.ts";
import { readHead } from "../../../daemon/adapters/images/head.ts";
import { answerOf } from "../../../daemon/adapters/images/answer.ts";
import { loadFrame } from "../../../daemon/adapters/images/loadFrame.ts";
import { insertChunk } from "../../../daemon/adapters/images/pngHead.ts";
import { HotplateError } from "../../../daemon/domain/errors.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import { rgbHalf, writeExr } from "../../fixtures/exrWriter.ts";
import { codes16, codes8, pngBytes, tiffBytes } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

function refusal(bytes: Uint8Array): HotplateError {
  try {
    readHead(bytesSource(bytes));
  } catch (error) {
    if (error instanceof HotplateError) return error;
    throw error;
  }
  throw new Error("the header was read");
}

const NO_PACKING = /which no packing fits/;
const raw = { raw: { width: 33, height: 21, channels: 3 } } as const;

describe("a header that claims more than its file can hold", () => {
  test.each([
    [16_000, 16_000],
    [100_000, 2_000],
    [2_000, 100_000],
  ])("PNG of %i x %i px in half a kilobyte", async (width, height) => {
    const bytes = await pngBytes({ width: 8, height: 8, channels: 3, bits: 16 });
    bytes.writeUInt32BE(width, 16);
    bytes.writeUInt32BE(height, 20);
    expect(refusal(bytes)).toMatchObject({
      code: "HP-PLATE-BROKEN",
      message: expect.stringMatching(NO_PACKING) as string,
    });
  });

  test("JPEG of 16,000 x 16,000 px in a kilobyte", async () => {
    const bytes = await sharp(codes8(33, 21, 3), raw)
      .jpeg()
      .toBuffer();
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(16_000, frame + 5);
    bytes.writeUInt16BE(16_000, frame + 7);
    expect(refusal(bytes).message).toMatch(NO_PACKING);
  });

  test("TIFF, unpacked and deflated", async () => {
    const plain = tiffBytes({ width: 33, height: 21, channels: 3, bits: 16, samples: codes16(33, 21, 3) });
    const deflated = await sharp(codes8(33, 21, 3), raw)
      .tiff({ compression: "deflate" })
      .toBuffer();
    for (const bytes of [plain, deflated]) {
      const width = widthEntry(bytes);
      bytes.writeUInt16LE(4, width + 2);
      bytes.writeUInt32LE(200_000, width + 8);
      expect(refusal(bytes).message).toMatch(NO_PACKING);
    }
  });

  test.each(["none", "rle", "zips", "zip", "piz"] as const)(
    "EXR of 100,000 px width with %s, in a file of kilobytes",
    async (compression) => {
      const base = { data: [0, 0, 32, 32], compression, channels: rgbHalf() } as const;
      const bytes = writeExr({ ...base, lie: { data: [0, 0, 100_000, 32] } });
      expect(bytes.length).toBeLessThan(20_000);
      expect(await loadFrame(bytes)).toMatchObject({ kind: "broken" });
    },
  );
});

test("a bomb that is what it says is bounded by the pixels that are read, in whatever it is packed", async () => {
  // 20,000 x 20,000 one-bit pixels in 50 kB: deflate of zeros.
  const bomb = await pngBytes({ width: 8, height: 8, channels: 1, bits: 8 });
  bomb.writeUInt32BE(20_000, 16);
  bomb.writeUInt32BE(20_000, 20);
  bomb[24] = 1;
  const packed = deflateSync(Buffer.alloc(2_501 * 20_000));
  const bytes = insertChunk(bomb, "teXt", packed);
  const error = refusal(bytes);
  // The figure, the limit, and what to do.
  expect([error.code, error.message]).toEqual([
    "HP-IMAGE-SIZE",
    "20000 x 20000 px are 400000000 pixels; at most 268435456 are read",
  ]);
  expect(await loadFrame(bytes)).toEqual({
    kind: "unreadable",
    message: `${error.message} (HP-IMAGE-SIZE)`,
    hint: "Use a smaller frame, or cut it into pieces.",
    refusal: { code: error.code, message: error.message },
  });
  // What came back from ComfyUI is refused by the same code.
  await expect(answerOf(bytes)).rejects.toMatchObject({ code: "HP-IMAGE-SIZE", message: error.message });
});

test("a file of more bytes than are read is refused by its size, before any of it is read", () => {
  using dir = tempDir();
  const path = dir.file("large.png");
  writeFileSync(path, "");
  // Sparse: it takes no room on the disk.
  truncateSync(path, LIMITS.imageFileBytesMax + 1);
  expect(() => readWhole(path)).toThrow(
    expect.objectContaining({
      code: "HP-IMAGE-SIZE",
      message: `${path} has ${LIMITS.imageFileBytesMax + 1} bytes; at most ${LIMITS.imageFileBytesMax} are read`,
    }),
  );
});

test("a PNG cut at every byte is damaged, never half a picture", async () => {
  const bytes = await pngBytes({ width: 9, height: 7, channels: 3, bits: 16 });
  expect((await loadFrame(bytes)).kind).toBe("frame");
  for (let cut = 0; cut < bytes.length; cut += 1) {
    const { kind } = await loadFrame(bytes.subarray(0, cut));
    if (kind !== "broken") expect.fail(`cut at ${cut}: ${kind}`);
  }
});

test("JPEG, WebP and TIFF cut at any twentieth give no picture", async () => {
  const image = sharp(codes8(33, 21, 3), raw);
  const files = [
    await image.clone().jpeg().toBuffer(),
    await image.clone().webp().toBuffer(),
    await image.clone().webp({ lossless: true }).toBuffer(),
    await image.clone().tiff({ compression: "deflate" }).toBuffer(),
  ];
  for (const bytes of files) {
    for (let part = 0; part < 19; part += 1) {
      const { kind } = await loadFrame(bytes.subarray(0, Math.floor((bytes.length * part) / 20)));
      if (kind === "frame") expect.fail(`${bytes.toString("latin1", 0, 4)} cut at ${part}/20 gave a picture`);
    }
  }
});

/** Where the first directory of a little-endian TIFF says its width. */
function widthEntry(bytes: Buffer): number {
  const directory = bytes.readUInt32LE(4);
  const count = bytes.readUInt16LE(directory);
  for (let i = 0; i < count; i += 1) {
    const at = directory + 2 + i * 12;
    if (bytes.readUInt16LE(at) === 256) return at;
  }
  throw new Error("the TIFF has no width");
}
