/** Unseen edits that change light, air, colour or surfaces of what is there, and two that take away what the plate had too much of. */
import { blurred } from "./edits.ts";
import { copyOf, luma } from "./freshChanges.ts";
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, lowPass, mark, mix, octaves, sample, shade, step } from "./freshPaint.ts";
import type { Linear } from "./sources.ts";
import type { Ordered, OrderOf } from "./unseenEdits.ts";
import { hued, part } from "./unseenPaint.ts";

/** Day for night: two stops and more down, less colour, blue, and what is brightest holds out longest. */
export function night({ bare, random }: OrderOf): Ordered {
  const out = copyOf(bare);
  const down = 2 ** random.between(-2.6, -1.4);
  const grey = random.between(0.3, 0.6);
  const moon: Rgb = [down * 0.75, down, down * 1.45];
  shade(out, (x, y, rgb) => {
    const light = luma(rgb);
    const pool = 1 + 0.35 * Math.exp(-((x - 0.75) ** 2) / 0.4 - (y - 0.4) ** 2 / 0.15);
    const lamp = step(0.7, 1.6, light);
    for (let c = 0; c < 3; c += 1) {
      const v = mix(rgb[c] as number, light, grey * (1 - lamp));
      rgb[c] = v * mix((moon[c] as number) * pool, 0.75, lamp) + 0.0015;
    }
  });
  return { edit: out };
}

/** Greens turn to autumn, or pale as after frost; what is no leaf stays. */
export function season({ bare, random }: OrderOf): Ordered {
  const out = copyOf(bare);
  const frost = random.next() < 0.35;
  const patch = octaves(field(random), 0.5, 4);
  const strength = random.between(0.6, 0.95);
  shade(out, (x, y, rgb) => {
    const [r, g, b] = rgb;
    const green = step(0.02, 0.25, (g - Math.max(r * 0.85, b)) / (g + 0.01)) * strength;
    const light = luma(rgb);
    const warm = 0.5 + 0.5 * patch(x * 4, y * 4, 0.006);
    const to: Rgb = frost
      ? [light * 1.05, light * 1.08, light * 1.16]
      : [light * mix(1.5, 2, warm), light * mix(0.95, 0.72, warm), light * 0.3];
    cover(rgb, to, green);
  });
  return { edit: out };
}

/** Dust in the air: a beam aslant, motes out of focus, blacks lifted a little. */
export function dust({ bare, random, focus }: OrderOf): Ordered {
  const out = copyOf(bare);
  const drift = octaves(field(random), 0.5, 6);
  const level = clamp(luma(lowPass(bare, 60).data, Math.floor(bare.data.length / 6) * 3), 0.03, 0.4);
  const lean = random.between(-0.7, 0.7);
  const thick = random.between(0.15, 0.4);
  const tint = hued(random.between(0, 0.15), 0.12);
  shade(out, (x, y, rgb) => {
    const beam = Math.exp(-(((x - focus.x - lean * (y - focus.y)) / (0.16 + 0.2 * y)) ** 2)) * (1 - 0.5 * y);
    const air = thick * (0.35 + 0.25 * drift(x * 2.2, y * 2.2, 0.006) + 0.8 * beam);
    for (let c = 0; c < 3; c += 1)
      rgb[c] = mix(rgb[c] as number, level * 1.3 * (tint[c] as number), clamp(air, 0, 0.6));
  });
  for (let k = 0; k < 90; k += 1) {
    const r = random.between(0.0015, 0.005);
    mark(out, {
      x: focus.x + random.normal() * 0.3,
      y: random.between(0, 1),
      long: r,
      wide: r,
      angle: 0,
      soft: r * 2,
      colour: [level * 2, level * 1.9, level * 1.7],
      form: "leaf",
      strength: random.between(0.1, 0.35),
    });
  }
  return { edit: out };
}

/** Marks of middle size even out where the surface is nearly even; edges and the finest structure stay. */
export function retouch({ bare, random }: OrderOf): Ordered {
  const scale = bare.height / 512;
  const fine = blurred(bare, 2 * scale);
  const broad = lowPass(bare, random.between(8, 14) * scale);
  const keep = random.between(0.25, 0.5);
  const out = copyOf(bare);
  for (let i = 0; i < out.data.length; i += 1) {
    const base = broad.data[i] as number;
    const middle = (fine.data[i] as number) - base;
    const even = step(0.25, 0.08, Math.abs(middle) / (base + 0.01));
    out.data[i] = (bare.data[i] as number) - middle * even * (1 - keep);
  }
  return { edit: out };
}

/** The prop's colour: what has colour there gets another one of its own light; what is grey stays. */
export function dye({ bare, random }: OrderOf): Ordered {
  const out = copyOf(bare);
  const to = hued(random.next(), random.between(0.35, 0.65));
  const level = random.between(0.8, 1.2);
  const by = 1 / luma(to);
  const share = random.between(0.6, 0.9);
  shade(out, (_x, _y, rgb) => {
    const light = luma(rgb) * level * by;
    const most = Math.max(...rgb);
    const coloured = step(0.12, 0.4, (most - Math.min(...rgb)) / (most + 0.01));
    cover(rgb, [to[0] * light, to[1] * light, to[2] * light], share * coloured);
  });
  return { edit: out };
}

/** Ground hosed down: darker, richer, and mirroring softly what stands above it, in puddles more than between them. */
export function wetdown({ bare, random, focus }: OrderOf): Ordered {
  const out = copyOf(bare);
  const puddle = octaves(field(random), 0.55, 6);
  const line = focus.y - 0.4 * focus.high;
  const soft = blurred(bare, 2.5 * (bare.height / 512));
  const amount = random.between(-0.2, 0.2);
  const seen: Rgb = [0, 0, 0];
  shade(out, (x, y, rgb) => {
    const down = y - line;
    if (down < -0.05) return;
    const wet = step(-0.05, 0.06, down);
    const flat = step(-0.1, 0.3, puddle(x * 3, y * 11, 0.01) + amount);
    const ripple = 0.006 * puddle(x * 20 + 60, y * 50, 0.02);
    sample(soft, (x + ripple) * bare.height, Math.max(0.01, line - down * 0.8 + ripple) * bare.height, seen);
    const grazing = mix(0.42, 0.16, clamp(down * 3)) * mix(0.3, 1, flat);
    const light = luma(rgb);
    for (let c = 0; c < 3; c += 1) {
      const rich = Math.max(0, mix(light, rgb[c] as number, 1.2)) * mix(0.7, 0.5, flat);
      rgb[c] = mix(rgb[c] as number, rich + grazing * (seen[c] as number), wet);
    }
  });
  return { edit: out };
}

/** The plate has lamps and a window mirrored in a pane at the place; without them the result. */
export function unreflect({ bare, random, focus }: OrderOf): Ordered {
  const before = copyOf(bare);
  const level = clamp(luma(lowPass(bare, 60).data, Math.floor(bare.data.length / 6) * 3) * 0.8, 0.02, 0.15);
  const blot = octaves(field(random), 0.5, 4);
  const lean = random.between(-0.2, 0.2);
  shade(before, (x, y, rgb) => {
    const [dx, dy] = [(x - focus.x - lean * (y - focus.y)) / focus.wide, (y - focus.y) / focus.high];
    const pane = step(1, 0.9, Math.abs(dx)) * step(1, 0.88, Math.abs(dy));
    const bars = step(0.04, 0.08, Math.abs(part(dx * 1.5 + 0.5) - 0.5)) * step(0.05, 0.1, Math.abs(dy));
    const ghost = level * pane * (0.35 + 0.65 * bars) * (1 + 0.5 * blot(x * 5, y * 5, 0.01));
    for (let c = 0; c < 3; c += 1) rgb[c] = (rgb[c] as number) + ghost * (0.92 + 0.08 * c);
  });
  return { before: blurredLike(before, bare, 1), edit: bare };
}

/** The plate has a stand with a flag and its cable; without it the result. */
export function paintout({ bare, random, focus }: OrderOf): Ordered {
  const layer = copyOf(bare);
  const { x, y, wide, high } = focus;
  const dark = random.between(0.01, 0.05);
  const of = { colour: [dark, dark, dark * 1.05] as Rgb, soft: 0.003, form: "stroke" } as const;
  mark(layer, { ...of, x, y, long: high * 0.9, wide: 0.006, angle: Math.PI / 2 });
  for (const side of [-1, 0.2, 1])
    mark(layer, {
      ...of,
      x: x + side * 0.05,
      y: y + high * 0.8,
      long: high * 0.28,
      wide: 0.004,
      angle: Math.PI / 2 - side * 0.6,
    });
  for (let k = 0; k < 30; k += 1)
    mark(layer, {
      ...of,
      x: x + wide * 0.25,
      y: y - high * 0.85 + k * 0.0035,
      long: wide * 0.3,
      wide: 0.003,
      angle: random.between(0.08, 0.1),
    });
  for (let k = 0; k < 40; k += 1)
    mark(layer, {
      ...of,
      x: x - (wide * 0.9 * k) / 40,
      y: y + high * (0.86 + 0.1 * Math.sin(k / 7)),
      long: 0.01,
      wide: 0.0025,
      angle: 0,
    });
  return { before: blurredLike(layer, bare, 0.8), edit: bare };
}

/** What was put in is as soft as the lens draws; all else is the plate to the bit. */
function blurredLike(layer: Linear, plate: Linear, sigma: number): Linear {
  const added = copyOf(layer);
  for (let i = 0; i < added.data.length; i += 1) added.data[i] = (layer.data[i] as number) - (plate.data[i] as number);
  const soft = blurred(added, sigma * (plate.height / 512));
  const out = copyOf(plate);
  for (let i = 0; i < out.data.length; i += 1)
    out.data[i] = Math.max(0.001, (plate.data[i] as number) + (soft.data[i] as number));
  return out;
}
