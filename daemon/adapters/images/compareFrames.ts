/**
 * Two frames against each other (`Likeness` says the measures), and a picture of where they differ: A, B, and a map of the
 * largest difference, side by side. Both files are opened read-only.
 */
import { extension } from "../../domain/paths.ts";
import { HotplateError } from "../../domain/errors.ts";
import type { Likeness } from "../../domain/likeness.ts";
import { SAME_PIXELS } from "../../domain/likeness.ts";
import { srgbTable } from "../../domain/srgbCurve.ts";
import type { DecodedImage } from "../../plugin.ts";
import { readWhole } from "./byteSource.ts";
import { createCanvas, drawPicture, drawText } from "./canvas.ts";
import { encodeJpeg, encodePng, loadFrame, notLoaded, smallPicture } from "./loadFrame.ts";
import type { Loaded } from "./loadFrame.ts";
import { writeNew } from "./writeNew.ts";

export interface CompareJob {
  readonly a: string;
  readonly b: string;
  /** A new PNG or JPEG (EEXIST); null: no picture. */
  readonly picture: string | null;
}

export async function compareFrames({ a, b, picture }: CompareJob): Promise<Likeness> {
  const [first, second] = [await load(a), await load(b)];
  if (first.kind !== "frame") return { kind: "not comparable", why: `${a}: ${first.message}` };
  if (second.kind !== "frame") return { kind: "not comparable", why: `${b}: ${second.message}` };
  const [one, two] = [first.image, second.image];
  if (one.width !== two.width || one.height !== two.height)
    return { kind: "not comparable", why: `${one.width}x${one.height} against ${two.width}x${two.height}` };
  if (one.channels !== two.channels || one.sampleType !== two.sampleType)
    return { kind: "not comparable", why: `${kindOf(one)} against ${kindOf(two)}` };
  const likeness = measure(one, two);
  if (picture !== null) await drawDifference({ a, b, picture }, { one, two, likeness });
  return likeness;
}

async function load(path: string): Promise<Loaded> {
  try {
    return await loadFrame(readWhole(path));
  } catch (error) {
    if (error instanceof HotplateError) return notLoaded(error);
    throw error;
  }
}

function kindOf(image: DecodedImage): string {
  return `${image.channelNames.join("")} ${image.sampleType}`;
}

function measure(one: DecodedImage, two: DecodedImage): Extract<Likeness, { readonly kind: "compared" }> {
  const { width, height, channels } = one;
  const size = { kind: "compared", width, height } as const;
  const { changed, max } = rawDifference(one, two);
  if (changed === 0) return { ...size, ...SAME_PIXELS };
  const a = displayOf(one);
  const b = displayOf(two);
  const colours = Math.min(channels, 3) === 2 ? 1 : Math.min(channels, 3);
  let sum = 0;
  for (let i = 0, at = 0; i < width * height; i += 1, at += channels)
    for (let c = 0; c < colours; c += 1) sum += (a(at + c) - b(at + c)) ** 2;
  const mse = sum / (width * height * colours);
  const ssim = ssimOf({ width, height, a: lumaOf(one, a), b: lumaOf(two, b) });
  return {
    ...size,
    same: false,
    max,
    psnr: mse === 0 ? null : 10 * Math.log10(1 / mse),
    ssim,
    changed: changed / (width * height),
  };
}

/** Samples as the files hold them: how many pixels differ in any channel, and the largest difference. */
function rawDifference(one: DecodedImage, two: DecodedImage): { readonly changed: number; readonly max: number } {
  const a = one.samples;
  const b = two.samples;
  // Codes of another depth are another scale: both as parts of their largest code.
  const topA = topOf(one);
  const topB = topOf(two);
  let changed = 0;
  let max = 0;
  for (let at = 0; at < a.length; at += one.channels) {
    let differs = false;
    for (let k = at; k < at + one.channels; k += 1) {
      const x = (a[k] as number) / topA;
      const y = (b[k] as number) / topB;
      if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
      differs = true;
      const by = Math.abs(x - y);
      // NaN or infinity against a number: no size says how much.
      if (by > max && Number.isFinite(by)) max = by;
    }
    if (differs) changed += 1;
  }
  return { changed, max };
}

function topOf(image: DecodedImage): number {
  return image.sampleType === "float" ? 1 : 2 ** image.bitDepth - 1;
}

type Display = (at: number) => number;

/** Sample -> 0..1 as it is seen: codes as they are, floats clamped and sRGB-encoded; NaN is 0. */
function displayOf(image: DecodedImage): Display {
  const { samples } = image;
  const top = topOf(image);
  if (image.sampleType === "uint") return (at) => (samples[at] as number) / top;
  const table = srgbTable();
  const last = table.length - 1;
  return (at) => {
    const value = samples[at] as number;
    return table[value > 0 ? Math.round(Math.min(value, 1) * last) : 0] as number;
  };
}

function lumaOf({ width, height, channels }: DecodedImage, display: Display): Float32Array {
  const out = new Float32Array(width * height);
  for (let i = 0, at = 0; i < out.length; i += 1, at += channels)
    out[i] = channels < 3 ? display(at) : 0.2126 * display(at) + 0.7152 * display(at + 1) + 0.0722 * display(at + 2);
  return out;
}

const WINDOW = 8;
const STEP = 4;
/** Wang et al. 2004: (0.01 L)^2 and (0.03 L)^2 with L = 1. */
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

function ssimOf(of: {
  readonly width: number;
  readonly height: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
}): number {
  let sum = 0;
  let windows = 0;
  // A picture smaller than a window is one window.
  for (let y = 0; y === 0 || y + WINDOW <= of.height; y += STEP) {
    for (let x = 0; x === 0 || x + WINDOW <= of.width; x += STEP) {
      sum += ssimAt(of, x, y);
      windows += 1;
    }
  }
  return sum / windows;
}

function ssimAt(
  of: { readonly width: number; readonly height: number; readonly a: Float32Array; readonly b: Float32Array },
  left: number,
  top: number,
): number {
  const right = Math.min(of.width, left + WINDOW);
  const bottom = Math.min(of.height, top + WINDOW);
  const n = (right - left) * (bottom - top);
  let sa = 0;
  let sb = 0;
  let saa = 0;
  let sbb = 0;
  let sab = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let i = y * of.width + left, end = y * of.width + right; i < end; i += 1) {
      const a = of.a[i] as number;
      const b = of.b[i] as number;
      sa += a;
      sb += b;
      saa += a * a;
      sbb += b * b;
      sab += a * b;
    }
  }
  const ma = sa / n;
  const mb = sb / n;
  const va = saa / n - ma * ma;
  const vb = sbb / n - mb * mb;
  const cov = sab / n - ma * mb;
  return ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
}

/** px; each of the three pictures fits into it. */
const BOX = { width: 640, height: 640 };
const GAP = 8;
const LINE = 24;
const PAPER = [24, 24, 24] as const;
const INK = { scale: 2, colour: [230, 230, 230] as const };

async function drawDifference(
  { a, b, picture }: { readonly a: string; readonly b: string; readonly picture: string },
  of: { readonly one: DecodedImage; readonly two: DecodedImage; readonly likeness: Likeness },
): Promise<void> {
  const left = await smallPicture(readWhole(a), BOX);
  const right = await smallPicture(readWhole(b), BOX);
  const map = heatMap(of.one, of.two, left);
  const canvas = createCanvas(3 * left.width + 4 * GAP, left.height + 2 * GAP + LINE, PAPER);
  for (const [index, [words, shown]] of [
    ["A", left] as const,
    ["B", right] as const,
    ["A - B", map] as const,
  ].entries()) {
    const x = GAP + index * (left.width + GAP);
    drawText(canvas, words, { x, y: GAP }, INK);
    drawPicture(canvas, shown, { x, y: GAP + LINE });
  }
  const { width, height, data } = canvas;
  const jpeg = ["jpg", "jpeg"].includes(extension(picture));
  writeNew(
    picture,
    jpeg ? await encodeJpeg({ width, height, data }) : await encodePng({ width, height, channels: 3, data }),
  );
}

/** The largest display difference below each pixel of the small picture, scaled so that the largest of all is white. */
function heatMap(
  one: DecodedImage,
  two: DecodedImage,
  size: { readonly width: number; readonly height: number },
): { readonly width: number; readonly height: number; readonly data: Uint8Array } {
  const { width, height, channels } = one;
  const a = displayOf(one);
  const b = displayOf(two);
  const heat = new Float32Array(size.width * size.height);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = Math.min(size.height - 1, Math.floor((y * size.height) / height)) * size.width;
    for (let x = 0; x < width; x += 1, at += channels) {
      const cell = row + Math.min(size.width - 1, Math.floor((x * size.width) / width));
      for (let c = 0; c < channels; c += 1) {
        const by = Math.abs(a(at + c) - b(at + c));
        if (by > (heat[cell] as number)) heat[cell] = by;
      }
    }
  }
  const most = heat.reduce((max, value) => Math.max(max, value), 0) || 1;
  const data = new Uint8Array(heat.length * 3);
  heat.forEach((value, i) => data.set(heatColour(value / most), i * 3));
  return { ...size, data };
}

/** Black, red, yellow, white. */
function heatColour(value: number): readonly [number, number, number] {
  const part = (from: number): number => Math.round(Math.min(1, Math.max(0, value * 3 - from)) * 255);
  return [part(0), part(1), part(2)];
}
