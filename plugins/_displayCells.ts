/**
 * Display codes in cells of the part of a picture that may change: what checks over the variations of a version keep of each. The
 * crop is the mask's box; only pixels inside the mask and outside the ignored rectangles count.
 */
import type { CheckInput, DecodedImage } from "../daemon/plugin.ts";

/** Pixels looked at: several hundred of each cell. */
const PIXELS_MAX = 150_000;

export interface Crop {
  readonly width: number;
  readonly box: readonly [number, number, number, number];
  readonly step: number;
  readonly counts: (x: number, y: number) => boolean;
}

export function cropOf({ mask, expected }: CheckInput, { width, height }: DecodedImage): Crop {
  const box = mask?.box ?? ([0, 0, width, height] as const);
  const inIgnored = (x: number, y: number) =>
    expected.ignore.some(([left, top, w, h]) => x >= left && y >= top && x < left + w && y < top + h);
  const inside = mask?.inside ?? null;
  return {
    width,
    box,
    step: Math.max(1, Math.ceil(Math.sqrt((box[2] * box[3]) / PIXELS_MAX))),
    counts: (x, y) => (inside === null || inside[y * width + x] === 1) && !inIgnored(x, y),
  };
}

/** NaN in a cell of which nothing counts. */
export function cellMeans(
  { width, box, step, counts }: Crop,
  of: {
    readonly columns: number;
    readonly rows: number;
    readonly channels: number;
    readonly at: (pixel: number, channel: number) => number;
  },
): Float32Array {
  const [left, top, wide, high] = box;
  const sums = new Float64Array(of.columns * of.rows * of.channels);
  const pixels = new Float64Array(of.columns * of.rows);
  for (let y = top; y < top + high; y += step) {
    const row = Math.floor(((y - top) * of.rows) / high) * of.columns;
    for (let x = left; x < left + wide; x += step) {
      if (!counts(x, y)) continue;
      const cell = row + Math.floor(((x - left) * of.columns) / wide);
      pixels[cell] = (pixels[cell] as number) + 1;
      for (let c = 0; c < of.channels; c += 1) {
        const i = cell * of.channels + c;
        sums[i] = (sums[i] as number) + of.at(y * width + x, c);
      }
    }
  }
  return Float32Array.from(sums, (sum, i) => sum / (pixels[Math.floor(i / of.channels)] as number));
}

/** Display codes of 1/255; floats by the sRGB curve (IEC 61966-2-1). */
export function displayCodes({
  samples,
  channels,
  channelNames,
}: DecodedImage): (pixel: number, channel: number) => number {
  const grey = Math.max(0, channelNames.indexOf("Y"));
  const places = ["R", "G", "B"].map((name) => (channelNames.indexOf(name) < 0 ? grey : channelNames.indexOf(name)));
  const scale = samples instanceof Uint8Array ? 1 : 1 / 257;
  if (!(samples instanceof Float32Array))
    return (pixel, c) => (samples[pixel * channels + (places[c] as number)] as number) * scale;
  return (pixel, c) => {
    const v = samples[pixel * channels + (places[c] as number)] as number;
    const light = v > 0 ? Math.min(1, v) : 0;
    return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
  };
}
