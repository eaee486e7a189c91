/**
 * Shots for the checks over frames: a plate that moves as a camera does (or stands), and a legitimate edit of it, in light, before grain.
 * Seeded, 16 frames of 480 x 270 px. All of them must raise nothing.
 */
import type { MaskPicture } from "../../../daemon/domain/maskFacts.ts";
import { chance } from "./random.ts";
import type { Kind, Linear } from "./sources.ts";
import { KINDS, source } from "./sources.ts";

export const WIDE = 480;
export const HIGH = 270;
export const FRAMES = 16;

/** Light of one frame, interleaved R, G, B, before grain. */
export type Light = Float32Array;

/** What a shot is made of: each frame's plate and the edit of it, before grain; who lays it on. */
export interface Shot {
  readonly seed: number;
  readonly plate: (t: number) => Light;
  readonly edit: (t: number) => Light;
  /** Grain of the result, times the plate's. */
  readonly grain: number;
  /** The edit is laid onto the plate through it; null: the whole frame is the edit. */
  readonly mask: ((t: number) => MaskPicture) | null;
  /** 8: codes of 8 bits, as most graphs give back. */
  readonly bits: 8 | 16;
  /** The plate, and what is right, show the frame before t once more, to the bit. */
  readonly holds?: (t: number) => boolean;
}

export interface CleanKind {
  readonly name: string;
  readonly shot: (seed: number) => Shot;
  /** The plate moves from frame to frame, and the result follows it everywhere. */
  readonly moves: boolean;
  /** One shot, of which the result is the plate under another light: a drift can be told. */
  readonly follows: boolean;
  /** Only the grain lives: a result of which every frame is equal to the bit has lost that. */
  readonly grainAlone?: boolean;
  /** By the name of a defect that would be none here: why. */
  readonly noDefect?: Readonly<Record<string, string>>;
}

/** Where the camera looks at frame t, px in the painted picture. */
export type Camera = (t: number) => readonly [x: number, y: number];

const pan =
  (speed: number): Camera =>
  (t) => [Math.round(speed * t), 230];
export const still: Camera = () => [60, 40];

export function handheld(seed: number): Camera {
  const random = chance(seed * 3 + 5);
  const steps = Array.from({ length: FRAMES }, () => [random.between(-3, 3), random.between(-3, 3)] as const);
  return (t) => {
    const [x, y] = steps.slice(0, t + 1).reduce(([a, b], [c, d]) => [a + c, b + d] as const, [80, 60] as const);
    return [Math.round(Math.min(200, Math.max(0, x))), Math.round(Math.min(240, Math.max(0, y + 140)))];
  };
}

function seen(picture: Linear, camera: Camera): (t: number) => Light {
  return (t) => {
    const [left, top] = camera(t);
    const out = new Float32Array(WIDE * HIGH * 3);
    for (let y = 0; y < HIGH; y += 1) {
      const from = ((y + top) * picture.width + left) * 3;
      out.set(picture.data.subarray(from, from + WIDE * 3), y * WIDE * 3);
    }
    return out;
  };
}

export const scaled = (light: Light, by: (x: number, y: number, c: number) => number): Light =>
  light.map((v, i) => {
    const pixel = Math.floor(i / 3);
    return v * by(pixel % WIDE, Math.floor(pixel / WIDE), i % 3);
  });

interface ShotOf {
  readonly kind: Kind;
  readonly camera: Camera;
  readonly seed: number;
  /** Gain of plate and result alike at frame t: what the camera or the set does. */
  readonly exposure?: (t: number) => number;
}

/** A grade: one gain a channel, the same over the shot. */
function graded(of: ShotOf): Shot {
  const random = chance(of.seed * 11 + 2);
  const gains = [random.between(0.75, 1.25), random.between(0.75, 1.25), random.between(0.75, 1.25)];
  const view = seen(source(of.kind, of.seed), of.camera);
  const exposure = of.exposure ?? (() => 1);
  const plate = (t: number) => scaled(view(t), () => exposure(t));
  return {
    seed: of.seed,
    plate,
    edit: (t) => scaled(plate(t), (_x, _y, c) => gains[c] as number),
    grain: 1,
    mask: null,
    bits: 16,
  };
}

/** Another light from one side: a gain that stands in the world, or on the screen. */
function relit(of: ShotOf, where: "world" | "screen"): Shot {
  const shot = graded(of);
  return {
    ...shot,
    edit: (t) => {
      const left = where === "world" ? of.camera(t)[0] : 0;
      return scaled(shot.plate(t), (x, _y, c) => 2 ** (((x + left) / WIDE - 0.5) * (c === 0 ? 1.2 : 0.8)));
    },
  };
}

function box(left: number, top: number, wide: number, high: number): MaskPicture {
  const inside = new Uint8Array(WIDE * HIGH);
  for (let y = Math.max(0, top); y < Math.min(HIGH, top + high); y += 1)
    inside.fill(1, y * WIDE + Math.max(0, left), y * WIDE + Math.max(0, Math.min(WIDE, left + wide)));
  return { width: WIDE, height: HIGH, inside };
}

/** New content inside a mask that moves with the camera, laid onto the plate. */
function inpainted(of: ShotOf): Shot {
  const shot = graded(of);
  const other = seen(source("texture", of.seed + 7000), of.camera);
  return {
    ...shot,
    edit: (t) => scaled(other(t), () => (of.exposure ?? (() => 1))(t)),
    mask: (t) => box(200 - of.camera(t)[0], 60, 260, 150),
  };
}

/** A locked-off plate through which somebody walks; the result has the background instead. */
function cleanedUp(of: ShotOf): Shot {
  const background = seen(source(of.kind, of.seed), still)(0);
  const who = seen(source("noise", of.seed + 9000), still)(0);
  const plate = (t: number): Light =>
    background.map((v, i) => {
      const x = Math.floor(i / 3) % WIDE;
      const y = Math.floor(i / 3 / WIDE);
      const at = 60 + t * 20;
      return x >= at && x < at + 50 && y >= 60 && y < 250 ? (who[i] as number) * 1.5 : v;
    });
  return {
    seed: of.seed,
    plate,
    edit: () => background,
    grain: 1,
    mask: () => box(40, 40, 420, 220),
    bits: 16,
  };
}

/** A still background with something that moves in a part of it; the whole frame graded. */
function partlyMoving(of: ShotOf): Shot {
  const shot = cleanedUp(of);
  return { ...shot, edit: (t) => scaled(shot.plate(t), (_x, _y, c) => (c === 2 ? 1.2 : 0.95)), mask: null };
}

/** Another scene from frame 7 on, and another relight of it. */
function cut(seed: number, kinds: readonly [Kind, Kind], gains: readonly [number, number]): Shot {
  const [a, b] = kinds.map((kind, i) => graded({ kind, camera: pan(3), seed: seed + i * 400 })) as [Shot, Shot];
  const at = (t: number) => (t < 7 ? a : b);
  return {
    ...a,
    plate: (t) => at(t).plate(t),
    edit: (t) => scaled(at(t).edit(t), () => (t < 7 ? gains[0] : gains[1])),
  };
}

const ramp = (stops: number) => (t: number) => 2 ** (stops * (t / (FRAMES - 1)));
export const lightning = (t: number) => (t === 5 || t === 6 ? 2.5 : t === 11 ? 1.6 : 1);
const fade = (t: number) => Math.max(0, 1 - t / (FRAMES - 1));
const rest = { moves: true, follows: true } as const;

/** What must raise nothing. */
export const CLEAN: readonly CleanKind[] = [
  ...KINDS.map(
    (kind): CleanKind => ({
      name: `pan of 3 px over ${kind}`,
      shot: (seed) => graded({ kind, camera: pan(3), seed }),
      // Nothing in a sky or along a waterline can be seen to move sideways.
      moves: kind !== "gradient" && kind !== "waterline",
      follows: true,
    }),
  ),
  { name: "pan of 1 px", shot: (seed) => graded({ kind: "texture", camera: pan(1), seed }), ...rest },
  { name: "pan of 8 px", shot: (seed) => graded({ kind: "discs", camera: pan(8), seed }), ...rest },
  { name: "handheld", shot: (seed) => graded({ kind: "bricks", camera: handheld(seed), seed }), ...rest },
  {
    name: "exposure ramp of 0.25 stop",
    shot: (seed) => graded({ kind: "texture", camera: pan(3), seed, exposure: ramp(0.25) }),
    ...rest,
  },
  {
    name: "exposure ramp of 2 stops",
    shot: (seed) => graded({ kind: "discs", camera: pan(3), seed, exposure: ramp(-2) }),
    ...rest,
  },
  {
    name: "lightning in plate and result",
    shot: (seed) => graded({ kind: "lights", camera: pan(3), seed, exposure: lightning }),
    ...rest,
  },
  {
    name: "fade to black",
    shot: (seed) => graded({ kind: "texture", camera: pan(3), seed, exposure: fade }),
    ...rest,
  },
  { name: "cut", shot: (seed) => cut(seed, ["texture", "bricks"], [1, 1]), moves: true, follows: false },
  {
    name: "cut to a scene relit otherwise",
    shot: (seed) => cut(seed, ["discs", "lights"], [0.8, 1.4]),
    moves: true,
    follows: false,
  },
  {
    name: "relight that stands in the world",
    shot: (seed) => relit({ kind: "texture", camera: pan(3), seed }, "world"),
    ...rest,
  },
  {
    name: "relight that stands on the screen",
    shot: (seed) => relit({ kind: "discs", camera: pan(3), seed }, "screen"),
    ...rest,
  },
  {
    name: "locked off",
    shot: (seed) => graded({ kind: "texture", camera: still, seed }),
    moves: false,
    follows: true,
    grainAlone: true,
  },
  {
    name: "locked off, one edited picture grained anew",
    shot: (seed) => ({ ...graded({ kind: "bricks", camera: still, seed }), grain: 0.3 }),
    moves: false,
    follows: true,
    grainAlone: true,
  },
  {
    name: "locked off, somebody walks through",
    shot: (seed) => partlyMoving({ kind: "texture", camera: still, seed }),
    moves: false,
    follows: true,
  },
  {
    name: "somebody who walks through is taken out",
    shot: (seed) => cleanedUp({ kind: "discs", camera: still, seed }),
    moves: false,
    follows: false,
  },
  {
    name: "new content in a mask that moves with the camera",
    shot: (seed) => inpainted({ kind: "bricks", camera: pan(3), seed }),
    moves: false,
    follows: false,
  },
  {
    name: "new content in a mask, handheld",
    shot: (seed) => inpainted({ kind: "discs", camera: handheld(seed), seed }),
    moves: false,
    follows: false,
  },
  {
    name: "graded inside a mask",
    shot: (seed) => ({
      ...graded({ kind: "texture", camera: pan(3), seed }),
      mask: () => box(120, 60, 260, 150),
    }),
    moves: false,
    follows: true,
  },
  {
    name: "denoised",
    shot: (seed) => ({ ...graded({ kind: "texture", camera: pan(3), seed }), grain: 0 }),
    ...rest,
  },
  {
    name: "grained twice as much",
    shot: (seed) => ({ ...graded({ kind: "discs", camera: pan(3), seed }), grain: 2 }),
    ...rest,
  },
  {
    name: "8 bits",
    shot: (seed) => ({ ...graded({ kind: "lights", camera: pan(3), seed }), bits: 8 }),
    ...rest,
  },
];
