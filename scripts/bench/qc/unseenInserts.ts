/** Unseen edits that put something in: another sky, a sign, a window with its view, people, things on a table. */
import { blurred } from "./edits.ts";
import { copyOf, luma } from "./freshChanges.ts";
import type { Rgb } from "./freshPaint.ts";
import { clamp, cover, field, lowPass, mark, mix, octaves, scaled, shade, step } from "./freshPaint.ts";
import type { Linear } from "./sources.ts";
import type { Ordered, OrderOf } from "./unseenEdits.ts";
import { between, dice, hued, part } from "./unseenPaint.ts";

/** How bright it is about the place. */
function levelAt({ bare, focus }: OrderOf): number {
  const soft = lowPass(bare, 40);
  const at = Math.floor(focus.y * bare.height) * bare.width + Math.floor(focus.x * bare.height);
  return clamp(luma(soft.data, at * 3), 0.02, 0.5);
}

/** The layer is as soft as the lens draws; where it is the plate, the plate stays to the bit. */
function laidIn(bare: Linear, layer: Linear, sigma: number): Linear {
  const soft = blurred(layer, sigma * (bare.height / 512));
  const changed = copyOf(layer);
  for (let i = 0; i < changed.data.length; i += 3) {
    const same = [0, 1, 2].every((c) => layer.data[i + c] === bare.data[i + c]);
    changed.data.fill(same ? 0 : 1, i, i + 3);
  }
  const there = blurred(changed, 0.8 * (bare.height / 512));
  const out = copyOf(bare);
  for (let i = 0; i < out.data.length; i += 1) {
    const share = clamp((there.data[i] as number) * 1.6);
    out.data[i] = mix(bare.data[i] as number, soft.data[i] as number, share);
  }
  return out;
}

/** Bands of evening cloud behind what is darker or of another colour than the top of the sky. */
export function skyswap(of: OrderOf): Ordered {
  const { bare, random, focus } = of;
  const out = copyOf(bare);
  const cloud = octaves(field(random), 0.6, 7);
  const soft = blurred(bare, 2 * (bare.height / 512));
  const top: Rgb = [0, 0, 0];
  for (let k = 0; k < 200; k += 1) {
    const i = Math.floor(((k + 0.5) / 200) * bare.width * Math.floor(bare.height * 0.12)) * 3;
    for (let c = 0; c < 3; c += 1) top[c] = (top[c] as number) + (soft.data[i + c] as number) / 200;
  }
  const bright = luma(top);
  const end = focus.y + focus.high * 1.2;
  const glow = random.between(0.3, 1.2);
  let i = 0;
  shade(out, (x, y, rgb) => {
    const here = Math.max(0.001, luma(soft.data, i));
    const like = step(1.1, 0.5, Math.abs(Math.log2(here / bright)));
    const band = step(-0.2, 0.5, cloud(x * 1.2, y * 6, 0.012));
    const warm = Math.exp(-((x - glow) ** 2) / 0.35) * clamp(y * 2);
    const clear: Rgb = [bright * (0.55 + 0.6 * warm), bright * (0.72 + 0.25 * warm), bright * (1.05 - 0.2 * warm)];
    const billow = bright * (0.8 + 0.25 * cloud(x * 4 + 9, y * 14, 0.03));
    cover(clear, [billow * (1 + 0.25 * warm), billow * 0.95, billow * 0.95], band);
    cover(rgb, clear, like * step(end + 0.1, end - 0.1, y));
    i += 3;
  });
  return { edit: out };
}

/** A board with a rim, two lines of letters and a stripe, lit as the wall is. */
export function sign(of: OrderOf): Ordered {
  const { bare, random, focus } = of;
  const level = levelAt(of);
  const shading = lowPass(bare, 30);
  const face = hued(random.next(), 0.7);
  const ink = random.next() < 0.5 ? 1.7 : 0.15;
  const number = Math.floor(random.next() * 1e6);
  const worn = octaves(field(random), 0.6, 6);
  const layer = copyOf(bare);
  const [wide, high] = [focus.wide * 0.85, focus.high * 0.6];
  let i = -3;
  shade(layer, (x, y, rgb) => {
    i += 3;
    const [dx, dy] = [x - focus.x, y - focus.y];
    const inside = Math.min(wide - Math.abs(dx), high - Math.abs(dy));
    const cast = Math.min(wide - Math.abs(dx - 0.012), high - Math.abs(dy - 0.014));
    if (cast < 0 && inside < 0) return;
    const light = mix(level, luma(shading.data, i), 0.6);
    if (inside < 0) {
      cover(rgb, scaled(rgb, 0.55), 1);
      return;
    }
    cover(rgb, scaled(face, light * 0.7 * (1 + 0.12 * worn(x * 9, y * 9, 0.02))), 1);
    cover(rgb, [light * 0.3, light * 0.3, light * 0.3], step(0.012, 0.009, inside));
    const line = dy < high * 0.1 ? 0 : 1;
    const size = line === 0 ? high * 0.09 : high * 0.05;
    const [u, v] = [Math.floor((dx + wide) / size), Math.floor((dy + high) / size)];
    const letters = part((dx + wide) / (size * 5)) < 0.8 && dice(u, v, number) < 0.58;
    const row =
      line === 0
        ? between(-0.55 * high, 0, { at: dy, soft: 0.001 })
        : between(0.35 * high, 0.6 * high, { at: dy, soft: 0.001 });
    cover(rgb, [ink * light, ink * light, ink * light * 0.9], (letters ? 1 : 0) * row * step(0.05, 0.06, inside));
  });
  return { edit: laidIn(bare, layer, 0.8) };
}

/** A window with bars in the wall, and hills in haze outside, a stop or so brighter than the room. */
export function windowView(of: OrderOf): Ordered {
  const { bare, random, focus } = of;
  const level = levelAt(of);
  const out = clamp(level * random.between(1.8, 3), 0.15, 0.7);
  const hill = octaves(field(random), 0.5, 6);
  const [wide, high] = [focus.wide * 0.75, focus.high * 0.9];
  const layer = copyOf(bare);
  shade(layer, (x, y, rgb) => {
    const [dx, dy] = [x - focus.x, y - focus.y];
    const inside = Math.min(wide - Math.abs(dx), high - Math.abs(dy));
    if (inside < -0.022) return;
    const wood = level * (0.9 + 0.4 * step(-0.004, -0.018, inside));
    cover(rgb, [wood, wood * 0.97, wood * 0.92], 1);
    if (inside < 0) return;
    cover(rgb, [out * 0.85, out * 0.95, out * 1.05], 1);
    for (let k = 0; k < 3; k += 1) {
      const crest = focus.y - 0.02 + 0.05 * k + 0.05 * hill(x * (1.5 + k) + k * 9, k * 5, 0.02);
      const haze = 0.62 - 0.17 * k;
      const tree = 1 + 0.12 * k * hill(x * 24, y * 24, 0.06);
      cover(rgb, scaled([haze * 0.9, haze, haze * (1.1 - 0.2 * k)], out * tree), step(-0.006, 0.006, y - crest));
    }
    const bar = Math.min(Math.abs(dx), Math.abs(dy + high * 0.2));
    cover(rgb, [level * 0.6, level * 0.58, level * 0.55], step(0.009, 0.007, bar));
    cover(rgb, scaled(rgb, 0.9), step(0.02, 0, inside));
  });
  return { edit: laidIn(bare, layer, 1.1) };
}

/** Some thirty people, the nearer the larger, each with a shadow at the feet. */
export function crowd(of: OrderOf): Ordered {
  const { bare, random, focus } = of;
  const level = levelAt(of);
  const layer = copyOf(bare);
  for (let k = 0; k < 30; k += 1) {
    const near = k / 29;
    const tall = mix(0.05, 0.11, near) * random.between(0.9, 1.1);
    const x = focus.x + random.between(-0.9, 0.9) * focus.wide;
    const foot = focus.y + mix(-0.35, 0.85, near) * focus.high;
    const coat = scaled(hued(random.next(), random.between(0.1, 0.5)), level * random.between(0.2, 1.1));
    const one = { x, soft: 0.0025, form: "leaf" } as const;
    mark(layer, {
      ...one,
      x: x + tall * 0.25,
      y: foot,
      long: tall * 0.4,
      wide: tall * 0.06,
      angle: 0.05,
      colour: scaled([1, 1, 1.1], level * 0.25),
      strength: 0.6,
    });
    for (const side of [-1, 1])
      mark(layer, {
        ...one,
        x: x + side * tall * 0.05,
        y: foot - tall * 0.22,
        long: tall * 0.25,
        wide: tall * 0.05,
        angle: Math.PI / 2 + side * random.between(-0.1, 0.1),
        colour: scaled([0.9, 0.95, 1.1], level * 0.2),
        form: "stroke",
      });
    mark(layer, {
      ...one,
      y: foot - tall * 0.6,
      long: tall * 0.27,
      wide: tall * 0.14,
      angle: Math.PI / 2,
      colour: coat,
    });
    mark(layer, {
      ...one,
      y: foot - tall * 0.72,
      long: tall * 0.12,
      wide: tall * 0.12,
      angle: 0,
      colour: scaled(coat, 1.15),
    });
    const skin = level * random.between(0.4, 1.2);
    mark(layer, {
      ...one,
      y: foot - tall * 0.91,
      long: tall * 0.07,
      wide: tall * 0.07,
      angle: 0.3,
      colour: [skin * 1.2, skin * 0.85, skin * 0.68],
    });
    mark(layer, {
      ...one,
      y: foot - tall * 0.95,
      long: tall * 0.06,
      wide: tall * 0.045,
      angle: 0,
      colour: scaled([1.1, 0.9, 0.8], level * 0.15),
    });
  }
  return { edit: laidIn(bare, layer, 0.7) };
}

/** Bottles, boxes and books in a group, lit from one side, with what they cast. */
export function dressing(of: OrderOf): Ordered {
  const { bare, random, focus } = of;
  const level = levelAt(of);
  const side = random.pick([-1, 1]);
  const stuff = octaves(field(random), 0.6, 6);
  const foot = focus.y + focus.high * 0.7;
  const layer = copyOf(bare);
  for (let k = 0; k < 9; k += 1) {
    const cx = focus.x + ((k + random.between(-0.3, 0.3)) / 8 - 0.5) * focus.wide * 1.7;
    const half = random.between(0.02, 0.042);
    const tall = half * random.between(1.6, 4);
    const bottle = random.next() < 0.5;
    const colour = hued(random.next(), random.between(0.1, 0.6));
    const base = foot + random.between(-0.02, 0.03);
    const own = level * random.between(0.4, 1.3);
    shade(layer, (x, y, rgb) => {
      const [dx, up] = [x - cx, (base - y) / tall];
      if (Math.abs(dx) > half * 3 || up < -0.35 || up > 1.05) return;
      const cast = Math.exp(-(((dx + side * half * 0.8) / (half * 1.4)) ** 2) - (up / 0.09) ** 2);
      if (cast > 0.02) cover(rgb, scaled(rgb, 0.45), cast);
      const r = bottle ? mix(half, half * 0.35, step(0.6, 0.75, up)) : half;
      const n = dx / r;
      const shown = step(-0.0015, 0.0015, r - Math.abs(dx)) * step(0, 0.02, up) * step(1, 0.98, up);
      if (shown === 0) return;
      const round = bottle
        ? 0.3 + 0.8 * step(-1.1, 1, side * n) * Math.sqrt(Math.max(0.05, 1 - n * n))
        : 0.75 + 0.35 * side * step(-0.1, 0.1, n);
      const label = 1 + 0.5 * between(0.2, 0.45, { at: up, soft: 0.01 });
      const shine = bottle ? 0.5 * own * Math.exp(-(((n - 0.5 * side) / 0.12) ** 2)) : 0;
      const tone = round * label * (1 + 0.15 * stuff(x * 30, y * 30, 0.06));
      cover(rgb, [0, 1, 2].map((c) => own * (colour[c] as number) * tone + shine) as Rgb, shown);
    });
  }
  return { edit: laidIn(bare, layer, 0.7) };
}
