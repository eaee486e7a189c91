/** Fresh edits that change what is there: its light, air, stuff, colour or blemishes. */
import type { EditOf } from "./freshEdits.ts";
import type { Rgb } from "./freshPaint.ts";
import { clamp, field, lowPass, mix, octaves, relief, shade, step } from "./freshPaint.ts";
import { blurred } from "./edits.ts";
import type { Linear } from "./sources.ts";

export function copyOf(image: Linear): Linear {
  return { ...image, data: image.data.slice() };
}

export const luma = (rgb: ArrayLike<number>, at = 0): number =>
  0.2126 * (rgb[at] as number) + 0.7152 * (rgb[at + 1] as number) + 0.0722 * (rgb[at + 2] as number);

/** One to two stops darker, blue in the shade; lamps near the place light what is there. Blacks keep the lens's stray light. */
export function dusk({ bare, random, focus }: EditOf): Linear {
  const out = copyOf(bare);
  const down = 2 ** random.between(-2, -1);
  const cool: Rgb = [down * 0.78, down * 0.95, down * 1.22];
  const pools = Array.from({ length: 3 }, () => ({
    x: focus.x + random.between(-1, 1) * focus.wide,
    y: focus.y + random.between(-1, 1) * focus.high,
    r: random.between(0.1, 0.24),
    top: random.between(0.4, 1.3),
  }));
  shade(out, (x, y, rgb) => {
    let lamp = 0;
    for (const { x: px, y: py, r, top } of pools)
      lamp += top / (1 + ((x - px) ** 2 + 1.6 * (y - py) ** 2) / (r * r)) ** 2;
    for (let c = 0; c < 3; c += 1) {
      const v = rgb[c] as number;
      rgb[c] = v * ((cool[c] as number) + lamp * (1 - 0.32 * c)) + 0.002 * (1 - down);
    }
  });
  return out;
}

/** Air that lights up: less of what is far, which is what stands high in the frame, in banks that drift. */
export function fog({ bare, random, focus }: EditOf): Linear {
  const out = copyOf(bare);
  const bank = octaves(field(random), 0.5, 6);
  const soft = lowPass(bare, 40);
  const thick = random.between(0.5, 1.1);
  const near = focus.y + focus.high;
  const level = average(bare) * random.between(0.9, 1.4);
  const air: Rgb = [level * random.between(0.92, 1.02), level, level * random.between(1, 1.1)];
  let i = 0;
  shade(out, (x, y, rgb) => {
    const far = clamp((near - y) / 0.8 + 0.25, 0, 1.2);
    const through = Math.exp(-thick * far * (1 + 0.5 * bank(x * 1.3, y * 2.2, 0.003)));
    for (let c = 0; c < 3; c += 1, i += 1) {
      // Light scatters on its way: what shines through fog has a halo.
      const glow = mix(rgb[c] as number, soft.data[i] as number, 0.3 * (1 - through));
      rgb[c] = glow * through + (air[c] as number) * (1 - through);
    }
  });
  return out;
}

function average({ data }: Linear): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += Math.min(1, luma(data, i));
  return (3 * sum) / data.length;
}

/** Wood, marble or hammered metal in the light that lies there: the shading is kept, what was its pattern goes. */
export function material({ bare, random }: EditOf): Linear {
  const first = field(random);
  const rough = octaves(first, 0.62, 8);
  const make = random.pick(["wood", "marble", "metal"] as const);
  const colours: Readonly<Record<typeof make, Rgb>> = {
    wood: [1.3, 0.9, 0.58],
    marble: [1.05, 1, 0.95],
    metal: [1.06, 1, 0.86],
  };
  const tint = colours[make];
  const level = random.between(0.85, 1.2);
  const shape = lowPass(bare, 5 * (bare.height / 512));
  const pixel = 1 / bare.height;
  const pattern = relief(bare, (x, y) => {
    if (make === "wood") {
      const ring = 3 * first(x * 0.5, y * 1.6) + 9 * y + 0.25 * rough(x * 2, y * 9, pixel * 9);
      return 0.55 * Math.sin(ring * 6) + 0.4 * rough(x * 5, y * 80, pixel * 40);
    }
    if (make === "marble")
      return (
        0.5 - 1.3 * Math.exp(-((rough(x * 2.2, y * 2.2, pixel * 2) / 0.12) ** 2)) + 0.3 * rough(x * 9, y * 9, pixel * 9)
      );
    return 0.9 * rough(x * 14, y * 14, pixel * 14) + 0.25 * rough(x * 70, y * 70, pixel * 50);
  });
  const seen = blurred(pattern, random.between(0.6, 0.9));
  const out = copyOf(bare);
  let i = 0;
  shade(out, (_x, _y, rgb) => {
    const light = mix(luma(shape.data, i), luma(rgb), 0.7) * level * 2 ** (0.4 * (seen.data[i] as number));
    for (let c = 0; c < 3; c += 1) rgb[c] = light * (tint[c] as number);
    i += 3;
  });
  return out;
}

/** Two frequencies apart: marks of some pixels fade, the finest and the broad shading stay. Strong edges are no blemishes. */
export function touchUp({ bare, random }: EditOf): Linear {
  const scale = bare.height / 512;
  const fine = blurred(bare, 1.6 * scale);
  const broad = lowPass(bare, random.between(7, 11) * scale);
  const keep = random.between(0.15, 0.35);
  const out = copyOf(bare);
  for (let i = 0; i < out.data.length; i += 1) {
    const v = bare.data[i] as number;
    const soft = fine.data[i] as number;
    const mark = soft - (broad.data[i] as number);
    const small = 1 - step(0.1, 0.3, Math.abs(mark) / ((broad.data[i] as number) + 0.01));
    out.data[i] = v - soft + (broad.data[i] as number) + mark * mix(1, keep, small);
  }
  return out;
}

/** Another dye: the colour turned about grey, its strength and contrast a little changed, lightness kept. */
export function grade({ bare, random }: EditOf): Linear {
  const turn = random.pick([-1, 1]) * random.between(0.3, 1.5);
  const strength = random.between(0.8, 1.25);
  const curve = random.between(0.92, 1.1);
  const cos = Math.cos(turn) * strength;
  const sin = (Math.sin(turn) * strength) / Math.sqrt(3);
  const middle = Math.max(0.02, average(bare));
  const out = copyOf(bare);
  shade(out, (_x, _y, rgb) => {
    const light = Math.max(1e-4, luma(rgb));
    const [r, g, b] = rgb;
    const mean = (r + g + b) / 3;
    const turned: Rgb = [
      mean + cos * (r - mean) + sin * (b - g),
      mean + cos * (g - mean) + sin * (r - b),
      mean + cos * (b - mean) + sin * (g - r),
    ];
    const least = Math.max(1e-4, luma(turned));
    const to = light * clamp((light / middle) ** (curve - 1), 0.75, 1.3);
    for (let c = 0; c < 3; c += 1) rgb[c] = Math.max(0.02 * to, ((turned[c] as number) / least) * to);
  });
  return out;
}
