/**
 * Right results of every shipped recipe that needs no model pass the checks that the recipe asks for without a warning: a real daemon, simulated
 * ComfyUIs whose graph nodes work on pixels, a textured plate with grain that moves.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { image, codes16 } from "../../scripts/bench/qc/cases.ts";
import { grained, source } from "../../scripts/bench/qc/sources.ts";
import { makeFarm } from "./farm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";

const FRAMES = 10;

/** A pan over a painted scene of 384 x 256 px, grain of its own in each frame. */
async function paint(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const [width, height] = [384, 256];
  const wide = source("skyline", 5, { width: width + 4 * FRAMES, height });
  for (let k = 0; k < FRAMES; k += 1) {
    const data = new Float32Array(width * height * 3);
    for (let y = 0; y < height; y += 1)
      data.set(wide.data.subarray((y * wide.width + 4 * k) * 3, (y * wide.width + 4 * k + width) * 3), y * width * 3);
    const { samples } = image(
      codes16(grained({ width, height, data }, 100 + k, { amount: 1, correlated: true })),
      width,
      height,
    );
    const bytes = Uint8Array.from(samples, (code) => Math.round(code / 257));
    await sharp(bytes, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(dir, `SH010_PAN_v001.${1001 + k}.png`));
  }
}

/** What slap_comp lays on: a round of another scene, with soft straight alpha. */
async function paintForeground(path: string): Promise<void> {
  const side = 96;
  const { data } = grained(source("weave", 9, { width: side, height: side }), 7, { amount: 1, correlated: true });
  const { samples } = image(codes16({ width: side, height: side, data }), side, side);
  const bytes = Uint8Array.from({ length: side * side * 4 }, (_, i) => {
    const [pixel, c] = [i >> 2, i & 3];
    const away = Math.hypot((pixel % side) - side / 2, Math.floor(pixel / side) - side / 2);
    return c < 3
      ? Math.round((samples[pixel * 3 + c] as number) / 257)
      : 255 * Math.min(1, Math.max(0, (46 - away) / 6));
  });
  await sharp(bytes, { raw: { width: side, height: side, channels: 4 } })
    .png()
    .toFile(path);
}

interface Found {
  readonly findings: readonly { readonly check: string; readonly result: string | null; readonly message: string }[];
}
interface QcJson {
  readonly profile: { readonly name: string };
  readonly result: string;
  readonly wedges: readonly {
    readonly frames: readonly { readonly inspection: Found }[];
    readonly sequence: Found | null;
  }[];
  readonly set: Found | null;
}

/** Every named value of a recipe's preset. */
function presets(recipe: string, version: string, name: string): string {
  const file = parse(readFileSync(`config/recipes/${recipe}/${version}/recipe.yaml`, "utf8")) as {
    readonly parameters: Readonly<Record<string, { readonly values?: Readonly<Record<string, unknown>> }>>;
  };
  return Object.keys(file.parameters[name]?.values ?? {}).join(", ");
}

const WORK: readonly (readonly [recipe: string, manifest: string, profile: string])[] = [
  [
    "env_relight",
    `sweep: {frames: 1001, axes: {lighting: [${presets("env_relight", "1.0.0", "lighting")}]}}\n`,
    "relight",
  ],
  [
    "grain",
    `sweep: {frames: "1001-1003", axes: {stock: [${presets("grain", "1.0.0", "stock")}]}}\n`,
    "plate_preserving",
  ],
  [
    "slap_comp",
    `parameters: {foreground: ./element.png, y: 90}\nsweep: {frames: "1001-1006", axes: {x: [40, 130, 260]}}\n`,
    "inpaint",
  ],
  ["temporal_smooth", "sweep: {axes: {amount: [0.3, 0.667]}}\n", "plate_preserving"],
  [
    "upscale_x2",
    `sweep: {frames: "1001-1003", axes: {filter: [lanczos, bicubic, bilinear, nearest-exact]}}\n`,
    "upscale",
  ],
];

test.each(WORK)("right results of %s pass its checks", async (recipe, manifest, profile) => {
  await using farm = await makeFarm({ slots: 2, frames: 1 });
  const plates = join(farm.shot, "plates/SH010_PAN_v001");
  await paint(plates);
  await paintForeground(join(farm.hot, "element.png"));
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  drop(farm.hot, "look.yaml", `use: ${recipe}\nplate: "${plates}/SH010_PAN_v001.####.png"\n${manifest}`);
  await committed(daemon);
  const text = readFileSync(join(farm.shot, recipe, "v001/.hotplate/qc.json"), "utf8");
  const qc = JSON.parse(text) as QcJson;
  expect(qc.profile.name).toBe(profile);
  const seen = [
    ...qc.wedges.flatMap(({ frames, sequence }) => [...frames.map(({ inspection }) => inspection), sequence]),
    qc.set,
  ].flatMap((each) => each?.findings ?? []);
  expect(seen.filter(({ result }) => result !== "pass")).toEqual([]);
  expect(qc.result).toBe("pass");
  // Beside the plate, frame by frame.
  const beside = recipe === "temporal_smooth" ? [] : ["plate.registered"];
  for (const check of ["image.channels", ...(recipe === "slap_comp" ? [] : ["plate.structure", ...beside])])
    expect(seen.filter((each) => each.check === check).length, check).toBeGreaterThan(0);
});
