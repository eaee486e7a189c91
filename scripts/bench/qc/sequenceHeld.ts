/** Shots that no check was run on before the limits stood: another hand's, after the kinds of sequenceUnseen.ts were known. */
import type { MaskPicture } from "../../../daemon/domain/maskFacts.ts";
import type { Rgb } from "./freshPaint.ts";
import { field, mix, octaves, sample, step } from "./freshPaint.ts";
import { freshSource } from "./freshSources.ts";
import { chance } from "./random.ts";
import type { CleanKind, Light, Shot } from "./sequenceShots.ts";
import { FRAMES, HIGH, WIDE } from "./sequenceShots.ts";
import type { View } from "./sequenceViews.ts";
import { before, blurred, glow, gradedFrom, litBy, seenAt, slide } from "./sequenceViews.ts";
import { source } from "./sources.ts";
import { dice, part } from "./unseenPaint.ts";
import { unseenSource } from "./unseenSources.ts";

type Place = readonly [x: number, y: number];
type Three = readonly [number, number, number];
type Dot = readonly [x: number, y: number, r: number, colour: Three];

const SIZE = { width: 660, height: 440 } as const;
const MIDDLE = { x: 330, y: 220 } as const;
const BLACK: Light = new Float32Array(WIDE * HIGH * 3);
/** The same light in every frame. */
const held =
  (light: Light): View =>
  () =>
    light;

/** Every channel anew, from what is there, how bright its pixel is, and where. */
function anew(light: Light, of: (v: number, c: number, luma: number, at: Place) => number): Light {
  return light.map((v, i) => {
    const c = i % 3;
    const [r, g, b] = [light[i - c] as number, light[i - c + 1] as number, light[i - c + 2] as number];
    const at = [((i - c) / 3) % WIDE, Math.floor(i / 3 / WIDE)] as const;
    return Math.max(0, of(v, c, 0.2126 * r + 0.7152 * g + 0.0722 * b, at));
  });
}

/** Each frame is treated for itself, all alike. */
const treated = (seed: number, plate: View, treat: (light: Light) => Light): Shot => ({
  ...gradedFrom(seed, plate),
  edit: (t) => treat(plate(t)),
});

/** 1 where `isInside` says so. */
function maskOf(isInside: (x: number, y: number) => boolean): MaskPicture {
  const inside = Uint8Array.from({ length: WIDE * HIGH }, (_, i) => Number(isInside(i % WIDE, Math.floor(i / WIDE))));
  return { width: WIDE, height: HIGH, inside };
}

/** With soft points of light on top of it. */
const dotted =
  (view: View, dots: (t: number) => readonly Dot[]): View =>
  (t) => {
    const out = view(t);
    for (const [atX, atY, r, colour] of dots(t))
      for (let y = Math.max(0, Math.floor(atY - 3 * r)); y <= Math.min(HIGH - 1, atY + 3 * r); y += 1)
        for (let x = Math.max(0, Math.floor(atX - 3 * r)); x <= Math.min(WIDE - 1, atX + 3 * r); x += 1) {
          const [i, share] = [(y * WIDE + x) * 3, glow(atX, atY, r)(x, y)];
          for (let c = 0; c < 3; c += 1) out[i + c] = (out[i + c] as number) + share * (colour[c] as number);
        }
    return out;
  };

/** Two lamps, red and blue, whose beams go round in a field, handheld; day for night. */
function police(seed: number): Shot {
  const [land, from] = [unseenSource("fields", seed, SIZE), chance(seed * 61 + 3).between(0, 6)];
  const view: View = (t) => seenAt(land, { x: 280 + 3 * t + Math.sin(1.3 * t), y: 225 + 2 * Math.sin(0.9 * t) });
  const plate = litBy(view, (t) => (x, y, c) => {
    const facing = Math.cos(Math.atan2((y - 150) * 2, x - 240) - from - 1.1 * t) / 2;
    const [red, blue] = [(0.5 + facing) ** 3 * (c === 0 ? 1 : 0.1), (0.5 - facing) ** 3 * (c === 2 ? 1 : 0.15)];
    return 0.5 + 1.6 * glow(240, 150, 170)(x, y) * (red + blue);
  });
  const night = (v: number, c: number, luma: number) => 0.75 * (0.45 * v + 0.55 * luma) ** 1.1 * (0.65 + 0.25 * c);
  return treated(seed, plate, (light) => anew(light, night));
}

/** Beams that sweep over a stage and go from colour to colour; bleach bypass. */
function concert(seed: number): Shot {
  const phase = chance(seed * 67 + 5).between(0, 6);
  const plate = litBy(slide(freshSource("stage", seed, SIZE), 2, 270), (t) => (x, y, c) => {
    const beam = (k: number): number => {
      const at = 90 + 150 * k + (y - 20) * 0.7 * Math.sin(phase + 2 * k + 0.35 * t);
      const colour = 0.55 + 0.45 * Math.cos(phase + 1.7 * k + 0.5 * t - 2.1 * c);
      return colour * Math.exp(-(((x - at) / (40 + 0.5 * y)) ** 2));
    };
    return 0.3 + 1.4 * (beam(0) + beam(1) + beam(2));
  });
  return treated(seed, plate, (light) => anew(light, (v, _c, luma) => 0.18 * ((v + luma) / 0.36) ** 1.25));
}

/** The camera tilts up until the sun looks in, with a veil and the lens' ghosts; the curve of a print. */
function sunFlare(seed: number): Shot {
  const picture = freshSource("rock", seed, SIZE);
  const sunX = 240 + chance(seed * 71 + 7).between(-150, 150);
  const view: View = (t) => seenAt(picture, { x: 330, y: 280 - 6 * t }).map((v) => 0.8 * v);
  const plate = dotted(view, (t) => {
    const sunY = 6 * t - 70;
    const ghost = (k: number): Dot => {
      const colour = [0.1 - 0.06 * k, 0.05 + 0.05 * k, 0.08] as const;
      return [240 + k * (240 - sunX), 135 + k * (135 - sunY), 9 + 12 * k * k, colour];
    };
    return [...[120, 16].map((r): Dot => [sunX, sunY, r, [0.5, 0.46, 0.4]]), ...[-0.4, 0.5, 1].map(ghost)];
  });
  return treated(seed, plate, (light) => light.map((v) => v ** 1.3 / (v ** 1.3 + 4.556 * 0.18 ** 1.3)));
}

/** Tubes that stutter before they burn, along a way that the camera goes; only the shadows get another colour. */
function tubes(seed: number): Shot {
  const plate = litBy(slide(unseenSource("bathroom", seed, SIZE), 2.5, 270), (t) => {
    const [left, right] = [glow(90 - 2.5 * t, 20, 170), glow(400 - 2.5 * t, 20, 170)];
    const [a, b] = ["0010010111111111", "0000001000101011"].map((burns) => Number(burns[t])) as [number, number];
    return (x, y, c) => 0.5 + (a * left(x, y) + b * right(x, y)) * (c === 1 ? 1 : 0.85);
  });
  return treated(seed, plate, (light) => anew(light, (v, c, luma) => v + Math.exp(-luma / 0.1) * (0.013 * c - 0.008)));
}

/** Bands that a lamp and the shutter make, which roll; sepia. */
function bands(seed: number): Shot {
  const roll = (t: number) => (_x: number, y: number, c: number) =>
    1 + (0.22 - 0.04 * c) * Math.sin(2 * Math.PI * (y / 140 + 0.37 * t));
  const plate = litBy(slide(unseenSource("shopwindow", seed, SIZE), 3.5, 260), roll);
  return treated(seed, plate, (light) => anew(light, (_v, c, luma) => luma * (1.15 - 0.2 * c)));
}

/** Snow that falls near and far, handheld; sharpened, its grain with it. */
function snowfall(seed: number): Shot {
  const [random, picture] = [chance(seed * 73 + 9), freshSource("foliage", seed, SIZE)];
  const born = (): Three => [random.between(0, 520), random.next(), random.between(0.5, 1.6)];
  const flakes = Array.from({ length: 260 }, born);
  const look = (t: number): Place => [3 * t + 2 * Math.sin(0.8 * t), 3 * Math.sin(1.1 * t)];
  const view: View = (t) => seenAt(picture, { x: 290 + look(t)[0], y: 220 + look(t)[1] }).map((v) => 0.7 * v);
  const flake = ([x, high, near]: Three, t: number): Dot => {
    const [left, up] = look(t);
    const fallen = part(high + (9 * near * t) / 310) * 310 - 20;
    return [x - near * left + 4 * Math.sin(9 * high + 0.5 * t), fallen - near * up, near, [0.5, 0.52, 0.55]];
  };
  const plate = dotted(view, (t) => flakes.map((of) => flake(of, t)));
  const shot = treated(seed, plate, (light) => {
    const soft = blurred(light, 1.5);
    return light.map((v, i) => Math.max(0, v + 0.6 * (v - (soft[i] as number))));
  });
  return { ...shot, grain: 1.5 };
}

/** The camera looks for its exposure while it pans past a car; halation. */
function hunting(seed: number): Shot {
  const gain = (t: number): number => 0.7 * 2 ** (0.7 * Math.exp(-t / 6) * Math.cos((0.8 + 0.1 * (seed % 4)) * t));
  const plate = litBy(slide(freshSource("car", seed, SIZE), 4, 260), (t) => () => gain(t));
  return treated(seed, plate, (light) => {
    const bright = light.map((v) => Math.max(0, v - 0.4));
    const halo = blurred(blurred(bright, 5), 5);
    return light.map((v, i) => v + 0.4 * 0.25 ** (i % 3) * (halo[i] as number));
  });
}

/** An arc that burns unsteadily and the sparks of it; inside a mask a lamp that stands lights the room. */
function welding(seed: number): Shot {
  const [random, room] = [chance(seed * 83 + 13), seenAt(unseenSource("shed", seed, SIZE), MIDDLE)];
  const arcs = Array.from({ length: FRAMES }, () => random.between(0.3, 1.5));
  const born = (): Three => [random.between(-6, 16), random.between(-14, 14), random.between(-16, 2)];
  const sparks = Array.from({ length: 300 }, born);
  const [near, lamp] = [glow(330, 150, 120), glow(120, 80, 110)];
  const lit = litBy(held(room), (t) => (x, y, c) => 0.5 + (arcs[t] as number) * near(x, y) * (0.8 + 0.2 * c));
  const spark = ([from, u, v]: Three, t: number): Dot => {
    const age = t - from;
    const heat = age < 0 ? 0 : Math.max(0, 0.7 - 0.1 * age);
    return [330 + u * age, 150 + v * age + 1.6 * age * age, 0.9, [heat, 0.6 * heat, 0.2 * heat]];
  };
  const flying = (t: number): Dot[] => [0, 1, 2, 3].flatMap((k) => sparks.map((of) => spark(of, t + k / 8)));
  const plate = dotted(lit, (t) => [[330, 150, 7, [1.2, 1.3, 1.4]], ...flying(t)]);
  const edit = litBy(plate, () => (x, y, c) => 1 + (1 - 0.25 * c) * lamp(x, y));
  return { ...gradedFrom(seed, plate), edit, mask: () => maskOf((x, y) => Math.hypot(x - 170, 1.3 * y - 156) < 150) };
}

/** Clouds' shadows race over the land; gamma and lift, half the grain. */
function cloudShadows(seed: number): Shot {
  const clouds = octaves(field(chance(seed * 89 + 15)), 0.5, 3);
  const plate = litBy(held(seenAt(freshSource("desert", seed, SIZE), MIDDLE)), (t) => (x, y, c) => {
    const shade = step(-0.25, 0.3, clouds((x + 26 * t) / 170, y / 60, 0.02));
    return 1 - (0.6 - 0.06 * c) * step(70, 150, y) * shade;
  });
  return { ...treated(seed, plate, (light) => light.map((v) => 0.015 + 0.95 * v ** 0.88)), grain: 0.5 };
}

/** A train goes by, close; the sign on the wall behind it is taken out. */
function train(seed: number): Shot {
  const wall = seenAt(source("bricks", seed), MIDDLE);
  const sign = seenAt(source("text", seed + 20), MIDDLE);
  const off = (x: number, y: number) => Math.max(Math.abs(x - 240) - 90, Math.abs(y - 120) - 70);
  const signed = before(held(sign), held(wall), () => (x, y) => off(x, y) < 0)(0);
  const passing = (behind: Light, t: number): Light =>
    anew(behind, (v, c, _luma, [x, y]) => {
      const u = x + 55 * t - 560 + (seed % 5) * 20;
      const [at, lit] = [part(u / 150) * 150, 0.35 + 0.4 * dice(Math.floor(u / 150), 1, 7)];
      const pane = y > 178 && y < 222 ? step(16, 44, at) * step(134, 106, at) : 0;
      const side = mix((y > 240 ? 0.06 : 0.18) * (1.2 - 0.25 * c), lit * (1 - 0.1 * c), pane);
      return y > 152 ? mix(v, side, step(-14, 14, u)) : v;
    });
  const mask = maskOf((x, y) => off(x, y) < 20);
  return { ...gradedFrom(seed, (t) => passing(signed, t)), edit: (t) => passing(wall, t), mask: () => mask };
}

/** Fireworks over a town are taken out of the sky: clouds in the moon's light instead, that stand in the world. */
function fireworks(seed: number): Shot {
  const random = chance(seed * 97 + 17);
  const clouds = octaves(field(random), 0.55, 4);
  const bursts = [-2, 2, 5, 8, 12].map((born): Three => [born, random.between(60, 480), random.between(30, 90)]);
  const shine = ([born, left, top]: Three, t: number, [x, y, c]: Three): number => {
    const age = t - born;
    if (age < 0 || age > 8) return 0;
    const [u, v, wide] = [x + 3 * t - left, y - top - (age * age) / 4, 75 * (1 - Math.exp(-0.4 * age - 0.2))];
    const ring = Math.exp(-(((Math.hypot(u, v) - wide) / (3 + age)) ** 2));
    const rays = Math.max(0, Math.cos(9 * Math.atan2(v, u) + born)) ** 4;
    return (
      (0.06 * glow(0, 0, 60)(u, v) + ring * rays) * Math.exp(-age / 3) * (0.55 + 0.45 * Math.cos(born + left - 2.1 * c))
    );
  };
  const night: View = (t) =>
    anew(BLACK, (_v, c, _luma, [x, y]) => bursts.reduce((sum, of) => sum + shine(of, t, [x, y, c]), 0.015 + 1e-4 * y));
  const moon = (x: number, y: number): number => 0.1 + 0.14 * step(-0.5, 0.9, clouds(x / 110, y / 50, 0.02));
  const moonlit: View = (t) => anew(BLACK, (_v, c, _luma, [x, y]) => moon(x + 3 * t, y) * (0.75 + 0.12 * c));
  const isTown = (t: number) => (x: number, y: number) => y > 130 + 80 * dice(Math.floor((x + 3 * t) / 46), seed, 3);
  const town = litBy(slide(source("bricks", seed), 3), (t) => (x, y) => {
    const [u, v] = [(x + 3 * t) / 11, y / 15];
    return part(u) < 0.4 && part(v) < 0.4 && dice(Math.floor(u), Math.floor(v), seed) > 0.6 ? 3 : 0.45;
  });
  const mask = (t: number) => maskOf((x, y) => !isTown(t)(x, y));
  return { ...gradedFrom(seed, before(town, night, isTown)), edit: before(town, moonlit, isTown), mask };
}

/** Where a place of the frame lies in the picture, of a camera that rolls about its axis. */
function rolled(t: number, [x, y]: Place): Place {
  const [dx, dy, angle] = [x - WIDE / 2, y - HIGH / 2, 0.012 * (t - 7)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [MIDDLE.x + 1.2 * t + dx * cos - dy * sin, MIDDLE.y + dx * sin + dy * cos];
}

/** The camera rolls in a carriage while the tunnel's lights pass; a poster is put in, under the same lights. */
function poster(seed: number): Shot {
  const [wall, print] = [unseenSource("carriage", seed, SIZE), source("skyline", seed + 30, SIZE)];
  const isOn = ([x, y]: Place, margin: number) => Math.max(Math.abs(x - 340) - 95, Math.abs(y - 205) - 65) < margin;
  const seen = (isPut: boolean, t: number): Light => {
    const rgb: Rgb = [0, 0, 0];
    return anew(BLACK, (_v, c, _luma, at) => {
      const place = rolled(t, at);
      if (c === 0) sample(isPut && isOn(place, 0) ? print : wall, place[0] + 0.5, place[1] + 0.5, rgb);
      return rgb[c] as number;
    });
  };
  const light = (t: number) => (x: number, _y: number, c: number) =>
    0.4 + (0.75 - 0.08 * c) * Math.max(0, Math.cos((2 * Math.PI * (x + 70 * t)) / 430)) ** 4;
  const [plate, edit] = [false, true].map((isPut) => litBy((t) => seen(isPut, t), light)) as [View, View];
  return { ...gradedFrom(seed, plate), edit, mask: (t) => maskOf((x, y) => isOn(rolled(t, [x, y]), 22)) };
}

/** A shot is fired in one frame of a pan; more saturation inside a mask that stands in the world. */
function muzzleFlash(seed: number): Shot {
  const plate = litBy(slide(unseenSource("library", seed, SIZE), 3, 270), (t) => {
    const [near, after] = [glow(330 - 3 * t, 130, 110), t - 6 - (seed % 4)];
    const [all, close] = after === 0 ? [1.25, 2] : [1, after === 1 ? 0.15 : 0];
    return (x, y, c) => 1.6 * (all + close * near(x, y) * (1.2 - 0.35 * c));
  });
  const shot = treated(seed, plate, (light) => anew(light, (v, _c, luma) => luma + 1.35 * (v - luma)));
  return { ...shot, mask: (t) => maskOf((x, y) => Math.hypot(x + 3 * t - 270, (y - 135) * 1.5) < 165) };
}

/** A fan turns, and its blades' shadows on what is behind it; the light falls off to the corners, 8 bits. */
function fan(seed: number): Shot {
  const blades = (x: number, y: number, t: number): number =>
    step(0.1, 0.75, Math.cos(4 * (Math.atan2(y, x) - 0.33 * t))) * step(100, 94, Math.hypot(x, y));
  const plate = litBy(held(seenAt(unseenSource("greenhouse", seed, SIZE), MIDDLE)), (t) => (x, y) => {
    const front = Math.max(step(16, 14, Math.hypot(x - 220, y - 120)), blades(x - 220, y - 120, t));
    return (1 - 0.85 * front) * (1 - 0.4 * blades((x - 300) / 1.3, (y - 150) / 1.3, t));
  });
  const edit = litBy(plate, () => (x, y) => 1.15 - 0.5 * (((x - 240) / 275) ** 2 + ((y - 135) / 275) ** 2));
  return { ...gradedFrom(seed, plate), edit, bits: 8 };
}

const rest = { moves: true, follows: true } as const;
const standing = { moves: false, follows: true } as const;
const replaced = { moves: false, follows: false } as const;

export const HELD_SHOTS: readonly CleanKind[] = [
  { name: "police lights, day for night", shot: police, ...rest },
  { name: "concert lights, bleach bypass", shot: concert, ...rest },
  { name: "tilt into the sun, curve of a print", shot: sunFlare, ...rest },
  { name: "tubes that stutter, shadows tinted", shot: tubes, ...rest },
  { name: "rolling bands of a lamp, sepia", shot: bands, ...rest },
  { name: "snow falls, sharpened", shot: snowfall, ...rest },
  { name: "exposure hunts, halation", shot: hunting, ...rest },
  { name: "welding, another lamp inside a mask", shot: welding, ...standing },
  { name: "clouds' shadows, gamma and lift", shot: cloudShadows, ...standing },
  { name: "train passes a sign that is taken out", shot: train, ...replaced },
  { name: "fireworks taken out of the sky", shot: fireworks, ...replaced },
  { name: "poster put in, the camera rolls", shot: poster, ...replaced },
  { name: "muzzle flash, saturated inside a mask", shot: muzzleFlash, ...standing },
  { name: "fan turns, light falls off, 8 bits", shot: fan, ...standing },
];
