/** Unseen plates indoors: a cathedral, a library, a tiled bathroom, a carriage. Scenes without lens or grain. */
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, mark, mix, octaves, scaled, shade, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import type { Linear } from "./sources.ts";
import { between, dice, hued, part } from "./unseenPaint.ts";

/** Pillars to both sides, a window of coloured panes that is far brighter than all else, its light on the floor, rows of benches. */
export function cathedral(scene: Linear, random: Chance): void {
  const stone = octaves(field(random), 0.62, 7);
  const cx = random.between(0.62, 0.88);
  const half = random.between(0.12, 0.17);
  const sill = random.between(0.5, 0.56);
  const floor = random.between(0.7, 0.75);
  const number = Math.floor(random.next() * 1e6);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const dx = Math.abs(x - cx);
    const rough = 1 + 0.22 * stone(x * 6, y * 6, pixel * 6) + 0.16 * stone(x * 40 + 9, y * 40, pixel * 40);
    const wall = 0.03 + 0.05 * Math.exp(-dx * 3);
    const k = Math.log(Math.max(dx, 0.01) / 0.24) / Math.log(1.42);
    const n = (part(k) / 0.42) * 2 - 1;
    const round = n < 1 ? 0.35 + 1.1 * Math.sqrt(Math.max(0, 1 - n * n)) * step(1.2, -0.9, n) : 0.32;
    const flutes = n < 1 ? 1 + 0.12 * Math.sin(n * 22) : 1;
    const block = 1 - 0.25 * step(0.06, 0.03, part(y * 14 + Math.floor(k) * 0.4));
    cover(rgb, scaled([1.1, 1, 0.85], wall * rough * (k > 0 ? round * flutes : 0.9) * block), 1);
    const down = y - floor + 0.14 * dx;
    const slab = step(0.03, 0.06, part(4 / (down + 0.2))) * step(0.02, 0.05, part((x - cx) / (down + 0.2)));
    cover(rgb, scaled([1, 0.92, 0.8], 0.045 * rough * (0.5 + 0.5 * slab)), step(-0.003, 0.003, down));
    stained(rgb, { u: (x - cx) / half, v: (y - sill) / half, number, pixel: pixel / half });
    const pool = Math.exp(-(((x - cx - 0.2 * down) / (half * 1.1)) ** 2)) * step(0, 0.1, down) * step(0.35, 0.2, down);
    const patch = hued(dice(Math.floor((x + down) * 16), Math.floor(down * 30), number), 0.7);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * (1 + 2 * pool * (patch[c] as number));
  });
  for (let row = 0; row < 7; row += 1)
    for (const side of [-1, 1]) {
      const y = floor + 0.03 + 0.005 * row ** 2;
      const long = 0.09 + 0.035 * row;
      const x = cx + side * (long + 0.06 + 0.012 * row);
      const one = { x, long, angle: 0, soft: 0.002, form: "stroke" } as const;
      mark(scene, { ...one, y: y + 0.012, wide: 0.01 + 0.002 * row, colour: [0.02, 0.013, 0.008] });
      mark(scene, { ...one, y, wide: 0.002 + 0.0004 * row, colour: [0.09, 0.06, 0.04] });
    }
}

interface Glass {
  readonly u: number;
  readonly v: number;
  readonly number: number;
  readonly pixel: number;
}

/** A pointed arch of panes in lead; `u` and `v` in halves of its width from the middle of its sill. */
function stained(rgb: Rgb, { u, v, number, pixel }: Glass): void {
  const arch = v > -2 ? 1 - Math.abs(u) : 1.9 - Math.hypot(Math.abs(u) + 0.9, v + 2);
  const inside = Math.min(arch, -v);
  if (inside < -0.15) return;
  cover(rgb, [0.06, 0.055, 0.05], step(-0.14, -0.1, inside));
  const column = Math.floor(u * 3.5 + 20);
  const row = Math.floor(v * 3 + (column % 2) * 0.5);
  const rose = Math.hypot(u, v + 1.9);
  const ring = Math.floor(rose * 5);
  const petal = rose < 0.8 ? Math.floor((Math.atan2(u, v + 1.9) + Math.PI) * (1.5 + ring * 0.5)) : 0;
  const tone = rose < 0.8 ? dice(ring + 50, petal, number) : dice(column, row, number);
  const level = 0.45 + 1.5 * dice(row, column, number + 1) ** 2;
  const colour = hued(tone < 0.5 ? 0.6 + 0.2 * tone : tone * 0.3, 0.85);
  const bar = rose < 0.8 ? Math.min(part(rose * 5), 1 - part(rose * 5)) * 0.8 : 0.5 - edgeOf(u, v, column);
  cover(rgb, scaled(colour, level), step(0, pixel, inside));
  cover(rgb, [0.015, 0.015, 0.016], step(0.05 + pixel, 0.04, bar) * step(0, pixel, inside));
}

/** How near the middle of its pane a place is: 0.5 at the lead. */
function edgeOf(u: number, v: number, column: number): number {
  return Math.max(Math.abs(part(u * 3.5) - 0.5), Math.abs(part(v * 3 + (column % 2) * 0.5) - 0.5));
}

/** Shelves from side to side, books of every height, width and colour, gold lettering on their backs, a lamp from above. */
export function library(scene: Linear, random: Chance): void {
  const grain = octaves(field(random), 0.6, 6);
  const shelves = random.between(4.2, 6.2);
  const number = Math.floor(random.next() * 1e6);
  const lamp = random.between(0.3, 1.2);
  const tilt = random.between(-0.06, 0.06);
  const pixel = 1 / scene.height;
  shade(scene, (x, yy, rgb) => {
    const y = yy + tilt * (x - 0.75);
    const row = Math.floor(y * shelves + 10);
    const high = part(y * shelves + 10);
    const pitch = 38 + 14 * dice(row, 3, number);
    const lit = 0.25 + 1.1 * Math.exp(-((x - lamp) ** 2) / 0.4 - (y + 0.1) ** 2 * 0.9);
    const wood = 0.09 * (1 + 0.3 * grain(x * 4, y * 60, pixel * 60));
    cover(rgb, scaled([1.25, 0.8, 0.5], 0.012 * lit), 1);
    const slot = x * pitch + 2 * dice(row, 9, number);
    // Two or three slots together are one thick book.
    const thick = dice(Math.floor(slot / 3), row, number) < 0.45;
    const book = thick ? Math.floor(slot / 3) + 9000 : Math.floor(slot);
    const across = thick ? part(slot / 3) : part(slot);
    const top = 0.14 + 0.22 * dice(book, row, number + 2);
    const foot = (pixel * pitch) / (thick ? 3 : 1);
    const shown =
      between(0.04, 0.96, { at: across, soft: foot }) * between(top, 0.9, { at: high, soft: pixel * shelves });
    const colour = hued(dice(book, row, number + 3), 0.2 + 0.6 * dice(book, row, number + 4));
    const cloth = 0.03 + 0.22 * dice(book, row, number + 5) ** 2;
    const round = 0.5 + 0.8 * Math.sqrt(Math.max(0, 1 - (across * 2 - 1.05) ** 2));
    const worn = 1 + 0.2 * grain(x * 60 + book, y * 20, pixel * 60);
    cover(rgb, scaled(colour, cloth * round * worn * lit), shown);
    const band = Math.max(
      between(top + 0.08, top + 0.1, { at: high, soft: 0.008 }),
      between(top + 0.16, top + 0.32, { at: high, soft: 0.01 }) *
        step(0.45, 0.55, dice(Math.floor(high * 90), book, row)),
    );
    cover(
      rgb,
      scaled([1, 0.72, 0.3], 0.4 * round * lit),
      0.7 * band * shown * between(0.2, 0.8, { at: across, soft: foot }),
    );
    const board = step(0.9, 0.9 + 2 * pixel * shelves, high);
    cover(rgb, scaled([1.25, 0.8, 0.5], wood * lit * (1 + 1.2 * step(0.94, 0.9, high))), board);
  });
}

/** White tiles with their joints, a mirror and a basin, light from one side, chrome that shines. */
export function bathroom(scene: Linear, random: Chance): void {
  const glaze = octaves(field(random), 0.5, 5);
  const dirt = octaves(field(random), 0.6, 6);
  const size = random.between(0.07, 0.12);
  const dado = random.between(0.45, 0.6);
  const tint = hued(random.next(), random.between(0.05, 0.35));
  const from = random.pick([-1, 1]);
  const mirror = { x: random.between(0.5, 1), y: 0.3, wide: random.between(0.2, 0.28), high: 0.2 };
  const number = Math.floor(random.next() * 1e6);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const lower = y > dado;
    const u = x / size;
    const v = y / (lower ? size : size / 2) + (lower ? 0 : 0.2);
    const shift = lower ? 0 : (Math.floor(v) % 2) * 0.5;
    const [a, b] = [part(u + shift), part(v)];
    const joint = Math.min(a, 1 - a, b * (lower ? 1 : 0.5), (1 - b) * (lower ? 1 : 0.5)) * size;
    const bevel = 1 + 0.25 * step(0.006, 0.002, joint) * (a < 0.5 ? 1 : -1) * from;
    const own = 1 + 0.1 * (dice(Math.floor(u + shift), Math.floor(v), number) - 0.5);
    const light = 0.3 + 0.32 * step(-0.2, 1.7, from > 0 ? 1.5 - x : x) + 0.04 * glaze(x * 3, y * 3, pixel * 3);
    const face = light * own * bevel * (1 + 0.03 * glaze(x * 25, y * 25, pixel * 25));
    cover(rgb, lower ? [face * tint[0], face * tint[1], face * tint[2]] : [face, face, face * 0.97], 1);
    const grout = light * (0.45 + 0.15 * dirt(x * 20, y * 20, pixel * 20));
    cover(rgb, [grout, grout * 0.97, grout * 0.9], step(0.0028, 0.0012, joint));
    const sheen = Math.exp(-(((a - 0.5 + 0.25 * from) / 0.2) ** 2) - ((b - 0.3) / 0.25) ** 2) * (0.06 + 0.04 * own);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + sheen * light;
    const edge = Math.min(mirror.wide - Math.abs(x - mirror.x), mirror.high - Math.abs(y - mirror.y));
    const room = 0.12 + 0.12 * glaze(x * 4 + 40, y * 4, pixel * 4) + 0.25 * Math.exp(-(((x - mirror.x) / 0.06) ** 2));
    cover(rgb, [room * 1.05, room, room * 0.92], step(-pixel, pixel, edge));
    cover(rgb, [0.65, 0.66, 0.68], between(-0.004, 0.004, { at: edge, soft: pixel }));
  });
  basin(scene, { x: mirror.x, y: 0.72, wide: random.between(0.22, 0.3) });
}

function basin(scene: Linear, { x: cx, y: cy, wide }: { x: number; y: number; wide: number }): void {
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const [dx, dy] = [(x - cx) / wide, (y - cy) / (wide * 0.55)];
    const bowl = 1 - Math.hypot(dx, dy > 0 ? dy : dy * 3);
    const under = Math.exp(-(((x - cx) / (wide * 1.1)) ** 4) - ((y - cy - wide * 0.55) / 0.06) ** 2);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * (1 - 0.4 * under);
    const white = 0.4 + 0.22 * step(1, -0.6, dx + dy) - 0.15 * clamp(dy);
    cover(rgb, [white, white, white * 0.98], step(-pixel / wide, pixel / wide, bowl));
    const rim = between(0.02, 0.08, { at: bowl, soft: 0.02 });
    cover(rgb, [0.75, 0.75, 0.74], 0.4 * rim * step(0.1, -0.2, dy));
    const tap = Math.min(0.012 - Math.abs(x - cx), 0.07 - Math.abs(y - cy + 0.08));
    const chrome = 0.1 + 0.7 * Math.exp(-(((x - cx + 0.004) / 0.003) ** 2)) + 0.15 * step(0, 0.01, x - cx);
    cover(rgb, scaled([0.98, 1, 1.03], chrome), step(-pixel, pixel, tap));
  });
}

/** A carriage: windows onto a blurred land, seats row behind row, rails for the hands, lamps along the ceiling. */
export function carriage(scene: Linear, random: Chance): void {
  const land = octaves(field(random), 0.5, 3);
  const weave = octaves(field(random), 0.6, 4);
  const cloth = hued(random.next(), random.between(0.3, 0.8));
  const pane = { top: random.between(0.2, 0.26), bottom: random.between(0.5, 0.56), pitch: random.between(0.44, 0.6) };
  const day = random.between(0.35, 0.9);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const wall = 0.16 + 0.08 * step(0, 0.6, y) - 0.08 * step(0.6, 1, y);
    const panel = 1 - 0.3 * between(0.497, 0.503, { at: part(x / pane.pitch + 0.5), soft: 0.003 });
    cover(rgb, scaled([1, 0.98, 0.92], wall * panel * (1 + 0.03 * weave(x * 50, y * 50, pixel * 50))), 1);
    const u = (part(x / pane.pitch) - 0.5) * pane.pitch;
    const inside = Math.min(pane.pitch * 0.42 - Math.abs(u), y - pane.top, pane.bottom - y);
    const corner = Math.hypot(
      Math.max(0, 0.05 - pane.pitch * 0.42 + Math.abs(u)),
      Math.max(0, 0.05 - y + pane.top, 0.05 - pane.bottom + y),
    );
    const glass = Math.min(inside, 0.05 - corner);
    cover(rgb, [0.02, 0.02, 0.022], step(-0.014, -0.01, glass));
    const hill = 0.36 + 0.07 * land(x * 1.2, 3, 0.02);
    const far: Rgb = y < hill ? [day * 0.75, day * 0.88, day] : [day * 0.24, day * 0.3, day * 0.12];
    const blur = 1 + 0.25 * land(x * 0.9, y * 24, 0.02);
    cover(rgb, scaled(far, y < hill ? 1 : blur), step(-pixel, pixel, glass));
    const lamp = Math.exp(-(((y - 0.06) / 0.012) ** 2)) * between(0.1, 0.9, { at: part(x / 0.5), soft: 0.02 });
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + 1.3 * lamp * (1 - 0.06 * c);
  });
  for (let row = 0; row < 5; row += 1) seat(scene, { x: 0.1 + row * 0.33, y: 0.6 + 0.02 * (row % 2), cloth, weave });
  for (const x of [0.28, 0.95])
    mark(scene, {
      x,
      y: 0.5,
      long: 0.5,
      wide: 0.007,
      angle: Math.PI / 2,
      soft: 0.004,
      colour: [0.5, 0.42, 0.08],
      form: "stroke",
    });
}

interface Seat {
  readonly x: number;
  readonly y: number;
  readonly cloth: Rgb;
  readonly weave: (x: number, y: number, footprint: number) => number;
}

function seat(scene: Linear, { x: cx, y: top, cloth, weave }: Seat): void {
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const [dx, dy] = [Math.abs(x - cx) / 0.13, (y - top) / 0.45];
    const inside = Math.min(1 - dx ** 3 - 0.1 * step(0.3, 0, dy), dy * 4 + 0.2 - 0.2 * dx * dx);
    if (inside < -0.05) return;
    const dots = step(0.2, 0.4, Math.sin(x * 190 + 4 * Math.sin(y * 60)) * Math.sin(y * 170));
    const light =
      (0.035 + 0.08 * step(0.5, 0, dy)) * (1 - 0.5 * dx * dx) * (1 + 0.25 * weave(x * 130, y * 130, pixel * 130));
    const seam = 1 - 0.5 * between(0.28, 0.31, { at: dy, soft: 0.01 });
    const colour: Rgb = [
      mix(cloth[0], 1.6, 0.5 * dots),
      mix(cloth[1], 1.3, 0.5 * dots),
      mix(cloth[2], 0.6, 0.5 * dots),
    ];
    cover(rgb, scaled(colour, light * seam), step(-0.01, 0.02, inside));
  });
}
