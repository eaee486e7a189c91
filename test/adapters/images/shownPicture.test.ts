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
