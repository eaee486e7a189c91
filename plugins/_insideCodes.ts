/** The codes of what was made inside a mask: of changed pixels well inside it, so that the plate that shows through says nothing. */
import type { CheckInput, DecodedImage } from "../daemon/plugin.ts";
import type { Core } from "./_maskCore.ts";
import { coreOf, someOf } from "./_maskCore.ts";

export interface InsideCodes {
  /** Samples looked at: without those at either end of the scale, where what is cut off stands. */
  readonly samples: number;
  readonly distinct: number;
  /** The smallest distance of two neighbouring codes. */
  readonly step: number;
  /** Share of samples on a code that a sample of 8 bits becomes: v * 257 or v * 256. */
  readonly onGrid: number;
}

/** 64 blocks of 32 x 32 px. */
const PIXELS_ENOUGH = 65_536;

/** null: nothing lies well inside a mask, or nothing there was changed. */
export function insideCodes(
  input: CheckInput,
  of: "result" | "plate",
  code: (linear: number) => number,
): InsideCodes | null {
  const { result, plate } = input;
  const core = coreOf(input);
  const image = of === "result" ? result : plate;
  if (core === null || image === null || result === null) return null;
  if (image.width !== result.width || image.height !== result.height) return null;
  const some = someOf(core, PIXELS_ENOUGH / core.size ** 2);
  const before = of === "result" && plate !== null && sameKind(result, plate) ? plate : null;
  return counted(image, { core: some, before, code });
}

function sameKind(a: DecodedImage, b: DecodedImage): boolean {
  return a.width === b.width && a.height === b.height && a.sampleType === b.sampleType && a.bitDepth === b.bitDepth;
}

interface Of {
  readonly core: Core;
  /** Beside which a pixel is changed; null: all are. */
  readonly before: DecodedImage | null;
  readonly code: (linear: number) => number;
}

function counted(image: DecodedImage, { core, before, code }: Of): InsideCodes | null {
  const { samples, channels, channelNames, width } = image;
  const names = ["R", "G", "B", "Y"].filter((name) => channelNames.includes(name));
  const place = (of: DecodedImage) => Int32Array.from(names, (name) => of.channelNames.indexOf(name));
  const line: Line = {
    samples,
    channels,
    places: place(image),
    before: before?.samples ?? samples,
    stride: before?.channels ?? channels,
    others: place(before ?? image),
    all: before === null,
    seen: new Uint32Array(65_536),
  };
  const light = samples instanceof Float32Array;
  for (const { x, y } of core.tiles)
    for (let row = y; row < y + core.size; row += 1)
      if (light) lightLine(line, row * width + x, row * width + x + core.size, code);
      else wholeLine(line, row * width + x, row * width + x + core.size);
  return summed(line.seen, light ? HALF_ERROR : 0);
}

interface Line {
  readonly samples: DecodedImage["samples"];
  readonly channels: number;
  /** Of the colours in a pixel, and of the same in a pixel of `before`: -1 where that has none. */
  readonly places: Int32Array;
  readonly before: DecodedImage["samples"];
  readonly stride: number;
  readonly others: Int32Array;
  /** Pixels that are not changed count, too. */
  readonly all: boolean;
  readonly seen: Uint32Array;
}

function isChanged({ samples, channels, places, before, stride, others, all }: Line, pixel: number): boolean {
  for (let c = 0; c < places.length; c += 1) {
    const other = others[c] as number;
    if (other < 0 || samples[pixel * channels + (places[c] as number)] !== before[pixel * stride + other]) return true;
  }
  return all;
}

function wholeLine(line: Line, from: number, end: number): void {
  const { samples, channels, places, seen } = line;
  for (let pixel = from; pixel < end; pixel += 1) {
    if (!isChanged(line, pixel)) continue;
    for (let c = 0; c < places.length; c += 1) {
      const at = samples[pixel * channels + (places[c] as number)] as number;
      seen[at] = (seen[at] as number) + 1;
    }
  }
}

function lightLine(line: Line, from: number, end: number, code: (linear: number) => number): void {
  const { samples, channels, places, seen } = line;
  for (let pixel = from; pixel < end; pixel += 1) {
    if (!isChanged(line, pixel)) continue;
    for (let c = 0; c < places.length; c += 1) {
      const at = code(samples[pixel * channels + (places[c] as number)] as number);
      seen[at] = (seen[at] as number) + 1;
    }
  }
}

/** Codes of 16 bits that a code of 8 bits is off its place after the curve and a half float. */
const HALF_ERROR = 16;

function summed(seen: Uint32Array, error: number): InsideCodes | null {
  let [samples, distinct, step, last] = [0, 0, 65_536, Number.NEGATIVE_INFINITY];
  let [by257, by256] = [0, 0];
  for (let code = 1; code < 65_535; code += 1) {
    const count = seen[code] as number;
    if (count === 0) continue;
    samples += count;
    distinct += 1;
    step = Math.min(step, code - last);
    last = code;
    if (Math.abs(code - Math.round(code / 257) * 257) <= error) by257 += count;
    if (error === 0 && code % 256 === 0) by256 += count;
  }
  return samples === 0 ? null : { samples, distinct, step, onGrid: Math.max(by257, by256) / samples };
}
