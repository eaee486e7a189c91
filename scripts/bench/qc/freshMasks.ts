/**
 * Where a fresh edit shows: mattes as compositors make them. All of one seed lie about one place, the same that the edit of that seed
 * works at. Weights are 0 to 1 a pixel, and exactly 0 outside.
 */
import { blurred } from "./edits.ts";
import type { FreshEdit } from "./freshEdits.ts";
import type { Size } from "./freshPaint.ts";
import { clamp, field, octaves, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";

export const FRESH_MASKS = ["garbage", "roto", "key", "ramp", "brush", "pool", "whole"] as const;
export type FreshMask = (typeof FRESH_MASKS)[number];

/** The middle of an edit and half its extent, in picture heights. */
export interface Focus {
  readonly x: number;
  readonly y: number;
  readonly wide: number;
  readonly high: number;
}

export function focusOf({ width, height }: Size, seed: number, edit?: FreshEdit): Focus {
  const random = chance(seed * 2711 + 19);
  const aspect = width / height;
  const wide = random.between(0.2, 0.34) * aspect;
  const high = random.between(0.22, 0.36);
  return {
    x: random.between(wide + 0.05, aspect - wide - 0.05),
    // What is put on the ground stands low in the frame.
    y: edit === "prop" ? random.between(0.68, 0.76) : random.between(high + 0.05, 0.95 - high),
    wide,
    high,
  };
}

/** Mattes that suit an edit: what is put in lies wholly inside, what is in the air or in the light ends nowhere in the middle of things. */
const SUITING: Readonly<Record<FreshEdit, readonly FreshMask[]>> = {
  sky: ["ramp", "ramp", "whole"],
  extension: ["garbage", "roto"],
  prop: ["garbage", "roto"],
  dusk: ["ramp", "pool", "whole"],
  fog: ["ramp", "ramp", "pool", "whole"],
  material: ["garbage", "roto", "key"],
  touchup: ["brush", "brush", "roto", "garbage"],
  grade: ["roto", "key", "key", "whole"],
  screen: ["garbage", "roto"],
};

/** Which matte a seed gets; without an edit any of them. */
export function freshMaskKind(seed: number, edit?: FreshEdit): FreshMask {
  const random = chance(seed * 1733 + 23);
  return random.pick(edit === undefined ? FRESH_MASKS : SUITING[edit]);
}

/**
 * null: the whole frame may change. Give the edit of the same seed, so that the matte suits it; and the plate as the size, so that a key
 * is pulled from its light.
 */
export function freshMask(size: Size | Linear, seed: number, edit?: FreshEdit): Float32Array | null {
  const kind = freshMaskKind(seed, edit);
  if (kind === "whole") return null;
  const { width, height } = size;
  const { x, y, wide, high } = focusOf(size, seed, edit);
  // Room for a shadow and for a screen's corners; a key's edges are the picture's own, not its holder's.
  const room = kind === "key" ? 5 : edit === "prop" || edit === "screen" ? 1.55 : 1;
  const of = MAKERS[kind]({ x, y, wide: wide * room, high: high * room }, seed, size);
  const out = new Float32Array(width * height);
  for (let v = 0, i = 0; v < height; v += 1)
    for (let u = 0; u < width; u += 1, i += 1) out[i] = clamp(of((u + 0.5) / height, (v + 0.5) / height));
  return out;
}

type Weight = (x: number, y: number) => number;
type Maker = (focus: Focus, seed: number, size: Size | Linear) => Weight;

const MAKERS: Readonly<Record<Exclude<FreshMask, "whole">, Maker>> = { garbage, roto, key, ramp, brush, pool };

/** Five to nine points clicked around it, one feather; picture heights inside, negative outside. */
function polygon({ x, y, wide, high }: Focus, seed: number): Weight {
  const random = chance(seed * 53 + 2);
  const count = 5 + Math.floor(random.next() * 5);
  const points = Array.from({ length: count }, (_, k) => {
    const angle = ((k + random.between(-0.25, 0.25)) / count) * 2 * Math.PI;
    const far = random.between(0.8, 1.15);
    return [x + Math.cos(angle) * wide * far, y + Math.sin(angle) * high * far] as const;
  });
  return (u, v) => {
    let nearest = Infinity;
    let inside = false;
    for (let k = 0; k < count; k += 1) {
      const [ax, ay] = points[k] as readonly [number, number];
      const [bx, by] = points[(k + 1) % count] as readonly [number, number];
      const t = clamp(((u - ax) * (bx - ax) + (v - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2));
      nearest = Math.min(nearest, Math.hypot(u - ax - t * (bx - ax), v - ay - t * (by - ay)));
      if (ay > v !== by > v && u < ax + ((v - ay) / (by - ay)) * (bx - ax)) inside = !inside;
    }
    return inside ? nearest : -nearest;
  };
}

function garbage(focus: Focus, seed: number): Weight {
  const inside = polygon(focus, seed);
  const feather = chance(seed * 59 + 4).between(0.012, 0.08);
  return (u, v) => step(0, feather, inside(u, v));
}

/** A head and a body, or two limbs: ellipses that run together, softer on the side that moves. */
function roto({ x, y, wide, high }: Focus, seed: number): Weight {
  const random = chance(seed * 61 + 6);
  const lean = random.between(-0.5, 0.5);
  const split = random.between(-0.5, -0.25);
  const small = random.between(0.4, 0.6);
  const soft = random.between(0.008, 0.03);
  const toward = random.between(0, 2 * Math.PI);
  const one = (u: number, v: number, size: number): number =>
    (1 - Math.hypot(u / (wide * size), v / (high * size))) * Math.min(wide, high) * size;
  return (u, v) => {
    const dx = u - x - lean * (v - y);
    const head = one(dx - lean * wide * 0.3, v - y - split * high * 1.5, small);
    const body = one(dx, v - y - high * 0.2, 0.95);
    // Where both end at about the same place the outline is drawn round, as a hand would.
    const near = clamp(0.5 + (body - head) / 0.1);
    const inside = head + (body - head) * near + 0.05 * near * (1 - near);
    const along = Math.cos(Math.atan2(v - y, u - x) - toward);
    return step(0, soft * (1.6 + along), inside);
  };
}

/** A key's ragged matte, black and white pulled in, held by a garbage matte: of the plate's light, or of a noise's without a plate. */
function key(focus: Focus, seed: number, size: Size | Linear): Weight {
  const random = chance(seed * 67 + 8);
  const light = "data" in size ? plateLight(size) : noiseLight(random);
  const hold = polygon(focus, seed);
  const seen = Array.from({ length: 400 }, (_, k) =>
    light(((k % 20) + 0.5) * (size.width / size.height / 20), (Math.floor(k / 20) + 0.5) / 20),
  ).sort((a, b) => a - b);
  const low = seen[Math.floor(random.between(60, 160))] as number;
  const high = seen[Math.floor(random.between(220, 360))] as number;
  return (u, v) => {
    const inside = step(0, 0.12, hold(u, v));
    return inside === 0 ? 0 : inside * step(low, high + 1e-6, light(u, v));
  };
}

function noiseLight(random: Chance): Weight {
  const of = octaves(field(random), 0.55, 7);
  const scale = random.between(2.5, 6);
  return (u, v) => of(u * scale, v * scale, scale / 400);
}

/** A little blurred, as keys are, against grain. */
function plateLight(plate: Linear): Weight {
  const { width, height, data } = blurred(plate, 1.5);
  return (u, v) => {
    const row = clamp(Math.floor(v * height), 0, height - 1) * width;
    const i = (row + clamp(Math.floor(u * height), 0, width - 1)) * 3;
    return Math.sqrt(
      Math.max(0, 0.3 * (data[i] as number) + 0.6 * (data[i + 1] as number) + 0.1 * (data[i + 2] as number)),
    );
  };
}

/** A round of light or air so soft that it has no edge. */
function pool({ x, y, wide, high }: Focus): Weight {
  return (u, v) => step(1.7, 0.2, Math.hypot((u - x) / wide, (v - y) / high));
}

/** A graduated matte from the top, or aslant, over a third of the frame. */
function ramp({ x, y, high }: Focus, seed: number, { width, height }: Size): Weight {
  const random = chance(seed * 71 + 10);
  const angle = -Math.PI / 2 + random.pick([0, 0, random.between(-0.5, 0.5)]) + random.between(-0.1, 0.1);
  const middle = [(x + width / height / 2) / 2, y + high * 0.5] as const;
  const half = random.between(0.12, 0.25);
  return (u, v) => step(-half, half, (u - middle[0]) * Math.cos(angle) + (v - middle[1]) * Math.sin(angle));
}

/** Soft strokes of a brush over the place, as a paint artist leaves. */
function brush({ x, y, wide, high }: Focus, seed: number): Weight {
  const random = chance(seed * 73 + 12);
  const thick = random.between(0.06, 0.1);
  const dabs = Array.from({ length: 40 }, (_, k) => {
    const t = k / 39;
    const swing = Math.sin(t * Math.PI * random.pick([4.9, 5, 5.1]));
    return [x + (t * 2 - 1) * wide * 0.85, y + swing * high * 0.5, thick * random.between(0.8, 1.1)] as const;
  });
  return (u, v) => {
    let most = 0;
    for (const [dx, dy, r] of dabs) most = Math.max(most, 1 - Math.hypot(u - dx, v - dy) / r);
    return step(0, 0.6, most);
  };
}
