/** Plates close to their subject: a vase before lights out of focus, cloth, a face and hair. Scenes without lens or grain. */
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, litRelief, mark, mix, octaves, relief, scaled, shade, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import type { Linear } from "./sources.ts";

/** A glazed vase in focus on a table; what is behind it are coloured discs of the lens. */
export function bokeh(scene: Linear, random: Chance): void {
  const far = octaves(field(random), 0.45, 3);
  const glaze = octaves(field(random), 0.6, 7);
  const grainy = octaves(field(random), 0.6, 5);
  const aspect = scene.width / scene.height;
  const pixel = 1 / scene.height;
  const table = random.between(0.74, 0.84);
  const tint = random.between(0, 1);
  shade(scene, (x, y, rgb) => {
    const light = 0.05 + 0.035 * far(x * 2.2, y * 2.2, pixel) + 0.02 * far(x * 2 + 40, y * 2, pixel);
    const back: Rgb = [light * mix(1.3, 0.7, tint), light, light * mix(0.7, 1.35, tint)];
    cover(rgb, back, 1);
  });
  for (let k = 0; k < 55; k += 1) disc(scene, random, aspect);
  const cx = random.between(0.5, 0.95);
  shade(scene, (x, y, rgb) => {
    const near = (y - table) / (1 - table);
    const wood = 0.09 + 0.05 * clamp(near) + 0.02 * grainy(x * 3, y * 30, 0.02 + 0.5 * Math.abs(near - 0.35));
    const shadow = 1 - 0.65 * Math.exp(-(((x - cx - 0.03) / 0.17) ** 2) - ((y - table - 0.075) / 0.035) ** 2);
    cover(rgb, scaled([1.25, 0.85, 0.55], wood * shadow), step(-0.02, 0.025, y - table));
  });
  vase(scene, random, { cx, foot: table + 0.075, glaze });
}

function disc(scene: Linear, random: Chance, aspect: number): void {
  const of = { x: random.between(-0.05, aspect + 0.05), y: random.between(0, 0.72), r: random.between(0.022, 0.055) };
  const hue = random.next();
  const top = 0.08 + 0.9 * random.next() ** 3;
  const colour: Rgb =
    hue < 0.6 ? [top, top * 0.72, top * 0.4] : hue < 0.85 ? [top * 0.8, top * 0.9, top] : [top, top * 0.3, top * 0.2];
  shade(scene, (x, y, rgb) => {
    const away = Math.hypot(x - of.x, (y - of.y) * (1 + 0.25 * Math.abs(of.x - aspect / 2))) / of.r;
    if (away > 1.2) return;
    const light = step(1.05, 0.93, away) * (0.75 + 0.3 * away ** 4);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + light * (colour[c] as number);
  });
}

interface Vase {
  readonly cx: number;
  readonly foot: number;
  readonly glaze: (x: number, y: number, footprint: number) => number;
}

function vase(scene: Linear, random: Chance, { cx, foot, glaze }: Vase): void {
  const high = random.between(0.45, 0.58);
  const belly = random.between(0.11, 0.15);
  const neck = random.between(0.035, 0.06);
  const colour: Rgb = random.pick([
    [0.3, 0.38, 0.34],
    [0.45, 0.4, 0.32],
    [0.1, 0.16, 0.3],
  ] as Rgb[]);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const t = (foot - y + 0.012 * (1 - ((x - cx) / 0.1) ** 2)) / high;
    const up = clamp((foot - y) / high);
    const r =
      neck +
      (belly - neck) * Math.exp(-(((up - 0.36) / 0.27) ** 2)) +
      0.035 * step(0.86, 1, up) +
      0.02 * step(0.1, 0, up);
    const nx = (x - cx) / r;
    const cap = 0.022 * Math.sqrt(Math.max(0, 1 - nx * nx));
    const shown =
      clamp((r - Math.abs(x - cx)) / (1.6 * pixel) + 0.5) *
      clamp((t + 0.02) / 0.004) *
      step(1 + cap, 0.994 + cap, (foot - y) / high);

    if (shown === 0) return;
    const nz = Math.sqrt(Math.max(0, 1 - nx * nx));
    const key = Math.max(0, -0.75 * nx + 0.6 * nz);
    const rim = Math.max(0, nx - 0.75) * 2.2;
    const drip = glaze(x * 6, y * 3 + 0.4 * glaze(x * 3, y * 3, pixel), pixel * 6);
    const crackle = 1 - 0.3 * Math.exp(-((glaze(x * 15 + 9, y * 15, pixel * 15) / 0.03) ** 2));
    const body = (1 + 0.3 * drip) * crackle * (0.06 + 0.85 * key + 0.3 * rim) * mix(0.5, 1, step(0, 0.2, up));
    const soft = 0.45 * Math.exp(-(((nx + 0.48) / 0.07) ** 2)) * step(0.14, 0.3, up) * step(0.86, 0.7, up);
    for (let c = 0; c < 3; c += 1) rgb[c] = mix(rgb[c] as number, (colour[c] as number) * body + soft, shown);
    const mouth = ((x - cx) / (neck + 0.026)) ** 2 + ((y - foot + high - 0.004) / 0.012) ** 2;
    cover(rgb, scaled(colour, 0.12), step(1.1, 0.85, mouth));
  });
}

/** Heavy folds of cloth in a soft light; its threads can just be seen. */
export function cloth(scene: Linear, random: Chance): void {
  const fold = field(random);
  const bend = octaves(field(random), 0.45, 3);
  const thread = octaves(field(random), 0.6, 3);
  const lean = random.between(-0.6, 0.6);
  const many = random.between(2.2, 4);
  const pixel = 1 / scene.height;
  const heights = relief(scene, (x, y) => {
    const bent = bend(x * 1.1, y * 0.9, pixel);
    const u = (x + lean * y) * many + 0.7 * bent;
    const v = y * 0.8 + 0.4 * bent;
    const first = fold(u, v);
    const second = fold(u * 2.3 + 11, v * 1.6 + 3);
    return 0.14 * (1 - Math.sqrt(first * first + 0.012)) + 0.03 * second * (0.5 + first) + 0.006 * fold(u * 6, v * 5);
  });
  const lit = litRelief(heights, random.between(3.3, 6), random.between(0.55, 0.85), 20);
  const colour: Rgb = random.pick([
    [0.34, 0.05, 0.06],
    [0.1, 0.14, 0.22],
    [0.5, 0.47, 0.4],
    [0.08, 0.2, 0.13],
    [0.3, 0.22, 0.34],
  ] as Rgb[]);
  const silk = random.next() < 0.4 ? 0.35 : 0.05;
  shade(scene, (x, y, rgb) => {
    const { light, open } = lit(x, y);
    const weave =
      1 +
      0.07 * thread((x + lean * y) * 130, y * 22, pixel * 60) +
      0.06 * thread((x + lean * y) * 24 + 50, y * 130, pixel * 60);
    const sheen = silk * light ** 14;
    for (let c = 0; c < 3; c += 1)
      rgb[c] =
        weave * (open * (colour[c] as number) * (1.25 * light + 0.12) + sheen * mix(colour[c] as number, 0.6, 0.4));
  });
}

/** A cheek and a temple close by: the slow turn of light into shade, pores, fine hair across it, the room behind far out of focus. */
export function skin(scene: Linear, random: Chance): void {
  const blotch = octaves(field(random), 0.55, 4);
  const pores = octaves(field(random), 0.8, 3);
  const room = octaves(field(random), 0.4, 2);
  const pixel = 1 / scene.height;
  const dark = random.between(0, 1);
  const side = random.pick([-1, 1]);
  const head = {
    x: 0.75 - 0.3 * side,
    y: random.between(0.5, 0.6),
    rx: random.between(0.72, 0.8),
    ry: random.between(0.85, 0.95),
  };
  const tone: Rgb = [mix(0.56, 0.2, dark), mix(0.35, 0.11, dark), mix(0.26, 0.07, dark)];
  shade(scene, (x, y, rgb) => {
    const back = 0.06 + 0.04 * room(x * 1.6, y * 1.6, pixel);
    cover(rgb, [back * 0.8, back * 0.95, back * 1.15], 1);
    const nx = (x - head.x) / head.rx;
    const ny = (y - head.y) / head.ry;
    const out = nx * nx + ny * ny;
    if (out > 1.1) return;
    const nz = Math.sqrt(Math.max(0.0004, 1 - out));
    const cheek = Math.exp(-(((nx - 0.35 * side) / 0.3) ** 2) - ((ny - 0.2) / 0.25) ** 2);
    const turn = 0.72 * side * nx - 0.35 * ny + 0.6 * nz + 0.1 * cheek;
    const orbit = 1 - 0.22 * Math.exp(-(((nx - 0.24 * side) / 0.17) ** 2) - ((ny + 0.22) / 0.07) ** 2);
    const soft: Rgb = [step(-0.35, 1.05, turn), step(-0.2, 1.05, turn), step(-0.14, 1.05, turn)];
    const detail =
      1 + 0.05 * blotch(x * 9, y * 9, pixel * 9) + 0.045 * pores(x * 120, y * 120, pixel * 60) * step(0, 0.4, nz);
    const oil = 0.1 * step(0.75, 1.1, turn) * (1 + 0.7 * pores(x * 90 + 7, y * 90, pixel * 50));
    const shown = step(1.015, 0.985, out);
    for (let c = 0; c < 3; c += 1) {
      const own = (tone[c] as number) * (1 - (0.03 + 0.05 * c) * (cheek + 0.3 * blotch(x * 4, y * 4, pixel)));
      rgb[c] = mix(rgb[c] as number, detail * orbit * own * (0.05 + 1.1 * (soft[c] as number)) + oil, shown);
    }
  });
  const eye = { x: head.x + 0.3 * side * head.rx, y: head.y - 0.18 * head.ry, side, dark };
  lashes(scene, random, eye);
  hair(scene, random, { ...eye, x: head.x + side * head.rx, y: -0.1 });
}

interface Hair {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly dark: number;
}

/** A closed eye and its brow. */
function lashes(scene: Linear, random: Chance, { x, y, side, dark }: Hair): void {
  const light = mix(0.05, 0.02, dark);
  const one = {
    wide: 0.0011,
    soft: 0.004,
    form: "stroke",
    colour: [light * 1.3, light * 0.9, light * 0.7] as Rgb,
  } as const;
  for (let k = 0; k < 150; k += 1) {
    const t = random.between(-1, 1);
    const brow = { x: x + side * 0.19 * t, y: y - 0.135 - 0.035 * (1 - t * t) + random.normal() * 0.007 };
    mark(scene, { ...one, ...brow, angle: side * (0.5 * t - 0.5), long: 0.016, strength: random.between(0.3, 0.7) });
  }
  for (let k = 0; k < 90; k += 1) {
    const t = k / 45 - 1;
    const lid = { x: x + side * 0.12 * t, y: y + 0.03 * (1 - t * t) };
    mark(scene, { ...one, ...lid, angle: side * -0.5 * t, long: 0.004, strength: 0.6 });
    const lash = {
      x: lid.x + side * 0.01 * t,
      y: lid.y + 0.012,
      angle: Math.PI / 2 - side * t * 0.7 + random.between(-0.15, 0.15),
    };
    mark(scene, { ...one, ...lash, long: random.between(0.008, 0.015), wide: 0.0008, strength: 0.65 });
    mark(scene, {
      ...one,
      x: lid.x,
      y: y - 0.045 + 0.03 * t * t,
      angle: side * 0.5 * t,
      long: 0.005,
      soft: 0.012,
      strength: 0.08,
    });
  }
}

/** Locks down the side of the face, and loose ones across it, each of many short strokes. */
function hair(scene: Linear, random: Chance, of: Hair): void {
  for (let k = 0; k < 620; k += 1) {
    const loose = k > 560;
    const light = (loose ? random.between(0.05, 0.16) : 0.012 + 0.11 * random.next() ** 3) * mix(1, 0.5, of.dark);
    const colour: Rgb = [light * 1.3, light * 0.95, light * 0.65];
    let x = of.x - of.side * (loose ? random.between(0, 0.7) : random.between(-0.2, 0.25));
    let y = of.y + random.between(-0.1, 0.16);
    let angle = Math.PI / 2 - of.side * random.between(-0.1, loose ? 0.3 : 0.2);
    const curl = -of.side * random.between(-0.004, 0.012) * (loose ? 2 : 1);
    const long = random.between(30, 75);
    const wide = random.between(0.0007, 0.0016);
    const soft = loose ? random.between(0.0025, 0.006) : 0.0025;
    for (let n = 0; n < long; n += 1) {
      x += Math.cos(angle) * 0.016;
      y += Math.sin(angle) * 0.016;
      angle += curl + random.between(-0.03, 0.03);
      mark(scene, { x, y, angle, long: 0.0085, wide, soft, colour, form: "stroke", strength: loose ? 0.7 : 1 });
    }
  }
}
