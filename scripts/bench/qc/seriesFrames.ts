/** Small sequences of the proof over files: with and without a plate, right ones and such in which a picture stands where another should. */
import { deflateSync } from "node:zlib";
import { withPngText } from "./fileBytes.ts";
import { codeFile, waves } from "./filePictures.ts";
import type { Chance } from "./random.ts";
import { chance, manyNormals } from "./random.ts";
import type { Member, Series } from "./seriesLook.ts";
import type { SeriesDefect } from "./seriesRun.ts";

const SIZE = { width: 80, height: 48 } as const;
const WIDE = 3 * SIZE.width;
const FRAMES = 4;

/** A piece of something wider that passes by; 0..1. */
function panned(whole: Float32Array, from: number): Float32Array {
  return Float32Array.from({ length: SIZE.width * SIZE.height }, (_, i) => {
    return whole[Math.floor(i / SIZE.width) * WIDE + (i % SIZE.width) + from] as number;
  });
}

type Codes = Uint16Array;

function codesOf(
  light: Float32Array,
  of: { readonly gain: number; readonly grain: number; readonly seed: number },
): Codes {
  const noise = manyNormals(light.length * 3, of.seed);
  return Uint16Array.from({ length: light.length * 3 }, (_, i) => {
    const value =
      (light[Math.floor(i / 3)] as number) * of.gain * (1 - (i % 3) * 0.06) + of.grain * (noise[i] as number);
    return Math.round(Math.min(1, Math.max(0, value)) * 65_535);
  });
}

const pngOf = (data: Codes): Promise<Uint8Array> => codeFile("png", { ...SIZE, channels: 3, bits: 16, data });

interface Take {
  readonly results: readonly Codes[];
  /** null: without one. */
  readonly plates: readonly Codes[] | null;
  readonly frames: readonly number[];
}

function takeOf(random: Chance, seed: number, withPlate: boolean): Take {
  const speed = Math.floor(random.between(1, 9));
  const [first, gain] = [Math.floor(random.between(1, 9_000)), random.between(0.7, 1.05)];
  const whole = waves({ width: WIDE, height: SIZE.height }, seed);
  const light = Array.from({ length: FRAMES }, (_, t) => panned(whole, 20 + t * speed));
  const own = (t: number, way: number): number => seed * 64 + t * 2 + way;
  return {
    results: light.map((each, t) => codesOf(each, { gain, grain: 0.01, seed: own(t, 0) })),
    plates: withPlate ? light.map((each, t) => codesOf(each, { gain: 1, grain: 0.01, seed: own(t, 1) })) : null,
    frames: light.map((_, t) => first + t),
  };
}

/** A picture that stands still but for one code of one sample, as a painted hold or a still with a ticking clock has it. */
function nearlyStill({ results, ...take }: Take): Take {
  const [still] = results as [Codes];
  return { ...take, results: results.map((_, t) => still.map((code, i) => (i === 3 * t + 1 ? code ^ 1 : code))) };
}

/** On twos, as files: every second number, so that no frame follows another. */
const onTwos = ({ frames, ...take }: Take): Take => ({ ...take, frames: frames.map((frame, t) => frame + t) });

/** Two pictures by turns: no frame is the one before. */
const byTurns = ({ results, ...take }: Take): Take => ({
  ...take,
  results: results.map((_, t) => results[t % 2] as Codes),
});

export async function cleanTake(seed: number, withPlate: boolean): Promise<Series> {
  const random = chance(seed * 2 + (withPlate ? 1 : 0));
  const take = takeOf(random, seed, withPlate);
  if (withPlate) return seriesOf(random.next() < 0.2 ? stoodStill(take) : take);
  return seriesOf(random.pick([take, take, nearlyStill(take), onTwos(take), byTurns(take)]));
}

/** The plate stands still from its third frame on, and what is grained anew with it. */
function stoodStill({ results, plates, frames }: Take): Take {
  const last = (all: readonly Codes[], t: number): Codes => all[Math.min(t, 2)] as Codes;
  return {
    frames,
    results: results.map((each, t) =>
      t <= 2 ? each : last(results, t).map((code, i) => code ^ ((i + t) % 7 === 0 ? 64 : 0)),
    ),
    plates:
      plates === null
        ? null
        : plates.map((each, t) =>
            t <= 2 ? each : last(plates, t).map((code, i) => code ^ ((i * 3 + t) % 11 === 0 ? 64 : 0)),
          ),
  };
}

async function seriesOf({ results, plates, frames }: Take, anew = false): Promise<Series> {
  const members: Member[] = [];
  for (const [t, data] of results.entries()) {
    const bytes = await pngOf(data);
    members.push({
      // Other bytes of the same picture: dates and ids differ from file to file.
      result: anew ? withPngText(bytes, { name: "Date", text: deflateSync(`${t}`).toString("hex") }, "tEXt") : bytes,
      plate: plates === null ? null : await pngOf(plates[t] as Codes),
      mask: null,
      frame: frames[t] as number,
      seed: "417",
      axes: {},
    });
  }
  return { scope: "sequence", members };
}

const shown = (name: string, from: (t: number) => number, withPlate: boolean) => ({
  name,
  stated: true,
  make: (seed: number): Promise<Series> => {
    const take = takeOf(chance(seed), seed, withPlate);
    return seriesOf({ ...take, results: take.results.map((_, t) => take.results[from(t)] as Codes) }, true);
  },
});

const strengths = (withPlate: boolean) => [
  shown("one frame twice", (t) => (t === 2 ? 1 : t), withPlate),
  shown("the last twice", (t) => Math.min(t, FRAMES - 2), withPlate),
  shown("still from the second on", (t) => Math.min(t, 1), withPlate),
  shown("one picture for all", () => 0, withPlate),
];

export const FRAME_DEFECTS: readonly SeriesDefect[] = [
  {
    check: "frames.repeated",
    name: "the frame before to the bit, in another file",
    says: "warn",
    strengths: strengths(false),
  },
  {
    check: "temporal.duplicate",
    name: "the frame before to the bit, while the plate moves",
    says: "fail",
    strengths: strengths(true),
  },
];
