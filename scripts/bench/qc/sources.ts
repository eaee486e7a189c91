/**
 * Plates to test checks with: procedural, deterministic by seed, each of a kind that fools some check (texture, hard edges, smooth
 * gradients, lights, text, noise, straight lines), linear light, three channels. After the plates of docs/qc.md: unit noise of several
 * octaves, discs, a sky, Gaussian lights, grain whose deviation grows with the light.
 */
import type { Chance } from "./random.ts";
import { chance, manyNormals } from "./random.ts";

export interface Linear {
  readonly width: number;
  readonly height: number;
  /** Interleaved R, G, B, linear, 1 = diffuse white. */
  readonly data: Float32Array;
}

export const KINDS = [
  "texture",
  "discs",
  "gradient",
  "lights",
  "text",
  "noise",
  "dark",
  "bricks",
  "waterline",
] as const;
/** Held out once, until limits were chosen with their results in sight: known kinds since. Apart, so that the pictures of a seed stay. */
export const LATER_KINDS = ["wires", "weave", "skyline"] as const;
export type Kind = (typeof KINDS)[number] | (typeof LATER_KINDS)[number];

export const WIDTH = 768;
export const HEIGHT = 512;
export type Size = Pick<Linear, "width" | "height">;

/** Without grain: that is laid on last, by `grained`. */
export function source(kind: Kind, seed: number, { width, height }: Size = { width: WIDTH, height: HEIGHT }): Linear {
  const place = ([...KINDS, ...LATER_KINDS] as readonly Kind[]).indexOf(kind);
  const random = chance(seed * 7919 + place * 104_729 + 1);
  const image: Linear = { width, height, data: new Float32Array(width * height * 3) };
  paintTexture(image, random, kind === "gradient" ? 0 : kind === "noise" ? 1.2 : 0.8);
  PAINTERS[kind].forEach((paint) => paint(image, random));
  return image;
}

type Painter = (image: Linear, random: Chance) => void;

const PAINTERS: Readonly<Record<Kind, readonly Painter[]>> = {
  texture: [],
  discs: [(image, random) => discs(image, random, 14), sky],
  gradient: [sky],
  lights: [(image, random) => discs(image, random, 14), lights],
  text: [text],
  noise: [],
  dark: [(image) => scale(image, 0.12)],
  bricks: [bricks],
  waterline: [sky, waterline],
  wires: [sky, wires],
  weave: [weave],
  skyline: [skyline],
};

function scale({ data }: Linear, by: number): void {
  for (let i = 0; i < data.length; i += 1) data[i] = (data[i] as number) * by;
}

export interface Grain {
  /** Times the deviation below. */
  readonly amount: number;
  /** true: as film and debayered sensors have it, neighbours alike; false: every pixel for itself. */
  readonly correlated: boolean;
}

/** Sensor grain: sd = sqrt(1.2e-4 v + 1e-6), times `amount`, independent per channel. */
export function grained(image: Linear, seed: number, grain: number | Grain = 1): Linear {
  const { amount, correlated } = typeof grain === "number" ? { amount: grain, correlated: false } : grain;
  const { width, data } = image;
  const noise = manyNormals(data.length, seed * 31 + 17);
  const out = new Float32Array(data.length);
  const down = width * 3;
  for (let i = 0; i < data.length; i += 1) {
    const v = data[i] as number;
    let n = noise[i] as number;
    // A 2 x 2 mean of unit noise has half its deviation; a part of the pixel's own keeps it from looking filtered.
    if (correlated) n = 0.6 * n + 0.7 * ((noise[i + 3] ?? n) + (noise[i + down] ?? n)) * Math.SQRT1_2;
    out[i] = v + amount * Math.sqrt(1.2e-4 * Math.max(0, v) + 1e-6) * n;
  }
  return { ...image, data: out };
}

/** Smooth noise of octaves whose weights fall like 1 / f, mean 0, deviation 1. */
export function noise(width: number, height: number, random: Chance): Float32Array {
  const out = new Float32Array(width * height);
  for (let cell = 256, weight = 1; cell >= 2; cell /= 2, weight *= 0.62) octave(out, width, { random, cell, weight });
  let sum = 0;
  for (let i = 0; i < out.length; i += 1) sum += (out[i] as number) ** 2;
  const unit = 1 / Math.sqrt(sum / out.length);
  for (let i = 0; i < out.length; i += 1) out[i] = (out[i] as number) * unit;
  return out;
}

function octave(
  out: Float32Array,
  width: number,
  of: { readonly random: Chance; readonly cell: number; readonly weight: number },
): void {
  const { random, cell, weight } = of;
  const height = out.length / width;
  const columns = Math.ceil(width / cell) + 3;
  const rows = Math.ceil(height / cell) + 3;
  const grid = new Float32Array(columns * rows);
  for (let i = 0; i < grid.length; i += 1) grid[i] = random.normal() * weight;
  const shiftX = random.next();
  const shiftY = random.next();
  const cells = Int32Array.from({ length: width }, (_, x) => Math.floor(x / cell + shiftX));
  const parts = Float32Array.from({ length: width }, (_, x) => smooth((x / cell + shiftX) % 1));
  const line = new Float32Array(columns);
  for (let y = 0; y < height; y += 1) {
    const v = y / cell + shiftY;
    const j = Math.floor(v);
    const part = smooth(v - j);
    for (let c = 0; c < columns; c += 1) {
      const top = grid[j * columns + c] as number;
      line[c] = top + ((grid[(j + 1) * columns + c] as number) - top) * part;
    }
    for (let x = 0, i = y * width; x < width; x += 1, i += 1) {
      const at = cells[x] as number;
      const left = line[at] as number;
      out[i] = (out[i] as number) + left + ((line[at + 1] as number) - left) * (parts[x] as number);
    }
  }
}

const smooth = (t: number): number => t * t * (3 - 2 * t);

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
    const cx = random.between(0, width);
    const cy = random.between(0, height);
    const r = random.between(10, 90);
    const gains = [random.between(0.3, 2.5), random.between(0.3, 2.5), random.between(0.3, 2.5)];
    eachPixel(width, height, [cx - r, cy - r, cx + r, cy + r], (x, y, i) => {
      if ((x - cx) ** 2 + (y - cy) ** 2 <= r * r) multiply(data, i, gains);
    });
  }
}

function multiply(data: Float32Array, i: number, by: readonly number[]): void {
  for (let c = 0; c < 3; c += 1) data[i * 3 + c] = (data[i * 3 + c] as number) * (by[c] as number);
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
    const cx = random.between(0, width);
    const cy = random.between(0, height);
    const r = random.between(4, 14);
    const top = random.between(4, 40);
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
      for (let dot = 0; dot < 20; dot += 1)
        if ((letter >> dot) & 1) {
          const left = x + (dot % 4) * 3;
          const top = line + Math.floor(dot / 4) * 4;
          eachPixel(width, height, [left, top, left + 3, top + 4], (_x, _y, i) => data.fill(ink, i * 3, i * 3 + 3));
        }
    }
  }
}

/** Regular, straight structure: what a seam finder must not take for seams. */
function bricks({ width, height, data }: Linear, random: Chance): void {
  const w = Math.round(random.between(40, 72));
  const h = Math.round(random.between(18, 30));
  eachPixel(width, height, [0, 0, width, height], (x, y, i) => {
    const mortar = y % h < 2 || (x + (Math.floor(y / h) % 2) * (w >> 1)) % w < 2;
    if (mortar) multiply(data, i, [0.35, 0.35, 0.35]);
  });
}

/** A straight horizontal edge over the whole width, with what is above it mirrored, darker and rippled, below. */
function waterline({ width, height, data }: Linear, random: Chance): void {
  const line = Math.round(height * random.between(0.4, 0.6));
  const above = data.slice();
  const dim = random.between(0.4, 0.8);
  eachPixel(width, height, [0, line, width, height], (x, y, i) => {
    const wave = Math.round(3 * Math.sin(y * 0.9 + x * 0.05));
    const from = (Math.max(0, 2 * line - y - 1) * width + Math.min(width - 1, Math.max(0, x + wave))) * 3;
    for (let c = 0; c < 3; c += 1) data[i * 3 + c] = (above[from + c] as number) * dim * (0.8 + 0.1 * c);
  });
}

/** Thin dark lines from side to side, a few of them nearly level. */
function wires({ width, height, data }: Linear, random: Chance): void {
  for (let k = 0; k < 10; k += 1) {
    const from = random.between(0, height);
    const to = k < 3 ? from + random.between(-4, 4) : random.between(0, height);
    const half = random.between(0.6, 1.6);
    for (let x = 0; x < width; x += 1) {
      const y = from + ((to - from) * x) / width + 12 * Math.sin((Math.PI * x) / width);
      eachPixel(width, height, [x, y - half - 1, x + 1, y + half + 2], (_x, v, i) => {
        const cover = Math.min(1, Math.max(0, half + 0.5 - Math.abs(v - y)));
        multiply(data, i, [1 - 0.9 * cover, 1 - 0.9 * cover, 1 - 0.88 * cover]);
      });
    }
  }
}

/** Cloth: two crossed waves of a few pixels, a little warped. */
function weave({ width, height, data }: Linear, random: Chance): void {
  const period = random.between(5, 11);
  const angle = random.between(0.1, 1.4);
  const warp = noise(width, height, random);
  eachPixel(width, height, [0, 0, width, height], (x, y, i) => {
    const bend = 2 * (warp[i] as number);
    const u = Math.sin(((x * Math.cos(angle) + y * Math.sin(angle) + bend) * 2 * Math.PI) / period);
    const v = Math.sin(((y * Math.cos(angle) - x * Math.sin(angle) + bend) * 2 * Math.PI) / period);
    const g = 2 ** (0.5 * (u * v > 0 ? u : v));
    multiply(data, i, [g, g, g]);
  });
}

/** A ragged outline before a bright sky, with lit windows in what stands before it. */
function skyline({ width, height, data }: Linear, random: Chance): void {
  const top = new Float32Array(width);
  for (let x = 0; x < width; ) {
    const end = x + Math.round(random.between(14, 80));
    top.fill(height * random.between(0.25, 0.75), x, Math.min(width, end));
    x = end;
  }
  eachPixel(width, height, [0, 0, width, height], (x, y, i) => {
    if (y < (top[x] as number)) for (let c = 0; c < 3; c += 1) data[i * 3 + c] = 0.3 + 0.2 * c + (0.4 * y) / height;
    else if (x % 9 < 4 && y % 13 < 6 && Math.sin(Math.floor(x / 9) * 12.9 + Math.floor(y / 13) * 78.2) > 0.6)
      for (let c = 0; c < 3; c += 1) data[i * 3 + c] = 1.6 - 0.4 * c;
    else multiply(data, i, [0.3, 0.3, 0.32]);
  });
}

function eachPixel(
  width: number,
  height: number,
  box: readonly [number, number, number, number],
  paint: (x: number, y: number, i: number) => void,
): void {
  const right = Math.min(width, Math.ceil(box[2]));
  const bottom = Math.min(height, Math.ceil(box[3]));
  const left = Math.max(0, Math.floor(box[0]));
  for (let y = Math.max(0, Math.floor(box[1])); y < bottom; y += 1)
    for (let x = left; x < right; x += 1) paint(x, y, y * width + x);
}
