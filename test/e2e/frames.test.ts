/** Frame N of the plate is frame N of the result, also below zero and out of order: in the name, in the record, in the pixels. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { makeFarm } from "./farm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";
import { versionsOf } from "./versions.ts";

/** A ramp around a grey of its own for each frame, so that results tell which frame they were made from. */
async function paintGrey(path: string, grey: number): Promise<void> {
  const [width, height] = [192, 108];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => grey + (Math.floor(at / 3) % 16) - 8);
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

async function mean(path: string): Promise<number> {
  const { channels } = await sharp(path).stats();
  return channels.slice(0, 3).reduce((sum, channel) => sum + channel.mean, 0) / 3;
}

const GREY: ReadonlyMap<number, number> = new Map([
  [-2, 60],
  [-1, 100],
  [0, 140],
  [1, 180],
]);
const written = (frame: number): string => (frame < 0 ? `-00${-frame}` : `000${frame}`);

test("frames below zero come out under their own numbers, made from their own pictures", async () => {
  await using farm = await makeFarm({ slots: 2, frames: 1 });
  const plates = join(farm.shot, "plates/SH010_NEG_v001");
  mkdirSync(plates, { recursive: true });
  for (const [frame, grey] of GREY) await paintGrey(join(plates, `SH010_NEG_v001.${written(frame)}.png`), grey);
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  // Descending, and in grammar B: a job makes what is named, each under its number.
  const plate = `${plates}/SH010_NEG_v001.1--2####.png`;
  drop(farm.hot, "below.yaml", `use: grain\nplate: "${plate}"\nqc: {checks: [file.decodes, frames.complete]}\n`);
  await committed(daemon);
  const [version] = versionsOf(join(farm.shot, "grain"));
  const pictures = version?.files.filter((file) => file.endsWith(".png") && !file.includes("/")).sort();
  expect(pictures).toEqual([-2, -1, 0, 1].map((frame) => `SH010_NEG_grain_v001.${written(frame)}.png`).sort());
  const dir = join(farm.shot, "grain/v001");
  // Nearer to its own frame than to any other: they are 40 apart, and every picture carries the mark SIMULATED.
  for (const [frame, grey] of GREY)
    expect(Math.abs((await mean(join(dir, `SH010_NEG_grain_v001.${written(frame)}.png`))) - grey)).toBeLessThan(19);
  expect((await farm.hotplate("verify", dir)).code).toBe(0);
});
