/**
 * A larger result as it would be at its plate's size: what an upscale adds is averaged away, and what is left must be the plate. Pure. Each pixel is
 * the mean of what its area covers of the result, whole factor or not: codes as codes, light as light.
 */
import type { DecodedImage, PixelBox } from "../plugin.ts";

type Size = Pick<DecodedImage, "width" | "height">;

/** Why result and plate can't lie on each other; null: they can, at the plate's size. */
export function sizesApart(result: Size, plate: Size): string | null {
  const [w, h] = [result.width, result.height];
  if (w === plate.width && h === plate.height) return null;
  if (w <= plate.width || h <= plate.height) return "the result is not of the plate's size, and not larger";
  // Each side may be rounded by a pixel.
  return Math.abs(w * plate.height - h * plate.width) > plate.width + plate.height
    ? "the result is not of the plate's shape"
    : null;
}

/** Which source pixels fall into each of `to` places, and by how much: `taps` weights a place, from `starts` on; together 1. */
interface Taps {
  readonly starts: Int32Array;
  readonly weights: Float64Array;
  readonly taps: number;
}

function tapsOf(from: number, to: number): Taps {
  const step = from / to;
  const taps = Math.ceil(step) + 1;
  const starts = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let place = 0; place < to; place += 1) {
    const [low, high] = [place * step, (place + 1) * step];
    const start = Math.min(from - taps, Math.floor(low));
    starts[place] = start;
    for (let tap = 0; tap < taps; tap += 1) {
      const at = start + tap;
      weights[place * taps + tap] = Math.max(0, Math.min(at + 1, high) - Math.max(at, low)) / step;
    }
  }
  return { starts, weights, taps };
}

/** Whole numbers come back as 16-bit codes, so that means are not rounded to 8. `sizesApart` must have said null. */
export function reducedTo({ width, height }: Size, image: DecodedImage): DecodedImage {
  const { channels, samples } = image;
  const across = tapsOf(image.width, width);
  const down = tapsOf(image.height, height);
  const light = samples instanceof Float32Array;
  const scale = samples instanceof Uint8Array ? 257 : 1;
  const out = light ? new Float32Array(width * height * channels) : new Uint16Array(width * height * channels);
  const line = new Float64Array(width * channels);
  // A row of the result is needed by one row of the plate, or by two.
  const row = new Float64Array(width * channels);
  let known = -1;
  for (let y = 0; y < height; y += 1) {
    line.fill(0);
    for (let tap = 0; tap < down.taps; tap += 1) {
      const weight = (down.weights[y * down.taps + tap] as number) * scale;
      if (weight === 0) continue;
      const source = (down.starts[y] as number) + tap;
      if (source !== known) rowInto(row, image, { across, source });
      known = source;
      for (let i = 0; i < line.length; i += 1) line[i] = (line[i] as number) + weight * (row[i] as number);
    }
    const at = y * line.length;
    if (light) out.set(line, at);
    else for (let i = 0; i < line.length; i += 1) out[at + i] = (line[i] as number) + 0.5;
  }
  return { ...image, width, height, samples: out, bitDepth: light ? image.bitDepth : 16, windows: null };
}

function rowInto(
  row: Float64Array,
  { samples, channels, width }: DecodedImage,
  { across, source }: { readonly across: Taps; readonly source: number },
): void {
  const { starts, weights, taps } = across;
  for (let x = 0; x < starts.length; x += 1) {
    const first = (source * width + (starts[x] as number)) * channels;
    for (let c = 0; c < channels; c += 1) {
      let sum = 0;
      for (let tap = 0; tap < taps; tap += 1) {
        const weight = weights[x * taps + tap] as number;
        // An infinity beside the area is none of it.
        if (weight !== 0) sum += weight * (samples[first + tap * channels + c] as number);
      }
      row[x * channels + c] = sum;
    }
  }
}

/** Where anything of what a pixel covers may change. */
export function insideAt({ width, height }: Size, of: Size, inside: Uint8Array): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let y = 0; y < of.height; y += 1) {
    const line = Math.min(height - 1, Math.floor((y * height) / of.height)) * width;
    for (let x = 0; x < of.width; x += 1)
      if (inside[y * of.width + x] === 1) out[line + Math.min(width - 1, Math.floor((x * width) / of.width))] = 1;
  }
  return out;
}

/** Rectangles of a picture of size `of`; fractions stay, and grow outward where they are used. */
export function boxesAt({ width, height }: Size, of: Size, boxes: readonly PixelBox[]): readonly PixelBox[] {
  const [sx, sy] = [width / of.width, height / of.height];
  return boxes.map(([x, y, w, h]) => [x * sx, y * sy, w * sx, h * sy] as const);
}
