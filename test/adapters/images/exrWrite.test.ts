/** The built-in EXR writer: our own reader always, other people's readers where they are installed. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ExrAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { textAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import type { Plane } from "../../../daemon/adapters/images/exrRead.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import type { ExrImage } from "../../../daemon/adapters/images/exrWrite.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import { toHalves } from "../../../daemon/adapters/images/half.ts";
import { HotplateError } from "../../../daemon/domain/errors.ts";
import type { PixelBox } from "../../../daemon/plugin.ts";
import { sceneLinear } from "../../fixtures/exrWriter.ts";
import { absent } from "../../fixtures/optionalTools.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const COMPRESSIONS = ["none", "zips", "zip"] as const;

function values([x0, y0, width, height]: PixelBox, seed: number): Float32Array {
  const value = sceneLinear(seed);
  return Float32Array.from({ length: width * height }, (_, i) => value(x0 + (i % width), y0 + Math.floor(i / width)));
}

function halfPlane(name: string, box: PixelBox, seed: number): Plane {
  return { name, type: "half", data: toHalves(values(box, seed)) };
}

/** Odd windows, all sample types, names whose order is that of their bytes, and the values that break readers. */
function hard(compression: ExrImage["compression"]): ExrImage {
  const data: PixelBox = [-8, -4, 61, 37];
  const red = halfPlane("R", data, 1);
  red.data.set([0x7e00, 0x7c00, 0xfc00, 0xb400, 1, 0x8001, 0x8000, 0x7bff], 100);
  return {
    data,
    display: [0, 0, 50, 30],
    compression,
    attributes: [],
    planes: [
      red,
      halfPlane("G", data, 2),
      halfPlane("B", data, 3),
      { name: "depth.Z", type: "float", data: values(data, 4).fill(Number.POSITIVE_INFINITY, 0, 5) },
      { name: "matte_é", type: "half", data: toHalves(values(data, 5)) },
      { name: "id", type: "uint", data: Uint32Array.from({ length: 61 * 37 }, (_, i) => i * 1_000_003) },
    ],
  };
}

const byName = (planes: readonly Plane[]): readonly Plane[] =>
  [...planes].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));

describe("what is written is what the planes hold", () => {
  test.each(COMPRESSIONS)("%s: every bit of every channel, both windows", (compression) => {
    const image = hard(compression);
    const { header, planes } = readExr(encodeExr(image));
    expect(header).toMatchObject({ compression, data: image.data, display: image.display });
    expect(planes).toEqual(byName(image.planes));
  });

  test("any size, window, sample type and compression comes back", () => {
    const cases = fc.record({
      x: fc.integer({ min: -70, max: 70 }),
      y: fc.integer({ min: -70, max: 70 }),
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 40 }),
      compression: fc.constantFrom(...COMPRESSIONS),
      noise: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ x, y, width, height, compression, noise }) => {
        const data: PixelBox = [x, y, width, height];
        // What can't be packed is stored as it is, which readers know by its size.
        const bits = (i: number) => (noise ? Math.imul(i + 1, 2_654_435_761) >>> 16 : i & 0xff);
        const plane: Plane = {
          name: "Y",
          type: "half",
          data: Uint16Array.from({ length: width * height }, (_, i) => bits(i)),
        };
        const read = readExr(encodeExr({ data, display: data, compression, attributes: [], planes: [plane] }));
        expect(read.planes).toEqual([plane]);
      }),
      { numRuns: 80 },
    );
  });

  test("planes that are not the window, no planes, and names that do not exist are bugs, said at once", () => {
    const image = hard("zip");
    const broken: readonly ExrImage[] = [
      { ...image, planes: [] },
      { ...image, data: [0, 0, 10, 10] },
      { ...image, attributes: [textAttribute("x".repeat(256), "")] },
      { ...image, attributes: [textAttribute("a\0b", "")] },
    ];
    for (const one of broken) expect(() => encodeExr(one)).toThrow(HotplateError);
  });
});

const TIME_CODE: ExrAttribute = { name: "timeCode", type: "timecode", value: Uint8Array.of(4, 3, 2, 1, 0, 0, 0, 0) };
const ATTRIBUTES: readonly ExrAttribute[] = [
  TIME_CODE,
  { name: "pixelAspectRatio", type: "float", value: new Uint8Array(Float32Array.of(2).buffer) },
  { name: "framesPerSecond", type: "rational", value: new Uint8Array(Int32Array.of(24_000, 1001).buffer) },
  textAttribute("reelName", "A042C007"),
  textAttribute("a very long name of an attribute that needs the flag of long names", "said"),
];

describe("other readers agree", () => {
  test.for(COMPRESSIONS)("oiiotool reads the same bits of our %s file", (compression, ctx) => {
    const reason = absent("oiiotool");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    const { planes, ...image } = hard(compression);
    const halves = planes.filter((plane) => plane.type === "half");
    const floats = planes.filter((plane) => plane.type !== "uint");
    for (const [name, kept] of [
      ["half", halves],
      ["float", floats],
    ] as const) {
      writeFileSync(dir.file("in.exr"), encodeExr({ ...image, planes: kept, attributes: ATTRIBUTES }));
      execFileSync("oiiotool", [dir.file("in.exr"), "-d", name, "--compression", "none", "-o", dir.file("out.exr")]);
      const theirs = readExr(readFileSync(dir.file("out.exr")));
      expect([theirs.header.data, theirs.header.display]).toEqual([image.data, image.display]);
      const numbers = (plane: Plane): readonly number[] => [
        ...(plane.type === "half" ? new Float16Array(plane.data.buffer.slice(0)) : plane.data),
      ];
      for (const plane of kept) {
        const same = theirs.planes.find((one) => one.name === plane.name);
        expect(numbers(same!), plane.name).toEqual(numbers(plane));
      }
    }
    return undefined;
  });

  test("exrheader reads every attribute, the time code and a name that needs the long-name flag among them", (ctx) => {
    const reason = absent("exrheader");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    writeFileSync(dir.file("a.exr"), encodeExr({ ...hard("zip"), attributes: ATTRIBUTES }));
    const said = execFileSync("exrheader", [dir.file("a.exr")], { encoding: "utf8" });
    for (const words of [
      /pixelAspectRatio \(type float\): 2\n/,
      /framesPerSecond \(type rational\): 24000\/1001/,
      /reelName \(type string\): "A042C007"/,
      /time 01:02:03:04/,
      /a very long name of an attribute that needs the flag of long names \(type string\): "said"/,
      /dataWindow \(type box2i\): \(-8 -4\) - \(52 32\)/,
      /id, 32-bit unsigned integer, sampling 1 1/,
    ])
      expect(said).toMatch(words);
    return undefined;
  });

  test.for(COMPRESSIONS)("ffmpeg reads the same values of our %s file", (compression, ctx) => {
    const reason = absent("ffmpeg");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    const data: PixelBox = [0, 0, 64, 48];
    const planes = ["R", "G", "B"].map((name, i) => halfPlane(name, data, i + 1));
    writeFileSync(dir.file("a.exr"), encodeExr({ data, display: data, compression, planes, attributes: ATTRIBUTES }));
    const args = ["-v", "error", "-i", dir.file("a.exr"), "-f", "rawvideo", "-pix_fmt", "gbrpf32le", "pipe:1"];
    const raw = execFileSync("ffmpeg", args, { stdio: ["ignore", "pipe", "pipe"] });
    const out = new Float32Array(Uint8Array.from(raw).buffer);
    // It gives green, blue, red.
    [1, 2, 0].forEach((channel, i) => {
      const wanted = Float32Array.from(new Float16Array((planes[channel]!.data as Uint16Array).buffer.slice(0)));
      expect(out.slice(i * 64 * 48, (i + 1) * 64 * 48)).toEqual(wanted);
    });
    return undefined;
  });
});
