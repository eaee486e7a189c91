/**
 * Shots of other kinds for the checks over frames: held out once, until their results were known. All of them must raise nothing. Seeded.
 */
import { chance } from "./random.ts";
import type { CleanKind, Light, Shot } from "./sequenceShots.ts";
import { FRAMES, HIGH, handheld, lightning, scaled, still, WIDE } from "./sequenceShots.ts";
import type { View } from "./sequenceViews.ts";
import { before, blurred, by, glow, gradedFrom, litBy, seenAt, slide, withMotionBlur } from "./sequenceViews.ts";
import { source } from "./sources.ts";

/** Bumps of different heights from the frame's lower end: what stands near the camera. */
function hedge(seed: number): (x: number) => number {
  const random = chance(seed * 17 + 6);
  const [a, b, c] = [random.between(0, 6), random.between(0, 6), random.between(40, 80)];
  return (x) => HIGH - c - 40 * Math.sin(x / 37 + a) - 25 * Math.sin(x / 91 + b);
}

function parallax(seed: number): {
  readonly plate: View;
  readonly isNear: (t: number) => (x: number, y: number) => boolean;
} {
  const outline = hedge(seed);
  const isNear = (t: number) => (x: number, y: number) => y > outline(x + 6 * t);
  const near = slide(source("texture", seed + 300), 6);
  return { plate: before(near, slide(source("skyline", seed), 1.5), isNear), isNear };
}

/** Only what stands near gets another light. */
function nearRelit(seed: number): Shot {
  const { plate, isNear } = parallax(seed);
  return {
    ...gradedFrom(seed, plate),
    edit: (t) => {
      const near = isNear(t);
      return scaled(plate(t), (x, y, c) => (near(x, y) ? (c === 0 ? 1.35 : 1.2) : 0.95));
    },
  };
}

/** Pillars, out of focus and nearly black, that pass by. */
function pastPillars(seed: number): Shot {
  const dark = slide(source("dark", seed + 500), 1);
  const passes = (t: number) => (x: number) => (((x + 24 * t + seed * 7) % 330) + 330) % 330 < 90;
  return gradedFrom(seed, before(dark, slide(source("weave", seed), 2), passes));
}

function strobe(seed: number): Shot {
  const near = glow(330, 110, 90);
  const lit = litBy(slide(source("bricks", seed), 2), (t) => {
    const on = t % 3 === 0 ? 2 : 0;
    return (x, y) => 1 + on * near(x, y);
  });
  return gradedFrom(seed, lit);
}

function fire(seed: number): Shot {
  const random = chance(seed * 19 + 8);
  const flames = Array.from({ length: FRAMES }, () => 0.6 * 2 ** (0.35 * random.normal()));
  const near = glow(120, 240, 190);
  const lit = litBy(by(handheld(seed), source("discs", seed)), (t) => {
    const flame = flames[t] as number;
    return (x, y, c) => 0.5 + flame * near(x, y) * (c === 0 ? 1.3 : c === 1 ? 1 : 0.6);
  });
  return gradedFrom(seed, lit);
}

function crossing(seed: number): Shot {
  const who = slide(source("noise", seed + 900), 0);
  const walks = (t: number) => (x: number, y: number) => {
    const left = 20 + 24 * t;
    return x >= left && x < left + 60 && y >= 40 + 6 * Math.sin(t);
  };
  return gradedFrom(
    seed,
    before(
      litBy(who, () => () => 2.2),
      by(handheld(seed), source("texture", seed)),
      walks,
    ),
  );
}

function dissolve(seed: number): Shot {
  const [a, b] = [slide(source("weave", seed), 3), slide(source("skyline", seed + 60), 2)];
  const plate: View = (t) => {
    const part = Math.min(1, Math.max(0, (t - 3) / 9));
    const [from, to] = [a(t), b(t)];
    return from.map((v, i) => v * (1 - part) + (to[i] as number) * part);
  };
  return gradedFrom(seed, plate);
}

/** Frames of film shown three and two times in turn. */
function pulldown(seed: number): Shot {
  const film = [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6];
  const view = slide(source("wires", seed), 5);
  return {
    ...gradedFrom(seed, (t) => view(film[t] as number)),
    holds: (t) => t > 0 && film[t] === film[t - 1],
  };
}

function rain(seed: number): Shot {
  const random = chance(seed * 23 + 9);
  const drops = Array.from({ length: FRAMES }, () =>
    Array.from({ length: 160 }, () => [random.between(0, WIDE), random.between(-20, HIGH)] as const),
  );
  const view = slide(source("texture", seed), 2);
  const plate: View = (t) => {
    const out = view(t);
    for (const [x, y] of drops[t] as (readonly [number, number])[])
      for (let k = 0; k < 22; k += 1) {
        const [u, v] = [Math.floor(x + k / 8), Math.floor(y + k)];
        if (u < 0 || v < 0 || u >= WIDE || v >= HIGH) continue;
        const i = (v * WIDE + u) * 3;
        for (let c = 0; c < 3; c += 1) out[i + c] = (out[i + c] as number) * 0.6 + 0.25;
      }
    return out;
  };
  return gradedFrom(seed, plate);
}

/** Above the outline another sky, that drifts by itself. */
function otherSky(seed: number): Shot {
  const outline = hedge(seed + 3);
  const isNear = (t: number) => (x: number, y: number) => y > outline(x + 4 * t);
  const near = slide(source("bricks", seed), 4);
  const [old, other] = [slide(source("gradient", seed), 1), slide(source("texture", seed + 700), 0.5)];
  const graded = gradedFrom(seed, near).edit;
  return { ...gradedFrom(seed, before(near, old, isNear)), edit: before(graded, other, isNear) };
}

/** Steeper than the plate about 18 %: what most graphs that "enhance" do. */
const contrast = (light: Light): Light => light.map((v) => 0.18 * (Math.max(0, v) / 0.18) ** 1.15);

function contrasted(seed: number, plate: View): Shot {
  return { ...gradedFrom(seed, plate), edit: (t) => contrast(plate(t)) };
}

const whip = (t: number): number => {
  const part = Math.min(1, t / FRAMES);
  return WIDE / 2 + 280 * part * part * (3 - 2 * part);
};
const ride = (t: number): number => 2 ** Math.min(1, Math.max(0, (t - 5) / 4));
const rest = { moves: true, follows: true } as const;

export const FRESH: readonly CleanKind[] = [
  {
    name: "handheld with motion blur",
    shot: (seed) => {
      const random = chance(seed * 29 + 1);
      const path = Array.from({ length: FRAMES + 2 }, () => [random.between(-9, 9), random.between(-9, 9)] as const);
      const at = (t: number, axis: 0 | 1): number => {
        const [first, part] = [Math.floor(t), t % 1];
        return (path[first]?.[axis] ?? 0) * (1 - part) + (path[first + 1]?.[axis] ?? 0) * part;
      };
      const look = (t: number) => ({ x: 380 + at(t, 0), y: 250 + at(t, 1) });
      return gradedFrom(seed, withMotionBlur(source("discs", seed), look));
    },
    ...rest,
  },
  {
    name: "zoom in",
    shot: (seed) => {
      const picture = source("text", seed);
      return gradedFrom(seed, (t) => seenAt(picture, { x: 384, y: 256, zoom: 1.4 - 0.03 * t }));
    },
    ...rest,
  },
  {
    name: "rack focus",
    shot: (seed) => {
      const view = by(still, source("bricks", seed));
      return gradedFrom(seed, (t) => blurred(view(t), 6 * (1 - t / (FRAMES - 1))));
    },
    moves: false,
    follows: true,
  },
  { name: "parallax of two layers", shot: (seed) => gradedFrom(seed, parallax(seed).plate), ...rest },
  { name: "parallax, only the near layer relit", shot: nearRelit, ...rest },
  { name: "dolly past dark pillars", shot: pastPillars, ...rest },
  { name: "lamp that strobes", shot: strobe, ...rest },
  { name: "fire light", shot: fire, ...rest },
  { name: "somebody crosses, handheld", shot: crossing, ...rest },
  {
    name: "exposure ride of 1 stop in 4 frames",
    shot: (seed) =>
      gradedFrom(
        seed,
        litBy(slide(source("wires", seed), 2.5), (t) => () => 0.6 * ride(t)),
      ),
    ...rest,
  },
  { name: "dissolve", shot: dissolve, moves: true, follows: false },
  {
    name: "pulldown of 24 to 60",
    shot: pulldown,
    ...rest,
    noDefect: { "two frames swapped": "both are one frame of the plate" },
  },
  {
    name: "handles of black frames",
    shot: (seed) => {
      const lit = litBy(slide(source("skyline", seed), 3), (t) => () => (t < 2 || t > FRAMES - 3 ? 0 : 1));
      return gradedFrom(seed, lit);
    },
    ...rest,
  },
  { name: "rain", shot: rain, ...rest },
  {
    name: "whip pan",
    shot: (seed) =>
      gradedFrom(
        seed,
        withMotionBlur(source("skyline", seed), (t) => ({ x: whip(t), y: 250 })),
      ),
    ...rest,
  },
  { name: "another sky, that drifts by itself", shot: otherSky, moves: false, follows: false },
  {
    name: "softer by 1 px",
    shot: (seed) => {
      const plate = slide(source("weave", seed), 2.5);
      return { ...gradedFrom(seed, plate), edit: (t) => blurred(plate(t), 1) };
    },
    ...rest,
  },
  { name: "more contrast", shot: (seed) => contrasted(seed, slide(source("discs", seed), 3.5)), ...rest },
  {
    name: "lightning under more contrast",
    shot: (seed) =>
      contrasted(
        seed,
        litBy(slide(source("texture", seed), 3), (t) => () => lightning(t)),
      ),
    ...rest,
  },
];
