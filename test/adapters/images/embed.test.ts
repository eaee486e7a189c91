/** What published files say of themselves, and what they no longer say: PNG, TIFF; other people's readers where installed. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { deflateSync, crc32 } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../daemon/adapters/images/byteSource.ts";
import { comfyTexts } from "../../../daemon/adapters/images/comfyTexts.ts";
import { encodeTiffSamples } from "../../../daemon/adapters/images/encodePicture.ts";
import { textAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import { readHead } from "../../../daemon/adapters/images/head.ts";
import { dressPng } from "../../../daemon/adapters/images/pngDress.ts";
import { insertChunk, walkPng } from "../../../daemon/adapters/images/pngHead.ts";
import { withTiffXmp } from "../../../daemon/adapters/images/tiffXmp.ts";
import { LIMITS } from "../../../daemon/domain/limits.ts";
import { xmpPacket } from "../../../daemon/domain/xmpPacket.ts";
import { absent } from "../../fixtures/optionalTools.ts";
import { codes16, codes8, pngBytes } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const EMBED = {
  digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
  assetRef: "hotplate://AGM/010/a&b/v001/w002",
  assetId: "urn:uuid:11111111-2222-8333-8444-555555555555",
  seed: "9007199254740991",
};
const XMP = xmpPacket(EMBED);

function types(png: Uint8Array): readonly string[] {
  const file = Buffer.from(png);
  const out: string[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at))
    out.push(file.toString("latin1", at + 4, at + 8));
  return out;
}

const PROMPT = JSON.stringify({ "1": { class_type: "LoadImage", inputs: { image: "/secret/path/in.png" } } });

async function comfyPng(): Promise<Uint8Array> {
  let png: Uint8Array = await pngBytes({ width: 40, height: 30, channels: 4, bits: 16 });
  png = insertChunk(png, "tEXt", Buffer.from(`prompt\0${PROMPT}`, "latin1"));
  png = insertChunk(png, "zTXt", Buffer.concat([Buffer.from("workflow\0\0"), deflateSync('{"nodes":[]}')]));
  png = insertChunk(png, "iTXt", Buffer.from("comment\0\0\0de\0Kommentar\0größe", "utf8"));
  png = insertChunk(png, "eXIf", Buffer.from("MM\0*\0\0\0\x08/secret/path", "latin1"));
  png = insertChunk(png, "prVt", Buffer.from("/secret/path", "latin1"));
  return insertChunk(png, "tIME", Buffer.from([7, 231, 1, 1, 0, 0, 0]));
}

describe("a PNG", () => {
  test("keeps its picture byte for byte, gets a colour space and its pointer, and loses every other word", async () => {
    const before = await comfyPng();
    const { bytes, texts } = dressPng(before, XMP);
    expect(texts).toEqual({ prompt: PROMPT, workflow: '{"nodes":[]}', comment: "größe" });
    walkPng(bytesSource(bytes));
    expect(types(bytes).filter((type) => type !== "IDAT")).toEqual(["IHDR", "sRGB", "pHYs", "iTXt", "IEND"]);
    expect(Buffer.from(bytes).includes("/secret/path")).toBe(false);
    const raw = (png: Uint8Array) => sharp(png).toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
    expect((await raw(bytes)).equals(await raw(before))).toBe(true);
    // Dressed again it is the same: one pointer, one colour space.
    expect(dressPng(bytes, XMP).bytes).toEqual(bytes);
  });

  test("that names a colour space keeps it and gets no second one", async () => {
    const png = await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 });
    const gamma = Buffer.from([0, 0, 0xb1, 0x8f]);
    expect(types(dressPng(insertChunk(png, "gAMA", gamma), XMP).bytes)).not.toContain("sRGB");
  });

  test("cut at any byte stays as damaged as it was, and what stands before the cut is cleaned", async () => {
    const whole = await comfyPng();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        const { bytes } = dressPng(whole.subarray(0, length), XMP);
        expect(() => walkPng(bytesSource(bytes))).toThrow();
      }),
      { numRuns: 200 },
    );
    const cut = dressPng(whole.subarray(0, whole.length - 200), XMP).bytes;
    expect(Buffer.from(cut).includes("class_type")).toBe(false);
  });

  test("with a text bomb or a broken text costs nothing and keeps nothing of it", async () => {
    const png = await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 });
    const bomb = deflateSync(Buffer.alloc(LIMITS.comfyTextCharactersMax * 5));
    const hostile = [
      ["zTXt", Buffer.concat([Buffer.from("prompt\0\0"), bomb])],
      ["zTXt", Buffer.from("workflow\0\0no zlib at all")],
      ["iTXt", Buffer.from("x\0\x01\0")],
      ["tEXt", Buffer.from("no end of the keyword")],
      ["tEXt", Buffer.alloc(0)],
    ] as const;
    const bad = hostile.reduce<Uint8Array>((file, [type, data]) => insertChunk(file, type, data), png);
    const { bytes, texts } = dressPng(bad, XMP);
    expect(texts).toEqual({});
    walkPng(bytesSource(bytes));
  });
});

describe("a TIFF", () => {
  test.each([1, 2, 3, 4] as const)(
    "of %i channels holds the packet in its first bytes and every sample as before",
    async (channels) => {
      for (const height of [3, 700]) {
        const data = codes16(61, height, channels);
        const plain = await encodeTiffSamples({ width: 61, height, channels, data });
        const bytes = withTiffXmp(plain, XMP);
        expect(Buffer.from(bytes.subarray(0, 1_000)).includes(EMBED.assetId)).toBe(true);
        expect(readHead(bytesSource(bytes))).toEqual(readHead(bytesSource(plain)));
        const raw = (tiff: Uint8Array) =>
          sharp(tiff)
            .toColourspace(channels < 3 ? "grey16" : "rgb16")
            .raw({ depth: "ushort" })
            .toBuffer();
        expect((await raw(bytes)).equals(await raw(plain))).toBe(true);
        // A second packet takes the place of the first.
        expect((await sharp(withTiffXmp(bytes, XMP.replace("w002", "w003"))).metadata()).xmp?.toString()).toContain(
          "w003",
        );
      }
    },
  );
});

test("other people's readers find the pointer, and nothing else, in PNG and TIFF", async (ctx) => {
  const reason = absent("exiftool");
  if (reason !== null) return ctx.skip(reason);
  using dir = tempDir();
  writeFileSync(dir.file("a.png"), dressPng(await comfyPng(), XMP).bytes);
  const samples = { width: 16, height: 9, channels: 3, data: codes8(16, 9, 3) } as const;
  writeFileSync(dir.file("a.tif"), withTiffXmp(await encodeTiffSamples(samples), XMP));
  for (const name of ["a.png", "a.tif"]) {
    const said = JSON.parse(
      execFileSync("exiftool", ["-j", "-G1", "-validate", "-warning", "-a", "-XMP:all", "-PNG:all", dir.file(name)], {
        encoding: "utf8",
      }),
    ) as Record<string, unknown>[];
    expect(said[0]).toMatchObject({
      "XMP-iptcExt:DigitalSourceType": EMBED.digitalSourceType,
      "XMP-dc:Source": ".hotplate/asset.json",
      "XMP-dc:Identifier": EMBED.assetRef,
      "XMP-xmpMM:DocumentID": EMBED.assetId,
    });
    expect(JSON.stringify(said)).not.toMatch(/secret|prompt|workflow/i);
  }
  return undefined;
});

describe("texts of files that are encoded anew", () => {
  test("are read from WebP's EXIF and from an EXR's attributes", () => {
    const exif = Buffer.from(`Exif\0\0II*\0prompt:${PROMPT}\0workflow:{"nodes":[]}\0`, "utf8");
    const chunk = Buffer.alloc(8);
    chunk.write("EXIF", "latin1");
    chunk.writeUInt32LE(exif.length, 4);
    const webp = Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBP", "latin1"), chunk, exif]);
    expect(comfyTexts(webp)).toEqual({ prompt: PROMPT, workflow: '{"nodes":[]}' });
    const box = [0, 0, 1, 1] as const;
    const planes = [{ name: "Y", type: "half", data: new Uint16Array(1) } as const];
    const attributes = [textAttribute("prompt", PROMPT), textAttribute("other", "x")];
    expect(comfyTexts(encodeExr({ data: box, display: box, compression: "none", planes, attributes }))).toEqual({
      prompt: PROMPT,
    });
  });

  test("whatever bytes there are, nothing fails", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        comfyTexts(Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBP"), tail]));
        comfyTexts(Buffer.concat([Buffer.from([0x76, 0x2f, 0x31, 1, 2, 0, 0, 0]), tail]));
        dressPng(Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), tail]), XMP);
        return crc32(tail) >= 0;
      }),
      { numRuns: 500 },
    );
  });
});
