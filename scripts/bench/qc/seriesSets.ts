/**
 * Small sets of variations of the proof over files: one plate, a mask, and what stands in it from variation to variation; right ones that
 * are close to each other on purpose, and such as are one picture over and over.
 */
import { codeFile, waves } from "./filePictures.ts";
import { withPngText } from "./fileBytes.ts";
import type { Chance } from "./random.ts";
import { chance, manyNormals } from "./random.ts";
import type { Member, Series } from "./seriesLook.ts";
import type { SeriesDefect } from "./seriesRun.ts";

const SIZE = { width: 96, height: 64 } as const;
const PIXELS = SIZE.width * SIZE.height;

/** A soft-edged box somewhere; 0..1. */
function maskOf(random: Chance): Float32Array {
  const [left, top] = [random.between(8, 30), random.between(8, 20)];
  const [right, bottom] = [left + random.between(36, 50), top + random.between(26, 34)];
  return Float32Array.from({ length: PIXELS }, (_, i) => {
    const [x, y] = [i % SIZE.width, Math.floor(i / SIZE.width)];
    return Math.min(1, Math.max(0, Math.min(x - left, right - x, y - top, bottom - y) / 3 + 0.5));
  });
}

/** What stands inside the mask of variation `n`: light and its three gains. */
type Inside = (n: number, at: number, channel: number) => number;

interface Shot {
  readonly mask: Float32Array;
  readonly plate: Float32Array;
  readonly seed: number;
}

interface Asked {
  readonly seed: (n: number) => string;
  readonly axes: (n: number) => Readonly<Record<string, string>>;
}

const bySeed: Asked = { seed: (n) => String(1_000 + n), axes: () => ({}) };
const byAxis: Asked = { seed: () => "417", axes: (n) => ({ strength: (n / 10).toFixed(1) }) };

async function setOf(
  shot: Shot,
  of: { readonly count: number; readonly asked: Asked; readonly inside: Inside },
): Promise<Series> {
  const grey = Uint8Array.from({ length: PIXELS * 3 }, (_, i) =>
    Math.round((shot.mask[Math.floor(i / 3)] as number) * 255),
  );
  const mask = await codeFile("png", { ...SIZE, channels: 3, bits: 8, data: grey });
  const members: Member[] = [];
  for (let n = 0; n < of.count; n += 1) {
    const data = Uint16Array.from({ length: PIXELS * 3 }, (_, i) => {
      const at = Math.floor(i / 3);
      const weight = shot.mask[at] as number;
      const value = (1 - weight) * (shot.plate[at] as number) + weight * of.inside(n, at, i % 3);
      return Math.round(Math.min(1, Math.max(0, value)) * 65_535);
    });
    const bytes = await codeFile("png", { ...SIZE, channels: 3, bits: 16, data });
    members.push({
      result: withPngText(bytes, { name: "Date", text: `${n}` }, "tEXt"),
      plate: null,
      mask,
      frame: 1_001,
      seed: of.asked.seed(n),
      axes: of.asked.axes(n),
    });
  }
  return { scope: "set", members };
}

function shotOf(seed: number): Shot & { readonly random: Chance } {
  const random = chance(seed * 5 + 3);
  return { random, mask: maskOf(random), plate: waves(SIZE, seed * 17), seed };
}

const GAINS = [1, 0.94, 0.88] as const;

/** Encoded as displays do: a stop is about a factor of 2 to the power of 1 / 2.4. */
const stops = (by: number): number => 2 ** (by / 2.4);

const KINDS = ["other content", "exposures", "colours", "one of them asked for twice", "a part of the mask"] as const;

export async function cleanSet(seed: number): Promise<{ readonly kind: string; readonly series: Series }> {
  const shot = shotOf(seed);
  const { random } = shot;
  const kind = random.pick(KINDS);
  const count = Math.floor(random.between(4, 7));
  const content = Array.from({ length: count }, (_, n) => waves(SIZE, seed * 31 + n));
  const [first] = content as [Float32Array];
  const plain = (light: Float32Array, at: number, channel: number): number =>
    (light[at] as number) * (GAINS[channel] as number);
  const step = random.between(0.1, 0.5);
  switch (kind) {
    case "other content":
      return {
        kind,
        series: await setOf(shot, {
          count,
          asked: bySeed,
          inside: (n, at, c) => plain(content[n] as Float32Array, at, c),
        }),
      };
    case "exposures":
      return {
        kind,
        series: await setOf(shot, {
          count,
          asked: byAxis,
          inside: (n, at, c) => plain(first, at, c) * stops((n - count + 1) * step),
        }),
      };
    case "colours":
      return {
        kind,
        series: await setOf(shot, {
          count,
          asked: byAxis,
          inside: (n, at, c) => plain(first, at, c) * (1 - (c === n % 3 ? 0.06 + 0.04 * n : 0)),
        }),
      };
    case "one of them asked for twice": {
      const asked: Asked = { ...bySeed, seed: (n) => String(1_000 + Math.max(1, n)) };
      return {
        kind,
        series: await setOf(shot, {
          count,
          asked,
          inside: (n, at, c) => plain(content[Math.max(1, n)] as Float32Array, at, c),
        }),
      };
    }
    case "a part of the mask":
      // A quarter of the rows of it are another picture each time.
      return {
        kind,
        series: await setOf(shot, {
          count,
          asked: bySeed,
          inside: (n, at, c) => plain(at % 4 === 0 ? (content[n] as Float32Array) : first, at, c),
        }),
      };
  }
}

/** One picture for all, or for two of them, and what is laid on it. */
const same = (
  name: string,
  of: {
    readonly stated?: boolean;
    /** 2: the first two; else all. */
    readonly alike?: 2;
    readonly asked?: Asked;
    /** Deviation of fresh noise, codes of 1/255. */
    readonly noise?: number;
    /** From one to the next. */
    readonly stops?: number;
  },
) => ({
  name,
  stated: of.stated ?? true,
  make: (seed: number): Promise<Series> => {
    const shot = shotOf(seed);
    const count = 5;
    const content = Array.from({ length: count }, (_, n) => waves(SIZE, seed * 31 + n));
    const noise = Array.from({ length: count }, (_, n) => manyNormals(PIXELS * 3, seed * 53 + n));
    const which = (n: number): number => (of.alike === 2 ? (n === 1 ? 0 : n) : 0);
    const inside: Inside = (n, at, c) => {
      const light = (content[which(n)] as Float32Array)[at] as number;
      return (
        light * (GAINS[c] as number) * stops(-n * (of.stops ?? 0)) +
        ((of.noise ?? 0) / 255) * ((noise[n] as Float32Array)[at * 3 + c] as number)
      );
    };
    return setOf(shot, { count, asked: of.asked ?? bySeed, inside });
  },
});

export const SET_DEFECTS: readonly SeriesDefect[] = [
  {
    check: "set.duplicate",
    name: "nearly one picture inside the mask",
    says: "warn",
    strengths: [
      same("two of five, to the bit", { alike: 2 }),
      same("two of five, noise of 1 code", { alike: 2, noise: 1 }),
      // In a mask this small a cell is a handful of pixels, and noise stays in it.
      same("two of five, noise of 4 codes", { alike: 2, noise: 4, stated: false }),
      same("all, along an axis", { asked: byAxis }),
      same("0.01 stop apart", { asked: byAxis, stops: 0.01 }),
      same("0.1 stop apart", { asked: byAxis, stops: 0.1, stated: false }),
    ],
  },
  {
    check: "set.diversity",
    name: "all variations nearly one",
    says: "warn",
    strengths: [
      same("to the bit", {}),
      same("noise of 4 codes", { noise: 4 }),
      same("0.01 stop apart", { asked: byAxis, stops: 0.01 }),
      same("0.05 stop apart", { asked: byAxis, stops: 0.05, stated: false }),
    ],
  },
  {
    check: "set.seed",
    name: "the seed changes nothing",
    says: "warn",
    strengths: [same("all equal", {}), same("two of five equal", { alike: 2 })],
  },
];
