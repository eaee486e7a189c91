/** What is made of the file that ComfyUI gave back, through the port as the daemon uses it. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { insertChunk } from "../../../daemon/adapters/images/pngHead.ts";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { systemCode } from "../../../daemon/domain/errors.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import type { OutputFormat } from "../../../daemon/domain/outputFormat.ts";
import type { FinishRequest } from "../../../daemon/ports.ts";
import { writePng, pngBytes } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const shared = createImages({ scratchDir: "/nonexistent", checkFolders: [], workers: 1 });
afterAll(() => shared.close());

function request(returned: string, to: string, more: Partial<FinishRequest> = {}): FinishRequest {
  return {
    returned,
    to,
    fed: null,
    plate: null,
    mask: null,
    saidTo: null,
    format: { kind: "png" },
    color: PLAIN_COLOR,
    reference: null,
    simulated: false,
    embed: {
      digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
      assetRef: "hotplate://AGM/grain/v001",
      assetId: "urn:hotplate:s:j/1",
      seed: "1000",
    },
    ...more,
  };
}

describe("finish", () => {
  test("a PNG that stays one keeps its samples and bits, 16 of them too, and is never written over", async () => {
    using dir = tempDir();
    for (const bits of [8, 16] as const) {
      const returned = await writePng(dir.path, `in${bits}.png`, { width: 64, height: 48, channels: 4, bits });
      const to = dir.file(`out${bits}.png`);
      expect(await shared.finish(request(returned, to))).toEqual({
        width: 64,
        height: 48,
        channels: 4,
        bitDepth: bits,
        roundTrip: null,
        note: null,
        said: null,
      });
      const depth = bits === 16 ? "ushort" : "uchar";
      const raw = (path: string) =>
        sharp(path)
          .toColourspace(bits === 16 ? "rgb16" : "srgb")
          .raw({ depth })
          .toBuffer();
      expect((await raw(to)).equals(await raw(returned))).toBe(true);
      const failed = await shared.finish(request(returned, to)).catch((error: unknown) => error);
      expect(systemCode(failed)).toBe("EEXIST");
    }
  });

  test("a result of another kind becomes a PNG", async () => {
    using dir = tempDir();
    const png = await pngBytes({ width: 40, height: 30, channels: 3, bits: 8 });
    writeFileSync(dir.file("in.webp"), await sharp(png).webp({ lossless: true }).toBuffer());
    await shared.finish(request(dir.file("in.webp"), dir.file("out.png")));
    const [there, back] = [await sharp(png).raw().toBuffer(), await sharp(dir.file("out.png")).raw().toBuffer()];
    expect(back.equals(there)).toBe(true);
  });

  test("a damaged PNG is handed on for QC to judge; what no reader can read is an error with its kind", async () => {
    using dir = tempDir();
    const png = await pngBytes({ width: 40, height: 30, channels: 3, bits: 8 });
    writeFileSync(dir.file("cut.png"), png.subarray(0, 600));
    await shared.finish(request(dir.file("cut.png"), dir.file("out.png")));
    expect(readFileSync(dir.file("out.png")).length).toBeGreaterThan(500);
    writeFileSync(dir.file("movie.mp4"), Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(100)]));
    const failed = shared.finish(request(dir.file("movie.mp4"), dir.file("no.png")));
    await expect(failed).rejects.toMatchObject({ code: "HP-PLATE-KIND", message: /a movie/ });
  });

  test("what ComfyUI wrote into a result is kept where it is asked for, told by hash, and leaves with no format", async () => {
    using dir = tempDir();
    const prompt = JSON.stringify({ "1": { class_type: "LoadImage", inputs: { image: "/secret/path/in.png" } } });
    const png = await pngBytes({ width: 40, height: 30, channels: 3, bits: 8 });
    writeFileSync(dir.file("in.png"), insertChunk(png, "tEXt", Buffer.from(`prompt\0${prompt}`, "latin1")));
    const sha256 = createHash("sha256").update(prompt).digest("hex");
    const formats: readonly (readonly [string, OutputFormat])[] = [
      ["a.png", { kind: "png" }],
      ["b.png", { kind: "png16" }],
      ["c.tif", { kind: "tiff16" }],
      ["d.exr", { kind: "exr", type: "half", compression: "zip" }],
    ];
    const saidTo = dir.file("said.json");
    for (const [name, format] of formats) {
      const result = await shared.finish(request(dir.file("in.png"), dir.file(name), { format, saidTo }));
      expect(result.said).toEqual({ prompt: sha256 });
      expect(JSON.parse(readFileSync(saidTo, "utf8"))).toEqual({ prompt });
      const bytes = readFileSync(dir.file(name));
      expect([name, bytes.includes("secret"), bytes.includes("class_type")]).toEqual([name, false, false]);
      // Uncompressed, in the first kilobytes, in every kind: what verify looks for.
      expect([name, bytes.subarray(0, 4_096).includes("urn:hotplate:s:j/1")]).toEqual([name, true]);
    }
    const nowhere = request(dir.file("in.png"), dir.file("e.png"));
    expect((await shared.finish(nowhere)).said).toEqual({ prompt: sha256 });
  });
});
