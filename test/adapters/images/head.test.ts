/** Headers by content: every kind with its facts, every refusal with its name, every damage as damage. */
import { renameSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { bytesSource, withFile } from "../../../daemon/adapters/images/byteSource.ts";
import { publicHeader, readHead } from "../../../daemon/adapters/images/head.ts";
import { HotplateError } from "../../../daemon/domain/errors.ts";
import { hardExr, rgbHalf, writeExr } from "../../fixtures/exrWriter.ts";
import { codes16, codes8, pngBytes, tiffBytes } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const head = (bytes: Uint8Array) => publicHeader(readHead(bytesSource(bytes)));
function refusal(bytes: Uint8Array): HotplateError {
  try {
    readHead(bytesSource(bytes));
  } catch (error) {
    if (error instanceof HotplateError) return error;
    throw error;
  }
  throw new Error("the header was read");
}

describe("facts", () => {
  test.each([
    [1, 8],
    [2, 8],
    [3, 8],
    [4, 8],
    [1, 16],
    [2, 16],
    [3, 16],
    [4, 16],
  ] as const)("PNG with %i channels of %i bits", async (channels, bits) => {
    const bytes = await pngBytes({ width: 33, height: 21, channels, bits });
    expect(head(bytes)).toEqual({ format: "png", width: 33, height: 21, channels, bitDepth: bits });
  });

  test("JPEG, WebP in its three forms, TIFF, palette PNG as sharp writes them", async () => {
    const raw = { raw: { width: 33, height: 21, channels: 3 } } as const;
    const rgb = codes8(33, 21, 3);
    const rgba = sharp(codes8(33, 21, 4), { raw: { width: 33, height: 21, channels: 4 } });
    expect(head(await sharp(rgb, raw).jpeg().toBuffer())).toEqual({
      format: "jpeg",
      width: 33,
      height: 21,
      channels: 3,
      bitDepth: 8,
    });
    expect(head(await sharp(rgb, raw).jpeg({ progressive: true }).toBuffer())).toMatchObject({ width: 33, height: 21 });
    expect(head(await sharp(rgb, raw).webp().toBuffer())).toEqual({
      format: "webp",
      width: 33,
      height: 21,
      channels: 3,
      bitDepth: 8,
    });
    expect(head(await rgba.clone().webp({ lossless: true }).toBuffer())).toMatchObject({
      format: "webp",
      width: 33,
      height: 21,
      channels: 4,
    });
    expect(head(await rgba.clone().webp().toBuffer())).toMatchObject({
      format: "webp",
      width: 33,
      height: 21,
      channels: 4,
    });
    expect(head(await sharp(rgb, raw).tiff({ compression: "deflate" }).toBuffer())).toEqual({
      format: "tiff",
      width: 33,
      height: 21,
      channels: 3,
      bitDepth: 8,
    });
    expect(head(await sharp(rgb, raw).tiff({ bigtiff: true }).toBuffer())).toMatchObject({
      format: "tiff",
      width: 33,
      height: 21,
    });
    expect(head(await sharp(rgb, raw).png({ palette: true }).toBuffer())).toMatchObject({
      format: "png",
      width: 33,
      height: 21,
      bitDepth: 8,
    });
  });

  test("an EXR's size is its display window", () => {
    expect(head(writeExr(hardExr("zip")))).toEqual({
      format: "exr",
      width: 240,
      height: 120,
      channels: 5,
      bitDepth: 32,
    });
    expect(head(writeExr({ data: [0, 0, 9, 7], compression: "none", channels: rgbHalf() }))).toMatchObject({
      width: 9,
      height: 7,
      bitDepth: 16,
    });
  });

  test("a picture turned by EXIF has the size that people see", async () => {
    const image = sharp(codes8(40, 20, 3), { raw: { width: 40, height: 20, channels: 3 } });
    expect(head(await image.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer())).toMatchObject({
      width: 20,
      height: 40,
    });
    expect(head(await image.clone().withMetadata({ orientation: 3 }).jpeg().toBuffer())).toMatchObject({
      width: 40,
      height: 20,
    });
    const tiff = tiffBytes({ width: 40, height: 20, channels: 3, bits: 8, samples: codes8(40, 20, 3), orientation: 8 });
    expect(head(tiff)).toMatchObject({ width: 20, height: 40 });
  });

  test("the name says nothing: a PNG called .exr is a PNG", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.png"), await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 }));
    renameSync(dir.file("a.png"), dir.file("a.exr"));
    expect(withFile(dir.file("a.exr"), (source) => readHead(source)).format).toBe("png");
  });
});

describe("refusals name what was dropped", () => {
  const padded = (text: string) => Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(64, 0x20)]);
  test.each([
    ["GIF89a", /GIF/],
    ["8BPS", /PSD/],
    ["#?RADIANCE\n", /Radiance/],
    ["\0\0\0\x20ftypavif", /AVIF/],
    ["\0\0\0\x20ftypheic", /HEIC/],
    ["\0\0\0\x20ftypqt  ", /movie/],
    ["use: env_relight\nplate: a.exr\n", /no image/],
    ["%PDF-1.7", /PDF/],
  ])("%s", (start, words) => {
    const error = refusal(padded(start));
    expect([error.code, words.test(error.message)]).toEqual(["HP-PLATE-KIND", true]);
  });

  test("TIFF: CMYK, white at 0, 16-bit float, 32-bit integers, too many channels", () => {
    const base = { width: 8, height: 8, channels: 4, bits: 16, samples: codes16(8, 8, 4) } as const;
    const head = (extra: number) => readHead(bytesSource(tiffBytes({ ...base, extra })));
    expect([head(1).alpha, head(1).associated, head(2).alpha, head(2).associated]).toEqual([
      true,
      true,
      true,
      undefined,
    ]);
    expect(refusal(tiffBytes({ ...base, photometric: 5 })).message).toMatch(/CMYK/);
    const grey = { width: 8, height: 8, channels: 1, bits: 16, samples: codes16(8, 8, 1) } as const;
    expect(refusal(tiffBytes({ ...grey, photometric: 0 })).message).toMatch(/white/);
    expect(refusal(tiffBytes({ ...grey, format: 3 })).message).toMatch(/16-bit float/);
    expect(refusal(tiffBytes({ ...grey, format: 2 })).message).toMatch(/signed/);
    expect(refusal(tiffBytes({ ...grey, bits: 32, samples: new Uint32Array(64) })).message).toMatch(/32-bit integer/);
    expect(refusal(tiffBytes({ ...base, photometric: 1 })).message).toMatch(/beside its colours/);
  });

  test("CMYK and 12-bit JPEG, animated WebP", async () => {
    const cmyk = await sharp(codes8(16, 16, 3), { raw: { width: 16, height: 16, channels: 3 } })
      .toColourspace("cmyk")
      .jpeg()
      .toBuffer();
    expect(refusal(cmyk).message).toMatch(/CMYK/);
    const jpeg = await sharp(codes8(16, 16, 3), { raw: { width: 16, height: 16, channels: 3 } })
      .jpeg()
      .toBuffer();
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg[frame + 4] = 12;
    expect(refusal(jpeg).message).toMatch(/12 bits/);
    const webp = await sharp(codes8(16, 16, 4), { raw: { width: 16, height: 16, channels: 4 } })
      .webp({ alphaQuality: 90 })
      .toBuffer();
    expect(webp.toString("latin1", 12, 16)).toBe("VP8X");
    webp[20] = webp[20]! | 0x02;
    expect(refusal(webp).message).toMatch(/animated/);
  });

  test("an EXR without a picture that a graph could be fed", () => {
    expect(
      refusal(
        writeExr({ data: [0, 0, 4, 4], compression: "none", channels: [{ name: "Z", type: "float", value: () => 1 }] }),
      ).message,
    ).toMatch(/no R, G, B/);
  });

  test("more pixels than the limit", async () => {
    const bytes = await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 });
    bytes.writeUInt32BE(100_000, 16);
    bytes.writeUInt32BE(100_000, 20);
    expect(refusal(bytes)).toMatchObject({ code: "HP-IMAGE-SIZE" });
  });
});

describe("damage is damage, not a kind", () => {
  test("empty, zeros, one byte, half a signature", async () => {
    const png = await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 });
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(5_000),
      png.subarray(0, 1),
      png.subarray(0, 5),
      png.subarray(0, 8),
    ]) {
      expect(refusal(bytes).code).toBe("HP-PLATE-BROKEN");
    }
  });

  test("each kind cut inside its header", async () => {
    const raw = { raw: { width: 33, height: 21, channels: 3 } } as const;
    const image = sharp(codes8(33, 21, 3), raw);
    const files = [
      { bytes: await image.clone().png().toBuffer(), cut: 20 },
      { bytes: await image.clone().jpeg().toBuffer(), cut: 30 },
      { bytes: await image.clone().webp().toBuffer(), cut: 22 },
      { bytes: tiffBytes({ width: 33, height: 21, channels: 3, bits: 8, samples: codes8(33, 21, 3) }), cut: 100 },
      { bytes: writeExr(hardExr("zip")), cut: 90 },
    ];
    for (const { bytes, cut } of files) {
      expect(head(bytes).width).toBeGreaterThan(0);
      expect(refusal(bytes.subarray(0, cut)).code).toBe("HP-PLATE-BROKEN");
    }
  });

  test("a colour type that does not exist, a size of zero", async () => {
    const png = await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 });
    const strange = Buffer.from(png);
    strange[25] = 5;
    expect(refusal(strange).message).toMatch(/colour type 5/);
    const flat = Buffer.from(png);
    flat.writeUInt32BE(0, 20);
    expect(refusal(flat).message).toMatch(/8 x 0/);
  });
});
