/** Plates in rooms and on stages: a window that blows out, fire, a wall of LEDs. Scenes without lens or grain. */
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, mark, mix, octaves, sample, scaled, shade, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import type { Linear } from "./sources.ts";

/** A dim room and a window far over white, its blinds half shut, their light in stripes on the floor and the wall. */
export function blinds(scene: Linear, random: Chance): void {
  const plaster = octaves(field(random), 0.65, 6);
  const outside = octaves(field(random), 0.5, 4);
  const left = random.between(0.25, 0.55);
  const box = { left, right: left + random.between(0.45, 0.6), top: 0.1, bottom: random.between(0.56, 0.64) };
  const slats = random.between(15, 22);
  const open = random.between(0.3, 0.5);
  const floor = random.between(0.74, 0.8);
  const lean = random.between(-0.9, 0.9);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const fall = 0.3 + 1 / (1 + 5 * Math.hypot(x - (box.left + box.right) / 2, y - 0.4));
    const rough = 1 + 0.06 * plaster(x * 6, y * 6, pixel * 6) + 0.05 * plaster(x * 70, y * 70, pixel * 70);
    cover(rgb, scaled([0.085, 0.078, 0.07], fall * rough), 1);
    const ground = step(-0.002, 0.002, y - floor);
    const boards = 1 + 0.25 * plaster(x * 3 + (x - 0.75) * (y - floor) * 4, y * 40, pixel * 40);
    cover(rgb, scaled([0.06, 0.042, 0.028], fall * boards), ground);
    const depth = (y - floor) / (1 - floor);
    const along = (x - lean * 0.35 * depth - 0.12 * lean - (box.left + box.right) / 2) / (1 + 0.6 * depth);
    const stripes = step(0.42, 0.5 + 0.12 * depth, 0.5 + 0.5 * Math.sin((depth * 6.5 + 0.4 * along) * 2 * Math.PI));
    const spill = ground * stripes * step(0.31, 0.28, Math.abs(along)) * step(0.02, 0.08, depth) * step(1, 0.8, depth);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * (1 + 5.5 * spill);
    pane(rgb, { x, y, box, slats, open, pixel, view: outside(x * 4, y * 4, pixel * 4) });
  });
  furniture(scene, random, floor);
}

interface Pane {
  readonly x: number;
  readonly y: number;
  readonly box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  readonly slats: number;
  readonly open: number;
  readonly pixel: number;
  readonly view: number;
}

function pane(rgb: Rgb, { x, y, box, slats, open, pixel, view }: Pane): void {
  const inside = Math.min(x - box.left, box.right - x, y - box.top, box.bottom - y);
  cover(rgb, [0.2, 0.19, 0.18], step(-0.024, -0.021, inside));
  cover(rgb, [0.07, 0.066, 0.06], step(-0.004, 0, inside));
  const high = (y - box.top) / (box.bottom - box.top);
  const pitch = (box.bottom - box.top) / slats;
  const part = ((((y - box.top + 0.006 * (x - box.left)) / pitch) % 1) + 1) % 1;
  const edge = (0.8 * pixel) / pitch;
  const gap = step(1 - open - edge, 1 - open + edge, part) * step(1 + edge, 1 - edge, part);
  const slat = mix(0.5, 0.16, part / (1 - open)) * (0.8 + 0.3 * (1 - high));
  const sky = (2.6 + 1.2 * view) * mix(1.25, 0.45, step(0.55, 0.85, high + 0.15 * view));
  const cord = step(0.0022, 0.001, Math.abs(Math.abs(x - (box.left + box.right) / 2) - 0.14));
  const post = step(0.013, 0.011, Math.abs(x - (box.left + box.right) / 2));
  const light = mix(mix(slat, sky, gap), 0.12, Math.max(0.8 * cord, post * gap));
  cover(rgb, [light * 0.96, light, light * 1.04], step(0, 0.002, inside));
}

/** A table's edge, a lamp that is off and a chair's back, nearly black against the light. */
function furniture(scene: Linear, random: Chance, floor: number): void {
  const x = random.pick([random.between(0.1, 0.3), random.between(1.15, 1.3)]);
  const black: Rgb = [0.012, 0.011, 0.01];
  const post = { colour: black, soft: 0.003, form: "stroke" } as const;
  mark(scene, { ...post, x, y: floor - 0.02, long: 0.25, wide: 0.009, angle: 0 });
  for (const leg of [-0.2, 0.2])
    mark(scene, { ...post, x: x + leg, y: floor + 0.09, long: 0.1, wide: 0.007, angle: Math.PI / 2 });
  mark(scene, { ...post, x: x + 0.05, y: floor - 0.14, long: 0.12, wide: 0.004, angle: Math.PI / 2 });
  for (let k = 0; k < 60; k += 1)
    mark(scene, {
      ...post,
      x: x + 0.05,
      y: floor - 0.36 + k * 0.002,
      long: 0.03 + k * 0.0008,
      wide: 0.003,
      angle: 0,
      colour: scaled(black, 1.5 + k * 0.03),
    });
  for (let k = 0; k < 5; k += 1)
    mark(scene, { ...post, x: 0.75 + 0.035 * k, y: 0.84, long: 0.12, wide: 0.004, angle: Math.PI / 2 });
  for (const y of [0.72, 0.8]) mark(scene, { ...post, x: 0.82, y, long: 0.075, wide: 0.009, angle: 0.02 });
}

/** Flames and the smoke over them, lit from below, before the dark. */
export function fire(scene: Linear, random: Chance): void {
  const curl = octaves(field(random), 0.5, 4);
  const tongue = octaves(field(random), 0.55, 6);
  const cloud = octaves(field(random), 0.55, 7);
  const cx = random.between(0.5, 1);
  const wide = random.between(0.16, 0.3);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const up = 1 - y;
    const wx = x + 0.16 * up * curl(x * 2.2, y * 1.6, pixel) + 0.05 * curl(x * 6, y * 4 + 30, pixel * 6);
    const wy = y + 0.08 * curl(x * 2.5 + 60, y * 2, pixel);
    const shape = Math.exp(-(((wx - cx) / (wide * (1.1 - 0.6 * up))) ** 2));
    const lick = 0.62 + 0.55 * tongue(wx * 5.5, wy * 2.4, pixel * 6);
    const heat = shape * step(0.72, 0.02, up + 0.28 * (1 - lick)) * clamp(lick, 0, 1.3);
    const body =
      clamp(0.55 + 0.6 * cloud(wx * 2.2 + 9, wy * 2.2, pixel * 2.2)) *
      Math.exp(-(((wx - cx - 0.12 * up) / (0.25 + 0.55 * up)) ** 2));
    const smoke = body * step(0.12, 0.6, up);
    const lit = 0.045 + 0.3 * Math.exp(-up * 2.6) * (0.6 + 0.5 * cloud(wx * 4, wy * 4 + 0.2, pixel * 4));
    cover(rgb, [0.006, 0.008, 0.012], 1);
    cover(rgb, [lit * 1.15, lit * 0.8, lit * 0.62], 0.85 * smoke);
    const hot = heat ** 2.2;
    rgb[0] += 3.2 * hot;
    rgb[1] += 1.35 * heat ** 3.1;
    rgb[2] += 0.35 * heat ** 4.6;
  });
  for (let k = 0; k < 70; k += 1) {
    const x = cx + random.normal() * 0.25;
    const top = random.between(0.3, 2.5);
    const one = {
      x,
      y: random.between(0.05, 0.9),
      angle: -Math.PI / 2 + random.normal() * 0.5,
      wide: 0.0016,
      soft: random.between(0.002, 0.005),
    };
    mark(scene, { ...one, long: random.between(0.002, 0.006), colour: [top, top * 0.4, top * 0.08], form: "leaf" });
  }
}

/** A stage before a wall of LEDs that shows a landscape: its dots are just out of focus, a stand and a prop are dark in front. */
export function stage(scene: Linear, random: Chance): void {
  const hills = octaves(field(random), 0.5, 6);
  const clouds = octaves(field(random), 0.5, 6);
  const floorTone = octaves(field(random), 0.6, 4);
  const pixel = 1 / scene.height;
  const foot = random.between(0.68, 0.76);
  const dusk = random.between(0, 1);
  shade(scene, (x, y, rgb) => {
    const panel = Math.floor(x / 0.24) * 3 + Math.floor(y / 0.24) * 7;
    const tone = 1 + 0.012 * Math.sin(panel * 2.3);
    const up = foot - y;
    let trees = 0;
    const bank = clamp(0.4 + 0.5 * clouds(x * 2, y * 4, pixel * 12));
    cover(rgb, [mix(0.2, 0.55, dusk) * (1 - 0.4 * up), mix(0.3, 0.28, dusk), mix(0.5, 0.22, dusk) + 0.2 * up], 1);
    cover(rgb, [0.6, 0.52, 0.5], 0.5 * bank);
    for (let k = 0; k < 3; k += 1) {
      const crest = 0.26 - 0.08 * k + 0.1 * hills(x * (1 + 0.6 * k) + k * 13, k * 3.3, pixel * 12);
      cover(rgb, [0.1 - 0.025 * k, 0.13 - 0.02 * k, 0.15 - 0.04 * k], step(0.006, -0.006, up - crest));
      if (up < crest) trees = Math.max(trees, 0.25 + 0.25 * k);
    }
    const crown = 1 + trees * hills(x * 16, y * 28, pixel * 50);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * crown;
    const dots =
      1 + 0.035 * Math.sin((x * scene.height * 2 * Math.PI) / 3.7) * Math.sin((y * scene.height * 2 * Math.PI) / 3.7);
    const joint = Math.max(
      Math.exp(-((((x % 0.24) - 0.12) / 0.0016) ** 2)),
      Math.exp(-((((y % 0.24) - 0.12) / 0.0016) ** 2)),
    );
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * tone * dots * (1 - 0.05 * joint);
  });
  const wall = { ...scene, data: scene.data.slice() };
  const mirrored: Rgb = [0, 0, 0];
  shade(scene, (x, y, rgb) => {
    const down = y - foot;
    if (down < -0.004) return;
    sample(wall, x * scene.height, (foot - down * 0.9 - 0.01) * scene.height, mirrored);
    const rough = 0.022 * (1 + 0.5 * floorTone(x * 12, y * 40, pixel * 40));
    cover(
      rgb,
      [rough + 0.14 * mirrored[0], rough + 0.14 * mirrored[1], rough + 0.14 * mirrored[2]],
      step(-0.004, 0.002, down),
    );
  });
  stand(scene, random, foot);
}

/** A light stand with its flag, and a crate with a lit edge. */
function stand(scene: Linear, random: Chance, foot: number): void {
  const x = random.between(0.2, 0.5);
  const dark = { colour: [0.01, 0.01, 0.011], soft: 0.0022, form: "stroke" } as const;
  mark(scene, { ...dark, x, y: 0.52, long: 0.36, wide: 0.005, angle: Math.PI / 2 });
  for (const lean of [-0.5, 0.5])
    mark(scene, { ...dark, x: x + lean * 0.09, y: 0.86, long: 0.09, wide: 0.004, angle: Math.PI / 2 - lean * 1.6 });
  for (let k = 0; k < 40; k += 1)
    mark(scene, { ...dark, x: x + 0.1, y: 0.2 + k * 0.003, long: 0.1, wide: 0.002, angle: 0.12 });
  const wood = octaves(field(random), 0.6, 5);
  const crate = { x: random.between(0.85, 1.2), y: foot + 0.06, r: random.between(0.08, 0.12) };
  shade(scene, (u, v, rgb) => {
    const inside = crate.r - Math.max(Math.abs(u - crate.x), Math.abs(v - crate.y));
    const under = Math.exp(-(((u - crate.x - 0.02) / (crate.r * 1.15)) ** 4) - ((v - crate.y - crate.r) / 0.02) ** 2);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * (1 - 0.7 * under);
    const plank = Math.abs(((((v - crate.y + crate.r) * 3.5) / crate.r) % 1) - 0.5);
    const tone = 0.05 * (1 + 0.4 * wood(u * 5, v * 60, 60 / scene.height)) * (1 - 0.7 * step(0.46, 0.5, plank));
    const lit = 1 + 2.5 * Math.exp(-((inside / 0.006) ** 2)) * step(0.3, 0.9, (crate.y - v) / crate.r);
    cover(rgb, [tone * 1.3 * lit, tone * lit, tone * 0.75 * lit], step(-0.001, 0.001, inside));
  });
}
