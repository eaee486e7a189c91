/**
 * What the kit shows to checks that look at many frames: small sequences of a plate that moves, and small sets of variations, whole and
 * with what goes wrong (a hole, frames that nobody could read, one frame, a still). In memory: such checks see traces, never files.
 */
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { maskFacts } from "../../domain/maskFacts.ts";
import type { FrameFacts } from "../../domain/qcInput.ts";
import type { SeriesFrame } from "../../domain/qcRequest.ts";
import type { DecodedImage, TracedFrame } from "../../plugin.ts";
import { encodePngSamples } from "../images/encodePicture.ts";
import { sampleDigest } from "../images/sampleDigest.ts";

export interface KitSeries {
  readonly name: string;
  readonly wanted: readonly (number | null)[];
  readonly frames: readonly (Omit<TracedFrame, "trace"> & { readonly facts: FrameFacts })[];
}

interface Shot {
  readonly name: string;
  /** Of these frames or wedges; one that is `lost` is wanted and not there. */
  readonly count: number;
  readonly lost?: readonly number[];
  readonly unreadable?: (index: number) => boolean;
  readonly still?: true;
  readonly bare?: true;
  readonly float?: true;
  /** Of the light of each: 1 is none. */
  readonly gain?: (index: number) => number;
  readonly width?: (index: number) => number;
}

const W = 320;
const H = 192;
/** px that the plate moves from one frame to the next. */
const PAN = 6;
const FIRST = 1001;

const SHOTS: readonly Shot[] = [
  { name: "with plate and mask", count: 12 },
  { name: "without plate", count: 12, bare: true },
  { name: "of light", count: 12, float: true },
  { name: "flickering", count: 12, gain: (i) => (i % 2 === 0 ? 1 : 0.9) },
  { name: "black", count: 12, gain: () => 0 },
  { name: "of light that is no number", count: 12, float: true, gain: (i) => (i === 3 ? Number.NaN : 1) },
  { name: "all alike", count: 12, still: true },
  { name: "with a hole", count: 12, lost: [3] },
  { name: "that nobody could read", count: 6, unreadable: () => true },
  { name: "half unreadable", count: 6, unreadable: (i) => i % 2 === 0 },
  { name: "of two sizes", count: 6, width: (i) => (i === 2 ? W / 2 : W) },
  { name: "of one", count: 1 },
  { name: "of two", count: 2 },
  { name: "of none", count: 4, lost: [0, 1, 2, 3] },
];

/** Frames of one wedge, one after another. Each series is painted when it is its turn. */
export function* kitSequences(): Iterable<KitSeries> {
  for (const shot of SHOTS)
    yield {
      name: `a sequence ${shot.name}`,
      wanted: numbers(shot.count).map((i) => FIRST + i),
      frames: there(shot).map((i) => ({
        wedge: 1,
        frame: FIRST + i,
        seed: "7",
        axes: {},
        facts: factsOf(shot, { index: i, time: shot.still === undefined ? i : 0, look: 0 }),
      })),
    };
}

/** One frame of every wedge: the plate stays, what was made of it differs. */
export function* kitSets(): Iterable<KitSeries> {
  for (const shot of SHOTS)
    yield {
      name: `a set ${shot.name}`,
      wanted: [FIRST],
      frames: there(shot).map((i) => ({
        wedge: i + 1,
        frame: FIRST,
        seed: String(1000 + i),
        axes: { lighting: ["dawn", "noon", "dusk"][i % 3] ?? "" },
        facts: factsOf(shot, { index: i, time: 0, look: shot.still === undefined ? i : 0 }),
      })),
    };
}

/** The pictures of a series as files, for programs; null where one can't be read or is light, which these files don't hold. */
export async function kitFiles(
  dir: string,
  number: number,
  frames: KitSeries["frames"],
): Promise<readonly SeriesFrame[] | null> {
  const out: SeriesFrame[] = [];
  for (const { wedge, frame, seed, axes, facts } of frames) {
    const { result, plate, expected } = facts;
    if (result === null || result.samples instanceof Float32Array) return null;
    const stem = `s${number}.w${wedge}.${frame}.png`;
    const path = await written(join(dir, stem), result);
    const platePath = plate === null ? null : await written(join(dir, `plate.${stem}`), plate);
    const { width, height, bitDepth } = expected;
    const trace = { path: `${path}.trace`, scopes: [] };
    const look = {
      path,
      bytes: statSync(path).size,
      frame,
      platePath,
      expected: { width, height, bitDepth, ignore: [] },
      trace,
    };
    out.push({ wedge, frame, seed, axes, look });
  }
  return out;
}

async function written(path: string, { width, height, samples }: DecodedImage): Promise<string> {
  const data = samples as Uint16Array;
  writeFileSync(path, await encodePngSamples({ width, height, channels: 3, data }), { flag: "wx", mode: 0o444 });
  return path;
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function there({ count, lost = [] }: Shot): readonly number[] {
  return numbers(count).filter((i) => !lost.includes(i));
}

function factsOf(
  shot: Shot,
  { index, time, look }: { readonly index: number; readonly time: number; readonly look: number },
): FrameFacts {
  const width = shot.width?.(index) ?? W;
  const size = { width, height: H };
  const inside = Uint8Array.from({ length: width * H }, (_, i) => (within(i % width, Math.floor(i / width)) ? 1 : 0));
  const gain = shot.gain?.(index) ?? 1;
  const plate = image(shot, size, (x, y, c) => scene(x + PAN * time, y, c));
  const result = image(shot, size, (x, y, c) => {
    const v = scene(x + PAN * time, y, c);
    return gain * (within(x, y) ? 0.7 * v + 0.2 * scene(x + 31 * look, H - 1 - y, c) : v);
  });
  const lost = shot.unreadable?.(index) === true;
  return {
    result: lost ? null : result,
    resultFile: { path: `/kit/w001.${FIRST + index}.png`, bytes: 1000, frame: FIRST + index },
    decodeProblem: lost ? { kind: "unreadable", message: "the kit hid it" } : null,
    plate: shot.bare === true ? null : plate,
    plateProblem: null,
    mask: shot.bare === true || lost ? null : maskFacts({ ...size, inside }, { ...size, ignore: [] }),
    maskProblem: null,
    composited: false,
    digestOf: sampleDigest,
    expected: { ...size, bitDepth: 16, ignore: [] },
  };
}

function within(x: number, y: number): boolean {
  return Math.hypot(x - W / 2, y - H / 2) < H * 0.45;
}

/** Structure of several sizes that a moving camera shows, and a little grain. */
function scene(x: number, y: number, channel: number): number {
  return ACROSS(x, channel) + DOWN(y) + GRAIN((x * 7 + y * 131 + channel * 57) % GRAIN_LENGTH);
}

/** A function of whole numbers, worked out once. */
function table(length: number, of: (i: number) => number): (i: number) => number {
  const values = Float32Array.from({ length }, (_, i) => of(i));
  return (i) => values[i] as number;
}

const X_LENGTH = W + 12 * Math.max(PAN, 31);
const GRAIN_LENGTH = 4_093;
const COLUMNS = table(3 * X_LENGTH, (i) => {
  const x = i % X_LENGTH;
  return 0.4 + 0.16 * Math.sin(x / 37 + Math.floor(i / X_LENGTH)) + 0.1 * Math.sin(x / 11) + (x % 90 < 30 ? 0.12 : 0);
});
const ACROSS = (x: number, channel: number): number => COLUMNS(channel * X_LENGTH + x);
const DOWN = table(H, (y) => 0.12 * Math.cos(y / 23));
const GRAIN = table(GRAIN_LENGTH, (i) => {
  const noise = Math.sin(i * 12.9898) * 43_758.5453;
  return 0.03 * (noise - Math.floor(noise));
});

function image(
  { float }: Shot,
  { width, height }: { readonly width: number; readonly height: number },
  paint: (x: number, y: number, channel: number) => number,
): DecodedImage {
  const length = width * height * 3;
  const at = (i: number): number => paint(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3);
  const window = [0, 0, width, height] as const;
  const base = { width, height, channels: 3, channelNames: ["R", "G", "B"], reader: "kit" };
  return float === true
    ? {
        ...base,
        bitDepth: 32,
        sampleType: "float",
        samples: Float32Array.from({ length }, (_, i) => at(i)),
        windows: { data: window, display: window },
      }
    : {
        ...base,
        bitDepth: 16,
        sampleType: "uint",
        samples: Uint16Array.from({ length }, (_, i) => Math.round(at(i) * 65_535)),
        windows: null,
      };
}
