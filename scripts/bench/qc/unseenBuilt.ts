/** Unseen plates of what people built: a shed of corrugated sheet, a shop's window, a laboratory. Scenes without lens or grain. */
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, mark, octaves, scaled, shade, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import type { Linear } from "./sources.ts";
import { between, dice, hued, part } from "./unseenPaint.ts";

/** A shed of corrugated sheet with rust, screws and a door, on gravel, before a pale sky. */
export function shed(scene: Linear, random: Chance): void {
  const rust = octaves(field(random), 0.6, 7);
  const stones = octaves(field(random), 0.75, 5);
  const cloud = octaves(field(random), 0.5, 5);
  const eaves = random.between(0.14, 0.24);
  const ground = random.between(0.78, 0.86);
  const waves = random.between(26, 44);
  const paint = hued(random.next(), random.between(0, 0.5));
  const door = { x: random.between(0.3, 1.2), wide: random.between(0.12, 0.17) };
  const sun = random.pick([-1, 1]) * random.between(0.4, 1);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const grey = 0.45 + 0.1 * cloud(x * 2, y * 4, pixel * 4) + 0.2 * y;
    cover(rgb, [grey * 0.92, grey, grey * 1.1], 1);
    const slope = eaves + 0.05 * (x - 0.75);
    const inDoor = step(-pixel, pixel, Math.min(door.wide - Math.abs(x - door.x), y - slope - 0.22));
    const sheet = Math.floor(x * 2.6) + Math.floor((y - slope) / 0.34) * 7;
    const phase = x * waves * 2 * Math.PI * (inDoor > 0.5 ? 1.5 : 1);
    const light = 0.2 + 0.1 * sun * Math.cos(phase) + 0.05 * Math.max(0, sun * Math.cos(phase - 0.5)) ** 8;
    const worn = step(
      0.05,
      0.6,
      rust(x * 3 + sheet, y * 3, pixel * 3) + 0.5 * step(0.3, 0, part((y - slope) / 0.34)) - 0.15,
    );
    const coat = scaled(
      paint,
      light *
        (0.9 + 0.2 * dice(sheet, 1, 5)) *
        (1 + 0.06 * rust(x * 40, y * 40, pixel * 40)) *
        (inDoor > 0.5 ? 0.7 : 1),
    );
    const scale = light * (0.7 + 0.5 * rust(x * 25, y * 25, pixel * 25) + 0.3);
    cover(coat, [scale * 1.1, scale * 0.55, scale * 0.3], 0.8 * worn);
    const lap = 1 - 0.5 * between(0.985, 1, { at: part((y - slope) / 0.34), soft: 0.006 });
    const screw = Math.hypot(
      (part(x * waves * 0.5) - 0.5) / (waves * 0.5),
      part((y - slope) / 0.17 + 0.5) * 0.17 - 0.085,
    );
    for (let c = 0; c < 3; c += 1)
      coat[c] =
        (coat[c] as number) * lap * (1 - 0.55 * step(0.005, 0.003, screw)) * (1 - 0.5 * step(0.05, 0, y - slope));
    cover(rgb, coat, step(-pixel, pixel, y - slope));
    cover(
      rgb,
      [0.03, 0.03, 0.032],
      between(-0.008, 0.008, { at: Math.min(door.wide - Math.abs(x - door.x), y - slope - 0.22), soft: pixel }) *
        step(ground, ground - 0.01, y),
    );
    const depth = 0.12 / Math.max(0.015, y - ground + 0.04);
    const pebble = 1 + 0.55 * stones(x * 30 * depth, y * 70, pixel * 90) + 0.2 * stones(x * 3, y * 6, pixel * 6);
    cover(
      rgb,
      scaled([0.25, 0.23, 0.2], pebble * (1 - 0.6 * step(0.05, 0, y - ground))),
      step(-0.004, 0.004, y - ground + 0.006 * stones(x * 30, 1, pixel * 30)),
    );
  });
  for (let k = 0; k < 70; k += 1) {
    const x = random.between(0, 1.5);
    mark(scene, {
      x,
      y: ground + random.between(-0.02, 0.02),
      long: random.between(0.015, 0.05),
      wide: 0.0022,
      angle: -Math.PI / 2 + random.normal() * 0.35,
      soft: 0.002,
      colour: scaled([0.12, 0.17, 0.05], random.between(0.4, 1.2)),
      form: "leaf",
    });
  }
}

/** Goods on steps behind a pane in which the street across is faintly seen. */
export function shopwindow(scene: Linear, random: Chance): void {
  const brick = octaves(field(random), 0.6, 6);
  const number = Math.floor(random.next() * 1e6);
  const frame = hued(random.next(), 0.5);
  const inner = random.between(0.3, 0.6);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const course = Math.floor(y / 0.035);
    const joint = Math.min(part(y / 0.035) * 0.035, part(x / 0.11 + (course % 2) * 0.5) * 0.11);
    const clay =
      0.1 *
      (0.8 + 0.5 * dice(Math.floor(x / 0.11 + (course % 2) * 0.5), course, number)) *
      (1 + 0.3 * brick(x * 30, y * 30, pixel * 30));
    cover(rgb, joint < 0.005 ? [0.17, 0.16, 0.15] : [clay * 1.6, clay * 0.8, clay * 0.6], 1);
    const edge = Math.min(0.58 - Math.abs(x - 0.75), y - 0.22, 0.84 - y);
    cover(rgb, scaled(frame, 0.1 + 0.08 * step(0.004, 0, Math.abs(edge + 0.02))), step(-0.045, -0.042, edge));
    const board = between(0.06, 0.16, { at: y, soft: pixel }) * step(0.62, 0.618, Math.abs(x - 0.75));
    cover(rgb, scaled(frame, 0.06), board);
    const letter = dice(Math.floor(x * 60), Math.floor(y * 70), number + 9) < 0.52 && part(x * 12) < 0.8 ? 1 : 0;
    cover(
      rgb,
      [0.55, 0.45, 0.2],
      board * letter * between(0.085, 0.137, { at: y, soft: pixel }) * step(0.4, 0.398, Math.abs(x - 0.75)),
    );
    if (edge < -0.002) return;
    goods(rgb, { x, y, number, inner, pixel });
    const across =
      0.05 +
      0.05 * step(0.5, 0.46, y + 0.04 * Math.sin(Math.floor(x * 7) * 2.2)) +
      0.02 * brick(x * 8 + 50, y * 5, pixel * 8);
    const pane = step(0.3, 0.33, part(x * 9)) * between(0.3, 0.7, { at: part(y * 7), soft: 0.05 });
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * 0.88 + across * (0.8 + 0.12 * c) * (1 - 0.35 * pane);
  });
}

interface Goods {
  readonly x: number;
  readonly y: number;
  readonly number: number;
  readonly inner: number;
  readonly pixel: number;
}

/** Three steps of vases, boxes and balls under spots. */
function goods(rgb: Rgb, { x, y, number, inner, pixel }: Goods): void {
  const spot = inner * (0.35 + 0.8 * Math.exp(-(((part(x / 0.38) - 0.5) / 0.3) ** 2) - ((y - 0.5) / 0.5) ** 2));
  cover(rgb, scaled([1, 0.88, 0.7], spot * 0.4), 1);
  for (let row = 0; row < 3; row += 1) {
    const foot = 0.46 + 0.17 * row;
    cover(
      rgb,
      scaled([1.1, 0.95, 0.75], spot * (0.75 - 0.35 * clamp((y - foot) / 0.15))),
      step(foot - pixel, foot + pixel, y),
    );
    const pitch = 0.16;
    const u = x / pitch + 0.37 * row;
    const thing = Math.floor(u);
    const kind = dice(thing, row, number);
    const tall = 0.07 + 0.06 * dice(thing, row, number + 1);
    const [dx, up] = [(part(u) - 0.5) * pitch, (foot + 0.012 - y) / tall];
    const r =
      kind < 0.35
        ? 0.03 + 0.016 * Math.sin(up * 3.4 + 5 * kind)
        : kind < 0.7
          ? 0.045
          : 0.05 * Math.sqrt(clamp(1 - (2 * up - 1) ** 2));
    const n = dx / Math.max(r, 0.004);
    const shown = step(-pixel, pixel, r - Math.abs(dx)) * step(0, pixel / tall, up) * step(1, 1 - pixel / tall, up);
    const colour = hued(dice(thing, row, number + 2), 0.75 * dice(thing, row, number + 3));
    const round =
      kind >= 0.35 && kind < 0.7 ? 0.8 + 0.2 * Math.sign(n) : 0.35 + 0.8 * Math.sqrt(Math.max(0, 1 - n * n));
    const shine =
      0.5 * Math.exp(-(((n + 0.4) / 0.15) ** 2) - ((up - 0.7) / 0.2) ** 2) * (kind < 0.35 || kind > 0.7 ? 1 : 0);
    const band = 1 - 0.4 * between(0.4, 0.5, { at: up, soft: 0.02 });
    cover(rgb, [0, 1, 2].map((c) => spot * ((colour[c] as number) * round * band * 0.9 + shine)) as Rgb, shown);
  }
}

/** Benches with screens full of curves and type, racks of glass, tubes of light above, all in cool white. */
export function laboratory(scene: Linear, random: Chance): void {
  const paint = octaves(field(random), 0.6, 6);
  const bench = random.between(0.62, 0.7);
  const number = Math.floor(random.next() * 1e6);
  const pixel = 1 / scene.height;
  const pitch = random.between(0.36, 0.5);
  shade(scene, (x, y, rgb) => {
    const light =
      0.22 + 0.12 * (1 - y) + 0.015 * paint(x * 5, y * 5, pixel * 5) + 0.01 * paint(x * 50, y * 50, pixel * 50);
    cover(rgb, scaled([0.93, 1, 1.04], light), 1);
    const tube =
      between(0.05, 0.062, { at: y - 0.03 * Math.abs(x - 0.75), soft: 0.003 }) *
      between(0.08, 0.92, { at: part(x / 0.6), soft: 0.01 });
    cover(rgb, [1.6, 1.8, 1.85], tube);
    const shelf = between(0.27, 0.282, { at: y, soft: pixel });
    cover(rgb, [0.42, 0.44, 0.45], shelf);
    const bottle = Math.floor(x * 26);
    const tall = 0.03 + 0.07 * dice(bottle, 1, number);
    const n = (part(x * 26) - 0.5) * 2.6;
    const shown =
      between(0.27 - tall, 0.268, { at: y, soft: pixel }) *
      step(1.05, 0.95, Math.abs(n)) *
      (dice(bottle, 2, number) < 0.75 ? 1 : 0);
    const level = step(0.3, 0.34, (y - 0.27 + tall) / tall);
    const fluid = hued(dice(bottle, 3, number), 0.75 * level);
    cover(rgb, scaled(fluid, 0.16 + 0.14 * (1 - level) + 0.25 * Math.exp(-(((n + 0.5) / 0.12) ** 2))), 0.85 * shown);
    const down = y - bench;
    const steel = 0.3 + 0.07 * paint(x * 2, y * 140, pixel * 140) - 0.18 * clamp(down * 3);
    cover(rgb, scaled([0.96, 1, 1.02], steel), step(-pixel, pixel, down));
    cover(rgb, scaled([0.6, 0.68, 0.75], 0.09), step(0.06, 0.064, down));
    cover(rgb, [0.03, 0.03, 0.034], step(0.06, 0.064, down) * step(0.005, 0.003, Math.abs(part(x / 0.3) - 0.5) * 0.3));
    display(rgb, {
      u: (part(x / pitch) - 0.5) * pitch,
      v: y - bench + 0.16,
      number: number + Math.floor(x / pitch),
      pixel,
    });
  });
}

interface Display {
  readonly u: number;
  readonly v: number;
  readonly number: number;
  readonly pixel: number;
}

function display(rgb: Rgb, { u, v, number, pixel }: Display): void {
  const inside = Math.min(0.14 - Math.abs(u), 0.105 - Math.abs(v));
  cover(rgb, [0.025, 0.025, 0.028], step(-0.012, -0.012 + 2 * pixel, inside));
  cover(rgb, [0.03, 0.03, 0.033], between(0.115, 0.16, { at: v, soft: pixel }) * step(0.03, 0.027, Math.abs(u)));
  const on = step(-pixel, pixel, inside);
  cover(rgb, scaled(hued(dice(number, 7, 1), 0.4), 0.035), on);
  const curve = 0.05 * Math.sin(u * (30 + 40 * dice(number, 5, 1))) * Math.exp(-u * 4) + 0.02 * Math.sin(u * 190);
  const trace = step(0.004, 0.0015, Math.abs(v - curve));
  const lattice = 0.3 * step(0.0016, 0.0008, Math.min(part(u / 0.028) * 0.028, part(v / 0.028) * 0.028));
  const row = Math.floor((v + 0.105) / 0.013);
  const type =
    u > 0.05 && u < 0.05 + 0.08 * dice(row, number, 2) && part((v + 0.105) / 0.013) < 0.5
      ? dice(Math.floor(u * 320), row, number)
      : 0;
  cover(
    rgb,
    scaled(hued(0.33 + 0.3 * dice(number, 8, 1), 0.6), 0.55),
    on * Math.max(trace, 0.3 * lattice, 0.8 * step(0.4, 0.6, type)),
  );
}
