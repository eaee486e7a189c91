/**
 * Plates for the demo, painted at run time so that nothing needs a licence: an environment with sky, sun haze, four ridges
 * of fractal noise, a lake that mirrors them, and a few lights. Deterministic by seed.
 */
import sharp from "sharp";

export interface PlateLook {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  /** Px by which the nearest ridge has moved; far ones move less. */
  readonly pan: number;
}

/** Writes one RGB PNG, 8 or 16 bit. */
export async function paintPlate(path: string, look: PlateLook, bitDepth: 8 | 16): Promise<void> {
  const pixels = paint(look);
  const raw = { width: look.width, height: look.height, channels: 3 as const };
  if (bitDepth === 8) {
    const bytes = Uint8Array.from(pixels, (value) => Math.round(Math.min(1, Math.max(0, value)) * 255));
    await sharp(bytes, { raw }).png().toFile(path);
    return;
  }
  const words = Uint16Array.from(pixels, (value) => Math.round(Math.min(1, Math.max(0, value)) * 65_535));
  await sharp(words, { raw }).toColourspace("rgb16").png().toFile(path);
}

type Rgb = readonly [number, number, number];

const RIDGES: readonly {
  readonly base: number;
  readonly rise: number;
  readonly scale: number;
  readonly colour: Rgb;
  readonly speed: number;
}[] = [
  { base: 0.5, rise: 0.16, scale: 2.2, colour: [0.56, 0.62, 0.72], speed: 0.2 },
  { base: 0.56, rise: 0.14, scale: 3.1, colour: [0.42, 0.49, 0.58], speed: 0.4 },
  { base: 0.61, rise: 0.11, scale: 4.6, colour: [0.27, 0.34, 0.38], speed: 0.7 },
  { base: 0.655, rise: 0.07, scale: 8.5, colour: [0.13, 0.18, 0.17], speed: 1 },
];
const SHORE = 0.67;

function paint(look: PlateLook): Float32Array {
  const { width, height } = look;
  const out = new Float32Array(width * height * 3);
  const crests = RIDGES.map((ridge, index) => crestLine(look, { ...ridge, index }));
  for (let y = 0; y < height; y += 1) {
    const v = y / height;
    const mirror = v > SHORE ? SHORE - (v - SHORE) * 0.9 : v;
    for (let x = 0; x < width; x += 1) {
      const ripple = v > SHORE ? (noise(x / 34 + look.seed, y / 2.4) - 0.5) * (v - SHORE) * 0.16 : 0;
      const colour = land(x, mirror + ripple, { look, crests });
      const at = (y * width + x) * 3;
      const depth = v > SHORE ? 0.72 - (v - SHORE) * 0.7 : 1;
      const grain = (hash(x, y, look.seed + 91 + look.pan) - 0.5) * 0.018;
      out[at] = colour[0] * depth * (v > SHORE ? 0.92 : 1) + grain;
      out[at + 1] = colour[1] * depth + grain;
      out[at + 2] = colour[2] * depth * (v > SHORE ? 1.05 : 1) + grain;
    }
  }
  lights(out, look);
  return out;
}

function crestLine(
  look: PlateLook,
  ridge: {
    readonly base: number;
    readonly rise: number;
    readonly scale: number;
    readonly speed: number;
    readonly index: number;
  },
): Float32Array {
  const line = new Float32Array(look.width);
  for (let x = 0; x < look.width; x += 1) {
    const u = ((x + look.pan * ridge.speed) / look.width) * ridge.scale + look.seed * 7.3 + ridge.index * 19.1;
    // The nearest ridge carries trees: a ragged edge, thick in groves.
    const grove = Math.max(0, noise(u * 3.1, 4.2) - 0.35);
    const trees = ridge.index === RIDGES.length - 1 ? grove * (0.35 + hash(Math.floor(u * 120), 7, 3)) * 0.045 : 0;
    line[x] = ridge.base - ridge.rise * (fractal(u) - 0.32) - trees;
  }
  return line;
}

function land(x: number, v: number, of: { readonly look: PlateLook; readonly crests: readonly Float32Array[] }): Rgb {
  for (let index = RIDGES.length - 1; index >= 0; index -= 1) {
    const crest = of.crests[index]?.[x] ?? 1;
    const ridge = RIDGES[index];
    if (ridge === undefined || v < crest) continue;
    const below = Math.min(1, (v - crest) * 9);
    const grass = slope((x + of.look.pan * ridge.speed) / of.look.width, v, index);
    const texture = grass * 0.05 * (index + 1);
    const mist = (1 - below) * 0.05 + (RIDGES.length - 1 - index) * 0.02;
    return [ridge.colour[0] + texture + mist, ridge.colour[1] + texture + mist, ridge.colour[2] + texture * 0.8 + mist];
  }
  return sky(x / of.look.width, v);
}

/** Slopes: folds that run down the hill, -1 to 1, with finer ones in them; no grid to be seen. */
function slope(u: number, v: number, ridge: number): number {
  const lean = v * (3 + ridge) + noise(u * 9 + ridge * 31, v * 14) * 0.35;
  const fold = noise((u + lean * 0.12) * 60 + ridge * 17, v * 30 + lean);
  const fine = noise((u - lean * 0.05) * 210, v * 150 + ridge * 5);
  return (fold - 0.5) * 1.3 + (fine - 0.5) * 0.7;
}

function sky(u: number, v: number): Rgb {
  const t = Math.min(1, v / 0.6);
  const sun = Math.exp(-((u - 0.68) ** 2 * 26 + (v - 0.36) ** 2 * 60));
  const cloud = Math.max(0, fractal2(u * 4.2, v * 11) - 0.52) * 0.55 * (1 - t * 0.4);
  return [
    0.34 + 0.45 * t + 0.26 * sun + cloud,
    0.5 + 0.31 * t + 0.2 * sun + cloud,
    0.72 + 0.12 * t + 0.08 * sun + cloud,
  ];
}

/** A village on the shore: small warm lights and their broken mirror images. */
function lights(out: Float32Array, look: PlateLook): void {
  const { width, height } = look;
  for (let n = 0; n < 14; n += 1) {
    const cx = (0.12 + hash(n, 3, look.seed) * 0.34) * width - look.pan * 0.9;
    const cy = (SHORE - 0.006 - hash(n, 5, look.seed) * 0.018) * height;
    const radius = width * (0.0014 + 0.001 * hash(n, 9, look.seed));
    glow(out, { look, cx, cy, radius, power: 1.2 });
    glow(out, { look, cx, cy: 2 * SHORE * height - cy + height * 0.012, radius: radius * 1.6, power: 0.35 });
  }
}

function glow(
  out: Float32Array,
  of: {
    readonly look: PlateLook;
    readonly cx: number;
    readonly cy: number;
    readonly radius: number;
    readonly power: number;
  },
): void {
  const { look, cx, cy, radius, power } = of;
  const reach = Math.ceil(radius * 5);
  for (let y = Math.max(0, Math.floor(cy - reach)); y < Math.min(look.height, cy + reach); y += 1) {
    for (let x = Math.max(0, Math.floor(cx - reach)); x < Math.min(look.width, cx + reach); x += 1) {
      const fall = power * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius * radius));
      const at = (y * look.width + x) * 3;
      out[at] = (out[at] ?? 0) + fall;
      out[at + 1] = (out[at + 1] ?? 0) + fall * 0.72;
      out[at + 2] = (out[at + 2] ?? 0) + fall * 0.36;
    }
  }
}

function hash(x: number, y: number, seed: number): number {
  let h =
    Math.imul(Math.trunc(x) ^ 0x27d4eb2d, 0x85ebca6b) ^
    Math.imul(Math.trunc(y) + 0x165667b1, 0xc2b2ae35) ^
    Math.imul(Math.trunc(seed) + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 13), 0x297a2d39);
  return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
}

function noise(x: number, y: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const fx = smooth(x - x0);
  const fy = smooth(y - y0);
  const top = hash(x0, y0, 1) * (1 - fx) + hash(x0 + 1, y0, 1) * fx;
  const bottom = hash(x0, y0 + 1, 1) * (1 - fx) + hash(x0 + 1, y0 + 1, 1) * fx;
  return top * (1 - fy) + bottom * fy;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

/** Five octaves, 1/f. */
function fractal(u: number): number {
  return octaves((scale) => noise(u * scale, scale * 13.7));
}
function fractal2(u: number, v: number): number {
  return octaves((scale) => noise(u * scale, v * scale));
}
function octaves(at: (scale: number) => number): number {
  let sum = 0;
  let weight = 0;
  for (let octave = 0, scale = 1, amplitude = 1; octave < 6; octave += 1, scale *= 2.03, amplitude *= 0.52) {
    sum += at(scale) * amplitude;
    weight += amplitude;
  }
  return sum / weight;
}
