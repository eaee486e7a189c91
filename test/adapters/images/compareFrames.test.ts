/** Two frames against each other: the measures against values worked out by hand, and the picture of the difference. */
import { existsSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compareFrames } from "../../../daemon/adapters/images/compareFrames.ts";
import { gradeOf, likenessSummary } from "../../../daemon/domain/likeness.ts";
import type { FrameLikeness, Likeness } from "../../../daemon/domain/likeness.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

let dir: TempDir;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir[Symbol.dispose]());

const WIDTH = 32;
const HEIGHT = 16;
async function picture(name: string, value: (i: number) => number, of = { width: WIDTH, height: HEIGHT }) {
  const data = Uint8Array.from({ length: of.width * of.height * 3 }, (_, i) => value(i));
  const path = dir.file(name);
  await sharp(data, { raw: { ...of, channels: 3 } })
    .png()
    .toFile(path);
  return path;
}
const ramp = (i: number): number => (i * 7) % 200;
const compared = (likeness: Likeness) => {
  if (likeness.kind !== "compared") throw new Error(likeness.why);
  return likeness;
};

describe("two frames", () => {
  it("are the same in every sample although the files are not", async () => {
    const a = await picture("a.png", ramp);
    const b = dir.file("b.png");
    await sharp(a).png({ compressionLevel: 0 }).toFile(b);
    const same = { kind: "compared", width: 32, height: 16, same: true, max: 0, psnr: null, ssim: 1, changed: 0 };
    expect(await compareFrames({ a, b, picture: null })).toEqual(same);
  });

  it("differ by what the formulas say: one code everywhere is 20 log10(255) dB", async () => {
    const a = await picture("a.png", ramp);
    const b = await picture("b.png", (i) => ramp(i) + 1);
    const likeness = compared(await compareFrames({ a, b, picture: null }));
    expect(likeness).toMatchObject({ same: false, changed: 1 });
    expect(likeness.max).toBeCloseTo(1 / 255, 6);
    expect(likeness.psnr).toBeCloseTo(20 * Math.log10(255), 4);
    expect(likeness.ssim).toBeGreaterThan(0.999);
  });

  it("are told by SSIM where PSNR says little: the same mean, no structure left", async () => {
    const a = await picture("a.png", (i) => (Math.floor(i / 3) % 2 === 0 ? 90 : 110));
    const b = await picture("b.png", () => 100);
    const likeness = compared(await compareFrames({ a, b, picture: null }));
    expect(likeness.psnr).toBeCloseTo(20 * Math.log10(25.5), 4);
    // Variance of b is 0: what is left is C2 / (variance of a + C2), for equal means.
    const variance = (10 / 255) ** 2;
    expect(likeness.ssim).toBeCloseTo(0.0009 / (variance + 0.0009), 4);
  });

  it("count each changed pixel once, whatever its channels", async () => {
    const a = await picture("a.png", ramp);
    const b = await picture("b.png", (i) => (i < 12 ? 255 : ramp(i)));
    expect(compared(await compareFrames({ a, b, picture: null })).changed).toBe(4 / (WIDTH * HEIGHT));
  });

  it("have no common measure when a size or a file is another: said, not guessed", async () => {
    const a = await picture("a.png", ramp);
    const small = await picture("b.png", ramp, { width: 16, height: 16 });
    expect(await compareFrames({ a, b: small, picture: null })).toEqual({
      kind: "not comparable",
      why: "32x16 against 16x16",
    });
    writeFileSync(dir.file("torn.png"), "no picture");
    expect((await compareFrames({ a, b: dir.file("torn.png"), picture: null })).kind).toBe("not comparable");
    await expect(compareFrames({ a, b: dir.file("none.png"), picture: null })).rejects.toMatchObject({
      code: "ENOENT",
    });
  });

  it("are drawn side by side with the map of their difference, white where it is largest, as PNG and JPEG", async () => {
    const a = await picture("a.png", () => 40);
    const b = await picture("b.png", (i) => (i < 3 ? 240 : 40));
    for (const name of ["diff.png", "diff.jpg"]) {
      await compareFrames({ a, b, picture: dir.file(name) });
      expect(await sharp(dir.file(name)).metadata()).toMatchObject({ width: 3 * 32 + 4 * 8, height: 16 + 16 + 24 });
    }
    const { data, info } = await sharp(dir.file("diff.png")).raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number): readonly number[] => [
      ...data.subarray((y * info.width + x) * info.channels).subarray(0, 3),
    ];
    const map = { x: 8 + 2 * (32 + 8), y: 8 + 24 };
    expect([at(map.x, map.y), at(map.x + 1, map.y)]).toEqual([
      [255, 255, 255],
      [0, 0, 0],
    ]);
    await expect(compareFrames({ a, b, picture: dir.file("diff.png") })).rejects.toMatchObject({ code: "EEXIST" });
    expect(existsSync(dir.file("diff.png"))).toBe(true);
  });
});

describe("a rerun's grade", () => {
  const frame = (sameFile: boolean, of: Partial<Extract<Likeness, { kind: "compared" }>> | null): FrameLikeness => ({
    path: "a.png",
    sameFile,
    likeness:
      of === null
        ? { kind: "not comparable", why: "size" }
        : { kind: "compared", width: 1, height: 1, same: false, max: 0.1, psnr: 45, ssim: 0.99, changed: 0.2, ...of },
  });
  it("is bitwise when every file or every pixel is the same, and only then", () => {
    const sameGpu = false;
    expect(gradeOf([frame(true, null), frame(false, { same: true })], { sameGpu })).toBe("bitwise");
    expect(gradeOf([frame(true, {}), frame(false, {})], { sameGpu })).toBe("recorded");
    expect(gradeOf([], { sameGpu: true })).toBe("recorded");
  });
  it("is perceptual when all are alike within the limits on the same class of GPU, else recorded", () => {
    expect(gradeOf([frame(false, {}), frame(true, {})], { sameGpu: true })).toBe("perceptual");
    for (const worse of [frame(false, { psnr: 39.9 }), frame(false, { ssim: 0.979 }), frame(false, null)])
      expect(gradeOf([frame(false, {}), worse], { sameGpu: true })).toBe("recorded");
    expect(gradeOf([frame(false, {})], { sameGpu: false })).toBe("recorded");
    expect(likenessSummary([frame(true, { same: true }), frame(false, { psnr: 41 }), frame(false, null)])).toEqual({
      frames: 3,
      sameFiles: 1,
      samePixels: 1,
      notComparable: 1,
      psnr: 41,
      ssim: 0.99,
      max: 0.1,
      changed: 0.2,
    });
  });
});
