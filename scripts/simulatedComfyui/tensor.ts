/**
 * Pixels as ComfyUI's graph nodes see them: float32, nominally 0..1, display sRGB; an IMAGE is a batch of frames, a MASK one
 * plane. Plain loops; every operation makes new buffers, so a cached value never changes.
 */
export interface Plane {
  readonly width: number;
  readonly height: number;
  /** Interleaved samples per pixel: 3 or 4 for a picture, 1 for a mask. */
  readonly channels: number;
  readonly data: Float32Array;
}
export type Value =
  | { readonly kind: "image"; readonly frames: readonly Plane[] }
  | { readonly kind: "mask"; readonly mask: Plane };

export function plane(width: number, height: number, channels: number, fill = 0): Plane {
  return { width, height, channels, data: new Float32Array(width * height * channels).fill(fill) };
}

export function mapped(of: Plane, change: (value: number, index: number) => number): Plane {
  const data = new Float32Array(of.data.length);
  for (let index = 0; index < data.length; index += 1) data[index] = change(of.data[index] ?? 0, index);
  return { ...of, data };
}

export function clamp01(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

export type Method = "nearest-exact" | "bilinear" | "area" | "bicubic" | "lanczos";

/** Separable resampling with the kernel of the method, pixel centres aligned (torch's align_corners=False). */
export function resize(of: Plane, width: number, height: number, method: Method): Plane {
  if (of.width === width && of.height === height) return of;
  const across = passes(of.width, width, method);
  const down = passes(of.height, height, method);
  const { channels } = of;
  const middle = new Float32Array(width * of.height * channels);
  for (let y = 0; y < of.height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const taps = across[x] ?? NONE;
      for (let c = 0; c < channels; c += 1) {
        let sum = 0;
        for (let t = 0; t < taps.weights.length; t += 1)
          sum += (taps.weights[t] ?? 0) * (of.data[(y * of.width + (taps.at[t] ?? 0)) * channels + c] ?? 0);
        middle[(y * width + x) * channels + c] = sum;
      }
    }
  }
  const out = plane(width, height, channels);
  for (let y = 0; y < height; y += 1) {
    const taps = down[y] ?? NONE;
    for (let t = 0; t < taps.weights.length; t += 1) {
      const weight = taps.weights[t] ?? 0;
      const row = (taps.at[t] ?? 0) * width * channels;
      const to = y * width * channels;
      for (let x = 0; x < width * channels; x += 1)
        out.data[to + x] = (out.data[to + x] ?? 0) + weight * (middle[row + x] ?? 0);
    }
  }
  return method === "lanczos" ? mapped(out, clamp01) : out;
}

interface Taps {
  readonly at: readonly number[];
  readonly weights: readonly number[];
}
const NONE: Taps = { at: [], weights: [] };

function passes(from: number, to: number, method: Method): readonly Taps[] {
  const scale = from / to;
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale - 0.5;
    if (method === "nearest-exact") return { at: [clampIndex(Math.floor((index + 0.5) * scale), from)], weights: [1] };
    // Only area and lanczos (PIL) widen their kernel when they shrink; torch's bilinear and bicubic do not.
    const wide = method === "area" || method === "lanczos" ? Math.max(1, scale) : 1;
    const reach = support(method) * wide;
    const at: number[] = [];
    const weights: number[] = [];
    for (let tap = Math.ceil(centre - reach - 1e-9); tap <= Math.floor(centre + reach + 1e-9); tap += 1) {
      const weight = kernel(method, (tap - centre) / wide);
      if (weight === 0) continue;
      at.push(clampIndex(tap, from));
      weights.push(weight);
    }
    const sum = weights.reduce((a, b) => a + b, 0);
    return { at, weights: weights.map((weight) => weight / sum) };
  });
}

function clampIndex(index: number, size: number): number {
  return index < 0 ? 0 : index >= size ? size - 1 : index;
}
function support(method: Method): number {
  return method === "lanczos" ? 3 : method === "bicubic" ? 2 : method === "area" ? 0.5 : 1;
}
function kernel(method: Method, x: number): number {
  const d = Math.abs(x);
  switch (method) {
    case "area":
      return d <= 0.5 ? 1 : 0;
    case "bilinear":
    case "nearest-exact":
      return d < 1 ? 1 - d : 0;
    case "bicubic": {
      const a = -0.75;
      if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
      return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
    }
    case "lanczos":
      return d === 0
        ? 1
        : d < 3
          ? (3 * Math.sin(Math.PI * d) * Math.sin((Math.PI * d) / 3)) / (Math.PI * Math.PI * d * d)
          : 0;
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
  const { width, height, channels } = of;
  const radius = (taps.length - 1) / 2;
  const out = plane(width, height, channels);
  const size = axis === "x" ? width : height;
  for (let t = 0; t < taps.length; t += 1) {
    const weight = taps[t] ?? 0;
    for (let y = 0; y < height; y += 1) {
      const sy = axis === "y" ? mirror(y + t - radius, size) : y;
      for (let x = 0; x < width; x += 1) {
        const sx = axis === "x" ? mirror(x + t - radius, size) : x;
        const from = (sy * width + sx) * channels;
        const to = (y * width + x) * channels;
        for (let c = 0; c < channels; c += 1)
          out.data[to + c] = (out.data[to + c] ?? 0) + weight * (of.data[from + c] ?? 0);
      }
    }
  }
  return out;
}

function mirror(index: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const at = ((index % period) + period) % period;
  return at < size ? at : period - at;
}

/** Deterministic normal noise: mulberry32 and Box-Muller. */
export function normalNoise(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
