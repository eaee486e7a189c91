/**
 * Shots of another hand, held out of the proof over frames once and known since: what they showed was mended. All of them must raise nothing.
 * Seeded.
 */
import type { MaskPicture } from "../../../daemon/domain/maskFacts.ts";
import { field, octaves } from "./freshPaint.ts";
import { chance } from "./random.ts";
import type { CleanKind, Light, Shot } from "./sequenceShots.ts";
import { FRAMES, HIGH, scaled, WIDE } from "./sequenceShots.ts";
import type { View } from "./sequenceViews.ts";
import { before, blurred, glow, gradedFrom, litBy, seenAt, slide } from "./sequenceViews.ts";
import type { Linear } from "./sources.ts";
import type { UnseenKind } from "./unseenSources.ts";
import { unseenSource } from "./unseenSources.ts";

/** Somewhat larger than a frame. */
const painted = (kind: UnseenKind, seed: number): Linear => unseenSource(kind, seed, { width: 660, height: 440 });
const MIDDLE = { x: 330, y: 220 } as const;
const lockedOff = (kind: UnseenKind, seed: number): View => {
  const light = seenAt(painted(kind, seed), MIDDLE);
  return () => light.slice();
};
const regraded = (shot: Shot, treat: (light: Light) => Light): Shot => ({
  ...shot,
  edit: (t) => treat(shot.edit(t)),
});
/** A steeper curve about 0.2, as a look has. */
const steeper = (light: Light): Light => light.map((v) => 0.2 * (Math.max(0, v) / 0.2) ** 1.12);
const hazed = (light: Light): Light => light.map((v, i) => 0.8 * v + 0.03 + 0.004 * (i % 3));

function rounded(x: number, y: number, wide: number): MaskPicture {
  const inside = new Uint8Array(WIDE * HIGH);
  for (let i = 0; i < inside.length; i += 1)
    inside[i] = Math.hypot((i % WIDE) - x, (Math.floor(i / WIDE) - y) * 1.4) < wide ? 1 : 0;
  return { width: WIDE, height: HIGH, inside };
}

/** A boom goes up: what stands near sinks faster than what is far. */
function crane(seed: number): Shot {
  const [near, far] = [painted("greenhouse", seed), painted("snow", seed + 40)];
  const random = chance(seed * 31 + 2);
  const [a, b] = [random.between(0, 6), random.between(40, 90)];
  const nearBy: View = (t) => seenAt(near, { x: 330, y: 290 - 5 * t });
  const farBy: View = (t) => seenAt(far, { x: 330, y: 240 - 1.5 * t });
  const isNear = (t: number) => (x: number, y: number) => y > HIGH - b - 25 * Math.sin(x / 53 + a) + 5 * t;
  return gradedFrom(seed, before(nearBy, farBy, isNear));
}

/** The subject keeps its size while the room behind it grows. */
function dollyZoom(seed: number): Shot {
  const [who, room] = [painted("shed", seed + 3), painted("library", seed)];
  const still = seenAt(who, MIDDLE);
  const behind: View = (t) => seenAt(room, { ...MIDDLE, zoom: 1.25 - 0.02 * t });
  const isNear = () => (x: number, y: number) => ((x - 240) / 55) ** 2 + ((y - 190) / 95) ** 2 < 1;
  return {
    ...gradedFrom(
      seed,
      before(() => still.slice(), behind, isNear),
    ),
    grain: 0,
  };
}

/** A car's two lights come by in a dark yard. */
function headlights(seed: number): Shot {
  const view = litBy(lockedOff("shed", seed), (t) => {
    const [first, second] = [glow(-60 + 38 * t, 190, 45), glow(-10 + 38 * t, 190, 45)];
    return (x, y) => 0.12 + 1.6 * (first(x, y) + second(x, y));
  });
  return regraded(gradedFrom(seed, view), steeper);
}

/** Only the flag gets another colour. */
function flag(seed: number): Shot {
  const [behind, banner] = [lockedOff("fields", seed)(0), painted("stadium", seed + 9)];
  const isFlag = (x: number, y: number): boolean => x > 130 && x < 380 && y > 50 && y < 200;
  const moved: View = (t) => {
    const out = behind.slice();
    for (let y = 50; y < 200; y += 1)
      for (let x = 131; x < 380; x += 1) {
        const swing = ((x - 130) / 250) * 14;
        const wave = Math.sin(x / 24 - 0.9 * t) * swing;
        const fold = 1 + 0.35 * Math.cos(x / 24 - 0.9 * t) * ((x - 130) / 250);
        const from = (Math.round(Math.min(430, Math.max(0, y + 150 + wave))) * banner.width + x) * 3;
        for (let c = 0; c < 3; c += 1) out[(y * WIDE + x) * 3 + c] = (banner.data[from + c] as number) * fold * 2;
      }
    return out;
  };
  return {
    ...gradedFrom(seed, moved),
    edit: (t) => scaled(moved(t), (x, y, c) => (isFlag(x, y) ? 1.3 - 0.25 * c : 1)),
  };
}

/** Water that falls before a wall that stands; softer by half a pixel. */
function waterfall(seed: number): Shot {
  const wall = lockedOff("cave", seed)(0);
  const water = octaves(field(chance(seed * 37 + 4)), 0.6, 3);
  const plate: View = (t) =>
    wall.map((v, i) => {
      const pixel = Math.floor(i / 3);
      const [x, y] = [pixel % WIDE, Math.floor(pixel / WIDE)];
      const across = Math.exp(-(((x - 240 + 6 * Math.sin(y / 40)) / (60 + y / 6)) ** 4));
      const streak = Math.max(0, 0.45 + 0.7 * water(x / 9, (y - 26 * t) / 55, 0.1));
      return 3 * v * (1 - 0.8 * across) + across * streak * (0.32 + 0.03 * (i % 3)) + 0.01;
    });
  const shot = gradedFrom(seed, plate);
  return regraded(shot, (light) => blurred(light, 0.5));
}

/** A television's light on the room while the camera pans. */
function television(seed: number): Shot {
  const random = chance(seed * 41 + 6);
  const levels = Array.from({ length: FRAMES }, () => random.between(0.2, 1.3));
  const tints = Array.from({ length: FRAMES }, () => random.between(-0.25, 0.25));
  const view = litBy(slide(painted("laboratory", seed), 2, 280), (t) => {
    const near = glow(300 - 2 * t, 140, 110);
    return (x, y, c) => 0.35 + (levels[t] as number) * (1 + (c - 1) * (tints[t] as number)) * near(x, y);
  });
  return regraded(gradedFrom(seed, view), steeper);
}

/** A small flame that sways; the edit is inside a round that stands. */
function candle(seed: number): Shot {
  const random = chance(seed * 43 + 8);
  const sways: number[] = [];
  for (let t = 0; t < FRAMES; t += 1) sways.push(0.7 * (sways[t - 1] ?? 0) + 0.12 * random.normal());
  const view = litBy(lockedOff("food", seed), (t) => {
    const near = glow(230 + 6 * (sways[t] as number), 60, 140);
    return (x, y, c) => 0.15 + (1 + (sways[t] as number)) * near(x, y) * (1.2 - 0.35 * c);
  });
  return { ...gradedFrom(seed, view), mask: () => rounded(240, 140, 110) };
}

/** A frame every few minutes: darker and warmer by steps, clouds far on. */
function timelapse(seed: number): Shot {
  const sky = octaves(field(chance(seed * 47 + 10)), 0.55, 3);
  const land = lockedOff("fields", seed)(0);
  const plate: View = (t) => {
    const step = Math.floor(t / 3);
    const gain = 2 ** (-0.35 * step);
    return land.map((v, i) => {
      const pixel = Math.floor(i / 3);
      const [x, y, c] = [pixel % WIDE, Math.floor(pixel / WIDE), i % 3];
      const cloud = 1 + 0.6 * sky((x + 14 * t) / 90, y / 60, 0.02);
      const light = y < 110 ? 0.4 * cloud : v * 1.5 * (0.75 + 0.25 * cloud);
      return light * gain * (1 + (1 - c) * 0.05 * step);
    });
  };
  return gradedFrom(seed, plate);
}

/** Jolts of a vehicle, each of which dies away. */
function shake(seed: number): Shot {
  const random = chance(seed * 53 + 12);
  const jolts = Array.from({ length: 3 }, (_, k) => ({
    at: 5 * k,
    x: random.between(-18, 18),
    y: random.between(-24, 24),
  }));
  const picture = painted("carriage", seed);
  const view: View = (t) => {
    const moved = { x: MIDDLE.x + 1.5 * t - 12, y: MIDDLE.y };
    for (const { at, x, y } of jolts) {
      if (t < at) continue;
      const left = Math.exp(-(t - at) / 1.6) * Math.cos((t - at) * 2.1);
      moved.x += x * left;
      moved.y += y * left;
    }
    return seenAt(picture, moved);
  };
  return { ...gradedFrom(seed, view), bits: 8 };
}

/** One scene, from a dark exposure to a bright one with the highlights held. */
function exposures(seed: number): Shot {
  const view = slide(painted("cathedral", seed), 3, 270);
  const plate: View = (t) => {
    const part = Math.min(1, Math.max(0, (t - 3) / 9));
    return view(t).map((v) => (1 - part) * 0.6 * v + part * 0.9 * (1 - Math.exp(-2.2 * v)));
  };
  return gradedFrom(seed, plate);
}

/** Drops run down a pane, each with the world upside down in it; haze is laid over all. */
function wetPane(seed: number): Shot {
  const random = chance(seed * 59 + 14);
  const drops = Array.from({ length: 45 }, () => ({
    x: random.between(0, WIDE),
    y: random.between(-40, HIGH),
    r: random.between(3, 9),
    runs: random.next() < 0.3 ? random.between(3, 9) : 0,
  }));
  const world = slide(painted("stadium", seed), 2.5, 270);
  const plate: View = (t) => {
    const far = blurred(world(t), 2);
    const out = far.slice();
    for (const { x, y, r, runs } of drops)
      for (let v = Math.floor(-r); v <= r; v += 1)
        for (let u = Math.floor(-r); u <= r; u += 1) {
          const [px, py] = [Math.floor(x) + u, Math.floor(y + runs * t) + v];
          if (u * u + v * v > r * r || px < 0 || py < 0 || px >= WIDE || py >= HIGH) continue;
          const [fx, fy] = [px - u * 6, py - v * 6].map((at, axis) =>
            Math.min((axis === 0 ? WIDE : HIGH) - 1, Math.max(0, at)),
          );
          const from = ((fy as number) * WIDE + (fx as number)) * 3;
          const rim = 1 - 0.6 * ((u * u + v * v) / (r * r)) ** 3;
          for (let c = 0; c < 3; c += 1) out[(py * WIDE + px) * 3 + c] = (far[from + c] as number) * rim;
        }
    return out;
  };
  return regraded(gradedFrom(seed, plate), hazed);
}

/** Slowly nearer to rows of fine backs, grained half as much again. */
function pushIn(seed: number): Shot {
  const picture = painted("library", seed);
  const view: View = (t) => seenAt(picture, { ...MIDDLE, zoom: 1.2 - 0.008 * t });
  return { ...gradedFrom(seed, view), grain: 1.5 };
}

/** A projector's moving picture on a wall and in the dust before it, while the camera pans. */
function projector(seed: number): Shot {
  const film = painted("underwater", seed + 5);
  const wall = slide(painted("bathroom", seed), 2, 270);
  const plate: View = (t) => {
    const shown = seenAt(film, { x: 250 + 9 * t, y: 200 });
    return wall(t).map((v, i) => {
      const pixel = Math.floor(i / 3);
      const [x, y] = [(pixel % WIDE) + 2 * t, Math.floor(pixel / WIDE)];
      const on = x > 170 && x < 400 && y > 50 && y < 180;
      const beam = Math.abs(y - 115) < (430 - Math.min(430, x)) * 0.15 ? 0.012 : 0;
      return 0.12 * v + (on ? 2.4 * v * (shown[i] as number) : 0) + beam;
    });
  };
  return gradedFrom(seed, plate);
}

const rest = { moves: true, follows: true } as const;
const standing = { moves: false, follows: true } as const;

export const UNSEEN_SHOTS: readonly CleanKind[] = [
  { name: "crane up with parallax", shot: crane, ...rest },
  { name: "dolly zoom, denoised", shot: dollyZoom, ...rest },
  { name: "headlights pass, more contrast", shot: headlights, ...standing },
  { name: "flag in the wind, dyed", shot: flag, ...standing },
  { name: "waterfall, softer", shot: waterfall, ...standing },
  { name: "television, more contrast", shot: television, ...rest },
  { name: "candle, graded inside a mask", shot: candle, ...standing },
  { name: "sunset by steps", shot: timelapse, ...standing },
  { name: "jolts of a vehicle, 8 bits", shot: shake, ...rest },
  { name: "two exposures crossfaded", shot: exposures, ...rest },
  { name: "wet pane, hazed", shot: wetPane, ...rest },
  { name: "slow push in on fine texture, regrained", shot: pushIn, ...rest },
  { name: "projector's picture on a wall", shot: projector, ...rest },
];
