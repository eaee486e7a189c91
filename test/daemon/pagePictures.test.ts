/** The QC page's pictures: in the page while there is room, beside it after that; what is not there is no picture. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { jpegSize } from "../../daemon/domain/jpegSize.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { qcReport } from "../../daemon/domain/qcReport.ts";
import type { QcView } from "../../daemon/domain/qcView.ts";
import { viewOfVersion } from "../../daemon/domain/qcView.ts";
import { pageCrops, pagePictures, readProxy } from "../../daemon/pagePictures.ts";
import { finding, inspection, versionFacts } from "../fixtures/versionFacts.ts";

const EXTRA = { tool: { name: "hotplate", version: "0.1.0" }, simulated: false, sequences: new Map() };
const SIZE = finding("header.size", "pass", {
  measures: [
    { name: "width", value: 4096, unit: "px", limit: 4096, must: "equal" },
    { name: "height", value: 2160, unit: "px", limit: 2160, must: "equal" },
  ],
});
const viewOf = (wedges: number): QcView =>
  viewOfVersion(qcReport(versionFacts({ wedges, task: () => ({ inspection: inspection(SIZE) }) }), EXTRA));
const jpeg = async (width: number, height: number): Promise<Uint8Array> =>
  new Uint8Array(
    await sharp(new Uint8Array(width * height * 3).fill(90), { raw: { width, height, channels: 3 } })
      .jpeg()
      .toBuffer(),
  );
const failing = (code: string): Error => Object.assign(new Error(code), { code });
const link = ({ at }: { readonly at: number }) => `./w${at}.jpg`;

describe("pictures of the QC page", () => {
  it("stand in it, each of the size of the frame that was measured", async () => {
    const bytes = await jpeg(320, 169);
    const picture = await pagePictures(viewOf(3), { read: async () => bytes, link });
    for (const at of [0, 1, 2]) expect([picture(at, null)?.width, picture(at, null)?.height]).toEqual([4096, 2160]);
    expect(picture(3, null)).toBeNull();
    const src = picture(1, null)?.src.replace("data:image/jpeg;base64,", "") ?? "";
    expect(Buffer.from(src, "base64").equals(bytes)).toBe(true);
  });

  it("are named by their place when the page has enough, without being opened", async () => {
    let read = 0;
    const large = new Uint8Array(LIMITS.qcPagePictureBytesMax);
    large.set(await jpeg(320, 180));
    const source = {
      link,
      read: async () => {
        read += 1;
        return large;
      },
    };
    const picture = await pagePictures(viewOf(40), source);
    expect(read).toBe(LIMITS.qcPagePicturesBytesMax / LIMITS.qcPagePictureBytesMax);
    expect(picture(39, null)).toEqual({ src: "./w39.jpg", width: 4096, height: 2160 });
    expect((await pagePictures(viewOf(40), { ...source, link: () => null }))(39, null)).toBeNull();
  });

  it("are none where no proxy is, where it is no JPEG, or too large; another trouble is told", async () => {
    for (const code of ["ENOENT", "EFBIG"])
      expect(await readProxy({ read: () => Promise.reject(failing(code)) }, "/review/w1.jpg")).toBeNull();
    await expect(readProxy({ read: () => Promise.reject(failing("EIO")) }, "/review/w1.jpg")).rejects.toThrow("EIO");
    for (const bytes of [null, new Uint8Array([1, 2, 3])])
      expect((await pagePictures(viewOf(2), { read: async () => bytes, link }))(0, null)).toBeNull();
  });
});

describe("parts of frames on the QC page", () => {
  const level = (at: number) => Array.from({ length: 64 }, (_, i) => (i === at ? 255 : 0));
  const map = (at: number) => ({ kind: "map", title: "m", columns: 8, rows: 8, levels: level(at) }) as const;
  const count = (value: number) => ({ name: "differing", value, unit: "count", limit: 0, must: "atMost" }) as const;
  // Only one check was asked for: what header.size measured is not there.
  const seen = (value: number, at: number) => ({
    ...inspection(finding("mask.preserved", "fail", { measures: [count(value)], evidence: [map(at)] })),
    size: { width: 4096, height: 2048 },
  });
  const facts = versionFacts({
    wedges: 1,
    frames: [1001, 1002],
    task: (_, frame) => ({ inspection: frame === 1001 ? seen(5, 0) : seen(500, 63) }),
  });

  it("show the hottest cell of a map, of the frame in which it is worst", async () => {
    const bytes = await jpeg(32, 32);
    const asked: unknown[] = [];
    const crop = await pageCrops(viewOfVersion(qcReport(facts, EXTRA)), async (wanted) => {
      asked.push(wanted);
      return bytes;
    });
    expect(asked).toEqual([{ at: 0, frame: 1002, check: "mask.preserved", box: [3680, 1728, 320, 320] }]);
    expect(crop(0, 1002, "mask.preserved")?.box).toEqual([3680, 1728, 320, 320]);
    expect(crop(0, 1001, "mask.preserved")).toBeNull();
  });
});

describe("the size of a JPEG", () => {
  it("is read from its own frame header, baseline and progressive", async () => {
    expect(jpegSize(await jpeg(37, 91))).toEqual({ width: 37, height: 91 });
    const raw = { raw: { width: 40, height: 20, channels: 3 } } as const;
    const progressive = await sharp(new Uint8Array(40 * 20 * 3), raw)
      .jpeg({ progressive: true })
      .withMetadata()
      .toBuffer();
    expect(jpegSize(new Uint8Array(progressive))).toEqual({ width: 40, height: 20 });
  });

  it("is none of anything else, cut or hostile", async () => {
    const whole = await jpeg(40, 20);
    for (const bytes of [
      new Uint8Array(0),
      whole.subarray(0, 20),
      new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ])
      expect(jpegSize(bytes)).toBeNull();
  });
});
