/** The picture of a layered OpenEXR: read where there is one, refused by the names of its channels where nobody says which it is. */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { answerOf } from "../../../daemon/adapters/images/answer.ts";
import { bytesSource } from "../../../daemon/adapters/images/byteSource.ts";
import { coloursOf, noColours, pictured } from "../../../daemon/adapters/images/exrColours.ts";
import { readExr } from "../../../daemon/adapters/images/exrRead.ts";
import { readHead } from "../../../daemon/adapters/images/head.ts";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { displayPicture, loadFrame } from "../../../daemon/adapters/images/loadFrame.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import { OWN_COLOR_CONFIG, OWN_CONFIG_PATH } from "../../fixtures/colours.ts";
import type { TestChannel } from "../../fixtures/exrWriter.ts";
import { sceneLinear, writeExr } from "../../fixtures/exrWriter.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const scratch = tempDir();
const images = createImages({ scratchDir: scratch.path, checkFolders: ["plugins"], workers: 1 });
afterAll(async () => {
  await images.close();
  scratch[Symbol.dispose]();
});

const [W, H] = [64, 48];
type Value = (x: number, y: number) => number;
const half = (name: string, value: Value): TestChannel => ({ name, type: "half", value });
const rgb = (prefix: string, seed = 1): readonly TestChannel[] =>
  ["R", "G", "B"].map((name, i) => half(`${prefix}${name}`, sceneLinear(seed + i)));
const black = (prefix: string): readonly TestChannel[] =>
  ["R", "G", "B"].map((name) => half(`${prefix}${name}`, () => 0));
const covered = (name: string): TestChannel => half(name, (x) => (x < 40 ? 1 : 0.5));
const file = (channels: readonly TestChannel[]): Buffer =>
  writeExr({ data: [0, 0, W, H], compression: "zip", channels });
const Z: TestChannel = { name: "depth.Z", type: "float", value: (x, y) => x + y };

describe("the channels that are the picture", () => {
  test.each([
    [["A", "B", "G", "R", "beauty.R", "beauty.G", "beauty.B"], null, "R"],
    [["Y", "beauty.R", "beauty.G", "beauty.B"], null, undefined],
    [["beauty.A", "beauty.B", "beauty.G", "beauty.R", "depth.Z", "N.X", "N.Y", "N.Z"], "beauty", "beauty.R"],
    [["beauty.blue", "beauty.green", "beauty.red", "beauty.alpha"], "beauty", "beauty.red"],
    [
      ["ViewLayer.Combined.R", "ViewLayer.Combined.G", "ViewLayer.Combined.B"],
      "ViewLayer.Combined",
      "ViewLayer.Combined.R",
    ],
    [["rgba.R", "rgba.G", "rgba.B", "diffuse.R", "diffuse.G", "diffuse.B"], "rgba", "rgba.R"],
  ] as const)("%s", (names, layer, red) => {
    const colours = coloursOf(names);
    expect(colours?.layer).toBe(layer);
    expect(colours?.names.R).toBe(red);
  });

  test.each([
    [["A"], /no layer with them \(it has A\)/],
    [["Z", "N.X"], /it has Z, N\.X/],
    [["beauty.R", "beauty.G"], /it has beauty\.R, beauty\.G/],
    [["left.R", "left.G", "left.B", "right.R", "right.G", "right.B"], /lie in the layers left, right/],
  ])("are none of %s", (names, words) => {
    expect(coloursOf(names)).toBeNull();
    expect(noColours(names).message).toMatch(words);
    expect(noColours(names).hint).toMatch(/Nuke: rgba/);
  });

  test("alpha is the layer's own, else that without a layer; another one keeps a name of its own", () => {
    expect(coloursOf(["A", "a.R", "a.G", "a.B"])?.names.A).toBe("A");
    expect(coloursOf(["A", "a.A", "a.R", "a.G", "a.B"])?.names.A).toBe("a.A");
    const exr = readExr(file([...rgb("a."), covered("a.A"), half("A", () => 0)]));
    const { exr: seen, nameOf } = pictured(exr);
    expect(seen.planes.map(({ name }) => name)).toEqual(["rgba.A", "A", "B", "G", "R"]);
    expect(seen.planes.map(({ name }) => nameOf(name))).toEqual(exr.planes.map(({ name }) => name));
  });
});

describe("a picture in a layer", () => {
  test("is to every reader what the same picture without one is: samples, head, feed, plate", async () => {
    const [layered, bare] = [file([...rgb("beauty."), covered("beauty.A"), Z]), file([...rgb(""), covered("A"), Z])];
    expect(await loadFrame(layered)).toEqual(await loadFrame(bare));
    expect(readHead(bytesSource(layered))).toEqual(readHead(bytesSource(bare)));
    expect(await displayPicture(layered)).toEqual(await displayPicture(bare));
    expect(await answerOf(layered)).toEqual(await answerOf(bare));
  });

  test("goes back into it: what the edit leaves alone is the plate's, in the plate's channels", async () => {
    using dir = tempDir();
    const platePath = dir.file("plate.exr");
    writeFileSync(platePath, file([...rgb("beauty."), Z]));
    const color = {
      ...PLAIN_COLOR,
      how: "edit",
      mask: { from: "matte", channel: "red", invert: false, feather: 0 },
      config: { name: "hotplate.ocio", path: OWN_CONFIG_PATH, sha256: OWN_COLOR_CONFIG.sha256 },
      plate: { name: "ACEScg", builtIn: "ACEScg", via: null, by: "manifest", why: "", guess: false },
      linear: { name: "ACEScg", builtIn: "ACEScg", via: null },
    } as const;
    const matte = Buffer.from(Array.from({ length: W * H }, (_, i) => (i % W < 30 ? 0 : 255)));
    await sharp(matte, { raw: { width: W, height: H, channels: 1 } })
      .png()
      .toFile(dir.file("matte.png"));
    await images.feed(platePath, dir.file("fed.png"), { plan: color, of: "plate", reference: platePath });
    await sharp(readFileSync(dir.file("fed.png")))
      .linear(0.5, 0)
      .png()
      .toFile(dir.file("returned.png"));
    const finished = await images.finish({
      returned: dir.file("returned.png"),
      to: dir.file("out.exr"),
      fed: dir.file("fed.png"),
      plate: { path: platePath, frame: 1001 },
      mask: dir.file("matte.png"),
      saidTo: null,
      format: { kind: "exr", type: "half", compression: "zip" },
      color,
      reference: platePath,
      simulated: false,
      embed: { digitalSourceType: "x", assetRef: "x", assetId: "x", seed: "1" },
    });
    expect(finished.roundTrip).toMatchObject({ outsideChanged: 0 });
    const [before, after] = [readExr(readFileSync(platePath)), readExr(readFileSync(dir.file("out.exr")))];
    expect(after.planes.map(({ name }) => name)).toEqual(before.planes.map(({ name }) => name));
    const green = (of: typeof after) => of.planes.find(({ name }) => name === "beauty.G")!.data;
    let changed = 0;
    green(before).forEach((bits, i) => {
      if (i % W < 30) expect(green(after)[i]).toBe(bits);
      else if (green(after)[i] !== bits) changed += 1;
    });
    expect(changed).toBeGreaterThan(500);
  });
});

async function look(path: string, platePath: string | null = null) {
  const { findings, notApplied } = await images.inspect({
    path,
    bytes: statSync(path).size,
    frame: 1001,
    platePath,
    expected: { width: null, height: null, bitDepth: null, ignore: [] },
    checks: ["file.decodes", "header.format", "image.not_black", "pixels.finite", "plate.structure"].map((check) => ({
      check,
      limits: {},
    })),
  });
  return {
    verdicts: Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict])),
    said: (check: string) => findings.find((one) => one.check === check),
    notApplied: notApplied.map(({ check }) => check),
  };
}

describe("an inspection", () => {
  test.each([
    ["with an alpha of its own", [...black("beauty."), covered("beauty.A")]],
    ["with an alpha beside it", [...black("beauty."), covered("A")]],
    ["with a depth beside it", [...black("beauty."), Z]],
  ])("finds a black picture in a layer black, %s", async (_what, channels) => {
    using dir = tempDir();
    writeFileSync(dir.file("a.exr"), file(channels));
    const seen = await look(dir.file("a.exr"));
    expect(seen.verdicts).toMatchObject({ "file.decodes": "pass", "header.format": "pass", "image.not_black": "fail" });
    expect(seen.said("file.decodes")?.message).toMatch(/Its picture is the layer beauty\.$/);
  });

  test("never takes alpha or a depth for colours, of a result or its plate: error, with what the file has", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.exr"), file([covered("A"), Z]));
    writeFileSync(dir.file("good.exr"), file(rgb("")));
    const seen = await look(dir.file("a.exr"));
    expect(seen.verdicts["file.decodes"]).toBe("error");
    expect(seen.said("file.decodes")?.message).toMatch(/it has A, depth\.Z.*no colours to look at/);
    expect(seen.said("file.decodes")?.hint).toMatch(/R, G and B/);
    expect(seen.verdicts["image.not_black"]).not.toBe("pass");
    const beside = await look(dir.file("good.exr"), dir.file("a.exr"));
    expect(beside.said("plate.structure")).toMatchObject({ verdict: "error" });
    expect(beside.said("plate.structure")?.message).toMatch(/it has A, depth\.Z/);
  });

  test("says which channels it did not look at", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.exr"), file([...rgb(""), half("diffuse.R", () => Number.NaN), Z]));
    const seen = await look(dir.file("a.exr"));
    expect(seen.said("pixels.finite")).toMatchObject({
      verdict: "pass",
      message: "Every sample is a finite number. Only R, G, B were looked at, not depth.Z, diffuse.R.",
    });
  });

  test("says which parts it did not look at, and is in doubt about parts of several layers", async (ctx) => {
    using dir = tempDir();
    writeFileSync(dir.file("rgb.exr"), file(rgb("")));
    writeFileSync(dir.file("nan.exr"), file(["X", "Y2"].map((name) => half(name, () => Number.NaN))));
    writeFileSync(dir.file("one.exr"), file(rgb("beauty.")));
    writeFileSync(dir.file("two.exr"), file(rgb("diffuse.")));
    const append = (to: string, ...from: readonly string[]) =>
      execFileSync("oiiotool", [...from.map((name) => dir.file(name)), "--siappendall", "-o", dir.file(to)]);
    try {
      append("parts.exr", "rgb.exr", "nan.exr");
    } catch {
      return ctx.skip("oiiotool is not installed (Debian: openimageio-tools)");
    }
    append("layers.exr", "one.exr", "two.exr");
    append("lone.exr", "nan.exr", "one.exr");
    const parts = await look(dir.file("parts.exr"));
    for (const check of ["file.decodes", "pixels.finite"]) {
      expect(parts.said(check)).toMatchObject({ verdict: "pass" });
      expect(parts.said(check)?.message, check).toMatch(/part 2 .*\(X, Y2\)/);
    }
    expect((await look(dir.file("lone.exr"))).said("file.decodes")?.message).toMatch(/layer beauty.* part 1/);
    const layers = await look(dir.file("layers.exr"));
    expect(layers.said("file.decodes")).toMatchObject({ verdict: "error" });
    expect(layers.said("file.decodes")?.message).toMatch(/the layers beauty, diffuse/);
    return undefined;
  });
});
