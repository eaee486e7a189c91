/** Unseen plates in odd light: under water, food close by, a greenhouse, a cave by torches. Scenes without lens or grain. */
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, litRelief, mark, mix, octaves, relief, scaled, shade, step } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import type { Linear } from "./sources.ts";
import { hued, part } from "./unseenPaint.ts";

/** Blue that deepens, rays and nets of light from the surface, a reef below, fish and specks that drift. */
export function underwater(scene: Linear, random: Chance): void {
  const swell = field(random);
  const reef = octaves(field(random), 0.62, 7);
  const sun = random.between(0.3, 1.2);
  const bed = random.between(0.66, 0.78);
  const green = random.between(0.6, 1);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const deep = Math.exp(-1.4 * y - 0.3 * Math.abs(x - sun));
    cover(rgb, [0.035 * deep ** 2 + 0.004, 0.3 * deep * green + 0.02, 0.46 * deep + 0.04], 1);
    const angle = (x - sun) / (y + 0.5);
    const ray = Math.max(0, swell(angle * 9, 3) + 0.5 * swell(angle * 23, 8)) * Math.exp(-2.2 * y) * 0.5;
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + ray * (0.25 + 0.32 * c);
    const crest = bed - 0.1 * reef(x * 2, 4, 0.01) - 0.04 * reef(x * 7, 9, 0.01);
    const far = step(crest, crest + 0.01, y);
    const net = 1 - Math.abs(swell(x * 9 + 0.6 * swell(x * 5, y * 5), (y - crest) * 20)) * 2.2;
    const lump = 1 + 0.6 * reef(x * 8, y * 14, pixel * 14) + 0.3 * reef(x * 45, y * 60, pixel * 60);
    const lit = (0.07 + 0.12 * clamp(net) ** 3) * lump * (0.6 + clamp(y - crest) * 1.3);
    const coral = hued(0.05 + 0.1 * reef(x * 3, y * 4, pixel * 4), 0.35);
    cover(rgb, [0.5 * lit * coral[0], 0.95 * lit * coral[1], 1.05 * lit * coral[2]], 0.85 * far);
  });
  for (let k = 0; k < 34; k += 1) {
    const one = {
      x: random.between(0, 1.5),
      y: random.between(0.15, 0.7),
      angle: random.normal() * 0.15 + (k % 2) * 0.1,
      soft: random.between(0.002, 0.006),
      form: "leaf",
    } as const;
    const long = random.between(0.008, 0.026);
    const light = random.between(0.03, 0.22);
    mark(scene, { ...one, long, wide: long * 0.36, colour: [light * random.between(0.4, 1.2), light, light * 1.1] });
    mark(scene, {
      ...one,
      x: one.x - long * 1.1,
      long: long * 0.3,
      wide: long * 0.28,
      colour: [light * 0.6, light * 0.8, light],
    });
  }
  for (let k = 0; k < 160; k += 1) {
    const r = random.between(0.0012, 0.005);
    mark(scene, {
      x: random.between(0, 1.5),
      y: random.between(0, 1),
      long: r,
      wide: r,
      angle: 0,
      soft: r * 1.5,
      colour: [0.25, 0.5, 0.56],
      form: "leaf",
      strength: random.between(0.1, 0.5),
    });
  }
}

/** A plate of berries, leaves and sauce on a board, close by, with a wet shine; behind it all is soft. */
export function food(scene: Linear, random: Chance): void {
  const wood = octaves(field(random), 0.62, 6);
  const spill = octaves(field(random), 0.5, 5);
  const crumb = octaves(field(random), 0.7, 6);
  const pixel = 1 / scene.height;
  const cx = random.between(0.65, 0.85);
  const sauce = hued(random.between(-0.05, 0.15), 0.75);
  shade(scene, (x, y, rgb) => {
    const depth = 0.45 / (y + 0.3);
    const soft = pixel * (1 + 30 * Math.max(0, 0.35 - y));
    const plank = 1 - 0.5 * step(0.02, 0.01, part((x - 0.75) * depth * 5 + 0.3));
    const tone =
      0.2 * (1 + 0.35 * wood((x - 0.75) * depth * 40, y * 3, soft * 40)) * plank * mix(0.5, 1, step(0, 0.6, y));
    cover(rgb, scaled([1.2, 0.8, 0.5], tone), 1);
    const [dx, dy] = [(x - cx) / 0.58, (y - 0.62) / 0.33];
    const r = Math.hypot(dx, dy);
    const cast = step(1.25, 0.95, Math.hypot(dx - 0.04, dy - 0.12));
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * (1 - 0.6 * cast);
    const rim = Math.exp(-(((r - 0.82) / 0.05) ** 2)) * (0.12 * dx - 0.14 * dy);
    const china = 0.5 - 0.12 * dx - 0.06 * step(0.85, 0.7, r) + rim;
    cover(rgb, scaled([1, 0.985, 0.95], china), step(1.004, 0.996, r));
    const pool = 0.55 + 0.14 * spill(x * 5, y * 7, pixel * 6) - r;
    const wet = 0.14 + 0.4 * step(0.35, 0.6, spill(x * 9 + 30, y * 12, pixel * 9)) * step(0, 0.2, pool);
    cover(rgb, scaled(sauce, 0.17 + 0.06 * crumb(x * 20, y * 26, pixel * 26)), step(-0.01, 0.015, pool));
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + 0.12 * wet * step(0, 0.1, pool);
    const cake = Math.hypot((x - cx + 0.06) / 0.25, (y - 0.58) / 0.16) + 0.12 * crumb(x * 8, y * 10, pixel * 10);
    const holes =
      1 - 0.5 * step(0.15, 0.5, crumb(x * 34, y * 42, pixel * 42)) + 0.25 * crumb(x * 90, y * 110, pixel * 110);
    cover(
      rgb,
      scaled([0.55, 0.35, 0.16], holes * (0.75 - 0.6 * (y - 0.58)) * (1 - 0.5 * step(0.8, 1, cake))),
      step(1.01, 0.99, cake),
    );
  });
  for (let k = 0; k < 26; k += 1) {
    const angle = random.between(0, 2 * Math.PI);
    const far = random.between(0.05, 0.85);
    berry(scene, random, {
      x: cx + 0.45 * far * Math.cos(angle),
      y: 0.58 + 0.22 * far * Math.sin(angle),
      r: random.between(0.022, 0.04),
    });
  }
  for (let k = 0; k < 14; k += 1) {
    const one = {
      x: cx + random.normal() * 0.14,
      y: 0.5 + random.normal() * 0.06,
      angle: random.between(0, 6),
      soft: 0.002,
    };
    mark(scene, {
      ...one,
      long: random.between(0.03, 0.06),
      wide: random.between(0.01, 0.02),
      colour: scaled([0.12, 0.26, 0.06], random.between(0.5, 1.3)),
      form: "leaf",
    });
    mark(scene, { ...one, long: 0.03, wide: 0.0012, colour: [0.25, 0.42, 0.16], form: "stroke", strength: 0.6 });
  }
}

function berry(scene: Linear, random: Chance, { x: cx, y: cy, r }: { x: number; y: number; r: number }): void {
  const colour: Rgb = random.pick([
    [0.4, 0.03, 0.05],
    [0.04, 0.05, 0.16],
    [0.5, 0.06, 0.04],
  ] as Rgb[]);
  const bloom = octaves(field(random), 0.6, 4);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const [dx, dy] = [(x - cx) / r, (y - cy) / r];
    if (Math.hypot(dx, dy) > 2) return;
    const under = Math.exp(-((dx - 0.3) ** 2) / 1.2 - ((dy - 0.75) / 0.35) ** 2);
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) * (1 - 0.6 * under);
    const inside = 1 - Math.hypot(dx, dy);
    const nz = Math.sqrt(Math.max(0, 1 - dx * dx - dy * dy));
    const light = 0.12 + 0.9 * Math.max(0, -0.5 * dx - 0.6 * dy + 0.6 * nz) + 0.15 * Math.max(0, dy);
    const shine = 0.65 * Math.exp(-((dx + 0.35) ** 2 + (dy + 0.4) ** 2) / 0.02);
    const skin = 1 + 0.3 * bloom(dx * 3, dy * 3, pixel / r);
    cover(
      rgb,
      [0, 1, 2].map((c) => (colour[c] as number) * light * skin + shine) as Rgb,
      step(-pixel / r, pixel / r, inside),
    );
  });
}

/** Panes in white bars against the sky, a path between beds of many plants, light from everywhere. */
export function greenhouse(scene: Linear, random: Chance): void {
  const leafy = octaves(field(random), 0.6, 6);
  const cloud = octaves(field(random), 0.5, 4);
  const cx = random.between(0.6, 0.9);
  const ridge = random.between(0.12, 0.2);
  const day = random.between(0.5, 0.8);
  const pixel = 1 / scene.height;
  shade(scene, (x, y, rgb) => {
    const dx = x - cx;
    const depth = 0.3 / Math.max(0.05, Math.max(Math.abs(dx) * 0.75, 0.42 - y, y - 0.42));
    const sky = day * (0.9 + 0.25 * cloud(x * 2, y * 3, pixel * 3));
    cover(rgb, [sky * 0.88, sky * 0.97, sky], 1);
    const bar = Math.min(
      Math.abs(part(depth * 2.2) - 0.5) / (depth * 2.2),
      Math.abs(part((Math.abs(dx) < 0.01 ? 0 : (0.42 - y) / Math.abs(dx)) * 2) - 0.5) * 0.12,
    );
    cover(rgb, scaled([0.95, 1, 0.97], 0.42 + 0.3 * step(0.3, 0, y)), step(0.008, 0.006, bar) * step(0.55, 0.5, y));
    cover(rgb, [0.3, 0.31, 0.3], step(0.008, 0.006, Math.abs(y - ridge - 0.5 * Math.abs(dx))));
    const top = 0.42 + 0.05 * leafy(x * 6, 2, 0.01) - 0.12 * Math.abs(dx);
    const mass = 0.05 + 0.05 * leafy(x * 9, y * 9, pixel * 9) + 0.03 * leafy(x * 40, y * 40, pixel * 40);
    cover(rgb, scaled([0.6, 1.1, 0.35], Math.max(0.006, mass)), step(top - 0.004, top + 0.004, y));
    const walk = step(0.02, 0, Math.abs(dx) - 0.05 - 0.3 * Math.max(0, y - 0.5)) * step(0.5, 0.52, y);
    const slab = 1 - 0.4 * step(0.05, 0.02, part(1.2 / (y - 0.36)));
    cover(rgb, scaled([0.3, 0.28, 0.25], slab * (1 + 0.2 * leafy(x * 50, y * 30, pixel * 50))), walk);
  });
  for (let k = 0; k < 900; k += 1) {
    const y = 0.44 + 0.62 * (k / 900) ** 1.3;
    const near = (y - 0.38) / 0.6;
    const x =
      cx + random.pick([-1, 1]) * (0.07 + 0.34 * Math.max(0, y - 0.5) + random.between(0, 1) * (0.9 - 0.2 * near));
    const long = (0.012 + 0.05 * near) * random.between(0.6, 1.4);
    const light = random.between(0.35, 1.4) * (0.09 + 0.1 * near);
    const bloom = random.next() < 0.05;
    const colour = bloom
      ? scaled(hued(random.next(), 0.7), 0.3)
      : ([light * random.between(0.4, 0.9), light, light * 0.3] as Rgb);
    mark(scene, {
      x,
      y: y - long * 0.5,
      long: bloom ? long * 0.5 : long,
      wide: long * (bloom ? 0.45 : random.between(0.12, 0.35)),
      angle: random.between(-2.6, -0.5),
      soft: 0.0015 + 0.006 * Math.max(0, near - 0.8),
      colour,
      form: "leaf",
    });
  }
}

/** Walls of wet rock out of the dark, as far as two or three torches reach. */
export function cave(scene: Linear, random: Chance): void {
  const rock = octaves(field(random), 0.6, 8);
  const mouth = octaves(field(random), 0.5, 5);
  const cx = random.between(0.55, 0.95);
  const pixel = 1 / scene.height;
  const heights = relief(
    scene,
    (x, y) => 0.09 * rock(x * 2.5, y * 2.5, pixel * 3) + 0.03 * Math.abs(rock(x * 7, y * 3, pixel * 7)),
  );
  const lit = litRelief(heights, random.between(3.5, 5.8), 0.45, 18);
  const torches = Array.from({ length: 3 }, (_, k) => ({
    x: clamp(cx + (k - 1) * random.between(0.35, 0.6), 0.08, 1.42),
    y: random.between(0.42, 0.64),
    top: random.between(0.12, 0.3),
  }));
  shade(scene, (x, y, rgb) => {
    const { light, open } = lit(x, y);
    const hole = Math.hypot((x - cx) / 0.36, (y - 0.5) / 0.26) + 0.35 * mouth(x * 3, y * 3, pixel * 3);
    let fall = 0.004;
    for (const { x: tx, y: ty, top } of torches) fall += top / (1 + 26 * ((x - tx) ** 2 + (y - ty) ** 2)) ** 1.4;
    const wet = 0.5 * light ** 16;
    const tone =
      fall * (open * (0.18 + 1.2 * light) * (1 + 0.25 * rock(x * 50, y * 50, pixel * 50)) + wet) * step(0.6, 1.1, hole);
    const stripe = 1 + 0.15 * rock(x * 2 + 70, y * 14, pixel * 14);
    cover(rgb, [tone * 1.35 * stripe + 0.0015, tone * 0.78 + 0.0016, tone * 0.4 + 0.002], 1);
  });
  for (const { x, y } of torches) torch(scene, random, { x, y });
  for (let k = 0; k < 22; k += 1) {
    const x = random.between(0, 1.5);
    const long = random.between(0.03, 0.16) * step(0.1, 0.5, Math.abs(x - cx));
    if (long > 0.01)
      mark(scene, {
        x,
        y: long * 0.4,
        long,
        wide: long * 0.14,
        angle: Math.PI / 2,
        soft: 0.004,
        colour: scaled([0.05, 0.03, 0.018], random.between(0.3, 1)),
        form: "leaf",
      });
  }
}

function torch(scene: Linear, random: Chance, { x: cx, y: cy }: { x: number; y: number }): void {
  const lick = octaves(field(random), 0.55, 4);
  mark(scene, {
    x: cx,
    y: cy + 0.06,
    long: 0.055,
    wide: 0.006,
    angle: Math.PI / 2,
    soft: 0.002,
    colour: [0.03, 0.02, 0.012],
    form: "stroke",
  });
  shade(scene, (x, y, rgb) => {
    const up = (cy - y) / 0.085;
    if (up < -0.6 || up > 1.4 || Math.abs(x - cx) > 0.08) return;
    const sway = 0.008 * lick(x * 20, y * 20, 0.01);
    const wide = 0.02 * Math.sqrt(clamp(up + 0.35)) * step(1.1, 0.1, up) + 0.001;
    const heat =
      Math.exp(-(((x - cx + sway) / wide) ** 2)) *
      step(1.15, 0.6, up + 0.25 * lick(x * 30, y * 18, 0.01)) *
      step(-0.4, -0.1, up);
    rgb[0] += 2.6 * heat;
    rgb[1] += 1.5 * heat ** 2;
    rgb[2] += 0.5 * heat ** 4;
  });
}
