/**
 * What goes wrong with AI results, each at three strengths (barely there, at the limit, plain to see), and the check that must find it.
 * `must`: the strength from which every case must be found, as docs/qc.md states it.
 */
import type { Defect, Parts } from "./cases.ts";
import { weight } from "./cases.ts";
import type { Linear } from "./sources.ts";
import { HEIGHT, WIDTH } from "./sources.ts";

export interface DefectKind {
  readonly name: string;
  readonly check: string;
  readonly structural: boolean;
  readonly strengths: readonly { readonly name: string; readonly defect: Defect }[];
  /** Index of the stated strength. */
  readonly must: number;
}

const CODE = 257;
const clamp = (v: number): number => Math.min(65_535, Math.max(0, Math.round(v)));

function onCodes(
  change: (code: number, x: number, y: number, of: { readonly c: number; readonly parts: Parts }) => number,
): Defect {
  return (parts) => {
    parts.finish = (codes) =>
      Uint16Array.from(codes, (code, i) => {
        const pixel = Math.floor(i / 3);
        return clamp(change(code, pixel % WIDTH, Math.floor(pixel / WIDTH), { c: i % 3, parts }));
      });
  };
}

const strengths = (of: Readonly<Record<string, Defect>>) =>
  Object.entries(of).map(([name, defect]) => ({ name, defect }));

export const DEFECTS: readonly DefectKind[] = [
  {
    name: "black frame",
    check: "image.not_black",
    structural: true,
    must: 0,
    strengths: strengths({
      "0.7 % of full scale": onCodes((code) => code * 0.007),
      "0.2 %": onCodes((code) => code * 0.002),
      "exactly 0": onCodes(() => 0),
    }),
  },
  {
    name: "grey frame",
    check: "image.not_solid",
    structural: true,
    must: 0,
    strengths: strengths({
      "deviation 0.2 %": onCodes((_c, x, y) => 30_000 + (((x * 7 + y * 13) % 17) - 8) * 25),
      "0.05 %": onCodes((_c, x) => 30_000 + (x % 3) * 30),
      "one colour": onCodes(() => 30_000),
    }),
  },
  {
    name: "8 bits in 16",
    check: "image.bit_depth",
    structural: true,
    must: 0,
    strengths: strengths({
      "x 257": onCodes((code) => Math.round(code / CODE) * CODE),
      "x 256": onCodes((code) => Math.floor(code / 256) * 256),
      "6 bits": onCodes((code) => Math.round(code / 1040) * 1040),
    }),
  },
  {
    name: "outside the mask, a patch of 48 x 48 px",
    check: "mask.preserved",
    structural: true,
    must: 0,
    strengths: strengths(
      Object.fromEntries(
        [1, 2, 8].map((n) => [
          `+${n} code`,
          onCodes((code, x, y) => (x >= 40 && x < 88 && y >= 30 && y < 78 ? Math.min(65_535, code + n * CODE) : code)),
        ]),
      ),
    ),
  },
  {
    name: "drift everywhere (what a VAE does)",
    check: "mask.preserved",
    structural: true,
    must: 0,
    strengths: strengths(
      Object.fromEntries(
        [0.3, 1, 3].map((n) => [
          `sd ${n} code`,
          onCodes((code, _x, _y, { parts }) => code + n * CODE * parts.random.normal()),
        ]),
      ),
    ),
  },
  {
    name: "moved",
    check: "plate.registered",
    structural: false,
    must: 1,
    strengths: strengths({ "0.5 px": shifted(0.5), "1 px": shifted(1), "4 px": shifted(4) }),
  },
  {
    name: "tile seam inside the mask",
    check: "image.seam",
    structural: false,
    must: 1,
    strengths: strengths(
      Object.fromEntries(
        [2, 4, 8].map((n) => [
          `+${n} codes`,
          onCodes((code, x, y) => (weight(x, y) > 0 && x >= 384 ? code + n * CODE : code)),
        ]),
      ),
    ),
  },
  {
    name: "tile seam, full height",
    check: "image.seam",
    structural: false,
    must: 1,
    strengths: strengths(
      Object.fromEntries(
        [1.5, 3, 6].map((n) => [`+${n} codes`, onCodes((code, x) => (x >= 384 ? code + n * CODE : code))]),
      ),
    ),
  },
  {
    name: "posterised",
    check: "image.banding",
    structural: false,
    must: 1,
    strengths: strengths(Object.fromEntries([6, 5, 4].map((bits) => [`${bits} bits`, posterised(bits)]))),
  },
  {
    name: "softened, then regrained",
    check: "image.soft",
    structural: false,
    must: 1,
    strengths: strengths({ "sigma 0.8 px": softened(0.8), "sigma 1.5 px": softened(1.5), "sigma 3 px": softened(3) }),
  },
  {
    name: "grain removed",
    check: "image.grain",
    structural: false,
    must: 1,
    strengths: strengths({ half: grain(0.5), "a quarter": grain(0.25), all: grain(0) }),
  },
  {
    name: "grain added",
    check: "image.grain",
    structural: false,
    must: 1,
    strengths: strengths({ "x 1.6": grain(1.6), "x 2.5": grain(2.5), "x 5": grain(5) }),
  },
  {
    name: "clipped",
    check: "image.clip",
    structural: false,
    must: 1,
    strengths: strengths({ "gain 1.4": gained(1.4), "gain 2": gained(2), "gain 4": gained(4) }),
  },
  {
    name: "R and B swapped",
    check: "image.channels",
    structural: false,
    must: 1,
    strengths: strengths({
      "inside the mask": swapped([2, 1, 0], false),
      "whole frame": swapped([2, 1, 0], true),
      "rotated, whole frame": swapped([1, 2, 0], true),
    }),
  },
  {
    name: "structure drift",
    check: "plate.structure",
    structural: false,
    must: 1,
    strengths: strengths({ "noise of 8 codes": drift(8), "16 codes": drift(16), "32 codes": drift(32) }),
  },
  {
    name: "grade shift outside the mask",
    check: "plate.grade",
    structural: false,
    must: 1,
    strengths: strengths({ "0.05 stop": graded(0.05), "0.1 stop": graded(0.1), "0.3 stop": graded(0.3) }),
  },
  {
    name: "border stripe",
    check: "image.border",
    structural: false,
    must: 1,
    strengths: strengths({
      "1 px, repeated": onRows((row) => Math.max(row, 1)),
      "4 px, repeated": onRows((row) => Math.max(row, 4)),
      "8 px, black": onCodes((code, _x, y) => (y < 8 ? 0 : code)),
    }),
  },
];

function shifted(pixels: number): Defect {
  return (parts) => {
    parts.finish = (codes) => {
      const whole = Math.floor(pixels);
      const part = pixels - whole;
      return Uint16Array.from(codes, (_code, i) => {
        const pixel = Math.floor(i / 3);
        const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
        const at = (u: number) => codes[(y * WIDTH + Math.max(0, u)) * 3 + (i % 3)] as number;
        return clamp((1 - part) * at(x - whole) + part * at(x - whole - 1));
      });
    };
  };
}

function posterised(bits: number): Defect {
  const step = 65_535 / (2 ** bits - 1);
  return (parts) => {
    parts.grain = 0;
    parts.finish = (codes) =>
      Uint16Array.from(codes, (code, i) => {
        const pixel = Math.floor(i / 3);
        return weight(pixel % WIDTH, Math.floor(pixel / WIDTH)) > 0 ? clamp(Math.round(code / step) * step) : code;
      });
  };
}

function softened(sigma: number): Defect {
  return (parts) => {
    parts.edit = blurred(parts.edit, sigma);
  };
}

function grain(amount: number): Defect {
  return (parts) => {
    parts.grain = amount;
  };
}

function gained(gain: number): Defect {
  return (parts) => {
    parts.edit = { ...parts.edit, data: parts.edit.data.map((v) => v * gain * 2.2) };
    parts.wholeFrame = true;
  };
}

function swapped(order: readonly [number, number, number], wholeFrame: boolean): Defect {
  return (parts) => {
    const { data } = parts.edit;
    parts.edit = { ...parts.edit, data: data.map((_, i) => data[i - (i % 3) + (order[i % 3] as number)] as number) };
    parts.wholeFrame = wholeFrame;
  };
}

/** Structure that was never there, of a size that no grain has. */
function drift(codes: number): Defect {
  return onCodes((code, x, y, { c }) => code + codes * CODE * Math.sin(x * 0.7 + c) * Math.cos(y * 0.9));
}

function graded(stops: number): Defect {
  return (parts) => {
    parts.finish = (codes) =>
      Uint16Array.from(codes, (code) => {
        const v = code / 65_535;
        const linear = (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4) * 2 ** stops;
        const l = Math.min(1, linear);
        return clamp((l <= 0.0031308 ? 12.92 * l : 1.055 * l ** (1 / 2.4) - 0.055) * 65_535);
      });
  };
}

function onRows(from: (row: number) => number): Defect {
  return (parts) => {
    parts.finish = (codes) =>
      Uint16Array.from(codes, (_, i) => {
        const pixel = Math.floor(i / 3);
        const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
        return codes[(Math.min(HEIGHT - 1, from(y)) * WIDTH + x) * 3 + (i % 3)] as number;
      });
  };
}

/** Gaussian, separable. */
function blurred(image: Linear, sigma: number): Linear {
  const radius = Math.ceil(sigma * 3);
  const kernel = Array.from({ length: radius * 2 + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)));
  const sum = kernel.reduce((a, b) => a + b);
  const pass = (data: Float32Array, dx: number, dy: number): Float32Array => {
    const out = new Float32Array(data.length);
    for (let y = 0; y < HEIGHT; y += 1)
      for (let x = 0; x < WIDTH; x += 1)
        for (let c = 0; c < 3; c += 1) {
          let value = 0;
          for (let k = -radius; k <= radius; k += 1) {
            const u = Math.min(WIDTH - 1, Math.max(0, x + k * dx));
            const v = Math.min(HEIGHT - 1, Math.max(0, y + k * dy));
            value += (kernel[k + radius] as number) * (data[(v * WIDTH + u) * 3 + c] as number);
          }
          out[(y * WIDTH + x) * 3 + c] = value / sum;
        }
    return out;
  };
  return { ...image, data: pass(pass(image.data, 1, 0), 0, 1) };
}
