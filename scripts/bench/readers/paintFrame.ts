/**
 * A scene-linear frame for the image bench, deterministic by seed: fractal texture over some stops, discs with hard edges, a sky
 * gradient without texture, lights far above 1, and grain whose strength follows the light. Flat noise would flatter nobody:
 * compressors and readers differ most on what pictures are made of.
 */

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** R, G, B as the bits of halves, row by row. */
  readonly planes: readonly [Uint16Array, Uint16Array, Uint16Array];
}

const OCTAVES = 8;

export function paintFrame(width: number, height: number, seed: number): Frame {
  const random = numbers(seed);
  const shared = fractal({ width, height, random });
  const gains = { discs: discs(width, height, random), lights: lights(width, height, random) };
  const sky = [0.55, 0.75, 1] as const;
  const planes = sky.map((tint, channel) => {
    const own = fractal({ width, height, random });
    const out = new Float16Array(width * height);
    for (let y = 0, i = 0; y < height; y += 1) {
      const share = y / height;
      for (let x = 0; x < width; x += 1, i += 1) {
        const texture = 0.18 * 2 ** (0.9 * (shared[i] ?? 0) + 0.5 * (own[i] ?? 0));
        const base = share < 0.32 ? (0.35 + 1.5 * share) * tint : texture * (gains.discs[channel]?.[i] ?? 1);
        const light = base + (gains.lights[i] ?? 0);
        out[i] = light + (random() + random() + random() - 1.5) * 2 * Math.sqrt(1.2e-4 * light + 1e-6);
      }
    }
    return new Uint16Array(out.buffer);
  });
  return { width, height, planes: planes as [Uint16Array, Uint16Array, Uint16Array] };
}

/** 0 <= x < 1, xorshift32. */
function numbers(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Value noise in octaves, each half as strong and twice as fine as the one before: about 1/f^1.4 in power, unit strength. */
function fractal(of: { readonly width: number; readonly height: number; readonly random: () => number }): Float32Array {
  const { width, height, random } = of;
  const out = new Float32Array(width * height);
  for (let octave = 0; octave < OCTAVES; octave += 1) {
    const cell = 2 ** (OCTAVES - octave + 1);
    const columns = Math.ceil(width / cell) + 2;
    const grid = Float32Array.from({ length: columns * (Math.ceil(height / cell) + 2) }, () => random() * 2 - 1);
    const strength = 1.6 * 0.62 ** octave;
    for (let y = 0, i = 0; y < height; y += 1) {
      const row = Math.floor(y / cell);
      const v = y / cell - row;
      for (let x = 0; x < width; x += 1, i += 1) {
        const column = Math.floor(x / cell);
        const u = x / cell - column;
        const at = row * columns + column;
        const top = (grid[at] ?? 0) * (1 - u) + (grid[at + 1] ?? 0) * u;
        const bottom = (grid[at + columns] ?? 0) * (1 - u) + (grid[at + columns + 1] ?? 0) * u;
        out[i] = (out[i] ?? 0) + strength * (top * (1 - v) + bottom * v);
      }
    }
  }
  return out;
}

/** Gains per channel, 1 outside forty discs. */
function discs(width: number, height: number, random: () => number): readonly Float32Array[] {
  const planes = [0, 1, 2].map(() => new Float32Array(width * height).fill(1));
  for (let n = 0; n < 40; n += 1) {
    const [cx, cy, radius] = [random() * width, random() * height, 20 + (random() * 240 * width) / 4096];
    const gains = [0, 1, 2].map(() => 0.3 + 2.2 * random());
    for (let y = Math.max(0, Math.ceil(cy - radius)); y < Math.min(height, cy + radius); y += 1) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (y - cy) ** 2));
      const from = Math.max(0, Math.round(cx - half));
      const to = Math.min(width, Math.round(cx + half));
      if (to > from) planes.forEach((plane, c) => plane.fill(gains[c] ?? 1, y * width + from, y * width + to));
    }
  }
  return planes;
}

/** Twelve Gaussian lights of 4 to 32. */
function lights(width: number, height: number, random: () => number): Float32Array {
  const out = new Float32Array(width * height);
  for (let n = 0; n < 12; n += 1) {
    const [cx, cy, radius, peak] = [random() * width, random() * height, 8 + 22 * random(), 4 + 28 * random()];
    for (let y = Math.max(0, Math.floor(cy - 3 * radius)); y < Math.min(height, cy + 3 * radius); y += 1) {
      for (let x = Math.max(0, Math.floor(cx - 3 * radius)); x < Math.min(width, cx + 3 * radius); x += 1) {
        const i = y * width + x;
        out[i] = (out[i] ?? 0) + peak * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius ** 2));
      }
    }
  }
  return out;
}
