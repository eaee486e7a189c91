/** What files say beside their pixels: every format's own places, in files of our own and of other people's tools. */
import { execFileSync } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../daemon/adapters/images/byteSource.ts";
import { encodeTiffSamples } from "../../../daemon/adapters/images/encodePicture.ts";
import type { ExrAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { textAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import { headerFacts, headerFactsAt } from "../../../daemon/adapters/images/headerFacts.ts";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { dressPng } from "../../../daemon/adapters/images/pngDress.ts";
import { insertChunk } from "../../../daemon/adapters/images/pngHead.ts";
import { withTiffXmp } from "../../../daemon/adapters/images/tiffXmp.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import { writeDpx } from "../../fixtures/dpxWriter.ts";
import { hardExr, rgbHalf, writeExr } from "../../fixtures/exrWriter.ts";
import { absent } from "../../fixtures/optionalTools.ts";
import { codes16, pngBytes, tiffBytes } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const factsOf = (bytes: Uint8Array) => headerFacts(bytesSource(bytes));

function bytes(of: readonly number[], write: (view: DataView, at: number, value: number) => void): Uint8Array {
  const out = new Uint8Array(of.length * 4);
  of.forEach((value, i) => write(new DataView(out.buffer), i * 4, value));
  return out;
}
const u32 = (...of: readonly number[]) => bytes(of, (view, at, value) => view.setUint32(at, value, true));
const f32 = (...of: readonly number[]) => bytes(of, (view, at, value) => view.setFloat32(at, value, true));

function exr(attributes: readonly ExrAttribute[]): Uint8Array {
  const planes = ["B", "G", "R"].map((name) => ({ name, type: "half", data: new Uint16Array(6 * 4) }) as const);
  return encodeExr({ data: [-1, -2, 6, 4], display: [0, 0, 4, 2], compression: "zips", planes, attributes });
}

const SAID: readonly ExrAttribute[] = [
  { name: "pixelAspectRatio", type: "float", value: f32(2) },
  { name: "framesPerSecond", type: "rational", value: u32(24_000, 1_001) },
  // 01:02:23;14, frames dropped.
  { name: "timeCode", type: "timecode", value: u32(0x0102_2354, 0) },
  textAttribute("reelName", "A001C004"),
  textAttribute("oiio:ColorSpace", "ACEScg"),
];

describe("an OpenEXR", () => {
  test("says its packing, channels, windows, aspect, rate, time code, reel and colour space", () => {
    expect(factsOf(exr(SAID))).toEqual({
      format: "exr",
      width: 4,
      height: 2,
      windows: { data: [-1, -2, 6, 4], display: [0, 0, 4, 2] },
      compression: "zips",
      channels: [
        { name: "B", type: "half" },
        { name: "G", type: "half" },
        { name: "R", type: "half" },
      ],
      pixelAspect: 2,
      framesPerSecond: "24000/1001",
      timecode: "01:02:23;14",
      reel: "A001C004",
      colorSpace: "ACEScg",
      texts: [
        { name: "reelName", text: "A001C004" },
        { name: "oiio:ColorSpace", text: "ACEScg" },
      ],
    });
  });

  test("says nothing where an attribute has another type or makes no sense", () => {
    const strange = [
      { name: "pixelAspectRatio", type: "float", value: f32(Number.NaN) },
      { name: "framesPerSecond", type: "rational", value: u32(24, 0) },
      { name: "timeCode", type: "int", value: u32(1) },
      { name: "reelName", type: "float", value: f32(1) },
    ];
    const { pixelAspect, framesPerSecond, timecode, reel, colorSpace } = factsOf(exr(strange));
    expect([pixelAspect, framesPerSecond, timecode, reel, colorSpace]).toEqual([null, null, null, null, null]);
  });

  test("keeps its own channels, types and windows", () => {
    const { channels, windows } = factsOf(writeExr(hardExr("piz")));
    expect(channels.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "A half",
      "B half",
      "G half",
      "R half",
      "matte.red float",
    ]);
    expect(windows).toEqual({ data: [-8, -4, 256, 128], display: [0, 0, 240, 120] });
  });

  test("written by oiiotool says the same things", (context) => {
    const reason = absent("oiiotool");
    if (reason !== null) context.skip(reason);
    using dir = tempDir();
    const attributes = ["--attrib:type=timecode", "smpte:TimeCode", "10:11:12:13", "--attrib", "reelName", "B002"];
    const made = "--create 64x32 3 --compression piz -d half --attrib PixelAspectRatio 1.5 -o".split(" ");
    execFileSync("oiiotool", [...made.slice(0, 7), ...attributes, ...made.slice(7), dir.file("a.exr")]);
    expect(headerFactsAt(dir.file("a.exr"))).toMatchObject({
      compression: "piz",
      pixelAspect: 1.5,
      timecode: "10:11:12:13",
      reel: "B002",
    });
  });
});

describe("a PNG", () => {
  const png = async () => pngBytes({ width: 8, height: 4, channels: 4, bits: 16 });

  test("says its channels and bits, and what its chunks hold, before and behind the picture", async () => {
    let file: Uint8Array = await png();
    const wide = Buffer.alloc(9);
    wide.writeUInt32BE(1000, 0);
    wide.writeUInt32BE(2000, 4);
    file = insertChunk(file, "pHYs", wide);
    file = insertChunk(file, "sRGB", Uint8Array.of(0));
    file = insertChunk(file, "tEXt", Buffer.from('prompt\0{"1":{"class_type":"X"}}', "latin1"));
    const packed = Buffer.concat([Buffer.from("workflow\0\0", "latin1"), deflateSync("the graph")]);
    file = insertChunk(file, "zTXt", packed);
    file = insertChunk(file, "iTXt", Buffer.from("note\0\0\0de\0Notiz\0grün", "utf8"));
    const facts = factsOf(file);
    expect(facts).toMatchObject({ format: "png", compression: "deflate", pixelAspect: 2, colorSpace: "sRGB" });
    expect(facts.channels.map(({ name, type }) => `${name} ${type}`).join()).toBe(
      "R uint16,G uint16,B uint16,A uint16",
    );
    expect(new Map(facts.texts.map(({ name, text }) => [name, text]))).toEqual(
      new Map([
        ["note", "grün"],
        ["workflow", "the graph"],
        ["prompt", '{"1":{"class_type":"X"}}'],
      ]),
    );
    const behind = insertChunk(await png(), "tEXt", Buffer.from("late\0x", "latin1"));
    const end = behind.length - 12;
    const chunk = behind.subarray(33, 33 + 18);
    const moved = Buffer.concat([behind.subarray(0, 33), behind.subarray(33 + 18, end), chunk, behind.subarray(end)]);
    expect(factsOf(moved).texts).toEqual([{ name: "late", text: "x" }]);
  });

  test("as Hotplate publishes it leads to its record", async () => {
    const dressed = dressPng(await png(), "<packet>hotplate://A/B</packet>");
    expect(factsOf(dressed.bytes).texts).toEqual([
      { name: "XML:com.adobe.xmp", text: "<packet>hotplate://A/B</packet>" },
    ]);
  });

  test("is bounded: many texts, long texts, texts that can't be unpacked", async () => {
    let file: Uint8Array = await png();
    for (let i = 0; i < LIMITS.headerTextsMax + 5; i += 1)
      file = insertChunk(file, "tEXt", Buffer.from(`k${i}\0${"x".repeat(20_000)}`, "latin1"));
    const { texts } = factsOf(file);
    expect(texts.length).toBe(LIMITS.headerTextsCharactersMax / LIMITS.headerTextCharactersMax);
    expect(texts.every(({ text }) => text.length === LIMITS.headerTextCharactersMax)).toBe(true);
    expect(factsOf(file).textsUnread).toBe(LIMITS.headerTextsMax + 5 - texts.length);
    expect(factsOf(await png())).not.toHaveProperty("textsUnread");
    const torn = insertChunk(await png(), "zTXt", Buffer.from("prompt\0\0no deflate", "latin1"));
    expect(factsOf(torn).texts).toEqual([{ name: "prompt", text: "no deflate" }]);
  });
});

describe("thousands of packed texts in a PNG", () => {
  const chunkOf = (type: string, data: Uint8Array): Uint8Array => {
    const out = Buffer.alloc(12 + data.length);
    out.writeUInt32BE(data.length, 0);
    out.write(type, 4, "latin1");
    out.set(data, 8);
    return out;
  };
  /** Before the picture no more than a thousand chunks are read; behind it they may be as many as fit. */
  const behind = (png: Buffer, ...chunks: readonly Uint8Array[]): Buffer =>
    Buffer.concat([png.subarray(0, -12), ...chunks, png.subarray(-12)]);
  /** Each unpacks to 60 MB of zeros, and says so little in the file. */
  const bomb = (name: string): Uint8Array =>
    chunkOf("zTXt", Buffer.concat([Buffer.from(`${name}\0\0`, "latin1"), deflateSync(Buffer.alloc(60_000_000))]));

  test("are unpacked no further than all together may be, and the others are counted", async () => {
    const file = Buffer.from(await pngBytes({ width: 8, height: 4, channels: 3, bits: 8 }));
    const one = bomb("k");
    const count = 3_000;
    const many = behind(file, ...Array.from({ length: count }, () => one));
    const { texts, textsUnread = 0 } = factsOf(many);
    expect(texts.length + textsUnread).toBe(count);
    // Of each no more than its beginning is unpacked, 4 MB here: a handful of them is all that one header may have.
    expect(texts.length).toBeLessThanOrEqual(
      Math.ceil(LIMITS.headerInflatedBytesMax / (LIMITS.headerTextCharactersMax * 1_000)),
    );
    expect(texts.length).toBeGreaterThan(0);
    const small = deflateSync("x");
    const words = chunkOf("zTXt", Buffer.concat([Buffer.from("k\0\0", "latin1"), small]));
    const plenty = behind(file, ...Array.from({ length: count }, () => words));
    const said = factsOf(plenty);
    expect([said.texts.length, said.textsUnread]).toEqual([LIMITS.headerTextsMax, count - LIMITS.headerTextsMax]);
    // A long text is known by its beginning.
    const long = Buffer.from(`{"3":{"class_type":"KSampler"}}${Array.from({ length: 200_000 }, (_, i) => i).join()}`);
    const packed = Buffer.concat([Buffer.from("notes\0\0", "latin1"), deflateSync(long)]);
    const begun = behind(file, chunkOf("zTXt", packed));
    expect(factsOf(begun).texts).toEqual([
      { name: "notes", text: long.toString().slice(0, LIMITS.headerTextCharactersMax) },
    ]);
  });

  test("are kept for the record within its bounds, and never published", async () => {
    const file = Buffer.from(await pngBytes({ width: 8, height: 4, channels: 3, bits: 8 }));
    const words = (i: number) =>
      chunkOf("zTXt", Buffer.concat([Buffer.from(`k${i}\0\0`, "latin1"), deflateSync("x".repeat(1_000_000))]));
    const many = behind(file, ...Array.from({ length: 500 }, (_, i) => words(i)));
    const { bytes, texts } = dressPng(many, "<packet/>");
    const kept = Object.values(texts);
    expect(kept.length).toBeLessThanOrEqual(LIMITS.comfyTextsMax);
    expect(kept.join("").length).toBeLessThanOrEqual(LIMITS.comfySaidBytesMax + LIMITS.comfyTextCharactersMax);
    expect(Buffer.from(bytes).includes("zTXt")).toBe(false);
  });
});

describe("an OpenEXR that is no whole picture", () => {
  test("says what it holds all the same, so that checks see what is missing", () => {
    const [, green] = rgbHalf();
    const bytesOf = (channels: ReturnType<typeof rgbHalf>) =>
      writeExr({ data: [0, 0, 8, 4], compression: "zip", channels });
    const facts = factsOf(bytesOf(rgbHalf().filter(({ name }) => name !== green?.name)));
    expect([facts.width, facts.height, facts.channels.map(({ name }) => name)]).toEqual([8, 4, ["B", "R"]]);
    expect(factsOf(bytesOf([{ name: "matte.fg", type: "half", value: () => 1 }])).channels).toEqual([
      { name: "matte.fg", type: "half" },
    ]);
  });

  test("says lists of strings, a line each, and one that does not fit as it stands", () => {
    const list = (value: string) => ({ name: "notes", type: "stringvector", value: Buffer.from(value, "latin1") });
    const textsOf = (value: string) => factsOf(exr([list(value)])).texts;
    expect(textsOf("\x04\0\0\0left\x05\0\0\0right")).toEqual([{ name: "notes", text: "left\nright" }]);
    expect(textsOf("")).toEqual([{ name: "notes", text: "" }]);
    expect(textsOf("\x63\0\0\0cut")[0]?.text).toContain("cut");
  });
});

describe("TIFF, DPX, JPEG and WebP", () => {
  test("a TIFF says its packing and texts, ours carries its packet", async () => {
    const samples = codes16(8, 4, 3);
    expect(factsOf(tiffBytes({ width: 8, height: 4, channels: 3, bits: 16, samples }))).toMatchObject({
      format: "tiff",
      compression: "none",
      channels: [{ name: "R", type: "uint16" }, { name: "G" }, { name: "B" }],
    });
    const ours = await encodeTiffSamples({ width: 8, height: 4, channels: 3, data: samples });
    const facts = factsOf(withTiffXmp(ours, "<packet/>"));
    expect([facts.compression, facts.texts]).toEqual(["deflate", [{ name: "XMP", text: "<packet/>" }]]);
    const wide = await sharp(samples, { raw: { width: 8, height: 4, channels: 3 } })
      .tiff({ compression: "lzw", xres: 10, yres: 20 })
      .toBuffer();
    expect(factsOf(wide)).toMatchObject({ compression: "lzw", pixelAspect: 2 });
  });

  test.each([true, false])("a DPX says its fixed fields, little-endian %s", (littleEndian) => {
    const rate = Buffer.alloc(4);
    rate.writeFloatBE(23.976);
    const u32s = { 1628: 2, 1632: 1, 1724: rate.readUInt32BE(), 1920: 0x0102_0304 };
    const value = () => 512;
    const file = { width: 8, height: 4, channels: 3, bits: 10, packing: 1, transfer: 3, littleEndian, value } as const;
    expect(factsOf(writeDpx({ ...file, lie: { u32: u32s } }))).toMatchObject({
      format: "dpx",
      compression: "none",
      channels: [{ name: "R", type: "uint10" }, { name: "G" }, { name: "B" }],
      pixelAspect: 2,
      framesPerSecond: "24000/1001",
      timecode: "01:02:03:04",
      colorSpace: "logarithmic",
    });
    const user = Buffer.from("a writer".padEnd(32, "\0") + "what it says", "latin1");
    const withUser = writeDpx({
      ...file,
      lie: { u32: { 4: 2_048 + user.length, 808: 2_048 + user.length, 28: user.length } },
    });
    const texts = factsOf(Buffer.concat([withUser.subarray(0, 2_048), user, withUser.subarray(2_048)])).texts;
    expect(texts.find(({ name }) => name === "user data")?.text).toContain("what it says");
    const undefinedFields = {
      28: 0xffff_ffff,
      1628: 0xffff_ffff,
      1632: 0xffff_ffff,
      1724: 0xffff_ffff,
      1920: 0xffff_ffff,
    };
    expect(factsOf(writeDpx({ ...file, lie: { u32: undefinedFields } }))).toMatchObject({
      pixelAspect: null,
      framesPerSecond: null,
      timecode: null,
    });
  });

  test("a JPEG says what its comments hold, a WebP whether it lost anything", async () => {
    const picture = sharp(codes16(8, 4, 3), { raw: { width: 8, height: 4, channels: 3 } });
    const jpeg = await picture
      .clone()
      .jpeg()
      .withExif({ IFD0: { ImageDescription: "parameters: a cat" } })
      .toBuffer();
    const facts = factsOf(jpeg);
    expect(facts).toMatchObject({ format: "jpeg", compression: "jpeg" });
    expect(facts.texts.some(({ text }) => text.includes("parameters: a cat"))).toBe(true);
    expect(factsOf(await picture.clone().webp({ lossless: true }).toBuffer()).compression).toBe("lossless");
    expect(factsOf(await picture.clone().webp().toBuffer()).compression).toBe("lossy");
  });
});

test("nothing is said of what is not there, damaged, or of a kind that is refused", () => {
  using dir = tempDir();
  writeFileSync(dir.file("a.gif"), "GIF89a and more of it");
  writeFileSync(dir.file("cut.exr"), exr(SAID).subarray(0, 100));
  expect(["a.gif", "cut.exr", "absent.png"].map((name) => headerFactsAt(dir.file(name)))).toEqual([null, null, null]);
});

test("checks see the headers of result and plate in a worker, and the bytes' hash beside what was staged", async () => {
  using dir = tempDir();
  writeFileSync(dir.file("plate.exr"), writeExr({ data: [0, 0, 64, 48], compression: "zip", channels: rgbHalf() }));
  writeFileSync(dir.file("result.exr"), writeExr({ data: [0, 0, 64, 48], compression: "piz", channels: rgbHalf() }));
  writeFileSync(
    dir.file("a.mjs"),
    `export default {apiVersion:1,id:"studio.sees",version:1,scope:"frame",needs:[],limits:{},run({header,sha256,resultFile}) {
  const message = [header("result")?.compression, header("plate")?.compression, sha256()?.length, resultFile.staged, resultFile.publishAs].join(" ");
  return {verdict:"pass",message,measures:[{name:"a",value:1,unit:"count",limit:null}]}; }}`,
  );
  const images = createImages({ scratchDir: null, checkFolders: [dir.path], workers: 1 });
  try {
    const seen = await images.inspect({
      path: dir.file("result.exr"),
      bytes: statSync(dir.file("result.exr")).size,
      frame: 1,
      sha256: "abc",
      publishAs: "/shows/x_v000.1001.exr",
      platePath: dir.file("plate.exr"),
      expected: { width: 64, height: 48, bitDepth: 16, ignore: [] },
      checks: [{ check: "studio.sees", limits: {} }],
    });
    expect(seen.findings.find(({ check }) => check === "studio.sees")?.message).toBe(
      "piz zip 64 abc /shows/x_v000.1001.exr",
    );
  } finally {
    await images.close();
  }
});
