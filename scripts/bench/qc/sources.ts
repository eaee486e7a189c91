/**
 * Plates to test checks with: procedural, deterministic by seed, each of a kind that fools some check (texture, hard edges, smooth
 * gradients, lights, text, noise), linear light, three channels. After the plates of docs/qc.md: unit noise of several octaves, discs,
 * a sky, Gaussian lights, grain whose deviation grows with the light.
 */
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";

export interface Linear {
  readonly width: number;
  readonly height: number;
  /** Interleaved R, G, B, linear, 1 = diffuse white. */
  readonly data: Float32Array;
}

export const KINDS = ["texture", "discs", "gradient", "lights", "text", "noise", "dark", "bricks"] as const;
export type Kind = (typeof KINDS)[number];

export const WIDTH = 768;
export const HEIGHT = 512;

/** Without grain: that is laid on last, by `grained`. */
export function source(kind: Kind, seed: number): Linear {
  const random = chance(seed * 7919 + KINDS.indexOf(kind) * 104_729 + 1);
  const image: Linear = { width: WIDTH, height: HEIGHT, data: new Float32Array(WIDTH * HEIGHT * 3) };
  paintTexture(image, random, kind === "gradient" ? 0 : kind === "noise" ? 1.2 : 0.8);
  if (kind === "discs" || kind === "lights") discs(image, random, 14);
  if (kind === "gradient" || kind === "discs") sky(image, random);
  if (kind === "lights") lights(image, random);
  if (kind === "text") text(image, random);
  if (kind === "bricks") bricks(image, random);
  if (kind === "dark") for (let i = 0; i < image.data.length; i += 1) image.data[i] = (image.data[i] as number) * 0.12;
  return image;
}

/** Sensor grain: sd = sqrt(1.2e-4 v + 1e-6), times `amount`, independent per channel. */
export function grained(image: Linear, seed: number, amount = 1): Linear {
  const random = chance(seed * 31 + 17);
  const data = Float32Array.from(
    image.data,
    (v) => v + amount * Math.sqrt(1.2e-4 * Math.max(0, v) + 1e-6) * random.normal(),
  );
  return { ...image, data };
}

/** Smooth noise of octaves whose weights fall like 1 / f, mean 0, deviation about 1. */
export function noise(width: number, height: number, random: Chance): Float32Array {
  const out = new Float32Array(width * height);
  for (let cell = 256, weight = 1; cell >= 2; cell /= 2, weight *= 0.62) {
    const columns = Math.ceil(width / cell) + 3;
    const rows = Math.ceil(height / cell) + 3;
    const grid = Float32Array.from({ length: columns * rows }, () => random.normal());
    const shift = [random.next(), random.next()] as const;
    for (let y = 0; y < height; y += 1) {
      const v = y / cell + shift[1];
      const [j, fy] = [Math.floor(v), smooth(v - Math.floor(v))];
      for (let x = 0; x < width; x += 1) {
        const u = x / cell + shift[0];
        const [i, fx] = [Math.floor(u), smooth(u - Math.floor(u))];
        const at = j * columns + i;
        const top = mix(grid[at] as number, grid[at + 1] as number, fx);
        const low = mix(grid[at + columns] as number, grid[at + columns + 1] as number, fx);
        out[y * width + x] = (out[y * width + x] as number) + weight * mix(top, low, fy);
      }
    }
  }
  let sum = 0;
  for (const v of out) sum += v * v;
  const scale = 1 / Math.sqrt(sum / out.length);
  return out.map((v) => v * scale);
}

const smooth = (t: number): number => t * t * (3 - 2 * t);
const mix = (a: number, b: number, t: number): number => a + (b - a) * t;

function paintTexture({ width, height, data }: Linear, random: Chance, amount: number): void {
  const shared = noise(width, height, random);
  for (let c = 0; c < 3; c += 1) {
    const own = noise(width, height, random);
    const level = 0.18 * random.between(0.6, 1.6);
    for (let i = 0; i < shared.length; i += 1)
      data[i * 3 + c] = level * 2 ** (amount * (0.9 * (shared[i] as number) + 0.5 * (own[i] as number)));
  }
}

function discs({ width, height, data }: Linear, random: Chance, count: number): void {
  for (let k = 0; k < count; k += 1) {
    const [cx, cy, r] = [random.between(0, width), random.between(0, height), random.between(10, 90)];
    const gains = [random.between(0.3, 2.5), random.between(0.3, 2.5), random.between(0.3, 2.5)];
    eachPixel(width, height, [cx - r, cy - r, cx + r, cy + r], (x, y, i) => {
      if ((x - cx) ** 2 + (y - cy) ** 2 > r * r) return;
      for (let c = 0; c < 3; c += 1) data[i * 3 + c] = (data[i * 3 + c] as number) * (gains[c] as number);
    });
  }
}

function sky({ width, height, data }: Linear, random: Chance): void {
  const end = height * random.between(0.35, 0.8);
  const tint = [0.55, 0.75, 1];
  eachPixel(width, height, [0, 0, width, end], (_, y, i) => {
    for (let c = 0; c < 3; c += 1) data[i * 3 + c] = (0.35 + (0.5 * y) / end) * (tint[c] as number);
  });
}

function lights({ width, height, data }: Linear, random: Chance): void {
  for (let k = 0; k < 8; k += 1) {
    const [cx, cy, r, top] = [
      random.between(0, width),
      random.between(0, height),
      random.between(4, 14),
      random.between(4, 40),
    ];
    eachPixel(width, height, [cx - 5 * r, cy - 5 * r, cx + 5 * r, cy + 5 * r], (x, y, i) => {
      const glow = top * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r));
      for (let c = 0; c < 3; c += 1) data[i * 3 + c] = (data[i * 3 + c] as number) + glow * (1 - 0.15 * c);
    });
  }
}

/** Rows of hard little shapes, as lettering has. */
function text({ width, height, data }: Linear, random: Chance): void {
  for (let line = 40; line + 20 < height; line += 34) {
    const ink = random.next() < 0.5 ? 0.02 : 0.9;
    for (let x = 30; x + 14 < width; x += 14) {
      const letter = Math.floor(random.next() * 2 ** 20);
      for (let v = 0; v < 5; v += 1)
        for (let u = 0; u < 4; u += 1)
          if ((letter >> (v * 4 + u)) & 1)
            eachPixel(width, height, [x + u * 3, line + v * 4, x + u * 3 + 3, line + v * 4 + 4], (_x, _y, i) =>
              data.fill(ink, i * 3, i * 3 + 3),
            );
    }
  }
}

/** Regular, straight structure: what a seam finder must not take for seams. */
function bricks({ width, height, data }: Linear, random: Chance): void {
  const [w, h] = [Math.round(random.between(40, 72)), Math.round(random.between(18, 30))];
  eachPixel(width, height, [0, 0, width, height], (x, y, i) => {
    const row = Math.floor(y / h);
    const mortar = y % h < 2 || (x + (row % 2) * (w >> 1)) % w < 2;
    if (mortar) for (let c = 0; c < 3; c += 1) data[i * 3 + c] = (data[i * 3 + c] as number) * 0.35;
  });
}

function eachPixel(
  width: number,
  height: number,
  box: readonly [number, number, number, number],
  paint: (x: number, y: number, i: number) => void,
): void {
  for (let y = Math.max(0, Math.floor(box[1])); y < Math.min(height, Math.ceil(box[3])); y += 1)
    for (let x = Math.max(0, Math.floor(box[0])); x < Math.min(width, Math.ceil(box[2])); x += 1)
      paint(x, y, y * width + x);
}
