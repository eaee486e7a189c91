/** The built-in DPX reader: every packing against our own writer, OpenImageIO and ffmpeg as second opinions, and hostile files. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../daemon/adapters/images/byteSource.ts";
import { colorHints } from "../../../daemon/adapters/images/colorHints.ts";
import { parseDpx } from "../../../daemon/adapters/images/dpxHead.ts";
import { exrSamples } from "../../../daemon/adapters/images/exrPicture.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import { publicHeader, readHead } from "../../../daemon/adapters/images/head.ts";
import { displayPicture, loadFrame, smallPicture } from "../../../daemon/adapters/images/loadFrame.ts";
import { HotplateError } from "../../../daemon/domain/errors.ts";
import type { DecodedImage } from "../../../daemon/plugin.ts";
import type { TestDpx } from "../../fixtures/dpxWriter.ts";
import { DPX_OFFSET, widened, writeDpx } from "../../fixtures/dpxWriter.ts";
import { tempDir } from "../../fixtures/tempDir.ts";
import { hasTool, NO_FFMPEG, NO_OIIOTOOL } from "../../fixtures/tools.ts";

const noise = (bits: number) => (x: number, y: number, channel: number) =>
  (Math.imul(x * 31 + y * 1_009 + channel * 77 + 5, 2_654_435_761) >>> 0) >>> (32 - bits);

const KINDS = ([1, 3, 4] as const).flatMap((channels) =>
  ([8, 10, 12, 16] as const).flatMap((bits) =>
    ([0, 1, 2] as const).flatMap((packing) =>
      [false, true].map((littleEndian) => ({ channels, bits, packing, littleEndian, value: noise(bits) })),
    ),
  ),
);
const nameOf = (kind: (typeof KINDS)[number]) =>
  `${kind.channels} x ${kind.bits} bits, packing ${kind.packing}, ${kind.littleEndian ? "little" : "big"}-endian`;

async function image(bytes: Uint8Array): Promise<DecodedImage> {
  const loaded = await loadFrame(bytes);
  if (loaded.kind !== "frame") throw new Error(`${loaded.kind}: ${loaded.message}`);
  return loaded.image;
}

function refusal(bytes: Uint8Array): HotplateError {
  try {
    readHead(bytesSource(bytes));
  } catch (error) {
    if (error instanceof HotplateError) return error;
    throw error;
  }
  throw new Error("the header was read");
}

function codesOf({ width, height, channels, bits, value }: TestDpx): number[] {
  return Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return widened(value(pixel % width, Math.floor(pixel / width), i % channels), bits);
  });
}

describe("what is read is exact", () => {
  test.each(KINDS.map((kind) => [nameOf(kind), kind] as const))("%s", async (_name, kind) => {
    for (const width of [1, 2, 5, 64]) {
      const dpx = { ...kind, width, height: 3 };
      const decoded = await image(writeDpx(dpx));
      expect(decoded).toMatchObject({ width, height: 3, channels: kind.channels, bitDepth: kind.bits });
      expect(Array.from(decoded.samples)).toEqual(codesOf(dpx));
    }
  });

  test("any size and padding comes back as it was written", () => {
    const cases = fc.record({
      kind: fc.constantFrom(...KINDS),
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 9 }),
      padding: fc.constantFrom(0, 0, 1, 4, 100),
    });
    return fc.assert(
      fc.asyncProperty(cases, async ({ kind, ...size }) => {
        const dpx = { ...kind, ...size };
        expect(Array.from((await image(writeDpx(dpx))).samples)).toEqual(codesOf(dpx));
      }),
      { numRuns: 60 },
    );
  });

  test("lines of 8 bits that a writer padded to whole words without saying so are found by the file's length", async () => {
    const dpx: TestDpx = { width: 5, height: 4, channels: 3, bits: 8, packing: 0, value: noise(8) };
    const padded = writeDpx({ ...dpx, padding: 1, lie: { u32: { 812: 0 } } });
    expect(Array.from((await image(padded)).samples)).toEqual(codesOf(dpx));
  });

  test("its head says its size and depth, and its transfer as the header has it", () => {
    const bytes = writeDpx({ width: 4, height: 4, channels: 3, bits: 10, packing: 1, transfer: 3, value: noise(10) });
    const head = readHead(bytesSource(bytes));
    expect(publicHeader(head)).toEqual({ format: "dpx", width: 4, height: 4, channels: 3, bitDepth: 10 });
    expect(colorHints(bytesSource(bytes), head)).toMatchObject({ format: "dpx", bitDepth: 10, transfer: 3 });
  });

  test("a graph and people see its codes as 8 bits, rounded", async () => {
    const bytes = writeDpx({
      width: 4,
      height: 1,
      channels: 3,
      bits: 10,
      packing: 1,
      value: (x) => [0, 445, 685, 1023][x]!,
    });
    const picture = await displayPicture(bytes);
    expect(Array.from({ length: 4 }, (_, i) => picture.data[i * 3])).toEqual([0, 111, 171, 255]);
    expect(await smallPicture(bytes, { width: 8, height: 8 })).toMatchObject({ width: 4, height: 1 });
  });
});

describe("others agree", () => {
  test.for(KINDS.map((kind) => [nameOf(kind), kind] as const))("OpenImageIO: %s", async ([, kind], ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    using dir = tempDir();
    // It lets lines of luma and RGBA begin inside a word where 10 bits are filled; SMPTE 268M and ffmpeg begin them at a word.
    const width = kind.bits === 10 && kind.packing > 0 ? 60 : 61;
    const ours = writeDpx({ ...kind, width, height: 7 });
    writeFileSync(dir.file("ours.dpx"), ours);
    execFileSync("oiiotool", [
      dir.file("ours.dpx"),
      "-d",
      "float",
      "--compression",
      "none",
      "-o",
      dir.file("theirs.exr"),
    ]);
    const theirs = exrSamples(readExr(readFileSync(dir.file("theirs.exr")))).samples;
    const { samples } = await image(ours);
    const largest = kind.bits === 8 ? 255 : 65_535;
    // It does not widen 12 bits in 16-bit words whose spare bits are low, though it does all others: the codes are compared.
    const codes = (value: number) => (kind.bits === 12 && kind.packing === 1 ? value >> 4 : value);
    expect(Array.from(theirs, (value) => codes(Math.round(value * largest)))).toEqual(Array.from(samples, codes));
    return undefined;
  });

  test.for([10, 12, 16] as const)("OpenImageIO's own files of %i bits, in both byte orders", async (bits, ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    using dir = tempDir();
    const ours = writeDpx({
      width: 61,
      height: 7,
      channels: 3,
      bits,
      packing: bits === 10 ? 1 : 0,
      value: noise(bits),
    });
    writeFileSync(dir.file("ours.dpx"), ours);
    for (const endian of ["little", "big"]) {
      for (const packing of ["Packed", "Filled, method A", "Filled, method B"]) {
        const attributes = ["--attrib", "oiio:Endian", endian, "--attrib", "dpx:Packing", packing];
        execFileSync("oiiotool", [
          dir.file("ours.dpx"),
          ...attributes,
          "-d",
          `uint${bits}`,
          "-o",
          dir.file("theirs.dpx"),
        ]);
        const theirs = readFileSync(dir.file("theirs.dpx"));
        expect(parseDpx(bytesSource(theirs))).toMatchObject({ bits, littleEndian: endian === "little" });
        expect((await image(theirs)).samples).toEqual((await image(ours)).samples);
      }
    }
    return undefined;
  });

  test.for(
    KINDS.filter(({ bits, packing }) => bits === 10 && packing > 0).map((kind) => [nameOf(kind), kind] as const),
  )("ffmpeg, with lines that end inside a word: %s", async ([, kind], ctx) => {
    if (!hasTool("ffmpeg")) return ctx.skip(NO_FFMPEG);
    using dir = tempDir();
    const [width, height] = [61, 7];
    const { channels } = kind;
    writeFileSync(dir.file("ours.dpx"), writeDpx({ ...kind, width, height }));
    const raw = execFileSync("ffmpeg", ["-v", "error", "-i", dir.file("ours.dpx"), "-f", "rawvideo", "pipe:1"]);
    const planes = new Uint16Array(Uint8Array.from(raw).buffer);
    // gray10le, or planes of green, blue, red (and alpha), as gbrp10le and gbrap10le have them.
    const order = channels === 1 ? [0] : [2, 0, 1, 3];
    const { samples } = await image(writeDpx({ ...kind, width, height }));
    const theirs = Array.from({ length: width * height * channels }, (_, i) =>
      widened(planes[order[i % channels]! * width * height + Math.floor(i / channels)]!, 10),
    );
    expect(theirs).toEqual(Array.from(samples));
    return undefined;
  });
});

describe("damage and lies", () => {
  const plain: TestDpx = { width: 9, height: 5, channels: 3, bits: 10, packing: 1, value: noise(10) };

  test("cut at any byte it is damaged", () => {
    for (const kind of [
      plain,
      { ...plain, packing: 0, bits: 12, littleEndian: true },
      { ...plain, bits: 8 },
    ] as const) {
      const file = writeDpx(kind);
      for (let cut = 0; cut < file.length; cut += cut < 2_000 ? 97 : 1) {
        const { code } = refusal(file.subarray(0, cut));
        if (code !== "HP-PLATE-BROKEN") expect.fail(`cut at ${cut}: ${code}`);
      }
      expect(readHead(bytesSource(file)).width).toBe(9);
    }
  });

  test.each([
    ["100,000 x 100,000 px", { u32: { 772: 100_000, 776: 100_000 } }, /ends early/],
    ["no width", { u32: { 772: 0 } }, /0 x 5/],
    ["more width than there is", { u32: { 772: 2 ** 31 } }, /px/],
    ["its picture behind its end", { u32: { 4: 2 ** 30, 808: 2 ** 30 } }, /begins at byte/],
    ["its picture in its header", { u32: { 4: 16, 808: 16 } }, /begins at byte/],
    ["lines far apart", { u32: { 812: 2 ** 31 } }, /ends early/],
    ["no element", { u16: { 770: 0 } }, /elements/],
  ])("a header that says %s is damage", (_name, lie, words) => {
    const error = refusal(writeDpx({ ...plain, lie }));
    expect([error.code, words.test(error.message)]).toEqual(["HP-PLATE-BROKEN", true]);
  });

  test.each([
    ["run-length encoding", { u16: { 806: 1 } }, /run-length/],
    ["signed samples", { u32: { 780: 1 } }, /signed/],
    ["32-bit floats", { u8: { 803: 32 } }, /32 bits/],
    ["YCbCr", { u8: { 800: 102 } }, /YCbCr/],
    ["ABGR", { u8: { 800: 52 } }, /ABGR/],
    ["three elements", { u16: { 770: 3 } }, /3 elements/],
    ["a packing that does not exist", { u16: { 804: 7 } }, /packing 7/],
    ["a turned picture", { u16: { 768: 4 } }, /turned/],
  ])("%s is refused by name, with what to do", (_name, lie, words) => {
    const error = refusal(writeDpx({ ...plain, lie }));
    expect([error.code, words.test(error.message), /oiiotool/.test(error.hint)]).toEqual(["HP-PLATE-KIND", true, true]);
  });

  test("a file that is longer than its picture is read", async () => {
    const longer = Buffer.concat([writeDpx(plain), Buffer.alloc(1_000)]);
    expect(Array.from((await image(longer)).samples)).toEqual(codesOf(plain));
    expect(DPX_OFFSET).toBe(parseDpx(bytesSource(longer)).offset);
  });
});
