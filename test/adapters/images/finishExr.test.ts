/** Results that become OpenEXR: what they keep of their plate, what is theirs, and that codes and light are not mixed up. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { bytesSource } from "../../../daemon/adapters/images/byteSource.ts";
import { keptAttributes, textAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import type { ExrAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import type { Plane } from "../../../daemon/adapters/images/exrRead.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import { HALF, toHalves } from "../../../daemon/adapters/images/half.ts";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { srgbDecode } from "../../../daemon/domain/srgbCurve.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import type { OutputFormat } from "../../../daemon/domain/outputFormat.ts";
import type { FinishRequest } from "../../../daemon/ports.ts";
import type { PixelBox } from "../../../daemon/plugin.ts";
import { sceneLinear } from "../../fixtures/exrWriter.ts";
import { absent } from "../../fixtures/optionalTools.ts";
import { codes16, pngBytes, writePng } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const shared = createImages({ scratchDir: "/nonexistent", checkFolders: [], workers: 1 });
afterAll(() => shared.close());

const HALF_ZIP: OutputFormat = { kind: "exr", type: "half", compression: "zip" };
const EMBED = {
  digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
  assetRef: "hotplate://AGM/grain/v001/w002",
  assetId: "urn:hotplate:s:j/1",
  seed: "9007199254740991",
};

function request(returned: string, to: string, more: Partial<FinishRequest> = {}): FinishRequest {
  return {
    returned,
    to,
    fed: null,
    plate: null,
    mask: null,
    saidTo: null,
    format: HALF_ZIP,
    color: PLAIN_COLOR,
    reference: null,
    simulated: false,
    embed: EMBED,
    ...more,
  };
}

function half(name: string, [x0, y0, width, height]: PixelBox, seed: number): Plane {
  const value = sceneLinear(seed);
  const floats = Float32Array.from({ length: width * height }, (_, i) =>
    value(x0 + (i % width), y0 + Math.floor(i / width)),
  );
  return { name, type: "half", data: toHalves(floats) };
}

const text = (attributes: readonly ExrAttribute[], name: string): string | null => {
  const found = attributes.find((attribute) => attribute.name === name);
  return found === undefined ? null : Buffer.from(found.value).toString("utf8");
};

const PLATE_ATTRIBUTES: readonly ExrAttribute[] = [
  { name: "timeCode", type: "timecode", value: Uint8Array.of(4, 3, 2, 1, 0, 0, 0, 0) },
  { name: "pixelAspectRatio", type: "float", value: new Uint8Array(Float32Array.of(2).buffer) },
  { name: "framesPerSecond", type: "rational", value: new Uint8Array(Int32Array.of(24_000, 1001).buffer) },
  textAttribute("reelName", "A042C007"),
  textAttribute("owner", "the studio"),
  textAttribute("camera:lens", "40 mm"),
  { name: "chromaticities", type: "chromaticities", value: new Uint8Array(new Float32Array(8).fill(0.3).buffer) },
  { name: "multiView", type: "stringvector", value: Buffer.from("\x04\0\0\0left\x05\0\0\0right", "latin1") },
  { name: "acme:unknown", type: "acmeThing", value: Uint8Array.of(1, 2, 3) },
  textAttribute("Software", "oiiotool /secret/path/in.exr"),
  textAttribute("Exif:ImageHistory", "oiiotool /secret/path/in.exr"),
  textAttribute("nuke/input/filename", "/secret/path/in.exr"),
  textAttribute("ai:seed", "of another asset"),
];

/** 48 x 32 px shown, with overscan left and above, cut off right and below; two mattes, a depth, an id, a second view. */
const DATA: PixelBox = [-4, -2, 44, 28];
const DISPLAY: PixelBox = [0, 0, 48, 32];
function plateBytes(alpha: boolean): Uint8Array {
  const count = DATA[2] * DATA[3];
  return encodeExr({
    data: DATA,
    display: DISPLAY,
    compression: "zips",
    attributes: PLATE_ATTRIBUTES,
    planes: [
      ...["R", "G", "B"].map((name, i) => half(name, DATA, i + 1)),
      ...(alpha ? [half("A", DATA, 7)] : []),
      half("right.R", DATA, 4),
      half("matte.red", DATA, 5),
      { name: "depth.Z", type: "float", data: new Float32Array(count).map((_, i) => (i === 3 ? NaN : i * 0.37)) },
      { name: "id", type: "uint", data: new Uint32Array(count).map((_, i) => 4_294_967_295 - i) },
    ],
  });
}

const at = (x: number, y: number): number => (y - DATA[1]) * DATA[2] + (x - DATA[0]);
const shown = (x: number, y: number): boolean => x >= 0 && y >= 0;

async function onPlate(dir: ReturnType<typeof tempDir>, alpha: boolean) {
  writeFileSync(dir.file("plate.1001.exr"), plateBytes(alpha));
  const codes = codes16(48, 32, 3);
  writeFileSync(dir.file("in.png"), await pngBytes({ width: 48, height: 32, channels: 3, bits: 16 }));
  const plate = { path: dir.file("plate.1001.exr"), frame: 1001 };
  const result = await shared.finish(request(dir.file("in.png"), dir.file("out.exr"), { plate }));
  const bytes = readFileSync(dir.file("out.exr"));
  return { result, codes, bytes, exr: readExr(bytes), plate: readExr(readFileSync(dir.file("plate.1001.exr"))) };
}

describe("a result of its plate's size", () => {
  test("has the plate's windows and channels; what the model never saw is the plate's bit for bit", async () => {
    using dir = tempDir();
    const { result, codes, exr, plate } = await onPlate(dir, false);
    expect(result).toMatchObject({ width: 48, height: 32, channels: 7, bitDepth: 16, note: null });
    expect(exr.header).toMatchObject({ data: DATA, display: DISPLAY, compression: "zip" });
    expect(exr.header.channels).toEqual(plate.header.channels);
    for (const plane of exr.planes) {
      const channel = ["R", "G", "B"].indexOf(plane.name);
      const under = plate.planes.find(({ name }) => name === plane.name)!;
      if (channel < 0) {
        expect(Buffer.from(plane.data.buffer).equals(Buffer.from(under.data.buffer)), plane.name).toBe(true);
        continue;
      }
      for (let y = DATA[1]; y < DATA[1] + DATA[3]; y += 1) {
        for (let x = DATA[0]; x < DATA[0] + DATA[2]; x += 1) {
          const code = codes[(y * 48 + x) * 3 + channel]! / 65_535;
          const wanted = shown(x, y) ? toHalves(Float32Array.of(srgbDecode(code)))[0] : under.data[at(x, y)];
          if (plane.data[at(x, y)] !== wanted) expect.fail(`${plane.name} at ${x}, ${y}`);
        }
      }
    }
  });

  test("keeps time code, aspect, rate, reel, owner, camera, colour and what nobody here knows, and no path of the plate", async () => {
    using dir = tempDir();
    const { bytes } = await onPlate(dir, false);
    const kept = keptAttributes(bytesSource(bytes));
    for (const attribute of PLATE_ATTRIBUTES.slice(0, 9)) {
      const there = kept.find(({ name }) => name === attribute.name);
      expect(there, attribute.name).toMatchObject({ type: attribute.type });
      expect([...there!.value], attribute.name).toEqual([...attribute.value]);
    }
    expect(bytes.includes("/secret/path")).toBe(false);
    expect(bytes.includes("of another asset")).toBe(false);
  });

  test("says what it is and where its record lies", async () => {
    using dir = tempDir();
    const { bytes } = await onPlate(dir, false);
    for (const [name, value] of Object.entries(EMBED)) {
      const size = Buffer.alloc(4);
      size.writeInt32LE(value.length);
      expect(bytes.includes(Buffer.concat([Buffer.from(`ai:${name}\0string\0`), size, Buffer.from(value)]))).toBe(true);
    }
  });

  test("keeps an alpha that the model did not give back, and its colours are covered by it as the plate's were", async () => {
    using dir = tempDir();
    const { exr, plate, codes } = await onPlate(dir, true);
    const of = (planes: readonly Plane[], name: string) => planes.find((plane) => plane.name === name)!.data;
    expect(of(exr.planes, "A")).toEqual(of(plate.planes, "A"));
    const [x, y] = [20, 10];
    const cover = HALF[of(plate.planes, "A")[at(x, y)]!]!;
    const light = Math.fround(Math.fround(srgbDecode(codes[(y * 48 + x) * 3]! / 65_535)) * cover);
    expect(of(exr.planes, "R")[at(x, y)]).toBe(toHalves(Float32Array.of(light))[0]);
  });

  test("is read by oiiotool with the same windows, channels and time code", async (ctx) => {
    const reason = absent("oiiotool");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    await onPlate(dir, true);
    const said = execFileSync("oiiotool", ["--info", "-v", dir.file("out.exr")], { encoding: "utf8" });
    expect(said).toMatch(/44 x {3}28, 8 channel/);
    expect(said).toMatch(/full\/display size: 48 x 32/);
    expect(said).toMatch(/channel list: R \(half\), G \(half\), B \(half\), A \(half\)/);
    expect(said).toMatch(/smpte:TimeCode: 01:02:03:04/);
    expect(said).toMatch(/ai:assetRef: "hotplate:\/\/AGM\/grain\/v001\/w002"/);
    return undefined;
  });
});

describe("a result of another size, or without a plate", () => {
  test("has windows of its own, keeps the header, and says which channels do not fit", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("plate.exr"), plateBytes(false));
    await writePng(dir.path, "in.png", { width: 96, height: 64, channels: 4, bits: 8 });
    const plate = { path: dir.file("plate.exr"), frame: null };
    const result = await shared.finish(request(dir.file("in.png"), dir.file("out.exr"), { plate }));
    expect(result.note).toBe(
      "The plate's 48 x 32 px of depth.Z, id, matte.red, right.R do not fit 96 x 64 px and are left out.",
    );
    const bytes = readFileSync(dir.file("out.exr"));
    const { header } = readExr(bytes);
    expect(header).toMatchObject({ data: [0, 0, 96, 64], display: [0, 0, 96, 64] });
    expect(header.channels.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "A half",
      "B half",
      "G half",
      "R half",
    ]);
    expect(text(keptAttributes(bytesSource(bytes)), "reelName")).toBe("A042C007");
  });

  test("float stays float, and what came back as light is not decoded a second time", async () => {
    using dir = tempDir();
    const box: PixelBox = [0, 0, 20, 10];
    const planes = ["R", "G", "B"].map((name, i) => ({ ...half(name, box, i), type: "half" as const }) as Plane);
    writeFileSync(
      dir.file("in.exr"),
      encodeExr({ data: box, display: box, compression: "none", planes, attributes: [] }),
    );
    const format: OutputFormat = { kind: "exr", type: "float", compression: "zips" };
    const result = await shared.finish(request(dir.file("in.exr"), dir.file("out.exr"), { format }));
    expect(result).toMatchObject({ bitDepth: 32, channels: 3 });
    const out = readExr(readFileSync(dir.file("out.exr")));
    for (const plane of out.planes) {
      const from = planes.find(({ name }) => name === plane.name)!;
      expect(plane.data).toEqual(Float32Array.from(from.data, (bits) => HALF[bits]!));
    }
  });

  test("a plate whose kind no reader has gives its header, and the note says what is not kept", async () => {
    using dir = tempDir();
    const packed = Buffer.from(plateBytes(false));
    // The number of DWAA, which no built-in reader unpacks.
    packed[packed.indexOf("compression\0compression\0") + 28] = 8;
    writeFileSync(dir.file("plate.exr"), packed);
    await writePng(dir.path, "in.png", { width: 48, height: 32, channels: 3, bits: 8 });
    const plate = { path: dir.file("plate.exr"), frame: null };
    const result = await shared.finish(request(dir.file("in.png"), dir.file("out.exr"), { plate }));
    expect(result.note).toMatch(/^The plate's windows and its channels beside the picture are not kept: /);
    expect(text(keptAttributes(bytesSource(readFileSync(dir.file("out.exr")))), "reelName")).toBe("A042C007");
  });

  test("a damaged plate is an error that names it, never a result without its channels", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("plate.exr"), plateBytes(false).subarray(0, 3_000));
    await writePng(dir.path, "in.png", { width: 48, height: 32, channels: 3, bits: 8 });
    const plate = { path: dir.file("plate.exr"), frame: null };
    const failed = shared.finish(request(dir.file("in.png"), dir.file("out.exr"), { plate }));
    await expect(failed).rejects.toMatchObject({ code: "HP-PLATE-BROKEN", message: /its plate .*plate\.exr/ });
  });
});

describe("codes", () => {
  const KINDS = [
    { format: { kind: "png16" }, name: "out.png" },
    { format: { kind: "tiff16" }, name: "out.tif" },
  ] as const;
  test.each(KINDS)("16 bits are kept to the code in $format.kind, with 1 to 4 channels", async ({ format, name }) => {
    for (const channels of [1, 2, 3, 4] as const) {
      using dir = tempDir();
      await writePng(dir.path, "in.png", { width: 61, height: 37, channels, bits: 16 });
      await shared.finish(request(dir.file("in.png"), dir.file(name), { format }));
      const grey = channels < 3;
      const codes = codes16(61, 37, channels);
      const out = await sharp(dir.file(name)).toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
      const got = new Uint16Array(Uint8Array.from(out).buffer);
      const alpha = channels % 2 === 0;
      expect(got.length).toBe(61 * 37 * (alpha ? 4 : 3));
      for (let i = 0; i < 61 * 37; i += 1) {
        const wanted = grey ? [0, 0, 0, 1] : [0, 1, 2, 3];
        wanted.slice(0, alpha ? 4 : 3).forEach((from, to) => {
          if (got[i * (alpha ? 4 : 3) + to] !== codes[i * channels + from]) expect.fail(`pixel ${i}, channel ${to}`);
        });
      }
    }
  });

  test.each(KINDS)("8 bits are widened exactly in $format.kind, and light is encoded", async ({ format, name }) => {
    using dir = tempDir();
    const eight = await pngBytes({ width: 16, height: 16, channels: 3, bits: 8 });
    writeFileSync(dir.file("in.png"), eight);
    await shared.finish(request(dir.file("in.png"), dir.file(name), { format }));
    const raw = await sharp(dir.file(name)).toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
    const before = await sharp(eight).raw().toBuffer();
    expect([...new Uint16Array(Uint8Array.from(raw).buffer)]).toEqual([...before].map((code) => code * 257));
    const box: PixelBox = [0, 0, 4, 4];
    const planes = ["R", "G", "B"].map((channel) => ({
      name: channel,
      type: "float" as const,
      data: new Float32Array(16).fill(srgbDecode(0.5)).fill(7, 0, 1).fill(NaN, 1, 2),
    }));
    writeFileSync(
      dir.file("in.exr"),
      encodeExr({ data: box, display: box, compression: "zip", planes, attributes: [] }),
    );
    await shared.finish(request(dir.file("in.exr"), dir.file(`e${name}`), { format }));
    const light = await sharp(dir.file(`e${name}`))
      .toColourspace("rgb16")
      .raw({ depth: "ushort" })
      .toBuffer();
    const codes = new Uint16Array(Uint8Array.from(light).buffer);
    expect([codes[0], codes[3], codes[9]]).toEqual([65_535, 0, 32_768]);
  });

  test("other programs find 16 bits in both", async (ctx) => {
    const reason = absent("exiftool");
    if (reason !== null) return ctx.skip(reason);
    using dir = tempDir();
    await writePng(dir.path, "in.png", { width: 20, height: 12, channels: 3, bits: 16 });
    for (const { format, name } of KINDS) await shared.finish(request(dir.file("in.png"), dir.file(name), { format }));
    const said = (name: string) => execFileSync("exiftool", ["-s", "-G1", dir.file(name)], { encoding: "utf8" });
    expect(said("out.png")).toMatch(/BitDepth\s+: 16/);
    expect(said("out.png")).toMatch(/SRGBRendering\s+: Perceptual/);
    expect(said("out.tif")).toMatch(/BitsPerSample\s+: 16 16 16/);
    return undefined;
  });
});
