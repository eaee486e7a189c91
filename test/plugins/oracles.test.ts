/**
 * The measures of shipped checks beside those of other people's programs, on the same procedural pictures: SSIM beside ssim.js,
 * the hash of set.duplicate beside sharp-phash, statistics of decoded frames beside `oiiotool --stats`. Every tolerance says where
 * it comes from.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import sharp from "sharp";
import sharpPhash from "sharp-phash";
import { ssim } from "ssim.js";
import { describe, expect, it, test } from "vitest";
import { loadFrame } from "../../daemon/adapters/images/loadFrame.ts";
import { framePlanes } from "../../daemon/domain/framePlanes.ts";
import type { MaskPicture } from "../../daemon/domain/maskFacts.ts";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import { pixelRuns } from "../../daemon/domain/pixelRuns.ts";
import { frameInput } from "../../daemon/domain/qcInput.ts";
import type { CheckInput, DecodedImage, Trace } from "../../daemon/plugin.ts";
import pixelsFinite from "../../plugins/pixels_finite.ts";
import plateStructure from "../../plugins/plate_structure.ts";
import setDuplicate from "../../plugins/set_duplicate.ts";
import type { Defect } from "../../scripts/bench/qc/cases.ts";
import { makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import type { Kind } from "../../scripts/bench/qc/sources.ts";
import { HEIGHT, WIDTH } from "../../scripts/bench/qc/sources.ts";
import { grain, onCodes, shifted, softened } from "../../scripts/bench/qc/spoil.ts";
import { hardExr, sceneLinear, writeExr } from "../fixtures/exrWriter.ts";
import { absent } from "../fixtures/optionalTools.ts";
import { pngBytes } from "../fixtures/pictures.ts";
import { tempDir } from "../fixtures/tempDir.ts";

function inputOf(result: DecodedImage | null, plate: DecodedImage | null, mask: MaskPicture | null = null): CheckInput {
  const seen = frameInput({
    result,
    plate,
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    mask: mask === null ? null : maskFacts(mask, { width: mask.width, height: mask.height, ignore: [] }),
    maskProblem: null,
    composited: mask !== null,
    expected: { width: null, height: null, bitDepth: null, ignore: [] },
  });
  return { ...seen, limits: {} };
}

/** Places in order of size, equal values sharing one; then Pearson's correlation of the places. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const places = (of: readonly number[]) =>
    of.map((v) => of.filter((w) => w < v).length + (of.filter((w) => w === v).length - 1) / 2);
  const [x, y, middle] = [places(a), places(b), (a.length - 1) / 2];
  const product = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, v, i) => sum + (v - middle) * ((q[i] as number) - middle), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

const largest = (of: readonly number[]): number => Math.max(...of.map(Math.abs));

// -- SSIM ------------------------------------------------------------------------------------------------------------------------

interface GreyPair {
  readonly name: string;
  readonly result: DecodedImage;
  readonly plate: DecodedImage;
}

function ourSsim(result: DecodedImage, plate: DecodedImage, mask: MaskPicture | null = null) {
  const { measures } = plateStructure.run(inputOf(result, plate, mask));
  const of = (name: string) => measures.find((one) => one.name === name)?.value ?? Number.NaN;
  return { mean: of("ssim"), windows: of("windows") };
}

/** Luma in 8 bits: equal red, green and blue are that grey for every program, whatever weights it gives them. */
function grey({ width, height, samples }: DecodedImage): DecodedImage {
  const codes = Uint8Array.from({ length: width * height }, (_, i) => {
    const [r, g, b] = [samples[i * 3] as number, samples[i * 3 + 1] as number, samples[i * 3 + 2] as number];
    return Math.round((0.2126 * r + 0.7152 * g + 0.0722 * b) / 257);
  });
  return greyImage(codes, width, height);
}

function greyImage(samples: Uint8Array, width: number, height: number): DecodedImage {
  const shape = { channels: 1, channelNames: ["Y"], bitDepth: 8, sampleType: "uint", windows: null } as const;
  return { ...shape, width, height, samples, reader: "procedural" };
}

/** As a browser's canvas holds it: what ssim.js takes. */
function onCanvas({ width, height, channels, samples }: DecodedImage) {
  const scale = samples instanceof Uint16Array ? 257 : 1;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i += 1)
    for (let c = 0; c < 3; c += 1)
      data[i * 4 + c] = Math.round((samples[i * channels + (channels === 1 ? 0 : c)] as number) / scale);
  return { width, height, data };
}

/** Windows of 8 x 8 side by side, as ours; of 8 x 8 at every pixel; Gaussian ones of 11 x 11 at every pixel, as first published. */
const MODES = {
  blocks: { ssim: "bezkrovny", windowSize: 8, downsample: false },
  everywhere: { ssim: "weber", windowSize: 8, downsample: false },
  gaussian: { ssim: "fast", windowSize: 11, downsample: false },
} as const;

function theirSsim(result: DecodedImage, plate: DecodedImage, mode: keyof typeof MODES) {
  return ssim(onCanvas(result), onCanvas(plate), MODES[mode]);
}

const SPOILED: Readonly<Record<string, Defect | null>> = {
  "a relight": null,
  softened: softened(1.5),
  moved: shifted(1),
  grainy: grain(3),
};
const colourPairs = (["discs", "lights", "text", "noise"] as const).flatMap((kind) => {
  const scene = makeScene(kind, 3, "frame");
  return Object.entries(SPOILED).map(([how, defect]) => ({ name: `${kind}, ${how}`, ...makeCase(scene, defect) }));
});
const greyPairs: readonly GreyPair[] = colourPairs.map(({ name, result, plate }) => ({
  name,
  result: grey(result),
  plate: grey(plate),
}));
const ours = greyPairs.map(({ result, plate }) => ourSsim(result, plate).mean);

describe("SSIM of plate.structure beside ssim.js", () => {
  it("is the same number where both look at the same windows", () => {
    // The same formula in doubles: only the order of the sums differs.
    const theirs = greyPairs.map(({ result, plate }) => theirSsim(result, plate, "blocks").mssim);
    expect(largest(ours.map((v, i) => v - (theirs[i] as number)))).toBeLessThan(1e-12);
    // Neither is looking at pictures that are all alike.
    expect(Math.max(...ours) - Math.min(...ours)).toBeGreaterThan(0.3);
  });

  it("is the same number outside a mask", () => {
    // On the borders of windows, so that no window lies across it.
    const box = { left: 160, top: 96, right: 480, bottom: 400 };
    const within = (x: number, y: number) => x >= box.left && x < box.right && y >= box.top && y < box.bottom;
    const inside = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
      within(i % WIDTH, Math.floor(i / WIDTH)) ? 1 : 0,
    );
    for (const { name, result, plate } of greyPairs.slice(0, 4)) {
      const { data, width } = theirSsim(result, plate, "blocks").ssim_map;
      const outside = data.filter((_, i) => !within((i % width) * 8, Math.floor(i / width) * 8));
      const seen = ourSsim(result, plate, { width: WIDTH, height: HEIGHT, inside });
      expect(seen.windows, name).toBe(outside.length);
      expect(Math.abs(seen.mean - outside.reduce((sum, v) => sum + v, 0) / outside.length), name).toBeLessThan(1e-12);
    }
  });

  it("is within a thousandth of all windows where a large frame is looked at in part", () => {
    // Nine pictures side by side, every second window is looked at; a thousandth is what the check promises.
    const [columns, rows] = [3, 3];
    const joined = (of: "result" | "plate") => {
      const out = new Uint8Array(WIDTH * columns * HEIGHT * rows);
      for (let tile = 0; tile < columns * rows; tile += 1) {
        const { samples } = (greyPairs[(tile * 5) % greyPairs.length] as GreyPair)[of];
        const at = Math.floor(tile / columns) * HEIGHT * WIDTH * columns + (tile % columns) * WIDTH;
        for (let y = 0; y < HEIGHT; y += 1)
          out.set(samples.subarray(y * WIDTH, (y + 1) * WIDTH), at + y * WIDTH * columns);
      }
      return greyImage(out, WIDTH * columns, HEIGHT * rows);
    };
    const [result, plate] = [joined("result"), joined("plate")];
    const seen = ourSsim(result, plate);
    expect(seen.windows).toBe((result.width * result.height) / 64 / 2);
    expect(Math.abs(seen.mean - theirSsim(result, plate, "blocks").mssim)).toBeLessThan(0.001);
  });

  it("orders pictures as other windows do, and stays near them", () => {
    // Windows at every pixel see the borders between ours. Gaussian ones weigh the middle: letters on flat ground, moved by a pixel,
    // are where ways of looking differ most.
    for (const [mode, tolerance] of [
      ["everywhere", 0.01],
      ["gaussian", 0.05],
    ] as const) {
      const theirs = greyPairs.map(({ result, plate }) => theirSsim(result, plate, mode).mssim);
      expect(largest(ours.map((v, i) => v - (theirs[i] as number))), mode).toBeLessThan(tolerance);
      expect(rankCorrelation(ours, theirs), mode).toBeGreaterThan(0.95);
    }
  });

  it("stays near in colour, where each has weights of its own", () => {
    // Luma is Rec. 709 of 16 bits here, Rec. 601 of 8 bits there: grain of its own in each channel weighs differently.
    const own = colourPairs.map(({ result, plate }) => ourSsim(result, plate).mean);
    const theirs = colourPairs.map(({ result, plate }) => theirSsim(result, plate, "blocks").mssim);
    expect(largest(own.map((v, i) => v - (theirs[i] as number)))).toBeLessThan(0.025);
    expect(rankCorrelation(own, theirs)).toBeGreaterThan(0.95);
  });
});

// -- The hash ----------------------------------------------------------------------------------------------------------------------

/** A CommonJS module whose types say otherwise. */
const phash = sharpPhash as unknown as (image: Buffer) => Promise<string>;

interface Hashed {
  readonly name: string;
  readonly own: Trace | null;
  readonly theirs: string;
}

async function hashed(name: string, image: DecodedImage): Promise<Hashed> {
  const { width, height, samples } = image;
  const codes = Uint8Array.from(samples, (code) => Math.round(code / 257));
  const png = await sharp(codes, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return { name, own: setDuplicate.trace?.(inputOf(image, null)) ?? null, theirs: await phash(png) };
}

/** The least number of bits at which the check calls two pictures alike, whatever their colour: their distance. */
function ourBits(a: Hashed, b: Hashed): number {
  for (let bitsMax = 0; bitsMax <= 64; bitsMax += 1) if (pairs(a, b, { bitsMax, codesMax: 255 }) === 1) return bitsMax;
  throw new Error("two pictures without a distance");
}

function pairs(a: Hashed, b: Hashed, limits: Readonly<Record<string, number>>): number | undefined {
  const series = [a, b].map(({ own }, i) => ({ wedge: i + 1, frame: null, seed: String(i), axes: {}, trace: own }));
  const { measures } = setDuplicate.run({ ...inputOf(null, null), series, limits });
  return measures.find(({ name }) => name === "pairs")?.value;
}

const theirBits = (a: Hashed, b: Hashed): number => Array.from(a.theirs).filter((bit, i) => bit !== b.theirs[i]).length;

const CHANGED: Readonly<Record<string, Defect>> = {
  grainy: grain(3),
  "a little brighter": onCodes((code) => code + 200),
  "a fifth darker": onCodes((code) => code * 0.8),
  "moved by 1 px": shifted(1),
  "moved by 16 px": shifted(16),
  "moved by 64 px": shifted(64),
};
const SAME = ["grainy", "a little brighter", "a fifth darker", "moved by 1 px"];

async function family(kind: Kind) {
  const scene = makeScene(kind, 3, "frame");
  const first = await hashed(kind, makeCase(scene, null).result);
  const changed = new Map<string, Hashed>();
  for (const [name, defect] of Object.entries(CHANGED))
    changed.set(name, await hashed(name, makeCase(scene, defect).result));
  return { first, changed };
}

const families = await Promise.all((["discs", "lights", "text", "noise", "bricks", "skyline"] as const).map(family));

describe("the hash of set.duplicate beside sharp-phash", () => {
  it("calls the same picture the same: both within 3 bits of 64", () => {
    for (const { first, changed } of families)
      for (const name of SAME) {
        const other = changed.get(name)!;
        expect(ourBits(first, other), `${first.name}, ${name}`).toBeLessThanOrEqual(3);
        expect(theirBits(first, other), `${first.name}, ${name}`).toBeLessThanOrEqual(3);
      }
  });

  it("calls other pictures others: both more than 10 bits apart", () => {
    const firsts = families.map(({ first }) => first);
    const others = firsts.flatMap((a, i) => firsts.slice(i + 1).map((b) => [a, b] as const));
    const moved = families.map(({ first, changed }) => [first, changed.get("moved by 64 px")!] as const);
    for (const [a, b] of [...others, ...moved]) {
      expect(ourBits(a, b), `${a.name} and ${b.name}`).toBeGreaterThan(10);
      expect(theirBits(a, b), `${a.name} and ${b.name}`).toBeGreaterThan(10);
    }
  });

  it("orders pairs alike, though one hashes slopes and the other waves", () => {
    const all = families.flatMap(({ first, changed }) => [...changed.values()].map((other) => [first, other] as const));
    const [own, theirs] = [all.map(([a, b]) => ourBits(a, b)), all.map(([a, b]) => theirBits(a, b))];
    expect(rankCorrelation(own, theirs)).toBeGreaterThan(0.8);
  });

  it("has no bits in a smooth sky, where grain throws those of the other: there colour decides", async () => {
    const [sky, water] = await Promise.all([family("gradient"), family("waterline")]);
    const grainy = sky.changed.get("grainy")!;
    expect([ourBits(sky.first, grainy), ourBits(sky.first, water.first)]).toEqual([0, 0]);
    expect(theirBits(sky.first, grainy)).toBeGreaterThan(10);
    const limits = setDuplicate.limits;
    expect([pairs(sky.first, grainy, limits), pairs(sky.first, water.first, limits)]).toEqual([1, 0]);
  });
});

// -- Statistics --------------------------------------------------------------------------------------------------------------------

const noOiiotool = absent("oiiotool");
const STATS = ["Min", "Max", "Avg", "StdDev", "NanCount", "InfCount", "FiniteCount"] as const;
/** A number a channel. */
type Stats = Readonly<Record<(typeof STATS)[number], readonly number[]>>;

/** In the file's units: codes of whole numbers to two decimals, floats to six. */
function oiioStats(bytes: Buffer, ...args: readonly string[]): Stats {
  using dir = tempDir();
  const path = dir.file("a.image");
  writeFileSync(path, bytes);
  // Otherwise it multiplies colour by alpha on its way in.
  const text = execFileSync("oiiotool", ["--iconfig", "oiio:UnassociatedAlpha", "1", path, ...args, "--printstats"], {
    encoding: "utf8",
  });
  const lines = new Map(
    [...text.matchAll(/Stats (\w+): ([^(\n]+)/g)].map(([, name, numbers]) => [name, numbers!.trim().split(/\s+/)]),
  );
  return statsOf((name) => lines.get(name)!.map(Number));
}

function statsOf(of: (name: keyof Stats) => readonly number[]): Stats {
  return Object.fromEntries(STATS.map((name) => [name, of(name)])) as unknown as Stats;
}

/** Mean and deviation of what is finite, in doubles, two passes. */
function ownStats({ samples, channels }: DecodedImage): Stats {
  const each = Array.from({ length: channels }, (_, channel) => {
    const all = Array.from(samples as ArrayLike<number>).filter((_v, i) => i % channels === channel);
    const finite = all.filter(Number.isFinite);
    const mean = finite.reduce((sum, v) => sum + v, 0) / finite.length;
    const nan = all.filter(Number.isNaN).length;
    return {
      Min: finite.reduce((a, b) => Math.min(a, b)),
      Max: finite.reduce((a, b) => Math.max(a, b)),
      Avg: mean,
      StdDev: Math.sqrt(finite.reduce((sum, v) => sum + (v - mean) ** 2, 0) / finite.length),
      NanCount: nan,
      InfCount: all.length - finite.length - nan,
      FiniteCount: finite.length,
    };
  });
  return statsOf((name) => each.map((one) => one[name]));
}

async function read(bytes: Buffer): Promise<DecodedImage> {
  const loaded = await loadFrame(bytes);
  if (loaded.kind !== "frame") throw new Error(loaded.message);
  return loaded.image;
}

function expectNear(own: readonly number[], theirs: readonly number[], of: { within: number; what: string }): void {
  expect(own.length, of.what).toBe(theirs.length);
  for (const [i, v] of own.entries())
    expect(Math.abs(v - (theirs[i] as number)), `${of.what} ${i}: ${v}`).toBeLessThan(of.within);
}

const SIZE = { width: 203, height: 149 };

async function scenePng(): Promise<Buffer> {
  const { samples } = colourPairs[0]!.result;
  return sharp(samples, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .toColourspace("rgb16")
    .png()
    .toBuffer();
}

/** NaN, infinities of both signs, and a depth channel that is mostly infinite, as depth may be. */
function broken(): Buffer {
  const now = (every: number, value: number, seed: number) => (x: number, y: number) =>
    (x * 7 + y * 13) % every === 0 ? value : sceneLinear(seed)(x, y);
  return writeExr({
    data: [0, 0, SIZE.width, SIZE.height],
    compression: "zip",
    channels: [
      { name: "R", type: "half", value: now(97, Number.NaN, 1) },
      { name: "G", type: "half", value: now(51, Number.POSITIVE_INFINITY, 2) },
      { name: "B", type: "half", value: now(1009, Number.NEGATIVE_INFINITY, 3) },
      { name: "Z", type: "float", value: now(2, Number.POSITIVE_INFINITY, 4) },
    ],
  });
}

function floats(): Buffer {
  const channels = ["R", "G", "B"].map((name, i) => ({ name, type: "float", value: sceneLinear(i + 1) }) as const);
  return writeExr({ data: [0, 0, SIZE.width, SIZE.height], compression: "zip", channels });
}

const WHOLE = ([1, 3, 4] as const).flatMap((channels) =>
  ([8, 16] as const).map(
    (bits) => [`${channels} x ${bits} bits`, () => pngBytes({ ...SIZE, channels, bits })] as const,
  ),
);
const FILES: readonly (readonly [name: string, bytes: () => Promise<Buffer> | Buffer])[] = [
  ...WHOLE,
  ["a scene of 16 bits", scenePng],
  ["halves with NaN, infinities and odd windows", () => writeExr(hardExr("zip"))],
  ["halves with many of them", broken],
  ["floats", floats],
];

describe("statistics beside oiiotool --stats", () => {
  for (const [name, bytes] of FILES) {
    test(`of the samples that are read: ${name}`, async (ctx) => {
      if (noOiiotool !== null) return ctx.skip(noOiiotool);
      const file = await bytes();
      const decoded = await read(file);
      const [own, theirs] = [ownStats(decoded), oiioStats(file)];
      for (const what of ["NanCount", "InfCount", "FiniteCount"] as const)
        expect(own[what], what).toEqual(theirs[what]);
      // The last digit that is printed: half of it is rounding, and deviations are summed up there in one pass of less precision.
      const within = decoded.sampleType === "uint" ? 0.01 : 1e-6;
      for (const what of ["Min", "Max", "Avg", "StdDev"] as const)
        expectNear(own[what], theirs[what], { within, what });
    });
  }

  for (const [name, bytes] of [...WHOLE, FILES[WHOLE.length]!]) {
    test(`of the planes that checks share: ${name}`, async (ctx) => {
      if (noOiiotool !== null) return ctx.skip(noOiiotool);
      const file = await bytes();
      const decoded = await read(file);
      const { facts, blocks } = framePlanes(decoded, pixelRuns(decoded.width, decoded.height, []));
      const isGrey = decoded.channels === 1;
      const weights = isGrey ? "1" : "0.2126,0.7152,0.0722";
      const theirs = oiioStats(file, ...(isGrey ? [] : ["--ch", "R,G,B"]), "-d", "float", `--chsum:weight=${weights}`);
      // Weights of 15 bits are up to 1.5e-5 off, luma is a whole code of 16 bits (0.8e-5), six decimals are printed.
      const own = [facts.min, facts.max, facts.mean, facts.sd];
      const printed = [theirs.Min, theirs.Max, theirs.Avg, theirs.StdDev].map(([v]) => v as number);
      expectNear(own, printed, { within: 2.5e-5, what: "luma" });
      expect(facts.pixels).toBe(theirs.FiniteCount[0]);
      // Means of blocks are floats of 24 bits: 0.004 of 65,535; and two decimals are printed of the file's own codes.
      const channels = oiioStats(file).Avg.slice(0, 3);
      const scale = decoded.bitDepth === 8 ? 257 : 1;
      const means = [blocks.red, blocks.green, blocks.blue].slice(0, channels.length).map((of) => {
        const sum = of.reduce((total, mean, i) => total + mean * (blocks.pixels[i] as number), 0);
        return sum / facts.pixels / scale;
      });
      expectNear(means, channels, { within: 0.01, what: "mean of a channel" });
    });
  }

  it("of what is not finite, in the colours and not in depth", async (ctx) => {
    if (noOiiotool !== null) return ctx.skip(noOiiotool);
    for (const file of [writeExr(hardExr("zip")), broken(), floats()]) {
      const theirs = oiioStats(file, "--ch", "R,G,B");
      const wanted = [...theirs.NanCount, ...theirs.InfCount].reduce((sum, n) => sum + n, 0);
      const { measures } = pixelsFinite.run(inputOf(await read(file), null));
      expect(measures.find(({ name }) => name === "notFinite")?.value).toBe(wanted);
    }
    expect(oiioStats(broken()).NanCount[0]).toBeGreaterThan(200);
  });
});
