/** People are shown a result's light as the model was shown its plate: in sRGB, exposed; not as raw numbers. */
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import { builtInSpace } from "../../../daemon/domain/colorSpaces.ts";
import { shownAs } from "../../../daemon/domain/colorWay.ts";
import { newJob } from "../../contract/store.ts";
import { writeExr } from "../../fixtures/exrWriter.ts";
import { codes16, pngBytes, tiffBytes } from "../../fixtures/pictures.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const shared = createImages({ checkFolders: [], workers: 1, scratchDir: null });
afterAll(() => shared.close());

const grey = (path: string, value: number): void =>
  writeFileSync(
    path,
    writeExr({
      data: [0, 0, 32, 16],
      compression: "zip",
      channels: (["R", "G", "B"] as const).map((name) => ({ name, type: "half", value: () => value })),
    }),
  );
async function code(path: string): Promise<number> {
  const { data } = await sharp(readFileSync(path)).raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  return data[(8 * 32 + 16) * 3]!;
}

test.each([
  ["ACEScg, three stops under", "ACEScg", 0.18 / 8, 3],
  ["ARRI LogC3 codes", "ARRI LogC3 (EI800)", builtInSpace("LogC3")!.curve!.encode(0.18), 0],
])("%s: middle grey is shown as middle grey", async (_what, space, value, stops) => {
  using dir = tempDir();
  grey(dir.file("a.exr"), value);
  await shared.thumbnail(dir.file("a.exr"), dir.file("a.jpg"), 32, { space, view: "plain", stops });
  expect(Math.abs((await code(dir.file("a.jpg"))) - 118)).toBeLessThanOrEqual(1);
  await shared.thumbnail(dir.file("a.exr"), dir.file("raw.jpg"), 32);
  expect(Math.abs((await code(dir.file("raw.jpg"))) - 118)).toBeGreaterThan(20);
});

test("a contact sheet of light differs from one of raw numbers, and codes are shown as they are", async () => {
  using dir = tempDir();
  grey(dir.file("a.exr"), 0.18 / 8);
  await sharp({ create: { width: 32, height: 16, channels: 3, background: "#767676" } })
    .png()
    .toFile(dir.file("b.png"));
  const shown = { space: "ACEScg", view: "plain", stops: 3 } as const;
  const tile = (name: string) => ({ path: dir.file(name), label: "w001", mark: "pass" }) as const;
  const draw = async (name: string, to: string) => {
    await shared.sheet({ title: "t", columns: 1, tiles: [tile(name)], shown }, dir.file(to));
    return sharp(readFileSync(dir.file(to))).stats();
  };
  const [light, codes] = [await draw("a.exr", "a.jpg"), await draw("b.png", "b.jpg")];
  expect(Math.abs(light.channels[0]!.mean - codes.channels[0]!.mean)).toBeLessThan(0.5);
});

test("what is shown how follows from the plan: the exposure that was measured, else its own; codes and unknown spaces as they are", () => {
  const step = newJob("job_a").plan.steps[0]!;
  const plate = { name: "ACEScg", builtIn: "ACEScg", via: null, by: "manifest", why: "", guess: false } as const;
  const color = {
    ...PLAIN_COLOR,
    how: "edit",
    config: { name: "c", path: "/c", sha256: "x" },
    plate,
    linear: { name: "lin", builtIn: "ACEScg", via: null },
    exposure: "auto",
    view: "filmic",
  } as const;
  const format = { kind: "exr", type: "half", compression: "zip" } as const;
  const exr = { ...step, output: { format }, color, plate: { ...step.plate!, ext: "exr" } };
  expect(shownAs(exr, 1.5)).toEqual({ space: "ACEScg", view: "filmic", stops: 1.5 });
  expect(shownAs({ ...exr, color: { ...color, exposure: 2 } }, undefined)).toMatchObject({ stops: 2 });
  expect(shownAs({ ...exr, output: { format: { kind: "png" } } }, 1)).toBeNull();
  const own = { ...plate, name: "show_log", builtIn: null, via: { name: "ap0", builtIn: "ACES2065-1" } };
  expect(shownAs({ ...exr, color: { ...color, plate: own } }, 1)).toBeNull();
  expect(shownAs({ ...exr, color: { ...color, plate: own }, plate: { ...step.plate!, ext: "dpx" } }, 1)).toMatchObject({
    space: "ACEScg",
  });
});

/** Left: covered whole; right: not at all. The colours are the same everywhere, as a file holds them. */
const matte = (x: number) => (x < 16 ? 1 : 0);
const MATTED = { width: 32, height: 16, value: (x: number, _y: number, c: number) => (c === 3 ? matte(x) : 0.5) };

function exrUnder(cover: (x: number) => number): Uint8Array {
  const channels = ["R", "G", "B", "A"].map((name) => ({
    name,
    type: "half" as const,
    value: name === "A" ? cover : () => 0.5,
  }));
  return writeExr({ data: [0, 0, 32, 16], compression: "zip", channels });
}

const LIGHT = { space: "Linear Rec.709 (sRGB)", view: "plain", stops: 0 } as const;

const MATTED_TIFF = { ...MATTED, channels: 4, bits: 16, samples: codes16(32, 16, 4, MATTED.value), extra: 1 } as const;

test.each([
  [
    "a PNG of 8 bits",
    { name: "a.png", make: () => pngBytes({ ...MATTED, channels: 4, bits: 8 }), shown: 128, seen: null },
  ],
  [
    "a PNG of 16 bits",
    { name: "a.png", make: () => pngBytes({ ...MATTED, channels: 4, bits: 16 }), shown: 128, seen: null },
  ],
  ["a TIFF of associated alpha", { name: "a.tif", make: () => tiffBytes(MATTED_TIFF), shown: 128, seen: null }],
  ["an OpenEXR", { name: "a.exr", make: () => exrUnder(matte), shown: 188, seen: null }],
  ["an OpenEXR of a known space", { name: "a.exr", make: () => exrUnder(matte), shown: 188, seen: LIGHT }],
  ["an OpenEXR covered by a tenth", { name: "a.exr", make: () => exrUnder(() => 0.1), shown: 188, seen: LIGHT }],
] as const)(
  "%s is shown in the colours that checks judge, whatever its alpha: thumbnail, crop, sheet, difference",
  async (_what, { name, make, shown, seen }) => {
    using dir = tempDir();
    writeFileSync(dir.file(name), await make());
    const column = async (path: string, x: number) => {
      const { data, info } = await sharp(readFileSync(path))
        .raw({ depth: "uchar" })
        .toBuffer({ resolveWithObject: true });
      return data[(Math.floor(info.height / 2) * info.width + x) * info.channels]!;
    };
    await shared.thumbnail(dir.file(name), dir.file("all.jpg"), 16, seen);
    await shared.thumbnail(dir.file(name), dir.file("crop.jpg"), { pixels: 16, box: [16, 0, 16, 16] }, seen);
    for (const at of [3, 12])
      expect(Math.abs((await column(dir.file("all.jpg"), at)) - shown), `all, ${at}`).toBeLessThan(3);
    expect(Math.abs((await column(dir.file("crop.jpg"), 8)) - shown)).toBeLessThan(3);
    const tile = { path: dir.file(name), label: "w001", mark: "pass" } as const;
    await shared.sheet({ title: "t", columns: 1, tiles: [tile], shown: seen }, dir.file("sheet.jpg"));
    const { data, info } = await sharp(readFileSync(dir.file("sheet.jpg")))
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    let wide = 0;
    for (let i = 0; i < data.length; i += info.channels)
      wide += [0, 1, 2].every((c) => Math.abs(data[i + c]! - shown) < 4) ? 1 : 0;
    // Of 512 px nearly all: half of them would be a picture without its right side.
    expect(wide).toBeGreaterThan(450);
    writeFileSync(dir.file(`other-${name}`), readFileSync(dir.file(name)));
    await shared.compare({ a: dir.file(name), b: dir.file(`other-${name}`), picture: dir.file("ab.png") });
    if (seen !== null) return;
    const pair = await sharp(readFileSync(dir.file("ab.png")))
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    for (const x of [12, 36])
      expect(Math.abs(pair.data[(pair.info.width * 40 + x) * pair.info.channels]! - shown)).toBeLessThan(3);
  },
);
