/**
 * What the fresh plates are painted with: noise that can be asked anywhere, soft strokes and leaves, light on a relief, and the lens.
 * Places are in picture heights from the top left corner, so that a plate of another size shows the same things.
 */
import { blurred } from "./edits.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";

export type Rgb = [number, number, number];
export type Size = Pick<Linear, "width" | "height">;
/** Mean 0, about -1 to 1. */
export type Field = (x: number, y: number) => number;

export const clamp = (v: number, low = 0, high = 1): number => Math.min(high, Math.max(low, v));
export const mix = (a: number, b: number, t: number): number => a + (b - a) * t;
/** 0 below `from`, 1 above `to`, smooth between. */
export function step(from: number, to: number, v: number): number {
  const t = clamp((v - from) / (to - from));
  return t * t * (3 - 2 * t);
}

/** Gradient noise (Perlin 1985), with the curve of 2002. */
export function field(random: Chance): Field {
  const order = Uint8Array.from({ length: 512 }, () => Math.floor(random.next() * 256));
  const angles = Array.from({ length: 256 }, () => random.next() * 2 * Math.PI);
  const across = Float64Array.from(angles, Math.cos);
  const down = Float64Array.from(angles, Math.sin);
  const corner = (column: number, row: number, dx: number, dy: number): number => {
    const at = order[((order[column & 255] as number) + row) & 255] as number;
    return (across[at] as number) * dx + (down[at] as number) * dy;
  };
  const curve = (t: number): number => t * t * t * (t * (t * 6 - 15) + 10);
  return (x, y) => {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const dx = x - column;
    const dy = y - row;
    const s = curve(dx);
    const top = mix(corner(column, row, dx, dy), corner(column + 1, row, dx - 1, dy), s);
    const low = mix(corner(column, row + 1, dx, dy - 1), corner(column + 1, row + 1, dx - 1, dy - 1), s);
    return 1.5 * mix(top, low, curve(dy));
  };
}

/** Octaves of a field, each twice as fine and `gain` as strong, until they are finer than `footprint` (what one pixel covers there). */
export function octaves(of: Field, gain: number, most = 8): (x: number, y: number, footprint: number) => number {
  return (x, y, footprint) => {
    let sum = 0;
    let weight = 1;
    let finer = 1;
    for (let k = 0; k < most; k += 1, weight *= gain, finer *= 2.03) {
      const shown = 1 - step(0.25, 0.6, finer * footprint);
      if (shown === 0) break;
      sum += weight * shown * of(x * finer + k * 17.3, y * finer - k * 9.1);
    }
    return sum;
  };
}

export function canvas({ width, height }: Size): Linear {
  return { width, height, data: new Float32Array(width * height * 3) };
}

/** Every pixel anew: `rgb` comes in with what is there. */
export function shade(image: Linear, paint: (x: number, y: number, rgb: Rgb) => void): void {
  const { width, height, data } = image;
  const rgb: Rgb = [0, 0, 0];
  for (let v = 0, i = 0; v < height; v += 1) {
    for (let u = 0; u < width; u += 1, i += 3) {
      for (let c = 0; c < 3; c += 1) rgb[c] = data[i + c] as number;
      paint((u + 0.5) / height, (v + 0.5) / height, rgb);
      for (let c = 0; c < 3; c += 1) data[i + c] = rgb[c] as number;
    }
  }
}

export function cover(rgb: Rgb, by: Readonly<Rgb>, share: number): void {
  for (let c = 0; c < 3; c += 1) rgb[c] = mix(rgb[c] as number, by[c] as number, share);
}

export function scaled(colour: Readonly<Rgb>, by: number): Rgb {
  return [colour[0] * by, colour[1] * by, colour[2] * by];
}

export interface Mark {
  readonly x: number;
  readonly y: number;
  /** Half its length and half its greatest width. */
  readonly long: number;
  readonly wide: number;
  readonly angle: number;
  /** Width of its edge: how far it stands out of focus. */
  readonly soft: number;
  readonly colour: Readonly<Rgb>;
  /** A leaf narrows to both ends, a stroke keeps its width, a disc is round. */
  readonly form: "leaf" | "stroke";
  readonly strength?: number;
}

/** A soft-edged leaf or stroke over what is there. */
export function mark({ width, height, data }: Linear, of: Mark): void {
  const soft = Math.max(of.soft, 1 / height);
  const reach = of.long + of.wide + soft;
  const cos = Math.cos(of.angle);
  const sin = Math.sin(of.angle);
  const bottom = Math.min(height - 1, Math.ceil((of.y + reach) * height));
  const right = Math.min(width - 1, Math.ceil((of.x + reach) * height));
  for (let v = Math.max(0, Math.floor((of.y - reach) * height)); v <= bottom; v += 1) {
    for (let u = Math.max(0, Math.floor((of.x - reach) * height)); u <= right; u += 1) {
      const dx = (u + 0.5) / height - of.x;
      const dy = (v + 0.5) / height - of.y;
      const along = (dx * cos + dy * sin) / of.long;
      const across = Math.abs(dy * cos - dx * sin);
      const inside =
        of.form === "leaf"
          ? of.wide * (1 - along * along) - across
          : Math.min(of.wide - across, (1 - Math.abs(along)) * of.long);
      const share = step(-0.5, 0.5, inside / soft) * (of.strength ?? 1);
      if (share === 0) continue;
      const i = (v * width + u) * 3;
      const lit = of.form === "leaf" ? 1 + 0.25 * clamp(along, -1, 1) : 1;
      for (let c = 0; c < 3; c += 1) data[i + c] = mix(data[i + c] as number, (of.colour[c] as number) * lit, share);
    }
  }
}

/** A value a pixel, the same in all three channels, from a function of the place: heights, or a pattern. */
export function relief({ width, height }: Size, of: (x: number, y: number) => number): Linear {
  const data = new Float32Array(width * height * 3);
  for (let v = 0, i = 0; v < height; v += 1)
    for (let u = 0; u < width; u += 1, i += 3) data.fill(of((u + 0.5) / height, (v + 0.5) / height), i, i + 3);
  return { width, height, data };
}

export interface Lit {
  /** Cosine to the light, 0 where it turns away. */
  readonly light: number;
  /** 0.3 in a hollow, 1 on a ridge. */
  readonly open: number;
}

/** How light from `angle`, `up` above the picture plane, falls on a relief; hollows of about `wide` pixels lie in their own shade. */
export function litRelief(heights: Linear, angle: number, up: number, wide: number): (x: number, y: number) => Lit {
  const { width, height, data } = heights;
  const around = lowPass(heights, wide).data;
  const lx = Math.cos(angle) * Math.cos(up);
  const ly = Math.sin(angle) * Math.cos(up);
  const lz = Math.sin(up);
  const at = (u: number, v: number): number =>
    data[(clamp(v, 0, height - 1) * width + clamp(u, 0, width - 1)) * 3] as number;
  return (x, y) => {
    const u = Math.floor(x * height);
    const v = Math.floor(y * height);
    const sx = ((at(u + 1, v) - at(u - 1, v)) * height) / (u === 0 || u === width - 1 ? 1 : 2);
    const sy = ((at(u, v + 1) - at(u, v - 1)) * height) / (v === 0 || v === height - 1 ? 1 : 2);
    const light = Math.max(0, (lz - sx * lx - sy * ly) / Math.sqrt(1 + sx * sx + sy * sy));
    const sunk = ((around[(v * width + u) * 3] as number) - at(u, v)) * (height / wide);
    return { light, open: clamp(0.85 - 0.8 * sunk, 0.25, 1) };
  };
}

/** What varies over more than `sigma` pixels: an eighth of the size, blurred, and straight lines between. */
export function lowPass(image: Linear, sigma: number): Linear {
  const by = sigma >= 16 ? 8 : sigma >= 5 ? 2 : 1;
  if (by === 1) return blurred(image, sigma);
  const width = Math.ceil(image.width / by);
  const height = Math.ceil(image.height / by);
  const small = new Float32Array(width * height * 3);
  for (let v = 0, i = 0; v < height; v += 1)
    for (let u = 0; u < width; u += 1)
      for (let c = 0; c < 3; c += 1, i += 1) small[i] = tileMean(image, [u * by, v * by, by], c);
  const soft = blurred({ width, height, data: small }, sigma / by);
  const out = canvas(image);
  shade(out, (x, y, rgb) => sample(soft, (x * image.height) / by, (y * image.height) / by, rgb));
  return out;
}

function tileMean(
  { width, height, data }: Linear,
  [left, top, by]: readonly [number, number, number],
  c: number,
): number {
  let sum = 0;
  let count = 0;
  for (let v = top; v < Math.min(height, top + by); v += 1)
    for (let u = left; u < Math.min(width, left + by); u += 1, count += 1)
      sum += data[(v * width + u) * 3 + c] as number;
  return sum / count;
}

/** The colour at a place in pixels (the middle of the first is 0.5), by straight lines. */
export function sample({ width, height, data }: Linear, x: number, y: number, out: Rgb): void {
  const u = clamp(x - 0.5, 0, width - 1);
  const v = clamp(y - 0.5, 0, height - 1);
  const left = Math.min(width - 2, Math.floor(u));
  const top = Math.min(height - 2, Math.floor(v));
  for (let c = 0, i = (top * width + left) * 3; c < 3; c += 1, i += 1) {
    const upper = mix(data[i] as number, data[i + 3] as number, u - left);
    const lower = mix(data[i + width * 3] as number, data[i + width * 3 + 3] as number, u - left);
    out[c] = mix(upper, lower, v - top);
  }
}

/** What a lens and a camera's settings make of a scene: exposure and balance, fall-off, a blur of a pixel, halation and stray light. */
export function photographed(scene: Linear, seed: number): Linear {
  const random = chance(seed * 6151 + 5);
  const stops = random.between(-0.9, 0.5);
  const warm = random.between(-0.12, 0.12);
  const falls = random.between(0.1, 0.35);
  const sharp = blurred(scene, random.between(0.5, 1.1));
  const glow = lowPass(sharp, 24 * (scene.height / 512));
  const halo = random.between(0.015, 0.04);
  const stray = random.between(0.002, 0.005);
  const gains: Rgb = [2 ** (stops + warm), 2 ** stops, 2 ** (stops - warm)];
  const aspect = scene.width / scene.height;
  let i = 0;
  shade(sharp, (x, y, rgb) => {
    const off = ((x - aspect / 2) ** 2 + (y - 0.5) ** 2) / (aspect * aspect + 1) / 0.25;
    for (let c = 0; c < 3; c += 1, i += 1) {
      const light = mix(rgb[c] as number, glow.data[i] as number, halo);
      rgb[c] = light * (gains[c] as number) * (1 - falls * off) + stray;
    }
  });
  return sharp;
}
