/**
 * Pixels as ComfyUI's graph nodes see them: float32, nominally 0..1, display sRGB; IMAGE and MASK are batches of
 * frames. Plain loops; every operation makes new buffers, so a cached value never changes.
 */
export interface Plane {
  readonly width: number;
  readonly height: number;
  /** Interleaved samples per pixel: 3 or 4 for a picture, 1 for a mask. */
  readonly channels: number;
  readonly data: Float32Array;
}
/** What passes along a link. */
export type Value =
  | { readonly kind: "image"; readonly frames: readonly Plane[] }
  | { readonly kind: "mask"; readonly frames: readonly Plane[] }
  | {
      readonly kind: "latent";
      readonly width: number;
      readonly height: number;
      readonly batch: number;
      readonly seed: number;
    }
  | { readonly kind: "number"; readonly value: number }
  /** A file that is decoded when its frames are asked for, or frames that were put together. */
  | { readonly kind: "video"; readonly path: string | null; readonly frames: readonly Plane[]; readonly fps: number }
  /** MODEL, CLIP, VAE, CONDITIONING: nothing but what went into it. */
  | { readonly kind: "opaque"; readonly tag: string };

export function plane(width: number, height: number, channels: number, fill = 0): Plane {
  return { width, height, channels, data: new Float32Array(width * height * channels).fill(fill) };
}

export function mapped(of: Plane, change: (value: number, index: number) => number): Plane {
  const data = new Float32Array(of.data.length);
  for (let index = 0; index < data.length; index += 1) data[index] = change(of.data[index] as number, index);
  return { ...of, data };
}

export function clamp01(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

export type Method = "nearest-exact" | "bilinear" | "area" | "bicubic" | "lanczos";

/**
 * Separable resampling as torch and Pillow do it: `area` averages whole source pixels, `lanczos` works on 8 bits and widens
 * its kernel when it shrinks, `bilinear` and `bicubic` do not widen. Pixel centres are aligned (align_corners=False).
 */
export function resize(of: Plane, width: number, height: number, method: Method): Plane {
  if (of.width === width && of.height === height) return of;
  if (method === "lanczos") {
    const across = eightBits(resampleX(eightBits(of, Math.trunc), tapsOf(of.width, width, method)), Math.round);
    return eightBits(resampleY(across, tapsOf(of.height, height, method)), Math.round);
  }
  return resampleY(resampleX(of, tapsOf(of.width, width, method)), tapsOf(of.height, height, method));
}

function eightBits(of: Plane, round: (value: number) => number): Plane {
  return mapped(of, (value) => clamp01(round(Math.fround(value * 255)) / 255));
}

/** For each target index `count` source indices with their weights; a border index may repeat. */
interface Taps {
  readonly target: number;
  readonly count: number;
  readonly at: Int32Array;
  readonly weights: Float32Array;
}

function resampleX(of: Plane, taps: Taps): Plane {
  const { channels } = of;
  const { target, count, at, weights } = taps;
  const out = plane(target, of.height, channels);
  const from = of.data;
  for (let y = 0; y < of.height; y += 1) {
    const row = y * of.width * channels;
    let to = y * target * channels;
    for (let x = 0; x < target; x += 1) {
      for (let c = 0; c < channels; c += 1) {
        let sum = 0;
        for (let t = x * count; t < (x + 1) * count; t += 1)
          sum += (weights[t] as number) * (from[row + (at[t] as number) * channels + c] as number);
        out.data[to] = sum;
        to += 1;
      }
    }
  }
  return out;
}

function resampleY(of: Plane, taps: Taps): Plane {
  const row = of.width * of.channels;
  const { target, count, at, weights } = taps;
  const out = plane(of.width, target, of.channels);
  const from = of.data;
  const to = out.data;
  for (let y = 0; y < target; y += 1) {
    for (let t = y * count; t < (y + 1) * count; t += 1) {
      const weight = weights[t] as number;
      if (weight === 0) continue;
      const source = (at[t] as number) * row;
      for (let x = 0; x < row; x += 1)
        to[y * row + x] = (to[y * row + x] as number) + weight * (from[source + x] as number);
    }
  }
  return out;
}

function tapsOf(from: number, to: number, method: Method): Taps {
  const scale = from / to;
  const lists = Array.from({ length: to }, (_, index) => tapsAt(index, { from, to, scale, method }));
  const count = Math.max(...lists.map((list) => list.weights.length));
  const at = new Int32Array(to * count);
  const weights = new Float32Array(to * count);
  for (const [index, list] of lists.entries()) {
    const sum = list.weights.reduce((a, b) => a + b, 0);
    for (const [t, weight] of list.weights.entries()) {
      at[index * count + t] = Math.min(from - 1, Math.max(0, list.first + t));
      weights[index * count + t] = weight / sum;
    }
  }
  return { target: to, count, at, weights };
}

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly method: Method;
}

function tapsAt(index: number, axis: Axis): { readonly first: number; readonly weights: readonly number[] } {
  const { from, to, scale, method } = axis;
  // torch computes the nearest index in single precision.
  if (method === "nearest-exact")
    return { first: Math.floor(Math.fround((index + 0.5) * Math.fround(scale))), weights: [1] };
  if (method === "area") {
    const first = Math.floor((index * from) / to);
    return { first, weights: Array.from({ length: Math.ceil(((index + 1) * from) / to) - first }, () => 1) };
  }
  const wide = method === "lanczos" ? Math.max(1, scale) : 1;
  const reach = { bilinear: 1, bicubic: 2, lanczos: 3 }[method] * wide;
  const centre = (index + 0.5) * scale - 0.5;
  // Pillow leaves out what lies beyond the border; torch repeats the border.
  const inside = method === "lanczos";
  const first = Math.max(inside ? 0 : Number.NEGATIVE_INFINITY, Math.ceil(centre - reach - 1e-9));
  const last = Math.min(inside ? from - 1 : Number.POSITIVE_INFINITY, Math.floor(centre + reach + 1e-9));
  return {
    first,
    weights: Array.from({ length: last - first + 1 }, (_, tap) => kernel(method, (first + tap - centre) / wide)),
  };
}

function kernel(method: "bilinear" | "bicubic" | "lanczos", x: number): number {
  const d = Math.abs(x);
  switch (method) {
    case "bilinear":
      return d < 1 ? 1 - d : 0;
    case "bicubic": {
      const a = -0.75;
      if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
      return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
    }
    case "lanczos":
      if (d === 0) return 1;
      return d < 3 ? (3 * Math.sin(Math.PI * d) * Math.sin((Math.PI * d) / 3)) / (Math.PI * Math.PI * d * d) : 0;
  }
}

/** Gaussian of `2 radius + 1` taps over -1..1 with this sigma, edges mirrored: separable, for it depends on x^2 + y^2. */
export function blur(of: Plane, radius: number, sigma: number): Plane {
  const taps = gaussian(radius, sigma);
  return convolve(convolve(of, taps, "x"), taps, "y");
}

export function gaussian(radius: number, sigma: number): readonly number[] {
  const size = 2 * radius + 1;
  const raw = Array.from({ length: size }, (_, index) => {
    const x = size === 1 ? 0 : -1 + (2 * index) / (size - 1);
    return Math.exp(-(x * x) / (2 * sigma * sigma));
  });
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((value) => value / sum);
}

function convolve(of: Plane, taps: readonly number[], axis: "x" | "y"): Plane {
  const size = axis === "x" ? of.width : of.height;
  const radius = (taps.length - 1) / 2;
  const count = taps.length;
  const at = new Int32Array(size * count);
  const weights = new Float32Array(size * count);
  for (let index = 0; index < size; index += 1) {
    for (let t = 0; t < count; t += 1) {
      at[index * count + t] = mirror(index + t - radius, size);
      weights[index * count + t] = taps[t] ?? 0;
    }
  }
  const made: Taps = { target: size, count, at, weights };
  return axis === "x" ? resampleX(of, made) : resampleY(of, made);
}

function mirror(index: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const at = ((index % period) + period) % period;
  return at < size ? at : period - at;
}

const QUANTILES = 65_536;

/** 65,536 quantiles of the normal distribution: one draw of noise is one look-up. */
function normalQuantiles(): Float32Array {
  const out = new Float32Array(QUANTILES);
  for (let index = 0; index < QUANTILES; index += 1) out[index] = quantile((index + 0.5) / QUANTILES);
  return out;
}

/** Winitzki's approximation of the inverse error function; off by less than 0.005, which no eye and no check sees in noise. */
function quantile(p: number): number {
  const x = 2 * p - 1;
  const log = Math.log(1 - x * x);
  const half = 2 / (Math.PI * 0.147) + log / 2;
  return Math.sign(x) * Math.sqrt(2) * Math.sqrt(Math.sqrt(half * half - log / 0.147) - half);
}

/** Adds deterministic normal noise, one stream over all frames, and clips. xorshift32, two draws a turn. */
export function withNoise(frames: readonly Plane[], seed: number, strength: number): readonly Plane[] {
  const normal = normalQuantiles();
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  return frames.map((frame) => {
    const from = frame.data;
    const data = new Float32Array(from.length);
    for (let index = 0; index < data.length; index += 2) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      data[index] = clamp01((from[index] as number) + strength * (normal[state & 0xffff] as number));
      if (index + 1 < data.length)
        data[index + 1] = clamp01((from[index + 1] as number) + strength * (normal[state >>> 16] as number));
    }
    return { ...frame, data };
  });
}

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What of the area lies inside. */
export function crop(frame: Plane, area: Area): Plane {
  const width = Math.max(0, Math.min(area.width, frame.width - area.x));
  const height = Math.max(0, Math.min(area.height, frame.height - area.y));
  const out = plane(width, height, frame.channels);
  const row = width * frame.channels;
  for (let y = 0; y < height; y += 1) {
    const from = ((area.y + y) * frame.width + area.x) * frame.channels;
    out.data.set(frame.data.subarray(from, from + row), y * row);
  }
  return out;
}

/** Cropped around the centre to the wanted aspect, then resized. */
export function resizeToFill(frame: Plane, width: number, height: number, method: Method): Plane {
  const old = frame.width / frame.height;
  const wanted = width / height;
  const x = old > wanted ? Math.round((frame.width - (frame.width * wanted) / old) / 2) : 0;
  const y = old < wanted ? Math.round((frame.height - (frame.height * old) / wanted) / 2) : 0;
  const cut =
    x === 0 && y === 0 ? frame : crop(frame, { x, y, width: frame.width - 2 * x, height: frame.height - 2 * y });
  return resize(cut, width, height, method);
}
