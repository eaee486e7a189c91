/** Feed and finish together, through the image workers: what goes to the model unchanged comes back as the plate. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { exrSamples } from "../../../daemon/adapters/images/exrPicture.ts";
import type { Exr, Plane } from "../../../daemon/adapters/images/exrRead.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import type { ColorPlan } from "../../../daemon/domain/colorPlan.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import type { OutputFormat } from "../../../daemon/domain/outputFormat.ts";
import { simulatedMark } from "../../../daemon/domain/simulatedMark.ts";
import type { FinishRequest } from "../../../daemon/ports.ts";
import { OWN_COLOR_CONFIG, OWN_CONFIG_PATH } from "../../fixtures/colours.ts";
import { sceneLinear, writeExr } from "../../fixtures/exrWriter.ts";
import { absent } from "../../fixtures/optionalTools.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const shared = createImages({ scratchDir: null, checkFolders: [], workers: 1 });
afterAll(() => shared.close());

const W = 64;
const H = 48;
const HALF: OutputFormat = { kind: "exr", type: "half", compression: "zip" };
const planOf = (more: Partial<ColorPlan> = {}, space = "ACEScg"): ColorPlan => ({
  ...PLAIN_COLOR,
  how: "edit",
  config: { name: "hotplate.ocio", path: OWN_CONFIG_PATH, sha256: OWN_COLOR_CONFIG.sha256 },
  plate: { name: space, builtIn: space, via: null, by: "manifest", why: "", guess: false },
  linear: { name: "ACEScg", builtIn: "ACEScg", via: null },
  ...more,
});

/** HDR half plate with overscan, NaN, infinity, -0 and a matte; also as alpha where asked. */
function plate(dir: TempDir, more: { readonly alpha?: boolean; readonly name?: string } = {}): string {
  const odd = (value: (x: number, y: number) => number) => (x: number, y: number) =>
    x === 7 && y === 5 ? Number.NaN : x === 8 && y === 5 ? Number.POSITIVE_INFINITY : x === 9 ? -0 : value(x, y);
  const channels = [
    { name: "R", type: "half", value: odd(sceneLinear(1)) },
    { name: "G", type: "half", value: sceneLinear(2) },
    { name: "B", type: "half", value: sceneLinear(3) },
    { name: "matte.id", type: "float", value: (x: number, y: number) => x + y / 100 },
    ...(more.alpha === true ? [{ name: "A", type: "half", value: (x: number) => (x < 20 ? 0 : 1) } as const] : []),
  ] as const;
  const path = dir.file(more.name ?? "plate.exr");
  writeFileSync(path, writeExr({ data: [-4, -2, W + 8, H + 4], display: [0, 0, W, H], compression: "zip", channels }));
  return path;
}

async function there(
  dir: TempDir,
  of: {
    readonly platePath: string;
    readonly color: ColorPlan;
    readonly edit?: (png: Sharp) => Sharp;
  } & Partial<FinishRequest>,
) {
  const { platePath, color, edit, ...more } = of;
  const fed = dir.file("fed.png");
  await shared.feed(platePath, fed, { plan: color, of: "plate", reference: platePath });
  const returned = dir.file("returned.png");
  const back = sharp(readFileSync(fed)).removeAlpha();
  await (edit === undefined ? back : edit(back)).png().toFile(returned);
  const to = dir.file(`out.${(more.format ?? HALF).kind === "exr" ? "exr" : "png"}`);
  const finished = await shared.finish({
    returned,
    to,
    fed,
    plate: { path: platePath, frame: 1001 },
    mask: null,
    saidTo: null,
    format: HALF,
    color,
    reference: platePath,
    simulated: false,
    embed: { digitalSourceType: "x", assetRef: "x", assetId: "x", seed: "1" },
    ...more,
  });
  return { finished, out: readFileSync(to) };
}
const planesOf = (exr: Exr): readonly Plane[] => [...exr.planes].sort((a, b) => (a.name < b.name ? -1 : 1));
const halves = (exr: Exr, name: string) => exr.planes.find((plane) => plane.name === name)!.data;
const darker = (png: Sharp) => png.linear(0.5, 0);

describe("an unchanged picture", () => {
  test.each([
    ["difference", planOf()],
    ["gain", planOf({ mode: "gain" })],
    ["exposed by itself, filmic", planOf({ exposure: "auto", view: "filmic" })],
    ["3 stops up", planOf({ exposure: 3 })],
    ["of ACES2065-1", planOf({}, "ACES2065-1")],
    ["of LogC3 values", planOf({}, "ARRI LogC3 (EI800)")],
  ])("comes back as the plate, every bit of every channel: %s", async (_what, color) => {
    using dir = tempDir();
    const platePath = plate(dir);
    const { finished, out } = await there(dir, { platePath, color });
    const [before, after] = [readExr(readFileSync(platePath)), readExr(out)];
    expect(planesOf(after)).toEqual(planesOf(before));
    expect([after.header.data, after.header.display]).toEqual([before.header.data, before.header.display]);
    expect(finished.roundTrip).toMatchObject({ p999Stops: 0, outsideChanged: 0 });
  });
  test("under alpha too, where colours are multiplied by it", async () => {
    using dir = tempDir();
    const platePath = plate(dir, { alpha: true });
    const { out } = await there(dir, { platePath, color: planOf() });
    expect(planesOf(readExr(out))).toEqual(planesOf(readExr(readFileSync(platePath))));
  });
  test("plain and acescct say what they cost, measured on this plate", async () => {
    using dir = tempDir();
    const platePath = plate(dir);
    const plain = await there(dir, { platePath, color: planOf({ how: "plain" }) });
    expect(plain.finished.roundTrip?.p999Stops).toBeGreaterThan(1);
    using other = tempDir();
    const log = await there(other, { platePath: plate(other), color: planOf({ how: "acescct" }) });
    expect(log.finished.roundTrip?.p999Stops).toBeGreaterThan(0);
    expect(log.finished.roundTrip!.p999Stops).toBeLessThan(plain.finished.roundTrip!.p999Stops);
  });
  test("the exposure that was found is told", async () => {
    using dir = tempDir();
    const { finished } = await there(dir, { platePath: plate(dir), color: planOf({ exposure: "auto" }) });
    expect(finished.roundTrip?.exposureStops).not.toBe(0);
    expect(finished.roundTrip?.exposureStops).toBeCloseTo(Math.round(finished.roundTrip!.exposureStops * 10) / 10, 9);
  });
});

describe("a changed picture", () => {
  test("changes what the model saw; what lies above it, overscan and mattes are the plate's", async () => {
    using dir = tempDir();
    const platePath = plate(dir);
    const { out } = await there(dir, { platePath, color: planOf(), edit: darker });
    const [before, after] = [readExr(readFileSync(platePath)), readExr(out)];
    expect(halves(after, "matte.id")).toEqual(halves(before, "matte.id"));
    const rows = before.header.data[2];
    const at = (x: number, y: number) => (y + 2) * rows + x + 4;
    const [was, is] = [exrSamples(before).samples, exrSamples(after).samples];
    const channels = 4;
    let [changed, above] = [0, 0];
    for (let y = -2; y < H + 2; y += 1)
      for (let x = -4; x < W + 4; x += 1) {
        const differs = [0, 1, 2].some((k) => !Object.is(was[at(x, y) * channels + k], is[at(x, y) * channels + k]));
        const shown = x >= 0 && y >= 0 && x < W && y < H;
        if (!shown) expect(differs).toBe(false);
        const high = [0, 1, 2].every((k) => was[at(x, y) * channels + k]! > 1);
        if (shown && high) above += 1;
        if (high) expect(differs).toBe(false);
        if (differs) changed += 1;
      }
    expect(changed).toBeGreaterThan(1000);
    expect(above).toBeGreaterThan(10);
  });
  test("the plate's alpha as the mask: outside it not one code changes, whatever the model did", async () => {
    using dir = tempDir();
    const platePath = plate(dir, { alpha: true });
    const mask = { from: "plate", channel: "red", invert: false, feather: 4 } as const;
    const { finished, out } = await there(dir, { platePath, color: planOf({ mask, clip: "none" }), edit: darker });
    expect(finished.roundTrip).toMatchObject({ outsideChanged: 0 });
    const [before, after] = [readExr(readFileSync(platePath)), readExr(out)];
    let inside = 0;
    halves(before, "G").forEach((bits, i) => {
      const x = (i % (W + 8)) - 4;
      if (x < 20 || x >= W) expect(halves(after, "G")[i]).toBe(bits);
      else if (halves(after, "G")[i] !== bits) inside += 1;
    });
    expect(inside).toBeGreaterThan(500);
  });
  test("a mask image, white where the result may differ, on PNG plates too: 0 codes outside", async () => {
    using dir = tempDir();
    const pixels = Buffer.from(Array.from({ length: W * H * 3 }, (_, i) => (i * 37) & 255));
    await sharp(pixels, { raw: { width: W, height: H, channels: 3 } })
      .png()
      .toFile(dir.file("plate.png"));
    const matte = Buffer.from(Array.from({ length: W * H }, (_, i) => (i % W < 30 ? 0 : 255)));
    await sharp(matte, { raw: { width: W, height: H, channels: 1 } })
      .png()
      .toFile(dir.file("matte.png"));
    const mask = { from: "matte", channel: "red", invert: false, feather: 0 } as const;
    const color = planOf({ mask }, "sRGB Texture");
    const made = await there(dir, {
      platePath: dir.file("plate.png"),
      color,
      mask: dir.file("matte.png"),
      format: { kind: "png" },
      edit: darker,
    });
    expect(made.finished.roundTrip).toMatchObject({ p999Stops: 0, outsideChanged: 0 });
    const { data } = await sharp(made.out).raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    let inside = 0;
    for (let i = 0; i < data.length; i += 1) {
      if (Math.floor(i / 3) % W < 30) expect(data[i]).toBe(pixels[i]);
      else if (data[i] !== pixels[i]) inside += 1;
    }
    expect(inside).toBeGreaterThan(1000);
  });
  test("the mark of a simulated ComfyUI shows whatever the mask and the plate", async () => {
    using dir = tempDir();
    const platePath = plate(dir, { alpha: true });
    const mask = { from: "plate", channel: "red", invert: false, feather: 0 } as const;
    const { finished, out } = await there(dir, {
      platePath,
      color: planOf({ mask }),
      edit: (png) => png.linear(0, 128),
      simulated: true,
    });
    expect(finished.roundTrip?.outsideChanged).toBe(0);
    const after = exrSamples(readExr(out));
    const [x0, y0] = simulatedMark(W, H);
    const sample = after.samples[((y0 + 1 + 2) * (W + 8) + x0 + 1 + 4) * after.channels + 1];
    expect(sample).toBeCloseTo(0.2158, 3);
  });
});

describe("spaces of results", () => {
  test("an sRGB result of an ACEScg plate shows what the model was shown", async () => {
    using dir = tempDir();
    const platePath = plate(dir);
    const { out } = await there(dir, { platePath, color: planOf(), format: { kind: "png" } });
    const [is, fed] = await Promise.all(
      [out, readFileSync(dir.file("fed.png"))].map((png) =>
        sharp(png).removeAlpha().raw({ depth: "uchar" }).toBuffer(),
      ),
    );
    let worst = 0;
    is!.forEach((code, i) => (worst = Math.max(worst, Math.abs(code - fed![i]!))));
    expect(worst).toBeLessThanOrEqual(1);
  });
  test("a PNG plate's EXR result is scene-linear and says which", async () => {
    using dir = tempDir();
    const grey = { r: 188, g: 188, b: 188 };
    await sharp({ create: { width: W, height: H, channels: 3, background: grey } })
      .png()
      .toFile(dir.file("plate.png"));
    const { out } = await there(dir, { platePath: dir.file("plate.png"), color: planOf({}, "sRGB Texture") });
    expect(out.includes("oiio:ColorSpace\0string\0\x06\0\0\0ACEScg")).toBe(true);
    expect(exrSamples(readExr(out)).samples[0]).toBeCloseTo(0.5029, 3);
  });
});

describe("a studio's own space, by OCIO", () => {
  const STUDIO = `ocio_profile_version: 2
roles: {scene_linear: ACEScg, default: ACEScg, data: Raw, aces_interchange: ACES2065-1}
file_rules: [!<Rule> {name: Default, colorspace: default}]
displays: {sRGB: [!<View> {name: Raw, colorspace: Raw}]}
colorspaces:
  - !<ColorSpace> {name: ACES2065-1}
  - !<ColorSpace> {name: ACEScg, to_scene_reference: !<BuiltinTransform> {style: ACEScg_to_ACES2065-1}}
  - !<ColorSpace> {name: AGM_Lin, to_scene_reference: !<MatrixTransform> {matrix: [0.5, 0, 0, 0, 0, 0.25, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]}}
  - !<ColorSpace> {name: Raw, isdata: true}
`;
  test("an edit goes there and back through oiiotool; what did not change is the plate, bit for bit", async (ctx) => {
    const missing = absent("oiiotool");
    if (missing !== null) return ctx.skip(missing);
    using dir = tempDir();
    writeFileSync(dir.file("config.ocio"), STUDIO);
    const color = planOf({
      config: { name: "config.ocio", path: dir.file("config.ocio"), sha256: "x" },
      plate: {
        name: "AGM_Lin",
        builtIn: null,
        via: { name: "ACES2065-1", builtIn: "ACES2065-1" },
        by: "manifest",
        why: "",
        guess: false,
      },
    });
    const platePath = plate(dir);
    const left = await there(dir, { platePath, color });
    expect(planesOf(readExr(left.out))).toEqual(planesOf(readExr(readFileSync(platePath))));
    using other = tempDir();
    const flat = { name: "R", type: "half", value: () => 0.36 } as const;
    const green = { name: "G", type: "half", value: () => 0.72 } as const;
    const blue = { name: "B", type: "half", value: () => 0.09 } as const;
    writeFileSync(
      other.file("grey#1.exr"),
      writeExr({ data: [0, 0, W, H], compression: "zip", channels: [flat, green, blue] }),
    );
    // 0.18 grey in ACES; the model returns white.
    const white = await there(other, { platePath: other.file("grey#1.exr"), color, edit: (png) => png.linear(0, 255) });
    const { samples } = exrSamples(readExr(white.out));
    [2, 4, 0.5].forEach((value, k) => expect(Math.abs(samples[k]! / value - 1)).toBeLessThan(0.02));
    return undefined;
  });
  test("without oiiotool the refusal names the package", async () => {
    using dir = tempDir();
    const turn =
      "import { turnExr } from './daemon/adapters/images/ocioTool.ts'; try { turnExr(new Uint8Array(), {config: 'c', from: 'a', to: 'b'}); } catch (error) { console.log(error.code, error.message); }";
    const said = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", turn], {
      env: { PATH: dir.path },
      encoding: "utf8",
    });
    expect(said).toContain('HP-COLOR-TOOL "a" needs oiiotool, which is not installed here (Debian: openimageio-tools)');
  });
});
