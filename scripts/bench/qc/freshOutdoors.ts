/** Plates out of doors: leaves before a sky, the sea, a desert, rock. Scenes without lens or grain. */
import type { Lit, Rgb } from "./freshPaint.ts";
import { clamp, cover, field, litRelief, mark, mix, octaves, relief, scaled, shade, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import type { Linear } from "./sources.ts";

/** A bright sky through three depths of leaves: a far wood out of focus, leaves between, and branches in focus. */
export function foliage(scene: Linear, random: Chance): void {
  const clouds = octaves(field(random), 0.5, 5);
  const wood = octaves(field(random), 0.6, 3);
  const edge = random.between(0.5, 0.75);
  const top: Rgb = [0.4, 0.58, 0.88];
  shade(scene, (x, y, rgb) => {
    cover(rgb, top, 1);
    cover(rgb, [0.98, 1, 1.02], clamp(0.35 + 0.55 * y + 0.3 * clouds(x * 1.5, y * 3, 0.002)));
    const thick = step(-0.3, 0.35, y - edge + 0.3 * wood(x * 4, y * 4, 0.02));
    const lit = 0.07 + 0.05 * wood(x * 9 + 40, y * 9, 0.03);
    cover(rgb, [lit * 0.95, lit * 1.25, lit * 0.6], 0.94 * thick);
  });
  for (let k = 0; k < 10; k += 1) bough(scene, random, random.between(0.009, 0.02));
  for (let k = 0; k < 6; k += 1) bough(scene, random, 0.002);
}

function bough(scene: Linear, random: Chance, soft: number): void {
  const left = random.next() < 0.5;
  const x = left ? -0.03 : scene.width / scene.height + 0.03;
  const angle = (left ? 0 : Math.PI) + random.between(-0.7, 0.7);
  branch(scene, random, { x, y: random.between(0, 0.95), angle, wide: random.between(0.006, 0.012), soft });
}

/** Against the light: some shine through, some are in their own shade, a few throw the sky back. */
function leaf(random: Chance, size: number, soft: number): Omit<Parameters<typeof mark>[1], "x" | "y"> {
  const long = size * random.between(0.6, 1.3);
  const how = random.next();
  const light =
    how < 0.45 ? random.between(0.02, 0.06) : how < 0.9 ? random.between(0.09, 0.24) : random.between(0.25, 0.4);
  const yellow = random.between(0.45, 0.85);
  const colour: Rgb =
    how < 0.9 ? [light * yellow, light, light * random.between(0.12, 0.4)] : scaled([0.8, 0.95, 0.9], light);
  return {
    long,
    wide: long * random.between(0.28, 0.45),
    angle: random.between(0, 2 * Math.PI),
    soft,
    colour,
    form: "leaf",
  };
}

interface Twig {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly wide: number;
  readonly soft: number;
}

function branch(scene: Linear, random: Chance, from: Twig): void {
  let { x, y, angle, wide } = from;
  const bark = random.between(0.03, 0.07);
  while (wide > 0.0009) {
    const long = 0.016;
    angle += random.between(-0.22, 0.22);
    x += Math.cos(angle) * long * 1.7;
    y += Math.sin(angle) * long * 1.7;
    mark(scene, { x, y, angle, long, wide, soft: from.soft, colour: [bark * 1.2, bark, bark * 0.8], form: "stroke" });
    const out = angle + random.pick([-1, 1]) * random.between(0.5, 1);
    if (random.next() < 0.25) branch(scene, random, { ...from, x, y, angle: out, wide: wide * 0.6 });
    for (let k = 0; wide < 0.006 && k < 2; k += 1)
      mark(scene, {
        ...leaf(random, 0.02, from.soft * 1.2),
        x: x + random.between(-0.02, 0.02),
        y: y + random.between(-0.02, 0.02),
      });
    wide *= random.between(0.88, 0.96);
  }
}

/** Waves to the horizon under haze, with the sun's glitter; far waves are finer than a pixel and melt together. */
export function sea(scene: Linear, random: Chance): void {
  const clouds = octaves(field(random), 0.52, 6);
  const base = field(random);
  const swell = octaves((x, y) => 0.62 - 1.9 * Math.abs(base(x, y)), 0.66, 8);
  const gust = octaves(field(random), 0.5, 3);
  const line = random.between(0.25, 0.45);
  const sun = random.between(0.3, 1.2);
  const rough = random.between(0.1, 0.18);
  const dusk = random.between(0, 1);
  const pixel = 1 / scene.height;
  const skyAt = (x: number, up: number): Rgb => {
    const near = Math.exp(-((x - sun) ** 2) * 3 - up * up * 6);
    const bank = 0.2 * clouds(x * 1.4, up * 5, 0.003) * step(0, 0.15, up);
    const light = clamp(0.48 - 0.35 * up + bank + 0.25 * near, 0.05, 0.95);
    return [light * mix(0.8, 1.15, dusk * near), light * 0.95, light * mix(1.2, 0.95, dusk * near)];
  };
  shade(scene, (x, y, rgb) => {
    if (y < line) return cover(rgb, skyAt(x, line - y), 1);
    const depth = 0.35 / (y - line + 0.002);
    const foot = Math.min(4, (0.35 * pixel) / (y - line + 0.002) ** 2);
    const across = (x - 0.75) * depth;
    const print = Math.sqrt(foot * depth * pixel);
    const calm = 1 - 0.35 * clamp(gust(across * 0.3, depth * 0.25, foot * 0.2));
    const slope = rough * calm * swell(across * 2.2, depth * 4.2, print * 3);
    const side = rough * calm * swell(across * 2.2 + 31, depth * 3.1 + 7, print * 3);
    const back = clamp(0.5 + 0.9 * slope * (1 + 2 * (y - line)), 0.05, 0.95);
    const fresnel = 0.02 + 0.98 * (1 - clamp(0.14 + 0.55 * (y - line) + slope, 0, 1)) ** 5;
    const glint = Math.exp(-(((x - sun + side * 0.8) / 0.1) ** 2)) * step(0.1, 0.34, slope + 0.1) * 1.6;
    const deep: Rgb = [0.012, 0.045, 0.055];
    const far = Math.exp(-(y - line) * 40);
    const reflected = skyAt(x + side, back * 0.55);
    for (let c = 0; c < 3; c += 1)
      rgb[c] = mix(
        (deep[c] as number) * (1 + slope) + (fresnel + glint) * (reflected[c] as number),
        0.3 * (skyAt(x, 0)[c] as number) + 0.12,
        0.4 * far,
      );
  });
}

/** Ripples of sand in low light, to dunes in haze. */
export function desert(scene: Linear, random: Chance): void {
  const bend = octaves(field(random), 0.5, 4);
  const dunes = octaves(field(random), 0.45, 4);
  const fine = octaves(field(random), 0.75, 7);
  const line = random.between(0.2, 0.35);
  const tilt = random.between(-0.5, 0.5);
  const pixel = 1 / scene.height;
  const warm: Rgb = [1.15, 0.86, 0.56];
  shade(scene, (x, y, rgb) => {
    cover(rgb, [0.45 + 0.15 * y, 0.56, 0.7 - 0.2 * y], 1);
    for (let k = 0; k < 3; k += 1) {
      const crest = line + k * 0.05 + 0.07 * dunes(x * (0.9 + 0.3 * k) + k * 9, k * 5.5, 0.01) - 0.03;
      const within = clamp((y - crest) * scene.height + 0.5);
      if (within === 0) continue;
      const lit = 0.36 + 0.2 * step(-0.3, 0.3, dunes(x * 2.5 + k * 7, (y - crest) * 5 + k, 0.02)) - 0.05 * k;
      cover(rgb, scaled(warm, lit), within * (0.5 + 0.2 * k));
    }
    if (y < line + 0.09) return;
    const down = y - line + 0.05;
    const depth = 0.4 / down;
    const foot = (0.4 * pixel) / (down * down);
    const across = (x - 0.75) * depth;
    const warp = bend(across * 0.9, depth * 0.55, foot);
    const phase = (depth * 12 + across * tilt * 6 + warp * 1.5) * 2 * Math.PI;
    const shown = 1 - step(0.1, 0.35, 12 * foot);
    const ripple =
      shown * (Math.sin(phase) + 0.35 * Math.sin(2 * phase + 1) + 0.25 * fine(across * 5, depth * 9, foot * 9));
    const lit = 0.33 * (1 + 0.1 * warp) * (1 + 0.42 * ripple) + 0.035 * fine(across * 60, depth * 60, foot * 60);
    cover(rgb, scaled(warm, Math.max(0.03, lit)), step(0.09, 0.16, y - line));
  });
}

/** A cliff: ridges of many sizes, strata, lichen, light from a side. */
export function rock(scene: Linear, random: Chance): void {
  const base = field(random);
  const warp = octaves(field(random), 0.5, 3);
  const coarse = octaves(field(random), 0.5, 4);
  const tone = octaves(field(random), 0.62, 7);
  const pixel = 1 / scene.height;
  const dip = random.between(-0.4, 0.4);
  const steep = random.between(1.2, 2.2);
  const ridged = (x: number, y: number): number => {
    let sum = 0;
    for (let k = 0, weight = 0.5, finer = 2.2; k < 7; k += 1, weight *= 0.5, finer *= 2.07)
      sum +=
        weight *
        (1 - step(0.2, 0.5, finer * pixel)) *
        (1 - Math.abs(base(x * finer + k * 5, (y + dip * x) * finer * steep + k)) * 1.6);
    return sum;
  };
  const heights = relief(scene, (x, y) => {
    const bent = 0.12 * warp(x * 2, y * 2, pixel);
    return 0.13 * ridged(x + bent, y - bent) + 0.18 * coarse(x * 1.1, y * 1.1, pixel);
  });
  const lit = litRelief(heights, random.between(3.6, 5.6), random.between(0.4, 0.75), 9);
  const warm = random.between(0, 1);
  shade(scene, (x, y, rgb) => {
    const { light, open }: Lit = lit(x, y);
    const layer = tone(x * 1.5, (y + dip * x) * 9 + warp(x * 2, y * 2, pixel), pixel * 9);
    const stone = 0.3 * (1 + 0.25 * layer + 0.16 * tone(x * 24, y * 24, pixel * 24));
    const colour: Rgb = [stone * mix(0.95, 1.2, warm), stone * mix(0.97, 0.95, warm), stone * mix(1, 0.72, warm)];
    cover(colour, [0.24, 0.23, 0.1], 0.6 * step(0.25, 0.6, tone(x * 5 + 90, y * 5, pixel * 5)));
    for (let c = 0; c < 3; c += 1) rgb[c] = (colour[c] as number) * open * (1.5 * light + 0.15 + 0.045 * c);
  });
}
