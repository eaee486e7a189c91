/** What the unseen plates are painted with beside freshPaint.ts: dice for numbered things, soft-edged boxes and rounds, and another lens. */
import { blurred } from "./edits.ts";
import type { Rgb } from "./freshPaint.ts";
import { clamp, lowPass, mix, shade, step } from "./freshPaint.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";

/** 0 <= x < 1, always the same for the thing of these whole numbers: the colour of a pane, the height of a book. */
export function dice(a: number, b: number, of: number): number {
  let t = Math.imul(a | 0, 0x27d4eb2d) ^ Math.imul(b | 0, 0x165667b1) ^ Math.imul(of | 0, 0x9e3779b1 | 0);
  t = Math.imul(t ^ (t >>> 15), 0x2c1b3c6d);
  t = Math.imul(t ^ (t >>> 12), 0x297a2d39);
  return ((t ^ (t >>> 15)) >>> 0) / 2 ** 32;
}

/** 1 between `low` and `high`, with edges of `soft`. */
export function between(low: number, high: number, { at, soft }: { at: number; soft: number }): number {
  return step(low - soft, low + soft, at) * step(high + soft, high - soft, at);
}

/** 0 to 1 of the way to the next whole number, also below 0. */
export const part = (v: number): number => v - Math.floor(v);

/** Into shares of a colour; grey is all alike. */
export function hued(hue: number, strength: number): Rgb {
  const of = (shift: number): number => 1 + strength * Math.cos(2 * Math.PI * (hue - shift));
  return [of(0), of(1 / 3), of(2 / 3)];
}

/**
 * A wide zoom: sharpest in the middle and softer to the corners, red drawn a little larger than green and blue a little smaller, a veil of
 * stray light from what is bright, and the light falling off.
 */
export function zoomed(scene: Linear, seed: number): Linear {
  const random = chance(seed * 7433 + 61);
  const stops = random.between(-0.7, 0.4);
  const balance = random.between(-0.1, 0.1);
  const gains: Rgb = [2 ** (stops + balance), 2 ** stops, 2 ** (stops - balance)];
  const scale = scene.height / 512;
  const sharp = blurred(scene, random.between(0.55, 0.8) * Math.max(0.6, scale));
  const corner = blurred(scene, random.between(1, 1.5) * Math.max(0.6, scale));
  const veil = lowPass(sharp, 60 * scale);
  const spread = random.between(0.0002, 0.0008);
  const share = random.between(0.02, 0.05);
  const falls = random.between(0.15, 0.4);
  const aspect = scene.width / scene.height;
  const out = { ...scene, data: scene.data.slice() };
  let i = 0;
  shade(out, (x, y, rgb) => {
    const [dx, dy] = [x - aspect / 2, y - 0.5];
    const off = (dx * dx + dy * dy) / (aspect * aspect + 1) / 0.25;
    const soft = step(0.25, 1, off);
    for (let c = 0; c < 3; c += 1, i += 1) {
      const by = 1 + spread * (1 - c);
      const [u, v] = [(aspect / 2 + dx * by) * scene.height, (0.5 + dy * by) * scene.height];
      const light = mix(mix(at(sharp, u, v, c), at(corner, u, v, c), soft), veil.data[i] as number, share);
      rgb[c] = light * (gains[c] as number) * (1 - falls * clamp(off)) + 0.0025;
    }
  });
  return out;
}

/** One channel at a place in pixels (the middle of the first is 0.5), by straight lines. */
function at({ width, height, data }: Linear, x: number, y: number, c: number): number {
  const u = clamp(x - 0.5, 0, width - 1);
  const v = clamp(y - 0.5, 0, height - 1);
  const left = Math.min(width - 2, Math.floor(u));
  const top = Math.min(height - 2, Math.floor(v));
  const i = (top * width + left) * 3 + c;
  const upper = mix(data[i] as number, data[i + 3] as number, u - left);
  return mix(upper, mix(data[i + width * 3] as number, data[i + width * 3 + 3] as number, u - left), v - top);
}
