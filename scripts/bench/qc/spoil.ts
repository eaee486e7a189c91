/** How results are spoiled: each function gives a defect of one strength, applied to the parts of a case. */
import type { DecodedImage } from "../../../daemon/plugin.ts";
import type { Defect, Parts } from "./cases.ts";
import { blurred } from "./edits.ts";
import type { Linear } from "./sources.ts";

export const CODE = 257;
export const clamp = (v: number): number => Math.min(65_535, Math.max(0, Math.round(v)));

export interface At {
  readonly x: number;
  readonly y: number;
  readonly pixel: number;
  readonly channel: number;
  readonly parts: Parts;
}

/** Every code of the finished result anew. */
export function onCodes(change: (code: number, at: At) => number): Defect {
  return (parts) => {
    const { width, height } = parts.plate;
    parts.finish = (codes) => {
      const out = new Uint16Array(codes.length);
      for (let y = 0, i = 0; y < height; y += 1)
        for (let x = 0; x < width; x += 1)
          for (let channel = 0; channel < 3; channel += 1, i += 1)
            out[i] = clamp(change(codes[i] as number, { x, y, pixel: y * width + x, channel, parts }));
      return out;
    };
  };
}

/** Every code anew of what was made, before it is laid onto the plate: what comes back black, flat or of few bits shows inside the mask alone. */
export function onMade(change: (code: number, at: At) => number): Defect {
  return (parts) => {
    parts.nowhere = !showsWhole(parts);
    onCodes(change)(parts);
    parts.make = parts.finish;
    parts.finish = null;
  };
}

/** From a mask's border, px. */
const RIM = 24;

/**
 * 64 x 64 px, and four fifths of what lies 24 px from the mask's border, must show the edit alone: where the plate shines through nothing is
 * black, flat or of few bits.
 */
function showsWhole({ weight, plate: { width, height } }: Parts): boolean {
  let inside = 0;
  let whole = 0;
  for (let y = RIM; y < height - RIM; y += 1) {
    for (let x = RIM; x < width - RIM; x += 1) {
      const pixel = y * width + x;
      const beside = [pixel - RIM, pixel + RIM, pixel - RIM * width, pixel + RIM * width];
      if (weight(pixel) === 0 || beside.some((at) => weight(at) === 0)) continue;
      inside += 1;
      if (weight(pixel) > 0.999) whole += 1;
    }
  }
  return whole >= 64 * 64 && whole >= inside * 0.8;
}

/** What is wrong where the mask lets nothing change: it has no place where everything may change. */
export function outsideMask(defect: Defect): Defect {
  return (parts) => {
    const { width, height } = parts.plate;
    let closed = 0;
    for (let pixel = 0; pixel < width * height; pixel += 1) closed += parts.weight(pixel) === 0 ? 1 : 0;
    parts.nowhere = closed === 0;
    if (closed > 0) defect(parts);
  };
}

/** Codes added to a square of so many pixels where the mask lets nothing change; where it covers all, in the corner. */
export function patchOutside(codes: number, side: number): Defect {
  return (parts) => {
    const { width, height } = parts.plate;
    const free = (x: number, y: number): boolean => {
      for (let v = y; v < y + side; v += 4)
        for (let u = x; u < x + side; u += 4) if (parts.weight(v * width + u) > 0) return false;
      return true;
    };
    let place = 0;
    // Only the edits' mattes say where nothing may change: without one any place is.
    parts.nowhere = true;
    for (let tries = 0; tries < 500 && parts.nowhere; tries += 1) {
      const x = Math.floor(parts.random.next() * (width - side));
      const y = Math.floor(parts.random.next() * (height - side));
      place = y * width + x;
      parts.nowhere = !free(x, y);
    }
    parts.finish = (from) => {
      const out = from.slice();
      for (let v = 0; v < side; v += 1)
        for (let i = (place + v * width) * 3; i < (place + v * width + side) * 3; i += 1) {
          const code = out[i] as number;
          // At the top there is nothing to add: taken off instead, for it is a difference that is wanted.
          out[i] = code + codes * CODE > 65_535 ? code - codes * CODE : code + codes * CODE;
        }
      return out;
    };
  };
}

export function shifted(pixels: number): Defect {
  const whole = Math.floor(pixels);
  const part = pixels - whole;
  return (parts) => {
    const { width } = parts.plate;
    parts.finish = (codes) =>
      Uint16Array.from(codes, (_code, i) => {
        const pixel = Math.floor(i / 3);
        const x = pixel % width;
        const row = pixel - x;
        const at = (u: number) => codes[(row + Math.max(0, u)) * 3 + (i % 3)] as number;
        return clamp((1 - part) * at(x - whole) + part * at(x - whole - 1));
      });
  };
}

/** A step between two tiles that meet in the middle of the mask: inside it, or over the whole height of the frame. */
export function seam(codes: number, where: "mask" | "frame"): Defect {
  return (parts) => {
    const line = middleOf(parts);
    onCodes((code, { x, pixel }) =>
      x >= line && (where === "frame" || parts.weight(pixel) > 0) ? code + codes * CODE : code,
    )(parts);
  };
}

/** Column in the middle of what may change. */
function middleOf(parts: Parts): number {
  const { width, height } = parts.plate;
  let sum = 0;
  let count = 0;
  for (let pixel = 0; pixel < width * height; pixel += 7) {
    const inside = parts.weight(pixel) > 0 ? 1 : 0;
    sum += inside * (pixel % width);
    count += inside;
  }
  return Math.round(sum / Math.max(1, count));
}

export function posterised(bits: number): Defect {
  const step = 65_535 / (2 ** bits - 1);
  return (parts) => {
    parts.grain = 0;
    onCodes((code, { pixel }) => (parts.weight(pixel) > 0 ? Math.round(code / step) * step : code))(parts);
  };
}

/** There is no place for it where the blur changes less than a quarter of what grain does. */
export function softened(sigma: number): Defect {
  return (parts) => {
    const before = parts.edit;
    parts.edit = blurred(before, sigma);
    parts.nowhere = besideGrain(parts, before) < 0.25;
  };
}

/** How much the edit differs from what it was, in deviations of the plate's grain there: root of the mean square over the mask. */
function besideGrain({ edit, weight, plateGrain }: Parts, before: Linear): number {
  let sum = 0;
  let count = 0;
  for (let pixel = 0; pixel < edit.width * edit.height; pixel += 3) {
    const w = weight(pixel);
    if (w === 0) continue;
    for (let i = pixel * 3; i < pixel * 3 + 3; i += 1) {
      const was = before.data[i] as number;
      const change = w * ((edit.data[i] as number) - was);
      sum += (change * change) / (1.2e-4 * Math.max(0, was) + 1e-6);
      count += 1;
    }
  }
  return Math.sqrt(sum / Math.max(1, count)) / plateGrain;
}

export function grain(amount: number): Defect {
  return (parts) => {
    parts.grain = amount;
  };
}

/** Exposed up until so large a share of all samples more than of the plate is cut off, over the whole frame. */
export function clipped(share: number): Defect {
  return (parts) => {
    exposeUp(parts, share, () => true);
    parts.wholeFrame = true;
  };
}

/** The same inside the mask alone, of the samples where the edit shows wholly. */
export function clippedInside(share: number): Defect {
  return (parts) => {
    parts.nowhere = !showsWhole(parts);
    exposeUp(parts, share, (i) => parts.weight((i / 3) | 0) > 0.999);
  };
}

function exposeUp(parts: Parts, share: number, counts: (sample: number) => boolean): void {
  const every = parts.edit.data.filter((_v, i) => i % 11 === 0 && counts(i)).sort();
  let cutOff = 0;
  let all = 0;
  for (let i = 0; i < parts.plate.data.length; i += 1) {
    if (!counts(i)) continue;
    all += 1;
    if ((parts.plate.data[i] as number) >= 1) cutOff += 1;
  }
  const top = every[Math.floor(every.length * (1 - Math.min(0.9, share + cutOff / Math.max(1, all))))] ?? 1;
  const gain = Math.max(1, 1 / Math.max(1e-4, top));
  parts.edit = { ...parts.edit, data: parts.edit.data.map((v) => v * gain) };
}

/** Inside the mask there is no place for it where it changes less than grain does: in greys. */
export function swapped(order: readonly [number, number, number], wholeFrame: boolean): Defect {
  return (parts) => {
    const before = parts.edit;
    const { data } = before;
    parts.edit = { ...before, data: data.map((_, i) => data[i - (i % 3) + (order[i % 3] as number)] as number) };
    parts.wholeFrame = wholeFrame;
    parts.nowhere = !wholeFrame && besideGrain(parts, before) < 1;
  };
}

/** Structure that was never there, of a size that no grain has. */
export function drift(codes: number): Defect {
  return onCodes((code, { x, y, channel }) => code + codes * CODE * Math.sin(x * 0.7 + channel) * Math.cos(y * 0.9));
}

export function graded(stops: number): Defect {
  const gain = 2 ** stops;
  return onCodes((code) => {
    const v = code / 65_535;
    const l = Math.min(1, (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4) * gain);
    return (l <= 0.0031308 ? 12.92 * l : 1.055 * l ** (1 / 2.4) - 0.055) * 65_535;
  });
}

/** Each row taken from another one. */
export function onRows(from: (row: number) => number): Defect {
  return (parts) => {
    const { width, height } = parts.plate;
    parts.finish = (codes) => {
      const out = new Uint16Array(codes.length);
      for (let y = 0; y < height; y += 1) {
        const row = Math.min(height - 1, from(y)) * width * 3;
        out.set(codes.subarray(row, row + width * 3), y * width * 3);
      }
      return out;
    };
  };
}

/** So many samples of the decoded result set to a value, spread over it; `share` of all where it is below 1. */
export function samplesSet(value: number, many: number): Defect {
  return (parts) => {
    parts.turn = (result) => {
      const samples = result.samples.slice();
      const pixels = result.width * result.height;
      const count = many < 1 ? Math.ceil(many * pixels) : many;
      for (let k = 0; k < count; k += 1)
        for (let c = 0; c < 3; c += 1) samples[Math.floor(((k + 0.5) * pixels) / count) * result.channels + c] = value;
      return { ...result, samples };
    };
  };
}

/** Alpha changed by so many codes of 1/255 in a square of 8 x 8 px. */
export function matteChanged(codes: number): Defect {
  return (parts) => {
    const place = Math.floor(parts.random.between(0.1, 0.8) * parts.plate.height) * parts.plate.width + 20;
    parts.turn = (result) => {
      const samples = result.samples.slice();
      const one = samples instanceof Float32Array ? codes / 255 : codes * CODE;
      const top = samples instanceof Float32Array ? 1 : 65_535;
      for (let k = 0; k < 64; k += 1) {
        const at = (place + (k % 8) + Math.floor(k / 8) * result.width) * 4 + 3;
        const v = samples[at] as number;
        samples[at] = v + one > top ? v - one : v + one;
      }
      return { ...result, samples };
    };
  };
}

export function cut(sides: (width: number, height: number) => readonly [number, number], channels?: number): Defect {
  return (parts) => {
    parts.turn = (result) => cutTo(result, sides(result.width, result.height), channels ?? result.channels);
  };
}

function cutTo(of: DecodedImage, [width, height]: readonly [number, number], channels: number): DecodedImage {
  const samples = of.samples.slice(0, width * height * channels);
  for (let y = 0, i = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      for (let c = 0; c < channels; c += 1, i += 1)
        samples[i] = of.samples[(y * of.width + x) * of.channels + c] as number;
  return { ...of, width, height, channels, channelNames: of.channelNames.slice(0, channels), samples };
}
