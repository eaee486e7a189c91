/** Where an unseen edit shows: other mattes than the fresh ones, about the place where the edit of the same seed works. Exactly 0 outside. */
import type { Size } from "./freshPaint.ts";
import { clamp, field, lowPass, octaves, step } from "./freshPaint.ts";
import type { Focus } from "./freshMasks.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";
import type { UnseenEdit } from "./unseenEdits.ts";

/** What is put in stands low in the frame, what hangs stands high. */
const HEIGHTS: Partial<Readonly<Record<UnseenEdit, readonly [number, number]>>> = {
  sign: [0.35, 0.5],
  window: [0.33, 0.42],
  crowd: [0.6, 0.7],
  dressing: [0.62, 0.72],
  wetdown: [0.74, 0.8],
  skyswap: [0.2, 0.3],
};

export function unseenFocus({ width, height }: Size, seed: number, edit: UnseenEdit): Focus {
  const random = chance(seed * 3203 + 47);
  const aspect = width / height;
  const wide = random.between(0.18, 0.3) * aspect;
  const high = random.between(0.18, 0.27);
  const [top, low] = HEIGHTS[edit] ?? [high + 0.06, 0.94 - high];
  return { x: random.between(wide + 0.08, aspect - wide - 0.08), y: random.between(top, low), wide, high };
}

export const UNSEEN_MASKS = ["lasso", "card", "floor", "luma", "depth", "islands", "whole"] as const;
export type UnseenMask = (typeof UNSEEN_MASKS)[number];

const SUITING: Readonly<Record<UnseenEdit, readonly UnseenMask[]>> = {
  skyswap: ["depth", "depth", "whole"],
  retouch: ["islands", "islands", "lasso", "luma"],
  sign: ["card", "lasso"],
  window: ["card", "lasso"],
  crowd: ["lasso", "card"],
  dressing: ["lasso", "card"],
  paintout: ["lasso", "card"],
  night: ["whole", "whole", "depth"],
  season: ["luma", "whole", "lasso"],
  dust: ["whole", "depth", "floor"],
  unreflect: ["card", "lasso"],
  dye: ["luma", "lasso"],
  wetdown: ["floor"],
};

/** null: the whole frame may change. */
export function unseenMask(plate: Linear, seed: number, edit: UnseenEdit): Float32Array | null {
  const kind = chance(seed * 1987 + 59).pick(SUITING[edit]);
  if (kind === "whole") return null;
  const { width, height } = plate;
  const of = MAKERS[kind](unseenFocus(plate, seed, edit), seed, plate);
  const out = new Float32Array(width * height);
  for (let v = 0, i = 0; v < height; v += 1)
    for (let u = 0; u < width; u += 1, i += 1) out[i] = clamp(of((u + 0.5) / height, (v + 0.5) / height));
  return out;
}

type Weight = (x: number, y: number) => number;
type Maker = (focus: Focus, seed: number, plate: Linear) => Weight;
const MAKERS: Readonly<Record<Exclude<UnseenMask, "whole">, Maker>> = { lasso, card, floor, luma, depth, islands };

/** A free hand's closed curve with a wide feather; it holds all within the place's extent. */
function lasso({ x, y, wide, high }: Focus, seed: number): Weight {
  const random = chance(seed * 79 + 1);
  const waves = Array.from(
    { length: 4 },
    (_, k) => [random.normal() * (0.09 / (k + 1)), random.between(0, 6.3)] as const,
  );
  const feather = random.between(0.08, 0.3);
  return (u, v) => {
    const [dx, dy] = [(u - x) / wide, (v - y) / high];
    const angle = Math.atan2(dy, dx);
    const reach = waves.reduce((sum, [size, at], k) => sum + size * Math.cos((k + 2) * angle + at), 1.5);
    return step(reach, reach - feather, Math.hypot(dx, dy));
  };
}

/** Four corners of a card in perspective, edges soft by some pixels. */
function card({ x, y, wide, high }: Focus, seed: number): Weight {
  const random = chance(seed * 83 + 3);
  const [lean, taper] = [random.between(-0.15, 0.15), random.between(-0.12, 0.12)];
  const feather = random.between(0.01, 0.05);
  return (u, v) => {
    const dx = u - x - lean * (v - y);
    const tall = high * (1.4 + taper * (dx / wide));
    return step(0, feather, Math.min(1.4 * wide - Math.abs(dx), tall - Math.abs(v - y)));
  };
}

/** The ground up to a ragged line. */
function floor({ y, high }: Focus, seed: number): Weight {
  const random = chance(seed * 89 + 5);
  const rough = octaves(field(random), 0.5, 4);
  const soft = random.between(0.04, 0.14);
  return (u, v) => step(0, soft, v - y + 0.4 * high + 0.02 * rough(u * 4, 1, 0.01));
}

/** What is of a middle light in the plate, held by a round that ends far outside the place. */
function luma({ x, y, wide, high }: Focus, seed: number, plate: Linear): Weight {
  const random = chance(seed * 97 + 7);
  const { width, height, data } = lowPass(plate, 2.5);
  const at = (u: number, v: number): number => {
    const i = (clamp(Math.floor(v * height), 0, height - 1) * width + clamp(Math.floor(u * height), 0, width - 1)) * 3;
    return Math.log2(0.3 * (data[i] as number) + 0.6 * (data[i + 1] as number) + 0.1 * (data[i + 2] as number) + 0.002);
  };
  const seen = Array.from({ length: 225 }, (_, k) =>
    at(x + ((k % 15) / 7 - 1) * wide, y + (Math.floor(k / 15) / 7 - 1) * high),
  );
  const middle = seen.sort((a, b) => a - b)[112] as number;
  const reach = random.between(0.9, 1.8);
  return (u, v) =>
    step(2.6, 1.5, Math.hypot((u - x) / wide, (v - y) / high)) * step(reach + 0.9, reach, Math.abs(at(u, v) - middle));
}

/** As a depth pass cut softly: from the top down, sooner or later by what stands there. */
function depth({ y, high }: Focus, seed: number): Weight {
  const random = chance(seed * 101 + 9);
  const uneven = octaves(field(random), 0.55, 3);
  const soft = random.between(0.15, 0.35);
  return (u, v) => step(soft, -soft, v - y - 0.8 * high + 0.08 * uneven(u * 2, v * 2, 0.01));
}

/** Several rounds of different size, each by itself. */
function islands({ x, y, wide, high }: Focus, seed: number): Weight {
  const random = chance(seed * 103 + 11);
  const rounds = Array.from({ length: 5 }, () => ({
    x: x + random.between(-1, 1) * wide,
    y: y + random.between(-1, 1) * high,
    r: random.between(0.07, 0.15),
  }));
  return (u, v) => Math.max(...rounds.map((one) => step(1, 0.55, Math.hypot(u - one.x, v - one.y) / one.r)));
}
