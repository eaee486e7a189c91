/**
 * An EXR plate through the whole product: a graph that changes nothing gives the plate back, bit for bit, in the plate's own
 * form; the records say by which space and at what cost. Only the mark of the simulated ComfyUI stands in it.
 */
import { readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exrSamples } from "../../daemon/adapters/images/exrPicture.ts";
import { readExr } from "../../daemon/adapters/images/exrRead.ts";
import { simulatedMark } from "../../daemon/domain/simulatedMark.ts";
import { sceneLinear, writeExr } from "../fixtures/exrWriter.ts";
import { makeFarm } from "./farm.ts";
import { fileSaying, folderOf } from "./faultFarm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";
import { versionsOf } from "./versions.ts";

const [W, H] = [128, 72];

function exrPlate(path: string, seed: number): void {
  const channels = (["R", "G", "B"] as const).map((name, i) => ({
    name,
    type: "half" as const,
    value: sceneLinear(seed + i),
  }));
  writeFileSync(path, writeExr({ data: [-2, 0, W + 4, H], display: [0, 0, W, H], compression: "zip", channels }));
}

test("what a graph leaves alone is the plate, to the bit, beside the plate, with its round trip on record", async () => {
  await using farm = await makeFarm({ slots: 1, frames: 0 });
  for (const frame of [1001, 1002]) exrPlate(join(farm.plates, `SH010_PL01_v001.${frame}.exr`), frame);
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  const plate = "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.exr";
  const manifest = [
    "use: grain",
    `plate: {path: "${plate}", colorspace: acescg}`,
    "parameters: {amount: 0}",
    "color: {exposure: auto}",
    "",
  ].join("\n");
  drop(farm.hot, "same.yaml", manifest);
  await committed(daemon);
  const version = join(farm.shot, "grain/v001");
  expect(versionsOf(join(farm.shot, "grain")).map(({ name }) => name)).toEqual(["v001"]);
  const frames = readdirSync(version).filter((name) => name.endsWith(".exr"));
  expect(frames).toHaveLength(2);
  for (const name of frames) {
    const frame = /\.(\d{4})\.exr$/.exec(name)?.[1];
    const result = readExr(readFileSync(join(version, name)));
    const before = readExr(readFileSync(join(farm.plates, `SH010_PL01_v001.${frame}.exr`)));
    expect([result.header.data, result.header.display]).toEqual([before.header.data, before.header.display]);
    const [is, was] = [exrSamples(result), exrSamples(before)];
    const [left, top, wide, high] = simulatedMark(W, H);
    let [changed, marked] = [0, 0];
    is.samples.forEach((value, i) => {
      if (Object.is(value, was.samples[i])) return;
      const x = (Math.floor(i / 3) % (W + 4)) - 2;
      const y = Math.floor(i / 3 / (W + 4));
      if (x >= left && y >= top && x < left + wide && y < top + high) marked += 1;
      else changed += 1;
    });
    expect(changed).toBe(0);
    expect(marked).toBeGreaterThan(wide);
  }
  const asset = JSON.parse(readFileSync(join(version, ".hotplate/asset.json"), "utf8")) as {
    color: Record<string, unknown>;
  };
  expect(asset.color).toMatchObject({
    in: "ACEScg",
    out: "ACEScg",
    model: "sRGB",
    "x-config": "hotplate.ocio",
    configSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    "x-how": "edit",
    "x-by": "manifest",
    "x-exposureStops": expect.any(Number),
    "x-roundTrip": { p999Stops: 0, outsideChanged: 0, frames: 2 },
  });
  const qc = JSON.parse(readFileSync(join(version, ".hotplate/qc.json"), "utf8")) as {
    color: Record<string, unknown>;
    publishedResult: string;
  };
  expect(qc.color).toMatchObject({ roundTrip: { p999Stops: 0, outsideChanged: 0, frames: 2 } });
  expect(qc.publishedResult).toBe("pass");
  const page = join(farm.shot, "review/grain_v001/grain_v001_qc.html");
  // The answer says DONE before the report is there: first its folder, then the page in it.
  await fileSaying(join(farm.hot, "same.yaml.STATUS.txt"), /^DONE/);
  await folderOf(page);
  const said = await fileSaying(page, /Round trip/);
  expect(said).toContain("Round trip: an unchanged picture loses 0 stops (p99.9); 0 pixels changed outside the mask");
});

test("a guess is told in STATUS.txt, and a slip of the name in ERROR.txt", async () => {
  await using farm = await makeFarm({ slots: 1, frames: 0 });
  exrPlate(join(farm.plates, "SH010_PL01_v001.1001.exr"), 1);
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  const plate = "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.exr";
  drop(farm.hot, "wrong.yaml", `use: grain\nplate:\n  path: "${plate}"\n  colorspace: acesg\n`);
  await fileSaying(join(farm.hot, "wrong.yaml.ERROR.txt"), /Did you mean ACEScg\?/);
  unlinkSync(join(farm.hot, "wrong.yaml"));
  drop(farm.hot, "guess.yaml", `use: grain\nplate: "${plate}"\n`);
  await fileSaying(join(farm.hot, "guess.yaml.STATUS.txt"), /colour space is a guess: ACEScg/);
});
