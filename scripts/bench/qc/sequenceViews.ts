/** What fresh shots (sequenceFresh.ts) are put together of: pictures looked at between pixels, blurred, lit, one before the other. */
import { chance } from "./random.ts";
import type { Camera, Light, Shot } from "./sequenceShots.ts";
import { HIGH, scaled, WIDE } from "./sequenceShots.ts";
import type { Linear } from "./sources.ts";

export type View = (t: number) => Light;

/** Where the middle of the frame lies in the painted picture, px, and how many of its px one px of the frame is. */
interface Look {
  readonly x: number;
  readonly y: number;
  readonly zoom?: number;
}

/** Bilinear, between pixels. */
export function seenAt({ width, height, data }: Linear, { x, y, zoom = 1 }: Look): Light {
  const out = new Float32Array(WIDE * HIGH * 3);
  for (let row = 0; row < HIGH; row += 1) {
    const v = Math.min(height - 1.001, Math.max(0, y + (row - HIGH / 2) * zoom));
    const top = Math.floor(v);
    for (let column = 0; column < WIDE; column += 1) {
      const u = Math.min(width - 1.001, Math.max(0, x + (column - WIDE / 2) * zoom));
      const left = Math.floor(u);
      const [right, down] = [u - left, v - top];
      const from = (top * width + left) * 3;
      const to = (row * WIDE + column) * 3;
      for (let c = 0; c < 3; c += 1) {
        const i = from + c;
        const upper = (data[i] as number) * (1 - right) + (data[i + 3] as number) * right;
        const under = (data[i + width * 3] as number) * (1 - right) + (data[i + width * 3 + 3] as number) * right;
        out[to + c] = upper * (1 - down) + under * down;
      }
    }
  }
  return out;
}

/** The shutter is open for half of each frame. */
export function withMotionBlur(picture: Linear, look: (t: number) => Look): View {
  const steps = 6;
  return (t) => {
    const out = new Float32Array(WIDE * HIGH * 3);
    for (let k = 0; k < steps; k += 1) {
      const part = seenAt(picture, look(t + (0.5 * k) / steps));
      for (let i = 0; i < out.length; i += 1) out[i] = (out[i] as number) + (part[i] as number) / steps;
    }
    return out;
  };
}

/** A box of 2 r + 1 px each way, r of any size. */
export function blurred(light: Light, radius: number): Light {
  const ends = Math.ceil(radius);
  const weights = Array.from({ length: 2 * ends + 1 }, (_, k) => Math.min(1, radius + 1 - Math.abs(k - ends)));
  const sum = weights.reduce((a, b) => a + b, 0);
  const along = (from: Light, step: number, length: number): Light =>
    from.map((_, i) => {
      const place = Math.floor(i / step) % length;
      let value = 0;
      for (let k = 0; k < weights.length; k += 1) {
        const at = Math.min(length - 1, Math.max(0, place + k - ends));
        value += (weights[k] as number) * (from[i + (at - place) * step] as number);
      }
      return value / sum;
    });
  return along(along(light, 3, WIDE), WIDE * 3, HIGH);
}

/** The plate under one gain a channel. */
export function gradedFrom(seed: number, plate: View): Shot {
  const random = chance(seed * 13 + 4);
  const gains = [random.between(0.75, 1.25), random.between(0.75, 1.25), random.between(0.75, 1.25)];
  const edit: View = (t) => scaled(plate(t), (_x, _y, c) => gains[c] as number);
  return { seed, plate, edit, grain: 1, mask: null, bits: 16 };
}

/** The light of each frame times what it is at a place. */
export const litBy =
  (view: View, by: (t: number) => (x: number, y: number, c: number) => number): View =>
  (t) =>
    scaled(view(t), by(t));

/** `near` stands before `far` where `covers` says so. */
export const before =
  (near: View, far: View, covers: (t: number) => (x: number, y: number) => boolean): View =>
  (t) => {
    const [front, back, isFront] = [near(t), far(t), covers(t)];
    return back.map((v, i) => {
      const pixel = Math.floor(i / 3);
      return isFront(pixel % WIDE, Math.floor(pixel / WIDE)) ? (front[i] as number) : v;
    });
  };

/** Sideways, so many px from frame to frame. */
export const slide =
  (picture: Linear, speed: number, from: number = WIDE / 2): View =>
  (t) =>
    seenAt(picture, { x: from + speed * t, y: 250 });

/** As a camera looks. */
export const by =
  (camera: Camera, picture: Linear): View =>
  (t) => {
    const [x, y] = camera(t);
    return seenAt(picture, { x: x + WIDE / 2, y: y + HIGH / 2 });
  };

/** How far a place is from a lamp in the frame, 1 at the lamp. */
export const glow =
  (atX: number, atY: number, reach: number) =>
  (x: number, y: number): number =>
    Math.exp(-((x - atX) ** 2 + (y - atY) ** 2) / (2 * reach * reach));
