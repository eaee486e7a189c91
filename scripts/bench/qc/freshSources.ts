/**
 * Plates that were held out once, until their results were known: scenes with depth, light and a lens rather than patterns, deterministic
 * by seed, linear light. And grain of three other makes: film, a sensor, a camera that denoises and compresses.
 */
import { blurred } from "./edits.ts";
import { bokeh, cloth, skin } from "./freshClose.ts";
import { desert, foliage, rock, sea } from "./freshOutdoors.ts";
import type { Size } from "./freshPaint.ts";
import { canvas, clamp, lowPass, photographed } from "./freshPaint.ts";
import { car, street } from "./freshRoads.ts";
import { blinds, fire, stage } from "./freshRooms.ts";
import type { Chance } from "./random.ts";
import { chance, manyNormals } from "./random.ts";
import type { Grain, Linear } from "./sources.ts";
import { HEIGHT, WIDTH } from "./sources.ts";

export const FRESH_KINDS = [
  "foliage",
  "bokeh",
  "sea",
  "desert",
  "cloth",
  "skin",
  "blinds",
  "fire",
  "street",
  "car",
  "rock",
  "stage",
] as const;
export type FreshKind = (typeof FRESH_KINDS)[number];

const PAINTERS: Readonly<Record<FreshKind, (scene: Linear, random: Chance) => void>> = {
  foliage,
  bokeh,
  sea,
  desert,
  cloth,
  skin,
  blinds,
  fire,
  street,
  car,
  rock,
  stage,
};

/** Without grain: that is laid on last, by `freshGrained`. */
export function freshSource(kind: FreshKind, seed: number, size: Size = { width: WIDTH, height: HEIGHT }): Linear {
  const place = FRESH_KINDS.indexOf(kind);
  const scene = canvas(size);
  PAINTERS[kind](scene, chance(seed * 5651 + place * 86_028_121 + 77));
  return photographed(scene, seed * 16 + place);
}

export const GRAIN_MODELS = ["film", "sensor", "denoised"] as const;

export interface FreshGrain extends Grain {
  /**
   * film: dyes of three layers, the blue one coarsest. sensor: photon noise, debayered, with a trace of rows. denoised: what a camera's
   * cleaning and coding leave, mottled and weaker where the picture is flat.
   */
  readonly model: (typeof GRAIN_MODELS)[number];
  /** Sigma of a grain in pixels. */
  readonly size: number;
}

/** The grain of one plate: what is laid onto it must have the same. */
export function freshGrain(seed: number): FreshGrain {
  const random = chance(seed * 3469 + 41);
  const model = random.pick(GRAIN_MODELS);
  return { model, amount: random.between(0.7, 1.6), size: random.between(0.55, 0.95), correlated: model !== "sensor" };
}

const MAKES = {
  film: { channels: [0.95, 0.85, 1.3], own: 1, shared: 0.35 },
  sensor: { channels: [1.1, 0.85, 1.2], own: 1, shared: 0 },
  denoised: { channels: [0.75, 0.7, 0.85], own: 0.6, shared: 0.8 },
} as const;

/** As `grained`: sd = sqrt(1.2e-4 v + 1e-6) times `amount`, about; a plain grain is film where its neighbours are alike, else a sensor's. */
export function freshGrained(image: Linear, seed: number, grain: number | Grain | FreshGrain = 1): Linear {
  const of: Grain | FreshGrain = typeof grain === "number" ? { amount: grain, correlated: true } : grain;
  const { model = of.correlated ? "film" : "sensor", size = 0.7 }: Partial<FreshGrain> = of;
  const { channels, own, shared } = MAKES[model];
  const noise = layered(image, seed, { model, size, own, shared });
  const kept = model === "denoised" ? flatness(image) : null;
  const data = new Float32Array(image.data.length);
  for (let pixel = 0, i = 0; i < data.length; pixel += 1) {
    const keep = of.amount * (kept?.[pixel] ?? 1);
    for (let c = 0; c < 3; c += 1, i += 1) {
      const v = image.data[i] as number;
      const light = Math.max(0, v);
      // Film's dyes are densest, and so quietest, in the highlights; photons never are.
      const power = model === "film" ? (1.3e-4 * light) / (1 + 0.8 * light) + 1.2e-6 : 1.2e-4 * light + 1e-6;
      data[i] = v + keep * (channels[c] as number) * Math.sqrt(power) * (noise[i] as number);
    }
  }
  return { ...image, data };
}

interface Make {
  readonly model: FreshGrain["model"];
  readonly size: number;
  readonly own: number;
  readonly shared: number;
}

/** Noise of deviation 1 a channel. */
function layered({ width, height }: Size, seed: number, { model, size, own, shared }: Make): Float32Array {
  const plain = (at: number): Linear => ({ width, height, data: manyNormals(width * height * 3, seed * 67 + at) });
  const first = unit(blurred(plain(5), size).data);
  if (model === "sensor") return withRows({ width, height, data: first }, seed);
  const coarse = unit(blurred(plain(11), size * (model === "film" ? 2 : 3)).data);
  const common = unit(blurred(plain(23), size).data);
  const out = new Float32Array(first.length);
  for (let i = 0; i < out.length; i += 1) {
    // The third channel of one picture serves all three: what they have in common.
    const luma = common[i - (i % 3)] as number;
    const blue = i % 3 === 2 ? 0.6 : 0.3;
    out[i] = own * ((first[i] as number) + blue * (coarse[i] as number)) + shared * luma;
  }
  return unit(out);
}

/** The reading of a sensor is a little off from row to row. */
function withRows({ width, height, data }: Linear, seed: number): Float32Array {
  const rows = manyNormals(height, seed * 67 + 31);
  const out = new Float32Array(data.length);
  for (let v = 0, i = 0; v < height; v += 1)
    for (let k = 0; k < width * 3; k += 1, i += 1) out[i] = (data[i] as number) + 0.06 * (rows[v] as number);
  return unit(out);
}

function unit(data: Float32Array): Float32Array {
  let sum = 0;
  for (let i = 0; i < data.length; i += 1) sum += (data[i] as number) ** 2;
  const by = 1 / Math.sqrt(sum / data.length);
  for (let i = 0; i < data.length; i += 1) data[i] = (data[i] as number) * by;
  return data;
}

/** How much of the noise a coder leaves: 0.7 on flats, 1 where there is detail to hide it in. */
function flatness(image: Linear): Float32Array {
  const { width, height, data } = image;
  const busy = new Float32Array(data.length);
  for (let v = 1; v < height - 1; v += 1)
    for (let u = 1; u < width - 1; u += 1) {
      const i = (v * width + u) * 3 + 1;
      const here = data[i] as number;
      const across = Math.abs((data[i + 3] as number) - (data[i - 3] as number));
      busy[i] = (across + Math.abs((data[i + width * 3] as number) - (data[i - width * 3] as number))) / (here + 0.02);
    }
  const soft = lowPass({ width, height, data: busy }, 8).data;
  return Float32Array.from({ length: width * height }, (_, p) => 0.7 + 0.3 * clamp((soft[p * 3 + 1] as number) * 8));
}
