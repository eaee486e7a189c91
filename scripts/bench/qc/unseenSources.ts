/**
 * Plates on which nobody ran a check before the limits stood that they are counted with: fourteen other scenes, another lens, and grain of
 * three other makes. Deterministic by seed, linear light.
 */
import { blurred } from "./edits.ts";
import type { Size } from "./freshPaint.ts";
import { canvas } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import { chance, manyNormals } from "./random.ts";
import type { Grain, Linear } from "./sources.ts";
import { HEIGHT, WIDTH } from "./sources.ts";
import { laboratory, shed, shopwindow } from "./unseenBuilt.ts";
import { bathroom, carriage, cathedral, library } from "./unseenIndoors.ts";
import { cave, food, greenhouse, underwater } from "./unseenOdd.ts";
import { fields, snow, stadium } from "./unseenOutdoors.ts";
import { zoomed } from "./unseenPaint.ts";

const PAINTERS = {
  cathedral,
  shopwindow,
  snow,
  stadium,
  fields,
  library,
  underwater,
  food,
  carriage,
  bathroom,
  greenhouse,
  shed,
  laboratory,
  cave,
} as const satisfies Readonly<Record<string, (scene: Linear, random: Chance) => void>>;

export type UnseenKind = keyof typeof PAINTERS;
export const UNSEEN_KINDS = Object.keys(PAINTERS) as readonly UnseenKind[];

/** Without grain: that is laid on last, by `unseenGrained`. */
export function unseenSource(kind: UnseenKind, seed: number, size: Size = { width: WIDTH, height: HEIGHT }): Linear {
  const place = UNSEEN_KINDS.indexOf(kind);
  const scene = canvas(size);
  PAINTERS[kind](scene, chance(seed * 6967 + place * 67_867_979 + 113));
  return zoomed(scene, seed * 32 + place);
}

export const UNSEEN_MAKES = ["negative", "chroma", "regrained"] as const;

export interface UnseenGrain extends Grain {
  /**
   * negative: film whose grain is strongest in the middle tones and weak in black and white. chroma: a sensor at a high gain, whose colours
   * are mottled more coarsely than its light is noisy. regrained: cleaned, then grained by a plug-in, evenly in display light.
   */
  readonly make: (typeof UNSEEN_MAKES)[number];
  /** Sigma of a grain in pixels. */
  readonly size: number;
}

export function unseenGrain(seed: number): UnseenGrain {
  const random = chance(seed * 4241 + 83);
  const make = random.pick(UNSEEN_MAKES);
  return { make, amount: random.between(0.7, 1.5), size: random.between(0.5, 0.85), correlated: true };
}

/** Deviation at a light `v` of 0 or more, times `amount`; all makes have about 0.0048 at 0.18. */
const DEVIATION: Readonly<Record<UnseenGrain["make"], (v: number) => number>> = {
  negative: (v) => 0.0007 + 0.0105 * Math.sqrt(v) * Math.exp(-0.35 * v) * 0.93,
  chroma: (v) => Math.sqrt(1.25e-4 * v + 1.6e-6),
  // An even share of the display's code, of which a step is about 2.2 times as much light in the middle as a tenth of it is in the dark.
  regrained: (v) => 0.0009 + 0.0115 * v ** 0.62 * Math.exp(-0.25 * v),
};

export function unseenGrained(image: Linear, seed: number, { make, amount, size }: UnseenGrain): Linear {
  const { width, height } = image;
  const plain = (at: number): Linear => ({ width, height, data: manyNormals(width * height * 3, seed * 89 + at) });
  const fine = unit(blurred(plain(7), size).data);
  const coarse = make === "chroma" ? unit(blurred(plain(19), size * 2.6).data) : fine;
  // What the channels have in common, and what each has of its own.
  const [shared, own, mottled] = SHARES[make];
  const unitBy = 1 / Math.sqrt(shared ** 2 + own ** 2 + mottled ** 2);
  const deviation = DEVIATION[make];
  const data = new Float32Array(image.data.length);
  for (let i = 0; i < data.length; i += 1) {
    const c = i % 3;
    const first = i - c;
    // Colour's mottles leave the light alone: what red gains, green loses half of.
    const colour = (coarse[first + c] as number) - 0.5 * (coarse[first + ((c + 1) % 3)] as number);
    const common = fine[first + 1] as number;
    const noise =
      shared * common +
      own * (fine[first + (c === 1 ? 2 : c)] as number) +
      (mottled === 0 ? 0 : mottled * 0.9 * colour);
    const v = image.data[i] as number;
    data[i] = v + amount * unitBy * noise * deviation(Math.max(0, v));
  }
  return { ...image, data };
}

const SHARES: Readonly<Record<UnseenGrain["make"], readonly [shared: number, own: number, mottled: number]>> = {
  negative: [0.6, 0.8, 0],
  chroma: [0.5, 0.5, 0.75],
  regrained: [0.9, 0.35, 0],
};

function unit(data: Float32Array): Float32Array {
  let sum = 0;
  for (const v of data) sum += v * v;
  const by = 1 / Math.sqrt(sum / data.length);
  return data.map((v) => v * by);
}
