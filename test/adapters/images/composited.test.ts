/** What our own step lays onto a plate passes the check of what lies outside the mask, in every form in which it is written. */
import { statSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import type { ColorPlan } from "../../../daemon/domain/colorPlan.ts";
import type { OutputFormat } from "../../../daemon/domain/outputFormat.ts";
import { OWN_COLOR_CONFIG, OWN_CONFIG_PATH } from "../../fixtures/colours.ts";
import { sceneLinear, writeExr } from "../../fixtures/exrWriter.ts";
import { pngBytes, writePng } from "../../fixtures/pictures.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const images = createImages({ scratchDir: null, checkFolders: ["plugins"], workers: 1 });
afterAll(() => images.close());

const [W, H] = [64, 48];
const MASK = { from: "matte", channel: "red", invert: false, feather: 0 } as const;
const colorOf = (space: string): ColorPlan => ({
  ...PLAIN_COLOR,
  how: "edit",
  mask: MASK,
  config: { name: "hotplate.ocio", path: OWN_CONFIG_PATH, sha256: OWN_COLOR_CONFIG.sha256 },
  plate: { name: space, builtIn: space, via: null, by: "manifest", why: "", guess: false },
  linear: { name: "ACEScg", builtIn: "ACEScg", via: null },
});

type Plate = (dir: TempDir) => Promise<string>;

const png: Plate = async (dir) => writePng(dir.path, "plate.png", { width: W, height: H, channels: 3, bits: 16 });
const floats: Plate = async (dir) => {
  const channels = [
    ...["R", "G", "B"].map((name, i) => ({ name, type: "float", value: sceneLinear(i) }) as const),
    { name: "depth.Z", type: "float", value: (x: number, y: number) => x + y / 100 },
  ] as const;
  writeFileSync(dir.file("plate.exr"), writeExr({ data: [0, 0, W, H], compression: "zip", channels }));
  return dir.file("plate.exr");
};

const HALF: OutputFormat = { kind: "exr", type: "half", compression: "zip" };

test.each([
  ["a PNG of 8 bits onto one of 16", png, { kind: "png" }, "sRGB Texture"],
  ["a PNG of 16 bits onto one of 16", png, { kind: "png16" }, "sRGB Texture"],
  ["half OpenEXR onto one of floats, a depth beside it", floats, HALF, "ACEScg"],
] as const)("%s", async (_what, plateOf, format, space) => {
  using dir = tempDir();
  const platePath = await plateOf(dir);
  const color = colorOf(space);
  const matte = Buffer.from(Array.from({ length: W * H }, (_, i) => (i % W < 30 ? 0 : 255)));
  await sharp(matte, { raw: { width: W, height: H, channels: 1 } })
    .png()
    .toFile(dir.file("matte.png"));
  await images.feed(platePath, dir.file("fed.png"), { plan: color, of: "plate", reference: platePath });
  writeFileSync(dir.file("returned.png"), await pngBytes({ width: W, height: H, channels: 3, bits: 8 }));
  const path = dir.file(format.kind === "exr" ? "out.exr" : "out.png");
  await images.finish({
    returned: dir.file("returned.png"),
    to: path,
    fed: dir.file("fed.png"),
    plate: { path: platePath, frame: 1001 },
    mask: dir.file("matte.png"),
    saidTo: null,
    format,
    color,
    reference: platePath,
    simulated: false,
    embed: { digitalSourceType: "x", assetRef: "x", assetId: "x", seed: "1" },
  });
  const look = (expectedBits: 8 | null, composited: boolean) =>
    images.inspect({
      path,
      bytes: statSync(path).size,
      frame: 1001,
      platePath,
      expected: { width: W, height: H, bitDepth: expectedBits, ignore: [] },
      checks: [{ check: "mask.preserved", limits: {} }],
      mask: { path: dir.file("matte.png"), plan: MASK },
      composited,
    });
  const found = (await look(8, true)).findings.find(({ check }) => check === "mask.preserved");
  expect(found, found?.message).toMatchObject({ verdict: "pass" });
  const whole = format.kind === "png16";
  // Said of a file by which nobody promised fewer bits, it is not what the file holds.
  expect((await look(null, true)).verdict).toBe(whole ? "pass" : "fail");
  expect((await look(null, false)).verdict).toBe("pass");
});
