/**
 * What an AI step may rightly do to a plate, in linear light and without grain, and where: the edits of docs/qc.md's clean cases. A
 * check that flags one of them is wrong.
 */
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";
import { HEIGHT, KINDS, noise, source, WIDTH } from "./sources.ts";

/**
 * recolour: gains of 0.8 to 1.2 a channel, and 30 to 80 % of another texture. relight: light from a side, up to a stop, tinted.
 * replace: other content shows by 60 to 100 %. cleanup: wires and marks that hang in the plate are taken away. frame: the relight of a
 * whole frame, without a mask.
 */
export const EDITS = ["recolour", "relight", "replace", "cleanup", "frame"] as const;
export type Edit = (typeof EDITS)[number];

export function edited(bare: Linear, edit: Edit, seed: number): Linear {
  return protectedLights(bare, worked(bare, edit, seed));
}

/** A right edit cuts nothing off: what it brightens runs into a shoulder below white, unless the plate is brighter there itself. */
function protectedLights(bare: Linear, edit: Linear): Linear {
  const data = new Float32Array(edit.data.length);
  for (let i = 0; i < data.length; i += 1) {
    const v = edit.data[i] as number;
    const rolled = v <= KNEE ? v : KNEE + (TOP - KNEE) * (1 - Math.exp((KNEE - v) / (TOP - KNEE)));
    data[i] = Math.max(rolled, Math.min(v, bare.data[i] as number));
  }
  return { ...edit, data };
}

const KNEE = 0.6;
/** Grain lies on top of it. */
const TOP = 0.9;

function worked(bare: Linear, edit: Edit, seed: number): Linear {
  const random = chance(seed * 65_537 + 11);
  switch (edit) {
    case "recolour":
      return recolour(bare, random);
    case "relight":
    case "frame":
      return relight(bare, random);
    case "replace":
      return replace(bare, seed, random);
    case "cleanup":
      // The plate is what gets something: see `littered`.
      return bare;
  }
}

/** The plate of a cleanup: the picture with wires, marks and a pole in front of it. */
export function littered({ width, height, data }: Linear, seed: number): Linear {
  const random = chance(seed * 131 + 3);
  const out = data.slice();
  const things = Array.from({ length: 9 }, (_, k) => ({
    x: random.between(0.1, 0.9) * width,
    y: random.between(0.1, 0.9) * height,
    angle: random.between(0, Math.PI),
    half: k < 6 ? random.between(0.8, 3) : random.between(4, 14),
    long: k < 6 ? random.between(80, 300) : random.between(5, 15),
    gain: random.next() < 0.6 ? random.between(0.1, 0.5) : random.between(1.6, 3),
  }));
  for (const { x, y, angle, half, long, gain } of things) {
    const reach = Math.ceil(long + half + 1);
    for (let v = Math.max(0, Math.floor(y) - reach); v < Math.min(height, y + reach); v += 1)
      for (let u = Math.max(0, Math.floor(x) - reach); u < Math.min(width, x + reach); u += 1) {
        const along = Math.abs((u - x) * Math.cos(angle) + (v - y) * Math.sin(angle)) - long;
        const across = Math.abs((v - y) * Math.cos(angle) - (u - x) * Math.sin(angle)) - half;
        const cover = Math.min(1, Math.max(0, 0.5 - Math.max(along, across)));
        if (cover === 0) continue;
        for (let i = (v * width + u) * 3, end = i + 3; i < end; i += 1)
          out[i] = (out[i] as number) * (1 + cover * (gain - 1));
      }
  }
  return { width, height, data: out };
}

function recolour(bare: Linear, random: Chance): Linear {
  const gains = [random.between(0.8, 1.2), random.between(0.8, 1.2), random.between(0.8, 1.2)];
  const share = random.between(0.3, 0.8) * 0.8;
  const other = noise(bare.width, bare.height, random);
  const data = new Float32Array(bare.data.length);
  for (let pixel = 0, i = 0; pixel < other.length; pixel += 1) {
    const texture = 2 ** (share * (other[pixel] as number));
    for (let c = 0; c < 3; c += 1, i += 1) data[i] = (bare.data[i] as number) * (gains[c] as number) * texture;
  }
  return { ...bare, data };
}

function relight(bare: Linear, random: Chance): Linear {
  const { width, height } = bare;
  const angle = random.between(0, 2 * Math.PI);
  const stops = random.between(0.3, 1);
  const base = random.between(-0.5, 0.3);
  const tint = [random.between(-0.2, 0.2), random.between(-0.1, 0.1), random.between(-0.2, 0.2)];
  const data = new Float32Array(bare.data.length);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const along = ((x / width - 0.5) * Math.cos(angle) + (y / height - 0.5) * Math.sin(angle)) * 1.4;
      const light = 2 ** (base + stops * along);
      for (let c = 0; c < 3; c += 1, i += 1)
        data[i] = (bare.data[i] as number) * light * 2 ** ((tint[c] as number) * (0.5 + along));
    }
  }
  return { ...bare, data };
}

function replace(bare: Linear, seed: number, random: Chance): Linear {
  // Photographs may be smaller than a plate: the corner of it shows then.
  const size = { width: Math.max(WIDTH, bare.width), height: Math.max(HEIGHT, bare.height) };
  const other = source(random.pick(KINDS), seed + 77_777, size);
  const share = random.between(0.6, 1);
  const { width, height } = bare;
  const data = new Float32Array(bare.data.length);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * other.width + x) * 3;
      for (let c = 0; c < 3; c += 1, i += 1) {
        const v = bare.data[i] as number;
        data[i] = v + share * ((other.data[from + c] as number) - v);
      }
    }
  }
  return { ...bare, data };
}

/** Gaussian, separable. Pixels of the edge go on outside it. */
export function blurred(image: Linear, sigma: number): Linear {
  const radius = Math.ceil(sigma * 3);
  const kernel = Float64Array.from({ length: radius * 2 + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const across = blurredAlong(image, kernel);
  return { ...image, data: blurredDown({ ...image, data: across }, kernel) };
}

function blurredAlong({ width, height, data }: Linear, kernel: Float64Array): Float32Array {
  const radius = kernel.length >> 1;
  const unit = 1 / kernel.reduce((a, b) => a + b);
  const out = new Float32Array(data.length);
  const line = new Float64Array(width + 2 * radius);
  for (let row = 0; row < height; row += 1) {
    for (let c = 0; c < 3; c += 1) {
      const start = row * width * 3 + c;
      for (let i = 0; i < line.length; i += 1)
        line[i] = data[start + Math.min(width - 1, Math.max(0, i - radius)) * 3] as number;
      for (let i = 0; i < width; i += 1) {
        let value = 0;
        for (let j = 0; j < kernel.length; j += 1) value += (kernel[j] as number) * (line[i + j] as number);
        out[start + i * 3] = value * unit;
      }
    }
  }
  return out;
}

/** Whole rows at a time, as memory lies. */
function blurredDown({ width, height, data }: Linear, kernel: Float64Array): Float32Array {
  const radius = kernel.length >> 1;
  const unit = 1 / kernel.reduce((a, b) => a + b);
  const out = new Float32Array(data.length);
  const samples = width * 3;
  const sums = new Float64Array(samples);
  for (let row = 0; row < height; row += 1) {
    sums.fill(0);
    for (let j = 0; j < kernel.length; j += 1) {
      const from = Math.min(height - 1, Math.max(0, row + j - radius)) * samples;
      const weight = kernel[j] as number;
      for (let i = 0; i < samples; i += 1) sums[i] = (sums[i] as number) + weight * (data[from + i] as number);
    }
    for (let i = 0, to = row * samples; i < samples; i += 1, to += 1) out[to] = (sums[i] as number) * unit;
  }
  return out;
}

/** 0..1 a pixel: how much of the edit shows. A rectangle, an ellipse or a blob, with a soft border of 8 to 32 px inside it. */
export function maskWeights(width: number, height: number, seed: number): Float32Array {
  const random = chance(seed * 409 + 7);
  const shape = random.pick(["box", "box", "ellipse", "blob"] as const);
  const feather = random.between(8, 32);
  const w = width * random.between(0.35, 0.6);
  const h = height * random.between(0.4, 0.65);
  const left = random.between(0.05, 0.95) * (width - w);
  const top = random.between(0.05, 0.95) * (height - h);
  const out = new Float32Array(width * height);
  const bumps = shape === "blob" ? noise(width, height, random) : null;
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const box = Math.min(x - left, left + w - x, y - top, top + h - y);
      const round = (1 - Math.hypot((x - left) / (w / 2) - 1, (y - top) / (h / 2) - 1)) * (Math.min(w, h) / 2);
      const inside = shape === "box" ? box : shape === "ellipse" ? round : round + 12 * (bumps?.[i] ?? 0);
      // A smooth step, as Hotplate's own ramp.
      const t = box < -20 ? 0 : Math.min(1, Math.max(0, inside / feather));
      out[i] = t * t * (3 - 2 * t);
    }
  }
  return out;
}
