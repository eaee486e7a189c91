/** What tests of frames together share: the shipped recipe and its variants, and what it must make of painted plates. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { simulatedMark } from "../../daemon/domain/simulatedMark.ts";
import { REPO } from "./farm.ts";

const SHIPPED = join(REPO, "config/recipes/temporal_smooth/1.0.0");
export const AMOUNT = 0.667;

/** null: ffmpeg is there; else why a test that needs it is skipped. */
export function noFfmpeg(): string | null {
  return spawnSync("ffmpeg", ["-version"]).status === 0 ? null : "ffmpeg is not installed";
}

/** The shipped recipe fed one lossless clip: the same graph behind LoadVideo. `result`: SaveImage, or CreateVideo > SaveVideo. */
export function writeClipRecipe(recipes: string, result: "pictures" | "video", seam: "blend" | "drop" = "blend"): void {
  const name = `smooth_clip_${result}_${seam}`;
  const dir = join(recipes, name, "1.0.0");
  mkdirSync(dir, { recursive: true });
  const graph = readFileSync(join(SHIPPED, "graph.api.json"), "utf8").replaceAll('["plate", 0]', '["frames", 0]');
  const nodes = JSON.parse(graph) as Record<string, { class_type: string; inputs: Record<string, unknown> }>;
  nodes["plate"] = { class_type: "LoadVideo", inputs: { file: "plate.mkv" } };
  nodes["frames"] = { class_type: "GetVideoComponents", inputs: { video: ["plate", 0] } };
  if (result === "video") {
    nodes["video"] = { class_type: "CreateVideo", inputs: { images: ["smoothed", 0], fps: 24 } };
    const inputs = { video: ["video", 0], filename_prefix: "smooth", format: "auto", codec: "auto" };
    nodes["save"] = { class_type: "SaveVideo", inputs };
  }
  writeFileSync(join(dir, "graph.api.json"), JSON.stringify(nodes));
  const classes = [...new Set(Object.values(nodes).map((node) => node.class_type))].join(", ");
  writeFileSync(
    join(dir, "recipe.yaml"),
    readFileSync(join(SHIPPED, "recipe.yaml"), "utf8")
      .replace("name: temporal_smooth", `name: ${name}`)
      .replace("input: image}", "input: file}")
      .replace("perTask: 8", "perTask: 6")
      .replace("how: batch", "how: clip")
      .replace("seam: drop", `seam: ${seam}`)
      .replace(/^allowedClasses: .*$/m, `allowedClasses: [${classes}]`),
  );
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** Pictures of a folder in order of frames, with the frames' numbers. */
export async function picturesIn(dir: string): Promise<ReadonlyMap<number, Picture>> {
  const out = new Map<number, Picture>();
  for (const name of readdirSync(dir).sort()) {
    const frame = /\.(\d{4})\.png$/.exec(name)?.[1];
    if (frame === undefined) continue;
    const { data, info } = await sharp(join(dir, name)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    out.set(Number(frame), { width: info.width, height: info.height, data });
  }
  return out;
}

/** Codes, not rounded: each frame of a run mixed with the mean of its neighbours; at an end it is its own neighbour. */
export function smoothed(run: readonly Picture[], amount = AMOUNT): readonly Picture[] {
  return run.map((at, index) => {
    const before = run[index - 1] ?? at;
    const after = run[index + 1] ?? at;
    const data = Float64Array.from(at.data, (value, i) => {
      const neighbours = ((before.data[i] ?? 0) + (after.data[i] ?? 0)) / 2;
      return value * (1 - amount) + neighbours * amount;
    });
    return { ...at, data };
  });
}

/** Largest and mean difference in codes, outside what a simulated ComfyUI marks. */
export function difference(a: Picture, b: Picture): { readonly max: number; readonly mean: number } {
  const [left, top, width, height] = simulatedMark(a.width, a.height);
  let max = 0;
  let sum = 0;
  let count = 0;
  for (let y = 0; y < a.height; y += 1) {
    for (let x = 0; x < a.width; x += 1) {
      if (x >= left && x < left + width && y >= top && y < top + height) continue;
      for (let c = 0; c < 3; c += 1) {
        const i = (y * a.width + x) * 3 + c;
        const off = Math.abs((a.data[i] ?? 0) - (b.data[i] ?? 0));
        max = Math.max(max, off);
        sum += off;
        count += 1;
      }
    }
  }
  return { max, mean: sum / count };
}

/** What blending must give: two chunks of `perTask` over one run, mixed linearly where both have a frame. */
export function blendedRun(
  run: readonly Picture[],
  chunks: readonly (readonly [number, number])[],
): readonly Picture[] {
  const made = chunks.map(([from, to]) => smoothed(run.slice(from, to + 1)));
  return run.map((picture, frame) => {
    const has = chunks.flatMap(([from, to], chunk) => (frame >= from && frame <= to ? [{ chunk, from }] : []));
    const [first, second] = has;
    if (first === undefined) return picture;
    const one = made[first.chunk]?.[frame - first.from] ?? picture;
    if (second === undefined) return one;
    const two = made[second.chunk]?.[frame - second.from] ?? picture;
    const shared = (chunks[first.chunk]?.[1] ?? 0) - second.from + 1;
    const part = (frame - second.from + 1) / (shared + 1);
    const data = Float64Array.from(one.data, (value, i) => value * (1 - part) + (two.data[i] ?? 0) * part);
    return { ...picture, data };
  });
}
