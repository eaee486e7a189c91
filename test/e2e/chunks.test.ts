/**
 * Frames together from a dropped manifest to a version, on simulated slots and, where one is named, on a real ComfyUI 0.19:
 * every frame is there under its own number, made of its own neighbours.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Picture } from "./chunkFarm.ts";
import { blendedRun, difference, noFfmpeg, picturesIn, smoothed, writeClipRecipe } from "./chunkFarm.ts";
import type { Child, Farm } from "./farm.ts";
import { makeFarm } from "./farm.ts";
import { fileSaying, makeFaultFarm } from "./faultFarm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";

const ownRecipes = (dir: string): readonly string[] => [`recipes: [${join(dir, "recipes")}]`];

function dropFor(farm: Farm, recipe: string, more: readonly string[] = []): void {
  const plate = "plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png";
  drop(farm.hot, `${recipe}.yaml`, [`use: ${recipe}`, plate, ...more, "...", ""].join("\n"));
}

const platesOf = async (farm: Farm): Promise<readonly Picture[]> => [...(await picturesIn(farm.plates)).values()];

/** `codes`: how far a code may lie from the exact value: SaveImage cuts off, blending rounds. */
function expectAll(made: ReadonlyMap<number, Picture>, wanted: readonly Picture[], codes: number): void {
  expect([...made.keys()]).toEqual(wanted.map((_, index) => 1001 + index));
  for (const [frame, picture] of made)
    expect(difference(picture, wanted[frame - 1001] as Picture).max, `frame ${frame}`).toBeLessThanOrEqual(codes);
}

interface Wedges {
  readonly chunks: { readonly list: readonly string[] };
  readonly wedges: readonly [
    { readonly state: string; readonly blended?: readonly { readonly frame: number; readonly of: unknown }[] },
  ];
}
const wedgesOf = (dir: string): Wedges => JSON.parse(readFileSync(join(dir, "wedges.json"), "utf8")) as Wedges;

test("a recipe that takes eight frames at once makes every frame as if the whole range had gone through together; a chunk that fails runs again alone", async () => {
  await using farm = await makeFaultFarm({ slots: 1, frames: 18, shortTimes: { retryDelayMs: 100 } });
  await farm.arm("nodeError@2");
  dropFor(farm, "temporal_smooth");
  const text = await fileSaying(join(farm.hot, "temporal_smooth.yaml.STATUS.txt"), /^DONE/);
  expect(text).toContain("makes:    1 variation x 18 frames = 18 images, in 3 tasks of up to 8 frames\n");
  expect(text).toContain("tasks:    3/3 rendered\n");
  const version = join(farm.shot, "temporal_smooth/v001");
  expectAll(await picturesIn(version), smoothed(await platesOf(farm)), 1);
  // The last chunk was filled with earlier frames, which it does not publish.
  expect(wedgesOf(version).chunks.list).toEqual(["1001-1008", "1007-1014", "1011-1018"]);
  const outcomes = (await farm.prompts()).map((prompt) => prompt.outcome);
  expect(outcomes.filter((outcome) => outcome === "success")).toHaveLength(3);
  expect(outcomes.filter((outcome) => outcome === "error")).toHaveLength(1);
  expect(farm.told("task.retried")).toHaveLength(1);
  expect((await farm.hotplate("verify", version)).code).toBe(0);
});

test("a chunk fed as a lossless clip loses nothing, and shared frames are crossfaded", async (context) => {
  const missing = noFfmpeg();
  if (missing !== null) return context.skip(missing);
  await using farm = await makeFarm({ slots: 1, frames: 10, more: ownRecipes });
  const version = await clipVersion(farm, "pictures");
  const plates = await platesOf(farm);
  const chunks = [
    [0, 5],
    [4, 9],
  ] as const;
  expectAll(await picturesIn(version), blendedRun(plates, chunks), 1.5);
  expect(wedgesOf(version).wedges[0]?.blended).toEqual([
    {
      frame: 1005,
      of: [
        { chunk: 1001, share: 0.666667 },
        { chunk: 1005, share: 0.333333 },
      ],
    },
    {
      frame: 1006,
      of: [
        { chunk: 1001, share: 0.333333 },
        { chunk: 1005, share: 0.666667 },
      ],
    },
  ]);
});

test("a video that comes back is taken apart into its frames", async (context) => {
  const missing = noFfmpeg();
  if (missing !== null) return context.skip(missing);
  await using farm = await makeFarm({ slots: 1, frames: 7, more: ownRecipes });
  const version = await clipVersion(farm, "video", "drop");
  const wanted = smoothed(await platesOf(farm));
  const made = await picturesIn(version);
  expect([...made.keys()]).toEqual(wanted.map((_, index) => 1001 + index));
  // H.264 4:2:0 loses about 5 codes of this hard pattern; two frames further on the plate itself is 8 codes away.
  for (const [frame, picture] of made) {
    const off = wanted.map((one) => difference(picture, one).mean);
    expect(off[frame - 1001], `frame ${frame}`).toBeLessThan(Math.min(...off) + 0.5);
    for (const [index, other] of off.entries())
      if (Math.abs(index - (frame - 1001)) > 1) expect(other, `frame ${frame}`).toBeGreaterThan(7);
  }
});

async function clipVersion(
  farm: Farm,
  result: "pictures" | "video",
  seam: "blend" | "drop" = "blend",
): Promise<string> {
  mkdirSync(join(farm.dir, "recipes"), { recursive: true });
  writeClipRecipe(join(farm.dir, "recipes"), result, seam);
  const daemon = await started(farm);
  const recipe = `smooth_clip_${result}_${seam}`;
  dropFor(farm, recipe);
  await committed(daemon);
  return join(farm.shot, recipe, "v001");
}

async function started(farm: Farm): Promise<Child> {
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  return daemon;
}

const url = process.env["HOTPLATE_COMFYUI_URL"];

test("a real ComfyUI 0.19 makes the same frames of a batch and of a clip", async (context) => {
  if (url === undefined) return context.skip("HOTPLATE_COMFYUI_URL names no ComfyUI");
  await using farm = await makeFarm({ slots: 0, frames: 10, more: ownRecipes });
  const config = readFileSync(farm.config, "utf8").replace("slots:\n", `slots:\n  - {name: real, url: "${url}"}\n`);
  writeFileSync(farm.config, config);
  mkdirSync(join(farm.dir, "recipes"));
  const clip = noFfmpeg() === null;
  if (clip) for (const result of ["pictures", "video"] as const) writeClipRecipe(join(farm.dir, "recipes"), result);
  const daemon = await started(farm);
  const plates = await platesOf(farm);
  dropFor(farm, "temporal_smooth");
  await committed(daemon);
  expectAll(await picturesIn(join(farm.shot, "temporal_smooth/v001")), smoothed(plates), 1);
  if (!clip) return;
  dropFor(farm, "smooth_clip_pictures_blend");
  await committed(daemon, 2);
  const pictures = await picturesIn(join(farm.shot, "smooth_clip_pictures_blend/v001"));
  const chunks = [
    [0, 5],
    [4, 9],
  ] as const;
  expectAll(pictures, blendedRun(plates, chunks), 1.5);
  dropFor(farm, "smooth_clip_video_blend");
  await committed(daemon, 3);
  const video = await picturesIn(join(farm.shot, "smooth_clip_video_blend/v001"));
  expect([...video.keys()]).toEqual([...pictures.keys()]);
});
