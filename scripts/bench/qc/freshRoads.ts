/** Plates on roads: a wet street at night, a car's side. Scenes without lens or grain. */
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, mix, octaves, scaled, shade, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";

/** A street in the rain at night: lit windows on both sides, lamps, all of it smeared in the wet road. */
export function street(scene: Linear, random: Chance): void {
  const number = Math.floor(random.next() * 1e6);
  const wall = octaves(field(random), 0.6, 5);
  const wet = octaves(field(random), 0.62, 7);
  const line = random.between(0.48, 0.6);
  const centre = random.between(0.6, 0.9);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const aside = Math.abs(x - centre);
    const depth = 0.62 / Math.max(0.03, aside);
    const high = (line - y) * depth;
    const right = x > centre ? 1 : 0;
    const roof = 0.8 + 0.5 * chance(number + Math.floor(depth * 0.5) * 2 + right).next();
    cover(rgb, [0.012, 0.014, 0.022], 1);
    cover(rgb, [0.05, 0.035, 0.025], Math.exp(-Math.abs(line - y) * 7 - aside * 2));
    if (high > roof * 1.15 || y > line + 0.01 || aside < 0.045) return;
    const face = 0.022 * (1 + 0.35 * wall(depth * 14, high * 26, pixel * depth * 20)) * (1 + 1.2 * Math.exp(-high * 4));
    cover(rgb, [face * 1.3, face, face * 0.85], step(0.045, 0.075, aside));
    windows(rgb, { along: depth * 3.1, high: high * 6.5, foot: pixel * depth * depth * 3, of: number + right * 977 });
  });
  for (let k = 1; k < 6; k += 1) {
    for (const side of [-1, 1]) {
      const depth = 0.9 + k * k * 0.35 + side * 0.2;
      lamp(scene, {
        x: centre + (side * 0.5) / depth,
        y: line - 0.42 / depth,
        wide: 0.011 / Math.sqrt(depth),
        top: random.between(5, 12),
      });
    }
  }
  wetRoad(scene, { line, centre, wet });
}

function windows(rgb: Rgb, { along, high, foot, of }: { along: number; high: number; foot: number; of: number }): void {
  const random = chance(of + Math.floor(along) * 131 + Math.floor(high) * 7919);
  if (random.next() < 0.62) return;
  const edge = clamp(foot * 2, 0.03, 0.3);
  const u = Math.abs((along % 1) - 0.5);
  const v = Math.abs((high % 1) - 0.5);
  const shown = step(0.3 + edge, 0.3 - edge, u) * step(0.34 + edge, 0.34 - edge, v);
  const bar = step(0.02 + edge, 0.02, Math.min(u, Math.abs(v - 0.1))) * 0.7;
  const curtain = random.next() < 0.5 ? 1 - 0.55 * step(0.12, 0.16, u) : 1;
  const light = random.between(0.05, 0.75) * (1 - 0.4 * (high % 1)) * (1 - bar) * curtain;
  const cool = random.next() < 0.25;
  cover(rgb, cool ? [light * 0.7, light * 0.9, light] : [light, light * 0.66, light * 0.34], shown);
}

function lamp(scene: Linear, { x, y, wide, top }: { x: number; y: number; wide: number; top: number }): void {
  shade(scene, (u, v, rgb) => {
    const away = Math.hypot(u - x, v - y) / wide;
    if (away > 24) return;
    const light = top * Math.exp(-away * away) + (0.35 / (1 + away * away * 0.2)) * step(24, 4, away);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + light * (1 - 0.27 * c);
  });
}

interface Road {
  readonly line: number;
  readonly centre: number;
  readonly wet: (x: number, y: number, footprint: number) => number;
}

function wetRoad(scene: Linear, { line, centre, wet }: Road): void {
  const { width, height } = scene;
  const above = scene.data.slice();
  shade(scene, (x, y, rgb) => {
    if (y < line) return;
    const down = y - line + 0.01;
    const depth = 0.3 / down;
    const foot = 0.3 / (down * down * height);
    const across = (x - centre) * depth;
    const ripple = wet(across * 26, depth * 26, foot * 14);
    const puddle = step(-0.25, 0.3, wet(across * 1.6 + 50, depth * 0.9, foot));
    const sum: Rgb = [0, 0, 0];
    const taps = 9;
    for (let k = 0; k < taps; k += 1) {
      const smear = (k / (taps - 1) - 0.5) * down * mix(0.9, 0.25, puddle);
      const u = clamp(Math.floor((x + ripple * 0.012) * height), 0, width - 1);
      const v = clamp(
        Math.floor((line - down + smear + ripple * down * 0.12) * height),
        0,
        Math.floor(line * height) - 1,
      );
      for (let c = 0; c < 3; c += 1) sum[c] = (sum[c] as number) + (above[(v * width + u) * 3 + c] as number) / taps;
    }
    const stone = 0.012 * (1 + 0.5 * wet(across * 40 + 9, depth * 40, foot * 40));
    for (let c = 0; c < 3; c += 1) rgb[c] = stone + (sum[c] as number) * mix(0.28, 0.6, puddle) * (1 + 0.3 * ripple);
  });
}

/** Painted metal: a horizon and clouds in two curved faces, a crease, shut lines, sparks of sun, and the dark of a wheel arch. */
export function car(scene: Linear, random: Chance): void {
  const ground = octaves(field(random), 0.55, 4);
  const bend = octaves(field(random), 0.4, 2);
  const flake = octaves(field(random), 0.8, 2);
  const paint: Rgb = random.pick([
    [0.32, 0.02, 0.02],
    [0.03, 0.06, 0.2],
    [0.22, 0.23, 0.25],
    [0.03, 0.1, 0.06],
  ] as Rgb[]);
  const crease = random.between(0.36, 0.48);
  const slope = random.between(-0.06, 0.06);
  const seams = [random.between(0.25, 0.4), random.between(1, 1.15)];
  const arch = { x: random.between(0.6, 1), y: 1.06, r: random.between(0.24, 0.3) };
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const level = crease + slope * (x - 0.75) + 0.02 * (x - 0.75) ** 2;
    const lower = step(-0.006, 0.006, y - level);
    const tilt = mix(0.75 - 1.6 * (level - y), 0.42 - 1.15 * (y - level), lower) + 0.05 * bend(x * 1.2, y * 2, pixel);
    const sky = step(0.16, 0.24, tilt + 0.02 * ground(x * 6, 0, pixel * 6));
    const bright = mix(
      0.05 + 0.03 * ground(x * 3, tilt * 10, pixel * 8),
      0.35 + 0.75 * (1 - tilt) + 0.07 * ground(x * 2, tilt * 4 + 5, pixel * 4),
      sky,
    );
    const shine = 0.24 + 0.6 * (1 - clamp(tilt)) ** 3;
    const spark = 1 + 0.05 * flake(x * 210, y * 210, pixel * 90);
    for (let c = 0; c < 3; c += 1)
      rgb[c] = (paint[c] as number) * spark * (0.25 + 0.75 * tilt) + shine * bright * (0.88 + 0.11 * c);
    const lip = Math.exp(-(((y - level + 0.004) / 0.004) ** 2)) * (0.12 + 0.2 * Math.exp(-(((x - 0.9) / 0.3) ** 2)));
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + lip;
    for (const seam of seams) {
      const off = x - seam - 0.06 * (y - 0.5) ** 2;
      cover(rgb, [0.008, 0.008, 0.009], step(0.0042, 0.0022, Math.abs(off)) * step(0.04, 0.05, y));
      cover(rgb, [0.6, 0.62, 0.66], 0.35 * Math.exp(-(((off - 0.0055) / 0.0016) ** 2)) * step(0.04, 0.05, y));
    }
    glass(rgb, { x, y: y - 0.12 - 0.25 * (x - 0.75) ** 2, clouds: ground(x * 2 + 20, y * 5, pixel * 5) });
    const away = Math.hypot(x - arch.x, y - arch.y) - arch.r;
    cover(rgb, [0.35, 0.36, 0.38], 0.4 * Math.exp(-((away / 0.006) ** 2)));
    cover(rgb, [0.006, 0.006, 0.007], step(0.003, -0.006, away));
    cover(rgb, scaled([0.03, 0.03, 0.032], 1 + 0.4 * flake(x * 40, y * 40, pixel * 40)), step(-0.05, -0.056, away));
  });
  for (let k = 0; k < 3; k += 1) {
    const x = random.between(0.2, 1.3);
    const level = crease + slope * (x - 0.75) + 0.02 * (x - 0.75) ** 2;
    lamp(scene, { x, y: level - 0.003, wide: random.between(0.003, 0.006), top: random.between(2, 7) });
  }
}

/** A side window over its rubber. */
function glass(rgb: Rgb, { y, clouds }: { x: number; y: number; clouds: number }): void {
  cover(rgb, [0.01, 0.01, 0.011], step(0.006, 0, y));
  const sky = 0.1 + 0.05 * clouds + 0.5 * clamp(-y) ** 0.8;
  cover(rgb, [sky * 0.8, sky * 0.95, sky], step(-0.012, -0.016, y));
}
