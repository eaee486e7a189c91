/**
 * The plate that colour work is measured on, painted by seed (reference: docs/colour.md): scene-linear ACEScg with fractal
 * texture, hard-edged discs, a sky, lights up to 32 and grain. Not a photograph, and no claim about one follows from it.
 */

/** mulberry32: 32 bits of state, good enough for texture. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Octaves of smooth value noise, each half as large and `fall` as strong: mean 0, standard deviation 1. */
function fractal({ width, height }: Size, random: () => number, fall: number): Float32Array {
  const out = new Float32Array(width * height);
  for (let cell = Math.max(width, height) / 2, strength = 1; cell >= 2; cell /= 2, strength *= fall)
    octave(out, { width, height, cell, strength, random });
  let [sum, squares] = [0, 0];
  for (const value of out) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / out.length;
  const deviation = Math.sqrt(squares / out.length - mean * mean);
  return out.map((value) => (value - mean) / deviation);
}

function octave(
  out: Float32Array,
  of: Size & { readonly cell: number; readonly strength: number; readonly random: () => number },
): void {
  const { width, height, cell, strength, random } = of;
  const columns = Math.ceil(width / cell) + 2;
  const rows = Math.ceil(height / cell) + 2;
  const grid = Float32Array.from({ length: columns * rows }, () => random() * 2 - 1);
  const smooth = (t: number) => t * t * (3 - 2 * t);
  for (let y = 0; y < height; y += 1) {
    const gy = Math.floor(y / cell);
    const ty = smooth(y / cell - gy);
    for (let x = 0; x < width; x += 1) {
      const gx = Math.floor(x / cell);
      const tx = smooth(x / cell - gx);
      const at = gy * columns + gx;
      const top = (grid[at] as number) * (1 - tx) + (grid[at + 1] as number) * tx;
      const bottom = (grid[at + columns] as number) * (1 - tx) + (grid[at + columns + 1] as number) * tx;
      out[y * width + x] = (out[y * width + x] as number) + strength * (top * (1 - ty) + bottom * ty);
    }
  }
}

/** Red, green, blue, row by row. */
export function paintPlate(size: Size, seed: number): readonly [Float32Array, Float32Array, Float32Array] {
  const { width, height } = size;
  const random = chance(seed);
  const scale = width / 4096;
  const shared = fractal(size, random, 0.62);
  const own = [0, 1, 2].map(() => fractal(size, random, 0.64));
  const planes = own.map((noise) => noise.map((b, i) => 0.18 * 2 ** (0.9 * (shared[i] as number) + 0.5 * b)));
  const sky = [0.55, 0.75, 1];
  const skyRows = Math.round(700 * scale);
  planes.forEach((plane, k) => {
    for (let y = 0; y < skyRows; y += 1)
      plane.fill((0.35 + (0.5 * y) / skyRows) * (sky[k] as number), y * width, (y + 1) * width);
  });
  for (let disc = 0; disc < 40; disc += 1) {
    const [cx, cy, radius] = [random() * width, random() * height, (20 + random() * 240) * scale];
    const gains = [0, 1, 2].map(() => 0.3 + random() * 2.2);
    around(size, { cx, cy, radius }, (i) => {
      planes.forEach((plane, k) => (plane[i] = (plane[i] as number) * (gains[k] as number)));
    });
  }
  for (let light = 0; light < 12; light += 1) {
    const [cx, cy, radius] = [random() * width, random() * height, (8 + random() * 22) * scale];
    const strength = 4 + random() * 36;
    around(size, { cx, cy, radius: radius * 4 }, (i, distance) => {
      const glow = strength * Math.exp(-0.5 * (distance / radius) ** 2);
      planes.forEach((plane) => (plane[i] = (plane[i] as number) + glow));
    });
  }
  for (const plane of planes)
    for (let i = 0; i < plane.length; i += 1) {
      const v = plane[i] as number;
      plane[i] = Math.max(v + Math.sqrt(1.2e-4 * v + 1e-6) * normal(random), 0);
    }
  return planes as unknown as readonly [Float32Array, Float32Array, Float32Array];
}

function around(
  { width, height }: Size,
  of: { readonly cx: number; readonly cy: number; readonly radius: number },
  use: (i: number, distance: number) => void,
): void {
  const { cx, cy, radius } = of;
  for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(height, cy + radius); y += 1)
    for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(width, cx + radius); x += 1) {
      const distance = Math.hypot(x - cx, y - cy);
      if (distance <= radius) use(y * width + x, distance);
    }
}
