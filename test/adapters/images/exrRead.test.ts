/** The built-in EXR reader against our own writer, against OpenImageIO where it is installed, and against hostile files. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../daemon/adapters/images/byteSource.ts";
import { parseExrHeader } from "../../../daemon/adapters/images/exrHeader.ts";
import { exrSamples } from "../../../daemon/adapters/images/exrPicture.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import { HotplateError } from "../../../daemon/domain/errors.ts";
import type { TestExr } from "../../fixtures/exrWriter.ts";
import { halfBits, hardExr, rgbHalf, sceneLinear, writeExr } from "../../fixtures/exrWriter.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const COMPRESSIONS = ["none", "rle", "zips", "zip", "piz"] as const;

function refusal(file: Uint8Array): HotplateError {
  try {
    readExr(file);
  } catch (error) {
    if (error instanceof HotplateError) return error;
    throw error;
  }
  throw new Error("the file was read");
}

describe("what is read is exact", () => {
  test.each(COMPRESSIONS)(
    "%s: every sample of five channels of three kinds, with odd windows, to the bit",
    (compression) => {
      const written: TestExr = {
        ...hardExr(compression),
        channels: [
          ...hardExr(compression).channels,
          { name: "id", type: "uint", value: (x, y) => (x + 8) * 1000 + y + 4 },
        ],
      };
      const { header, planes } = readExr(writeExr(written));
      expect(header.data).toEqual([-8, -4, 256, 128]);
      expect(header.display).toEqual([0, 0, 240, 120]);
      expect(planes.map((plane) => plane.name)).toEqual(["A", "B", "G", "R", "id", "matte.red"]);
      for (const plane of planes) {
        const channel = written.channels.find((each) => each.name === plane.name)!;
        for (let i = 0; i < plane.data.length; i += 1) {
          const value = channel.value((i % 256) - 8, Math.floor(i / 256) - 4);
          const wanted = plane.type === "half" ? halfBits(value) : plane.type === "float" ? Math.fround(value) : value;
          if (plane.data[i] !== wanted) expect.fail(`${plane.name}[${i}] is ${plane.data[i]}, not ${wanted}`);
        }
      }
    },
  );

  test("R, G, B, A come first, half becomes float exactly, NaN and infinities survive", () => {
    const image = exrSamples(readExr(writeExr(hardExr("zip"))));
    expect(image.channelNames).toEqual(["R", "G", "B", "A", "matte.red"]);
    expect(image).toMatchObject({ width: 256, height: 128, channels: 5, bitDepth: 32, sampleType: "float" });
    const red = (x: number, y: number) => image.samples[((y + 4) * 256 + x + 8) * 5];
    expect([red(0, 0), red(1, 0), red(2, 0), red(3, 0), red(4, 0)]).toEqual([NaN, Infinity, -Infinity, -0.25, 100]);
  });

  test("half bits become the machine's own floats, all 65,536 of them", () => {
    const all: TestExr = {
      data: [0, 0, 256, 256],
      compression: "none",
      channels: [
        { name: "Y", type: "half", value: (x, y) => new Float16Array(Uint16Array.of(y * 256 + x).buffer)[0]! },
      ],
    };
    const { samples } = exrSamples(readExr(writeExr(all)));
    const wanted = Float32Array.from(new Float16Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer));
    expect(samples).toEqual(wanted);
  });

  test("chunks may stand in any order and the last one may be short", () => {
    const upright = { data: [0, 0, 33, 37], compression: "zip", channels: rgbHalf() } as const;
    expect(readExr(writeExr({ ...upright, bottomUp: true })).planes).toEqual(readExr(writeExr(upright)).planes);
  });

  test("any size, window and compression comes back as it was written", () => {
    const cases = fc.record({
      x: fc.integer({ min: -70, max: 70 }),
      y: fc.integer({ min: -70, max: 70 }),
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 40 }),
      compression: fc.constantFrom(...COMPRESSIONS),
      type: fc.constantFrom("half", "float", "uint"),
    });
    fc.assert(
      fc.property(cases, ({ x, y, width, height, compression, type }) => {
        const value = (px: number, py: number) =>
          type === "uint" ? Math.abs(px * 7 + py * 131) : sceneLinear(3)(px, py);
        const { planes } = readExr(
          writeExr({ data: [x, y, width, height], compression, channels: [{ name: "Y", type, value }] }),
        );
        const data = planes[0]!.data;
        const stored = (v: number) => (type === "half" ? halfBits(v) : type === "float" ? Math.fround(v) : v);
        return data.every((sample, i) => sample === stored(value(x + (i % width), y + Math.floor(i / width))));
      }),
      { numRuns: 60 },
    );
  });

  test("PIZ in both of its arithmetics, with codes that are longer than the reader's table", () => {
    // 16-bit arithmetic from 16,384 different values on; values that grow rarer by halves get ever longer codes.
    const many: TestExr = {
      data: [0, 0, 700, 32],
      compression: "piz",
      channels: [channel("half", (x, y) => bits(y * 700 + x))],
    };
    const rare = (x: number, y: number) => 31 - Math.clz32((Math.imul(y * 512 + x, 2_654_435_761) >>> 8) | 1);
    const skewed: TestExr = { data: [0, 0, 512, 64], compression: "piz", channels: [channel("uint", rare)] };
    for (const exr of [many, skewed]) {
      const wanted = readExr(writeExr({ ...exr, compression: "none" })).planes;
      expect(readExr(writeExr(exr)).planes).toEqual(wanted);
    }
    function bits(i: number): number {
      return new Float16Array(Uint16Array.of((i * 37) % 0x7c00).buffer)[0]!;
    }
    function channel(type: "half" | "uint", value: (x: number, y: number) => number) {
      return { name: "Y", type, value };
    }
  });

  test("names of channels and attributes may be 255 bytes long", () => {
    const name = "layer.".padEnd(255, "x");
    const { planes } = readExr(
      writeExr({
        data: [0, 0, 8, 8],
        compression: "rle",
        lie: { flags: 0x400 },
        channels: [...rgbHalf(), { name, type: "half", value: () => 0.5 }],
        attributes: { ["a".repeat(200)]: 4 },
      }),
    );
    expect(planes.map((plane) => plane.name)).toContain(name);
  });

  test("ids that no float can hold are refused as samples, not rounded", () => {
    const exr: TestExr = {
      data: [0, 0, 4, 4],
      compression: "none",
      channels: [{ name: "Y", type: "uint", value: () => 2 ** 24 + 1 }],
    };
    expect(() => exrSamples(readExr(writeExr(exr)))).toThrow(/no float can hold/);
    // Beside a picture they are left out, and the picture is read.
    const id = { name: "id", type: "uint", value: () => 2 ** 24 + 1 } as const;
    const beside: TestExr = { ...exr, channels: [...rgbHalf(), id, { ...id, name: "small", value: () => 7 }] };
    expect(exrSamples(readExr(writeExr(beside))).channelNames).toEqual(["R", "G", "B", "small"]);
  });
});

describe("OpenImageIO agrees", () => {
  const tool = (() => {
    try {
      return execFileSync("oiiotool", ["--version"], { encoding: "utf8" }).trim();
    } catch {
      return null;
    }
  })();

  test.for(COMPRESSIONS)("it reads our writer's %s file as we do, and we read what it writes", (compression, ctx) => {
    if (tool === null) return ctx.skip("oiiotool is not installed (Debian: openimageio-tools)");
    using dir = tempDir();
    const file = dir.file("in.exr");
    const bytes = writeExr({
      data: [-3, 5, 61, 43],
      display: [0, 0, 64, 48],
      compression,
      channels: [...rgbHalf(), { name: "Z", type: "float", value: sceneLinear(9) }],
    });
    writeFileSync(file, bytes);
    const half = writeExr({ data: [0, 0, 61, 43], compression, channels: rgbHalf() });
    writeFileSync(dir.file("half.exr"), half);
    execFileSync("oiiotool", [dir.file("half.exr"), "--compression", compression, "-o", dir.file("half2.exr")]);
    expect(readExr(readFileSync(dir.file("half2.exr"))).planes).toEqual(readExr(half).planes);
    execFileSync("oiiotool", [file, "--compression", compression, "-o", dir.file("out.exr")]);
    execFileSync("oiiotool", [file, "-d", "float", "--compression", "none", "-o", dir.file("float.exr")]);
    const ours = readExr(bytes);
    // With channels of two kinds it writes all of them as float, which loses nothing.
    const rewritten = readExr(readFileSync(dir.file("out.exr")));
    expect(rewritten.header.compression).toBe(compression);
    expect([rewritten.header.data, rewritten.header.display]).toEqual([ours.header.data, ours.header.display]);
    expect(exrSamples(rewritten).samples).toEqual(exrSamples(ours).samples);
    expect(exrSamples(readExr(readFileSync(dir.file("float.exr")))).samples).toEqual(exrSamples(ours).samples);
    return undefined;
  });
});

describe("damaged files are named as damaged", () => {
  const plain = (compression: (typeof COMPRESSIONS)[number]) =>
    writeExr({ data: [0, 0, 64, 48], compression, channels: rgbHalf() });
  const table = (file: Uint8Array) => parseExrHeader(bytesSource(file)).tableAt;

  test.each(COMPRESSIONS)("%s cut anywhere: in the header, in the table, at 60 %%, one byte short", (compression) => {
    const file = plain(compression);
    const cuts = [0, 3, 7, 8, 60, table(file) - 1, table(file) + 5, Math.floor(file.length * 0.6), file.length - 1];
    for (const cut of cuts) expect(refusal(file.subarray(0, cut)).code, `cut at ${cut}`).toBe("HP-PLATE-BROKEN");
  });

  test.each(COMPRESSIONS)("%s cut at every single byte of a small file", (compression) => {
    const file = writeExr({ data: [-3, 2, 9, 35], display: [0, 0, 9, 37], compression, channels: rgbHalf() });
    expect(readExr(file).planes).toHaveLength(3);
    for (let cut = 0; cut < file.length; cut += 1) {
      const { code } = refusal(file.subarray(0, cut));
      if (code !== "HP-PLATE-BROKEN") expect.fail(`cut at ${cut}: ${code}`);
    }
  });

  test("a flipped byte in a packed chunk is found", () => {
    const file = plain("zip");
    const at = table(file) + 3 * 8 + 8 + 200;
    file[at] = file[at]! ^ 0x10;
    expect(refusal(file).message).toMatch(/unpack/);
  });

  test.each([
    ["outside the file", (file: Buffer, at: number) => file.writeBigUInt64LE(2n ** 40n, at), /outside the file/],
    ["before the chunks", (file: Buffer, at: number) => file.writeBigUInt64LE(4n, at), /outside the file/],
    ["beyond all numbers", (file: Buffer, at: number) => file.writeBigUInt64LE(2n ** 64n - 1n, at), /outside the file/],
    [
      "zero, as an unfinished writer leaves it",
      (file: Buffer, at: number) => file.writeBigUInt64LE(0n, at),
      /did not finish/,
    ],
    ["the same as its neighbour's", (file: Buffer, at: number) => file.copy(file, at, at + 8, at + 16), /two chunks/],
  ])("a chunk offset that is %s", (_name, spoil, words) => {
    const file = plain("zips");
    spoil(file, table(file));
    expect(refusal(file).message).toMatch(words);
  });

  test.each([
    ["a line above the window", 0, -1, /no chunk begins/],
    ["a line below the window", 0, 48, /no chunk begins/],
    ["a negative size", 4, -5, /says -5 bytes/],
    ["a size past the end", 4, 2 ** 30, /says 1073741824 bytes/],
    ["no size at all where nothing is packed", 4, 0, /too few/],
  ])("a chunk that names %s", (_name, field, value, words) => {
    const file = plain("none");
    const chunk = Number(file.readBigUInt64LE(table(file)));
    file.writeInt32LE(value, chunk + field);
    expect(refusal(file).message).toMatch(words);
  });

  test("a line in the middle of a 16-line chunk begins no chunk", () => {
    const file = plain("zip");
    file.writeInt32LE(5, Number(file.readBigUInt64LE(table(file))));
    expect(refusal(file).message).toMatch(/no chunk begins/);
  });

  test("a packed chunk that unpacks to less than its lines is no picture", () => {
    const small = writeExr({ data: [0, 0, 64, 8], compression: "zip", channels: rgbHalf() });
    const file = writeExr({
      data: [0, 0, 64, 8],
      lie: { data: [0, 0, 64, 9] },
      compression: "zip",
      channels: rgbHalf(),
    });
    expect(readExr(small).planes).toHaveLength(3);
    expect(refusal(file).code).toBe("HP-PLATE-BROKEN");
  });

  test("no random change of the header or the table breaks the reader itself", () => {
    const original = plain("zip");
    const end = table(original) + 3 * 8 + 16;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(end), fc.nat(255)), { minLength: 1, maxLength: 6 }), (changes) => {
        const file = Buffer.from(original);
        for (const [at, byte] of changes) file[at] = byte;
        try {
          return readExr(file).planes.length > 0;
        } catch (error) {
          return (
            error instanceof HotplateError && ["HP-PLATE-BROKEN", "HP-PLATE-KIND", "HP-IMAGE-SIZE"].includes(error.code)
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("what the reader has not is refused by name, before anything is allocated", () => {
  const base = { data: [0, 0, 32, 32], compression: "zip", channels: rgbHalf() } as const;

  test.each([
    [5, "PXR24"],
    [6, "B44"],
    [7, "B44A"],
    [8, "DWAA"],
    [9, "DWAB"],
    [10, "HTJ2K256"],
    [77, "unknown (number 77)"],
  ])("compression %i is %s", (number, name) => {
    const error = refusal(writeExr({ ...base, lie: { compression: number } }));
    expect(error.code).toBe("HP-PLATE-KIND");
    expect(error.message).toContain(name);
    expect(error.hint).toMatch(/oiiotool/);
  });

  test.each([
    [0x800, "deep"],
    [0x2000, "unknown flags"],
  ])("flag 0x%i is %s", (flags, name) => {
    const error = refusal(writeExr({ ...base, lie: { flags } }));
    expect([error.code, error.message.includes(name)]).toEqual(["HP-PLATE-KIND", true]);
  });

  test("subsampled channels", () => {
    const error = refusal(writeExr({ ...base, channels: [{ name: "Y", type: "half", value: () => 0, sampling: 2 }] }));
    expect([error.code, error.message.includes("subsampled")]).toEqual(["HP-PLATE-KIND", true]);
  });

  test("a window larger than any picture, in a file of a few kilobytes", () => {
    expect(refusal(writeExr({ ...base, lie: { data: [0, 0, 100_000, 100_000] } })).code).toBe("HP-IMAGE-SIZE");
    expect(refusal(writeExr({ ...base, lie: { data: [0, 0, 16_000, 16_000] } })).code).toMatch(
      /HP-PLATE|HP-IMAGE-SIZE/,
    );
    expect(refusal(writeExr({ ...base, lie: { data: [0, 0, 4_000, 4_000] } })).message).toMatch(/chunk/);
  });

  test("a window turned inside out, channels without end, attributes without end", () => {
    expect(refusal(writeExr({ ...base, lie: { data: [0, 0, -5, 10] } })).message).toMatch(/no rectangle/);
    const many = Array.from({ length: 65 }, (_, i) => ({ name: `c${i}`, type: "half", value: () => 0 }) as const);
    expect(refusal(writeExr({ ...base, channels: many })).message).toMatch(/more than 64 channels/);
    const attributes = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`a${i}`, 1]));
    expect(refusal(writeExr({ ...base, attributes })).message).toMatch(/more than 1000 attributes/);
  });

  test("a long attribute is stepped over, not read", () => {
    expect(readExr(writeExr({ ...base, attributes: { comments: 200_000 } })).planes).toHaveLength(3);
  });
});
