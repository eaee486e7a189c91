/** Pixels leave a file exactly as they are in it, or not at all: each trap of the decoder has its test here. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { displayPicture, loadFrame, smallPicture } from "../../../daemon/adapters/images/loadFrame.ts";
import { insertChunk } from "../../../daemon/adapters/images/pngHead.ts";
import type { DecodedImage } from "../../../daemon/plugin.ts";
import { hardExr, writeExr } from "../../fixtures/exrWriter.ts";
import { codes16, codes8, picture, pngBytes, tiffBytes } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

/** Display P3 as sharp embeds it. */
async function p3(): Promise<Buffer> {
  const bytes = await sharp(new Uint8Array(48), { raw: { width: 4, height: 4, channels: 3 } })
    .png()
    .withIccProfile("p3")
    .toBuffer();
  return (await sharp(bytes).metadata()).icc!;
}

async function image(bytes: Uint8Array): Promise<DecodedImage> {
  const loaded = await loadFrame(bytes);
  if (loaded.kind !== "frame") throw new Error(`${loaded.kind}: ${loaded.message}`);
  return loaded.image;
}

describe("exact samples", () => {
  test.each([
    [1, 8],
    [2, 8],
    [3, 8],
    [4, 8],
    [1, 16],
    [2, 16],
    [3, 16],
    [4, 16],
  ] as const)("PNG, %i channels, %i bits", async (channels, bits) => {
    const decoded = await image(await pngBytes({ width: 61, height: 37, channels, bits }));
    expect(decoded).toMatchObject({ width: 61, height: 37, channels, bitDepth: bits, sampleType: "uint" });
    expect(decoded.channelNames).toEqual(
      { 1: ["Y"], 2: ["Y", "A"], 3: ["R", "G", "B"], 4: ["R", "G", "B", "A"] }[channels],
    );
    expect(decoded.samples).toEqual(bits === 16 ? codes16(61, 37, channels) : codes8(61, 37, channels));
  });

  test("TIFF 8 and 16 bits, grey, RGB and RGBA with unassociated alpha, alpha 0 included", async () => {
    const value = (x: number, y: number, channel: number) =>
      channel === 3 ? (x % 4) / 3 : ((x * 7 + y * 3 + channel) % 100) / 99;
    for (const channels of [1, 3, 4] as const) {
      for (const bits of [8, 16] as const) {
        const samples = bits === 16 ? codes16(31, 17, channels, value) : codes8(31, 17, channels, value);
        const extra = channels === 4 ? { extra: 2 } : {};
        const decoded = await image(tiffBytes({ width: 31, height: 17, channels, bits, samples, ...extra }));
        expect(decoded.samples, `${channels} x ${bits}`).toEqual(samples);
      }
    }
  });

  test("float TIFF keeps NaN, infinities, negatives and what lies above 1", async () => {
    const values = [Number.NaN, Infinity, -Infinity, -0.25, 100, 0.18, 1e-6, 32.19];
    for (const channels of [1, 3] as const) {
      const samples = Float32Array.from({ length: 16 * 8 * channels }, (_, i) => values[i % values.length]!);
      const decoded = await image(tiffBytes({ width: 16, height: 8, channels, bits: 32, format: 3, samples }));
      expect(decoded).toMatchObject({ sampleType: "float", bitDepth: 32, channels });
      expect(decoded.samples).toEqual(samples);
    }
  });

  test("an embedded profile changes no code value, in 8 nor in 16 bits", async () => {
    for (const bits of [8, 16] as const) {
      const plain = await pngBytes({ width: 24, height: 24, channels: 3, bits });
      const profiled = insertChunk(
        plain,
        "iCCP",
        Buffer.concat([Buffer.from("x\0\0", "latin1"), deflateSync(await p3())]),
      );
      expect((await sharp(profiled).metadata()).hasProfile).toBe(true);
      expect((await image(profiled)).samples).toEqual((await image(plain)).samples);
    }
  });

  test("an EXR comes through the built-in reader with both windows", async () => {
    const decoded = await image(writeExr(hardExr("zips")));
    expect(decoded.windows).toEqual({ data: [-8, -4, 256, 128], display: [0, 0, 240, 120] });
    expect(decoded.reader).toMatch(/hotplate exr/);
  });

  test("an EXR without R, G, B is still decoded for QC", async () => {
    const bytes = writeExr({
      data: [0, 0, 4, 4],
      compression: "zip",
      channels: [{ name: "Z", type: "float", value: (x) => x }],
    });
    expect((await image(bytes)).channelNames).toEqual(["Z"]);
  });
});

describe("associated alpha of a TIFF", () => {
  const size = { width: 16, height: 16 } as const;
  /** Alpha over the columns, none of it in the first. */
  const cover = (x: number) => x / 15;

  test.each([
    [8, 4],
    [16, 4],
    [16, 2],
  ] as const)(
    "%s bits, %s channels: colours are divided by it to the nearest code, those without cover stay",
    async (bits, channels) => {
      const make = bits === 8 ? codes8 : codes16;
      const full = 2 ** bits - 1;
      const samples = make(16, 16, channels, (x, y, c) => (c === channels - 1 ? cover(x) : cover(x) * cover(y)));
      for (let i = 0; i < samples.length; i += 16 * channels) samples[i] = 77;
      const seen = await image(tiffBytes({ ...size, channels, bits, samples, extra: 1 }));
      expect(seen).toMatchObject({
        channels,
        bitDepth: bits,
        reader: expect.stringMatching(/divided by their alpha/) as string,
      });
      const expected = samples.slice();
      for (let i = 0; i < samples.length; i += channels) {
        const alpha = samples[i + channels - 1]!;
        for (let k = i; alpha > 0 && k < i + channels - 1; k += 1)
          expected[k] = Math.min(full, Math.round((samples[k]! * full) / alpha));
      }
      expect(seen.samples).toEqual(expected);
      expect(seen.samples[0]).toBe(77);
      // What stands there is another thing than what is stored: nothing here may pass by chance.
      expect(seen.samples).not.toEqual(samples);
    },
  );

  test("floats keep what is above 1, big-endian and BigTIFF files are told too", async (ctx) => {
    const samples = Float32Array.from({ length: 16 * 16 * 4 }, (_, i) => (i % 4 === 3 ? 0.25 : (i % 16) * 2));
    const seen = await image(tiffBytes({ ...size, channels: 4, bits: 32, format: 3, samples, extra: 1 }));
    expect(seen.samples).toEqual(samples.map((v, i) => (i % 4 === 3 ? v : v * 4)));
    using dir = tempDir();
    writeFileSync(dir.file("in.tif"), tiffBytes({ ...size, channels: 4, bits: 32, format: 3, samples, extra: 1 }));
    try {
      execFileSync("oiiotool", [dir.file("in.tif"), "--attrib", "tiff:bigtiff", "1", "-o", dir.file("big.tif")]);
      execFileSync("oiiotool", [dir.file("in.tif"), "-o:tiff:endian=big", dir.file("be.tif")]);
    } catch {
      return ctx.skip("oiiotool is not installed (Debian: openimageio-tools)");
    }
    for (const name of ["big.tif", "be.tif"])
      expect((await image(readFileSync(dir.file(name)))).samples, name).toEqual(seen.samples);
    return undefined;
  });

  test("as oiiotool writes it: the colours that it says there were, to half a code over alpha", async (ctx) => {
    using dir = tempDir();
    const value = (x: number, y: number, c: number) => (c === 3 ? (x + 1) / 17 : picture(x, y, c));
    writeFileSync(dir.file("in.png"), await pngBytes({ ...size, channels: 4, bits: 16, value }));
    const own = dir.file("own.tif");
    try {
      execFileSync("oiiotool", [dir.file("in.png"), "-d", "uint16", "-o", dir.file("out.tif")]);
      execFileSync("oiiotool", [
        dir.file("out.tif"),
        "--unpremult",
        "-d",
        "float",
        "--attrib",
        "oiio:UnassociatedAlpha",
        "1",
        "-o",
        own,
      ]);
    } catch {
      return ctx.skip("oiiotool is not installed (Debian: openimageio-tools)");
    }
    const theirs = (await image(readFileSync(own))).samples;
    const ours = (await image(readFileSync(dir.file("out.tif")))).samples;
    const apart = ours.map((code, i) => Math.abs(code - theirs[i]! * 65_535));
    expect(Math.max(...apart)).toBeLessThanOrEqual(0.51);
    return undefined;
  });
});

describe("half a file is never a whole picture", () => {
  const rgb = { raw: { width: 200, height: 150, channels: 3 } } as const;
  const noisy = codes8(200, 150, 3);
  const kinds: readonly (readonly [string, () => Promise<Buffer>])[] = [
    ["png", () => sharp(noisy, rgb).png().toBuffer()],
    ["jpeg", () => sharp(noisy, rgb).jpeg().toBuffer()],
    ["webp", () => sharp(noisy, rgb).webp().toBuffer()],
    ["tiff deflate", () => sharp(noisy, rgb).tiff({ compression: "deflate" }).toBuffer()],
    ["tiff none", () => sharp(noisy, rgb).tiff({ compression: "none" }).toBuffer()],
    ["exr", () => Promise.resolve(writeExr(hardExr("none")))],
  ];

  test.each(kinds)("%s cut at 60 %%, at 95 %% and in its header", async (_name, make) => {
    const bytes = await make();
    expect((await loadFrame(bytes)).kind).toBe("frame");
    for (const share of [0.6, 0.95]) {
      const cut = await loadFrame(bytes.subarray(0, Math.floor(bytes.length * share)));
      expect(cut.kind, `${share}`).toBe("broken");
    }
    expect((await loadFrame(bytes.subarray(0, 12))).kind).toBe("broken");
    expect((await loadFrame(bytes.subarray(0, 0))).kind).toBe("broken");
  });

  test("a flipped byte in a PNG fails its checksum", async () => {
    const bytes = await sharp(noisy, rgb).png().toBuffer();
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    expect(await loadFrame(bytes)).toMatchObject({
      kind: "broken",
      message: expect.stringContaining("checksum") as string,
    });
  });

  test("a PNG without its end is damaged although its picture is whole", async () => {
    const bytes = await sharp(noisy, rgb).png().toBuffer();
    expect((await loadFrame(bytes.subarray(0, bytes.length - 12))).kind).toBe("broken");
  });

  test("a PNG whose header promises other rows than its data holds", async () => {
    const bytes = await sharp(noisy, rgb).png().toBuffer();
    const { crc32 } = await import("node:zlib");
    bytes.writeUInt32BE(151, 20);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    expect((await loadFrame(bytes)).kind).toBe("broken");
  });
});

describe("the display picture", () => {
  test("8-bit code values stay, 16 bits are rounded and not cut off, grey becomes RGB, alpha stays", async () => {
    const codes = codes16(40, 30, 4);
    const picture = await displayPicture(await pngBytes({ width: 40, height: 30, channels: 4, bits: 16 }));
    expect(picture).toMatchObject({ width: 40, height: 30, channels: 4 });
    expect(picture.data).toEqual(Uint8Array.from(codes, (code) => Math.round((code / 65_535) * 255)));
    const grey = await displayPicture(await pngBytes({ width: 5, height: 4, channels: 1, bits: 8 }));
    expect(grey.channels).toBe(3);
    expect(grey.data).toEqual(
      Uint8Array.from(codes8(5, 4, 1), (v) => v).reduce(
        (out, v, i) => out.fill(v, i * 3, i * 3 + 3),
        new Uint8Array(60),
      ),
    );
    expect((await displayPicture(await pngBytes({ width: 6, height: 4, channels: 3, bits: 8 }))).data).toEqual(
      codes8(6, 4, 3),
    );
  });

  test("scene-linear EXR: clamped, sRGB curve, NaN black, infinity white", async () => {
    const values = [0, 0.18, 0.5, 1, 4, -1, Number.NaN, Infinity];
    const channels = ["R", "G", "B"].map((name) => ({ name, type: "half", value: (x: number) => values[x]! }) as const);
    const picture = await displayPicture(writeExr({ data: [0, 0, 8, 1], compression: "none", channels }));
    const greens = Array.from({ length: 8 }, (_, i) => picture.data[i * 3 + 1]);
    // sRGB of 0.18 is 0.4613, of 0.5 is 0.7354 (IEC 61966-2-1).
    expect(greens).toEqual([0, 118, 188, 255, 255, 0, 0, 255]);
  });

  test("float EXR gives the same picture as half", async () => {
    const make = (type: "half" | "float") =>
      writeExr({
        data: [0, 0, 16, 16],
        compression: "zip",
        channels: ["R", "G", "B"].map(
          (name) => ({ name, type, value: (x: number, y: number) => (x * 16 + y) / 256 }) as const,
        ),
      });
    expect((await displayPicture(make("float"))).data).toEqual((await displayPicture(make("half"))).data);
  });

  test("it is the display window: cropped where data hangs over, black where data is missing", async () => {
    const channels = ["R", "G", "B"].map((name) => ({ name, type: "half", value: () => 1 }) as const);
    const picture = await displayPicture(
      writeExr({ data: [-2, 1, 4, 2], display: [0, 0, 4, 4], compression: "zips", channels }),
    );
    const red = Array.from({ length: 16 }, (_, i) => picture.data[i * 3]);
    expect(red).toEqual([0, 0, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0]);
  });

  test("premultiplied EXR colours are divided by alpha, for a PNG's are not; light without cover stays", async () => {
    const channels = [
      ...["R", "G", "B"].map(
        (name) => ({ name, type: "float", value: (x: number) => [0.25, 0.5, 0.25, 1][x]! }) as const,
      ),
      { name: "A", type: "float", value: (x: number) => [0.5, 0.5, 0, 1][x]! } as const,
    ];
    const picture = await displayPicture(writeExr({ data: [0, 0, 4, 1], compression: "none", channels }));
    expect(Array.from(picture.data)).toEqual([
      188, 188, 188, 128, 255, 255, 255, 128, 137, 137, 137, 0, 255, 255, 255, 255,
    ]);
  });

  test("a picture with a wide profile is converted to sRGB, which is what the feed calls itself", async () => {
    const rgb = new Uint8Array(16 * 16 * 3).map((_, i) => [200, 80, 60][i % 3]!);
    const converted = await sharp(rgb, { raw: { width: 16, height: 16, channels: 3 } })
      .png()
      .withIccProfile("p3")
      .toBuffer();
    const stored = (await image(converted)).samples;
    expect(Math.abs(stored[0]! - 200)).toBeGreaterThan(5);
    const wide = sharp(
      Uint16Array.from(stored, (v) => v * 257),
      { raw: { width: 16, height: 16, channels: 3 } },
    );
    const bare16 = await wide.toColourspace("rgb16").png().toBuffer();
    const converted16 = insertChunk(
      bare16,
      "iCCP",
      Buffer.concat([Buffer.from("x\0\0", "latin1"), deflateSync(await p3())]),
    );
    for (const bytes of [converted, converted16]) {
      const [r, g, b] = (await displayPicture(bytes)).data;
      expect(Math.max(Math.abs(r! - 200), Math.abs(g! - 80), Math.abs(b! - 60))).toBeLessThanOrEqual(2);
      const small = await smallPicture(bytes, { width: 4, height: 4 });
      expect(Math.abs(small.data[0]! - 200)).toBeLessThanOrEqual(2);
    }
  });

  test("a JPEG turned by EXIF is fed upright", async () => {
    const half = new Uint8Array(16 * 8 * 3).map((_, i) => (Math.floor(i / 3) % 16 < 8 ? 255 : 0));
    const jpeg = await sharp(half, { raw: { width: 16, height: 8, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer();
    const picture = await displayPicture(jpeg);
    expect([picture.width, picture.height]).toEqual([8, 16]);
    // Orientation 6: the stored left edge is the top.
    expect([picture.data[0]! > 200, picture.data[picture.data.length - 1]! < 50]).toEqual([true, true]);
  });
});
