/** Fresh edits that put something in: a sky, more of the set, an object with its shadow, a picture on a screen. */
import { blurred } from "./edits.ts";
import { copyOf, luma } from "./freshChanges.ts";
import type { EditOf } from "./freshEdits.ts";
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, lowPass, mix, octaves, sample, scaled, shade, step } from "./freshPaint.ts";
import type { Linear } from "./sources.ts";

/** Where the plate looks like the top of its sky, down to below the place: clouds of another day, as bright as the old sky was. */
export function sky({ bare, random, focus }: EditOf): Linear {
  const out = copyOf(bare);
  const cloud = octaves(field(random), 0.55, 8);
  const old = skyColour(bare);
  const bright = luma(old);
  const end = focus.y + focus.high;
  const overcast = random.between(-0.3, 0.2);
  const wide = random.between(1, 2);
  const soft = lowPass(bare, 20);
  let i = 0;
  shade(out, (x, y, rgb) => {
    const deep = 0.9 / (1.05 - 0.8 * clamp(y));
    const billow = cloud(x * wide * deep, y * 2.5 * wide * deep, (deep * 3) / bare.height);
    const there = step(-0.25, 0.45, billow + overcast);
    const inner = cloud(x * 3 * wide * deep + 50, y * 7 * wide * deep, (deep * 7) / bare.height);
    const lit = bright * (0.98 - 0.25 * step(0.1, 0.8, billow) + 0.08 * inner + 0.1 * y);
    const blue: Rgb = [bright * (0.62 + 0.2 * y), bright * (0.78 + 0.1 * y), bright * 1.05];
    cover(blue, [lit * 1.02, lit, lit], there);
    const open = likeness(rgb, old);
    const wrap = 0.06 * likeness([soft.data[i], soft.data[i + 1], soft.data[i + 2]] as Rgb, old);
    cover(rgb, blue, Math.max(open, wrap) * step(end + 0.12, end - 0.12, y));
    i += 3;
  });
  return out;
}

/** The brighter half of the top sixth of the frame, on average. */
function skyColour({ width, height, data }: Linear): Rgb {
  const places = Array.from({ length: 400 }, (_, k) => Math.floor(((k + 0.5) / 2400) * width * height) * 3);
  places.sort((a, b) => luma(data, b) - luma(data, a));
  const sum: Rgb = [0, 0, 0];
  for (const at of places.slice(0, 200))
    for (let c = 0; c < 3; c += 1) sum[c] = (sum[c] as number) + (data[at + c] as number) / 200;
  return sum;
}

/** 1: of this colour; 0: of another, or much darker. */
function likeness(rgb: Readonly<Rgb>, of: Readonly<Rgb>): number {
  const stops = rgb.map((v, c) => Math.log2((v + 0.004) / ((of[c] as number) + 0.004))) as Rgb;
  const warm = stops[0] - stops[2];
  const dark = Math.min(0, stops[1]);
  return step(1, 0.35, Math.hypot(0.9 * warm, 0.9 * dark));
}

/** What stands to one side goes on here: the plate moved by whole pixels, its light matched to that of where it comes to lie. */
export function extension({ bare, random, focus }: EditOf): Linear {
  const { width, height, data } = bare;
  const here = lowPass(bare, 40);
  const shift = fittingShift(here, focus);
  const moved = copyOf(bare);
  for (let v = 0, i = 0; v < height; v += 1)
    for (let u = 0; u < width; u += 1)
      for (let c = 0, from = (v * width + mirrored(u + shift, width)) * 3; c < 3; c += 1, i += 1)
        moved.data[i] = data[from + c] as number;
  const there = lowPass(moved, 40);
  const ragged = octaves(field(random), 0.5, 4);
  const out = copyOf(bare);
  let i = 0;
  shade(out, (x, y, rgb) => {
    const away = Math.hypot((x - focus.x) / (focus.wide * 0.85), (y - focus.y) / (focus.high * 0.85));
    const shown = step(1.05, 0.75, away + 0.12 * ragged(x * 3, y * 3, 0.005));
    for (let c = 0; c < 3; c += 1, i += 1) {
      const gain = clamp(((here.data[i] as number) + 0.01) / ((there.data[i] as number) + 0.01), 0.8, 1.25);
      rgb[c] = mix(rgb[c] as number, (moved.data[i] as number) * gain, shown);
    }
  });
  return out;
}

/** Of many moves sideways the one whose rim looks most like what it comes to lie on. */
function fittingShift({ width, height, data }: Linear, focus: EditOf["focus"]): number {
  let best = 0;
  let least = Infinity;
  for (let k = 0; k < 60; k += 1) {
    const shift = Math.round((0.5 + (k >> 1) * 0.025) * height) * (k % 2 === 0 ? 1 : -1);
    const from = Math.round((focus.x - focus.wide) * height) + shift;
    if (from < 0 || from + 2 * focus.wide * height > width) continue;
    let off = 0;
    for (let angle = 0; angle < 60; angle += 1) {
      const u = Math.floor((focus.x + focus.wide * Math.cos(angle / 9.55)) * height);
      const v = Math.floor((focus.y + focus.high * Math.sin(angle / 9.55)) * height);
      const i = (v * width + u) * 3;
      const j = (v * width + clamp(u + shift, 0, width - 1)) * 3;
      off += Math.abs(luma(data, i) - luma(data, j));
    }
    if (off < least) [least, best] = [off, shift];
  }
  return best === 0 ? Math.round(focus.wide * height) : best;
}

function mirrored(at: number, length: number): number {
  const round = ((at % (2 * length)) + 2 * length) % (2 * length);
  return round < length ? round : 2 * length - 1 - round;
}

/** A ball, a drum or a stone with a key light from one side, bounce from below, as bright as its place; dark where it touches. */
export function prop({ bare, random, focus }: EditOf): Linear {
  const out = copyOf(bare);
  const stuff = octaves(field(random), 0.58, 7);
  const form = random.pick(["ball", "drum", "stone"] as const);
  const r = Math.min(focus.wide, focus.high) * random.between(0.45, 0.62);
  const side = random.pick([-1, 1]);
  const around = lowPass(bare, 40);
  const at = (Math.floor(focus.y * bare.height) * bare.width + Math.floor(focus.x * bare.height)) * 3;
  const level = clamp(luma(around.data, at) * random.between(1, 1.7), 0.03, 0.55);
  const albedo: Rgb = [random.between(0.6, 1.1), random.between(0.6, 1), random.between(0.5, 1.1)];
  const pixel = 1 / bare.height;
  const foot = focus.y + r * 0.93;
  const layer = copyOf(bare);
  shade(layer, (x, y, rgb) => {
    const cast = Math.exp(-(((x - focus.x + side * r * 0.45) / (r * 1.3)) ** 2) - ((y - foot) / (r * 0.24)) ** 2);
    const touch = Math.exp(-(((x - focus.x) / (r * 0.8)) ** 2) - ((y - foot) / (r * 0.08)) ** 2);
    const kept = (1 - 0.5 * cast) * (1 - 0.6 * touch);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * kept;
    const lump = form === "stone" ? 0.16 * stuff((x - focus.x) / r, (y - focus.y) / r, pixel / r) : 0;
    const dx = (x - focus.x) / r;
    const dy = (y - focus.y) / r;
    const drum = form === "drum";
    const round = 0.12 * Math.sqrt(Math.max(0, 1 - (dx / 0.8) ** 2));
    const inside = drum ? Math.min(0.8 - Math.abs(dx), 0.86 + round - Math.abs(dy)) : 1 - Math.hypot(dx, dy) - lump;
    const shown = clamp((inside * r) / pixel + 0.5);
    if (shown === 0) return;
    const nx = clamp(drum ? dx / 0.8 : dx, -1, 1);
    const ny = drum ? 0.1 : clamp(dy + (form === "stone" ? 0.6 * lump : 0), -1, 1);
    const nz = Math.sqrt(Math.max(0.01, 1 - Math.min(1, nx * nx + ny * ny)));
    const lid = drum ? clamp(((round - Math.abs(dy + 0.86)) * r) / pixel + 0.5) : 0;
    const light =
      0.16 + 0.6 * lid + 1.1 * step(-0.15, 1.1, side * 0.6 * nx - 0.5 * ny + 0.6 * nz) + 0.1 * step(0.2, 1, ny);
    const tone =
      1 + 0.3 * stuff(dx * 3 + 20, dy * 3, (pixel / r) * 3) + 0.14 * stuff(dx * 22, dy * 22, (pixel / r) * 22);
    const sheen = form === "ball" ? 0.5 * level * Math.exp(-(((nx - side * 0.4) ** 2 + (ny + 0.45) ** 2) / 0.02)) : 0;
    cover(rgb, [0, 1, 2].map((c) => level * (albedo[c] as number) * light * tone + sheen) as Rgb, shown);
  });
  return onlyNear(
    out,
    blurred(layer, random.between(0.6, 0.9)),
    (x, y) => Math.hypot(x - focus.x, (y - focus.y) * 1.1) - r * 2.2,
  );
}

/** `layer` where `outside` is below 0, so that what was blurred with an object is not the plate around it. */
function onlyNear(plate: Linear, layer: Linear, outside: (x: number, y: number) => number): Linear {
  let i = 0;
  shade(plate, (x, y, rgb) => {
    const there = step(0.02, -0.06, outside(x, y));
    for (let c = 0; c < 3; c += 1, i += 1) rgb[c] = mix(rgb[c] as number, layer.data[i] as number, there);
  });
  return plate;
}

/** A monitor seen at a slant: bezel, a picture with panels and lines of type, and the room faintly mirrored in its glass. */
export function screen({ bare, random, focus }: EditOf): Linear {
  const layer = copyOf(bare);
  const level = clamp(luma(lowPass(bare, 40).data, Math.floor(bare.data.length / 6) * 3) * 2.5, 0.12, 0.6);
  const scene = octaves(field(random), 0.55, 6);
  const lean = random.between(-0.18, 0.18);
  const drop = random.between(-0.12, 0.12);
  const half: readonly [number, number] = [focus.wide * 0.55, Math.min(focus.high * 0.55, focus.wide * 0.38)];
  const hue = random.next();
  const pixel = 1 / bare.height;
  const lines = Array.from({ length: 14 }, () => random.between(0.2, 0.95));
  const room: Rgb = [0, 0, 0];
  shade(layer, (x, y, rgb) => {
    const dx = (x - focus.x) / half[0];
    const u = dx / (1 + lean * dx);
    const v = ((y - focus.y) / half[1] - drop * dx) / (1 + lean * dx);
    const inside = Math.min(1 - Math.abs(u), (1 - Math.abs(v)) * (half[1] / half[0])) * half[0];
    if (inside < -0.05) return;
    cover(
      rgb,
      scaled([0.022, 0.022, 0.024], 1 + 0.5 * step(-0.016, -0.02, inside)),
      step(-0.02 - pixel / 2, -0.02 + pixel / 2, inside),
    );
    const glow = content({ u, v, hue, lines, level, tone: scene(u * 1.6, v * 1.6, pixel * 5), pixel: pixel / half[0] });
    sample(bare, (2 * focus.x - x) * bare.height, y * bare.height, room);
    for (let c = 0; c < 3; c += 1)
      glow[c] = (glow[c] as number) * (1 - 0.15 * Math.abs(u)) + 0.05 * Math.min(1, room[c] as number);
    cover(rgb, glow, step(-pixel / 2, pixel / 2, inside));
  });
  return onlyNear(copyOf(bare), blurred(layer, random.between(0.6, 0.9)), (x, y) =>
    Math.max(Math.abs(x - focus.x) - half[0] * 1.6, Math.abs(y - focus.y) - half[1] * 1.85),
  );
}

interface Content {
  readonly u: number;
  readonly v: number;
  readonly hue: number;
  readonly lines: readonly number[];
  readonly level: number;
  readonly tone: number;
  readonly pixel: number;
}

/** A window with a picture on the left, a column of text on the right, a bar at the top. */
function content({ u, v, hue, lines, level, tone, pixel }: Content): Rgb {
  const back: Rgb = [level * mix(0.1, 0.25, hue), level * 0.18, level * mix(0.34, 0.14, hue)];
  const edge = (low: number, high: number, at: number): number =>
    step(low - pixel, low + pixel, at) * step(high + pixel, high - pixel, at);
  cover(back, scaled([0.8, 0.85, 0.9], level * 0.5), edge(-1, -0.86, v));
  const picture = edge(-0.92, 0.2, u) * edge(-0.74, 0.8, v);
  const day = clamp(0.5 + 0.6 * tone - 0.4 * v);
  cover(back, [level * mix(0.25, 1, day), level * mix(0.3, 0.8, day), level * mix(0.25, 0.6, day)], picture);
  const row = ((v + 0.74) / 1.54) * lines.length;
  const long = 0.3 + 0.62 * (lines[clamp(Math.floor(row), 0, lines.length - 1)] as number);
  const text =
    edge(0.3, long, u) * edge(0.3, 0.62, row % 1) * edge(-0.74, 0.8, v) * (0.65 + 0.35 * Math.sin(u * 260 + long * 40));
  cover(back, scaled([0.9, 0.92, 0.95], level), text);
  return back;
}
