/** Unseen plates outdoors: snow and bare trees, a full stadium, fields from the air. Scenes without lens or grain. */
import type { Rgb } from "./freshPaint.ts";
import { cover, field, litRelief, mark, mix, octaves, relief, scaled, shade, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import type { Linear } from "./sources.ts";
import { between, dice, hued, part } from "./unseenPaint.ts";

/** A white slope with blue shadows, an overcast sky, trunks and twigs without leaves. */
export function snow(scene: Linear, random: Chance): void {
  const drift = octaves(field(random), 0.5, 7);
  const cloud = octaves(field(random), 0.5, 6);
  const crest = random.between(0.38, 0.5);
  const lean = random.between(-0.12, 0.12);
  const sun = random.between(0.1, 0.9);
  const pixel = 1 / scene.height;
  const heights = relief(
    scene,
    (x, y) => 0.05 * drift(x * 2.2, y * 5, pixel * 5) + 0.0012 * drift(x * 60, y * 90, pixel * 90),
  );
  const lit = litRelief(heights, random.between(2.6, 3.6), 0.5, 24);
  shade(scene, (x, y, rgb) => {
    const up = crest + lean * (x - 0.75) + 0.02 * drift(x * 3, 7, 0.01) - y;
    const grey = 0.5 + 0.1 * cloud(x * 1.6, y * 4, pixel * 4) + 0.12 * (1 - y);
    cover(rgb, [grey * 0.9, grey * 0.97, grey * 1.06], 1);
    const wood = step(0.07 + 0.05 * drift(x * 4, 30, 0.01), 0, up) * step(-0.01, 0, up);
    cover(rgb, scaled([0.11, 0.12, 0.14], 1 + 0.5 * drift(x * 70, y * 20, pixel * 70)), 0.8 * wood);
    const { light, open } = lit(x, y);
    const white = 0.2 + 0.55 * open * light * (0.6 + 0.4 * sun);
    const sparkle = 1 + 0.06 * drift(x * 150, y * 150, pixel * 150);
    const shadow = 1 - light;
    cover(
      rgb,
      scaled([1 - 0.16 * shadow, 1 - 0.05 * shadow, 1.05 + 0.08 * shadow], white * sparkle),
      step(0.004, -0.004, up),
    );
  });
  for (let k = 0; k < 7; k += 1) {
    const far = random.between(0.3, 1);
    const foot = {
      x: random.between(-0.05, 1.55),
      y: crest + 0.08 + 0.4 * far ** 2,
      wide: 0.018 * far,
      long: 0.3 * far + 0.1,
    };
    bough(scene, random, { ...foot, angle: -Math.PI / 2 + random.between(-0.08, 0.08), depth: 0 });
  }
}

interface Bough {
  readonly x: number;
  readonly y: number;
  readonly wide: number;
  readonly long: number;
  readonly angle: number;
  readonly depth: number;
}

/** A trunk or branch and what grows from it. */
function bough(scene: Linear, random: Chance, of: Bough): void {
  const { x, y, wide, long, angle, depth } = of;
  const end = { x: x + Math.cos(angle) * long, y: y + Math.sin(angle) * long };
  const dark = random.between(0.025, 0.06);
  const place = { x: (x + end.x) / 2, y: (y + end.y) / 2, long: long / 2 + wide };
  mark(scene, { ...place, wide, angle, soft: 0.0025, colour: [dark * 1.1, dark, dark * 0.95], form: "stroke" });
  // Snow lies along what leans.
  const flat = Math.abs(Math.cos(angle));
  if (flat > 0.4 && wide > 0.0012)
    mark(scene, {
      ...place,
      y: place.y - wide * 0.8,
      wide: wide * 0.35,
      angle,
      soft: 0.0025,
      colour: [0.62, 0.66, 0.72],
      form: "stroke",
      strength: flat,
    });
  if (depth >= 5) return;
  const twigs = depth === 0 ? 4 : 2 + Math.floor(random.next() * 2);
  for (let k = 0; k < twigs; k += 1) {
    const t = random.between(0.45, 1);
    const turn = random.pick([-1, 1]) * random.between(0.3, 0.85);
    const next = { x: x + Math.cos(angle) * long * t, y: y + Math.sin(angle) * long * t, angle: angle + turn };
    bough(scene, random, {
      ...next,
      wide: Math.max(0.0007, wide * 0.55),
      long: long * random.between(0.45, 0.65),
      depth: depth + 1,
    });
  }
}

/** Stands full of people in rows, the roof's edge with its floods, boards along a mown pitch. */
export function stadium(scene: Linear, random: Chance): void {
  const turf = octaves(field(random), 0.65, 6);
  const number = Math.floor(random.next() * 1e6);
  const side = hued(random.next(), 0.8);
  const line = random.between(0.6, 0.68);
  const curve = random.between(0.02, 0.08);
  const pixel = 1 / scene.height;
  shade(scene, (x, yy, rgb) => {
    const y = yy + curve * (x - 0.75) ** 2;
    cover(rgb, [0.015, 0.018, 0.028], 1);
    const flood = Math.exp(-(((y - 0.1) / 0.012) ** 2)) * between(0.2, 0.8, { at: part(x / 0.09), soft: 0.15 });
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + 2.4 * flood + 0.12 * Math.exp(-Math.abs(y - 0.1) * 14);
    person(rgb, { x, y, line, number, side });
    const gang = Math.abs(part((x - 0.75) / (0.35 + 0.5 * y) + 0.5) - 0.5) * (0.35 + 0.5 * y);
    cover(
      rgb,
      scaled([0.16, 0.16, 0.17], 0.6 + 0.6 * step(0.4, 0.6, part(y * 90))),
      between(0.17, line - 0.045, { at: y, soft: 0.002 }) * step(0.009, 0.007, gang),
    );
    const board = between(line - 0.045, line, { at: y, soft: pixel });
    const panel = Math.floor(x / 0.3 + 0.2);
    cover(rgb, scaled(hued(dice(panel, 2, number), 0.7), 0.25), board);
    const letter = dice(Math.floor(x * 110), Math.floor((y - line) * 220), number) < 0.5 ? 1 : 0;
    cover(
      rgb,
      [0.6, 0.6, 0.58],
      board *
        letter *
        between(0.2, 0.8, { at: part(x / 0.3 + 0.2), soft: 0.01 }) *
        between(line - 0.035, line - 0.01, { at: y, soft: pixel }),
    );
    const depth = 0.1 / Math.max(0.02, y - line + 0.06);
    const mown = step(-0.2, 0.2, Math.sin((x - 0.75) * depth * 16));
    const blade = 1 + 0.25 * turf(x * 60 * depth, y * 90, pixel * 120) + 0.15 * turf(x * 5, y * 9, pixel * 9);
    cover(rgb, scaled([0.1, 0.24, 0.06], (0.75 + 0.3 * mown) * blade), step(line - pixel, line + pixel, y));
    cover(rgb, [0.55, 0.58, 0.55], 0.85 * between(line + 0.1, line + 0.112, { at: y + 0.05 * x, soft: 0.002 }));
  });
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly line: number;
  readonly number: number;
  readonly side: Rgb;
}

/** Heads and shoulders of whoever sits there; some seats are empty. */
function person(rgb: Rgb, { x, y, line, number, side }: Place): void {
  if (y < 0.16 || y > line - 0.04) return;
  const rows = 62 - 26 * ((y - 0.16) / line);
  const row = Math.floor(y * rows);
  const wide = 1.05 / rows;
  const column = Math.floor(x / wide + (row % 2) * 0.5 + dice(row, 1, number));
  const u =
    part(x / wide + (row % 2) * 0.5 + dice(row, 1, number)) - 0.5 + 0.25 * (dice(column, row, number + 4) - 0.5);
  const v = part(y * rows);
  const light = 0.55 + 0.5 * y;
  cover(rgb, scaled(side, 0.05 * light), 1);
  if (dice(column, row, number) < 0.12) return;
  const shirt = dice(column, row, number + 1);
  const colour: Rgb =
    shirt < 0.45 ? scaled(side, 0.2) : scaled(hued(shirt * 7, 0.35), 0.04 + 0.35 * dice(row, column, number + 2) ** 2);
  cover(rgb, scaled(colour, light), step(0.1, -0.05, Math.hypot(u * 0.9, (v - 1) * 0.9) - 0.45));
  const skin = mix(0.3, 0.07, dice(column, row, number + 3));
  cover(
    rgb,
    [skin * light * 1.25, skin * light * 0.9, skin * light * 0.7],
    step(0.06, -0.05, Math.hypot(u, v - 0.42) - 0.2),
  );
  cover(rgb, [0.02, 0.016, 0.013], step(0.05, -0.05, Math.hypot(u, v - 0.3) - 0.17) * step(0.4, 0.3, v));
}

/** Fields of many crops from above, with furrows, hedges, a road and a few roofs. */
export function fields(scene: Linear, random: Chance): void {
  const bend = octaves(field(random), 0.5, 4);
  const crop = octaves(field(random), 0.66, 7);
  const turn = random.between(0, Math.PI);
  const number = Math.floor(random.next() * 1e6);
  const road = random.between(-0.3, 0.3);
  const pixel = 1 / scene.height;
  const size = random.between(0.26, 0.4);
  shade(scene, (x, y, rgb) => {
    const u = (x * Math.cos(turn) + y * Math.sin(turn) + 0.03 * bend(x * 2, y * 2, pixel)) / size;
    const v =
      (y * Math.cos(turn) - x * Math.sin(turn) + 0.03 * bend(x * 2 + 30, y * 2, pixel)) / (size * 0.7) +
      0.5 * (Math.floor(u) % 2);
    const [a, b] = [Math.floor(u), Math.floor(v)];
    const sort = dice(a, b, number);
    const colours: readonly Rgb[] = [
      [0.12, 0.17, 0.05],
      [0.34, 0.29, 0.12],
      [0.2, 0.13, 0.08],
      [0.16, 0.22, 0.07],
      [0.42, 0.37, 0.1],
    ];
    const base = colours[Math.floor(sort * 5)] as Rgb;
    const along = dice(a, b, number + 1) < 0.5 ? u : v;
    const furrow =
      Math.sin(along * (120 + 60 * sort)) * 0.09 + (0.5 - Math.abs(part(along * 7) - 0.5) < 0.02 ? -0.2 : 0);
    const tone = 1 + furrow + 0.3 * crop(x * 6 + a, y * 6, pixel * 6) + 0.2 * crop(x * 70, y * 70, pixel * 70);
    cover(rgb, scaled(base, tone * (0.8 + 0.4 * dice(a, b, number + 2))), 1);
    const hedge = Math.min(part(u), 1 - part(u), part(v) * 0.7, (1 - part(v)) * 0.7) * size;
    const bush = 0.006 + 0.004 * crop(x * 30, y * 30, pixel * 30);
    cover(
      rgb,
      scaled([0.035, 0.05, 0.02], 1 + 0.6 * crop(x * 90, y * 90, pixel * 90)),
      step(bush + 0.002, bush - 0.002, hedge),
    );
    const way = Math.abs(y - 0.5 - road - 0.25 * (x - 0.75) - 0.08 * bend(x * 1.5, 5, pixel));
    cover(rgb, scaled([0.36, 0.34, 0.31], 1 + 0.08 * crop(x * 50, y * 50, pixel * 50)), step(0.009, 0.007, way));
    const shade1 = 1 - 0.4 * step(0.1, 0.5, bend(x * 1.4 + 9, y * 1.4, pixel));
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * shade1 + 0.012 * (1 + 0.3 * c);
  });
  for (let k = 0; k < 5; k += 1) {
    const one = {
      x: random.between(0.1, 1.4),
      y: random.between(0.1, 0.9),
      angle: turn,
      long: random.between(0.015, 0.03),
      soft: 0.002,
      form: "stroke",
    } as const;
    mark(scene, {
      ...one,
      x: one.x + 0.006,
      y: one.y + 0.006,
      wide: 0.012,
      colour: [0.03, 0.035, 0.03],
      strength: 0.8,
    });
    mark(scene, {
      ...one,
      wide: 0.01,
      colour: random.pick([
        [0.3, 0.1, 0.06],
        [0.4, 0.4, 0.42],
        [0.22, 0.15, 0.1],
      ] as Rgb[]),
    });
  }
}
