/**
 * image.dead_pixels: no single pixels stick out of what is around them: fireflies, dead pixels, salt and pepper.
 *
 * Where the recipe may change the plate, on luma as 16-bit display codes, a pixel is dead when it lies beyond all eight around it by more
 * than they differ among themselves, and |p - median of 3 x 3| is above k sigma and above a floor. What sticks out of the plate at the
 * same place by half of that is left out (stars, glitter). sigma: 1.4826 x the median of |p(x-1) - 2 p(x) + p(x+1)| / sqrt(6), the
 * deviation of white noise, from the picture itself. Measures: perMillion, which is judged; dead; threshold, 8-bit codes. Limits: kMin,
 * sigmas; floorCodes, 8-bit codes; perMillionMax. Statistical, so it warns; that a pixel is dead in frame after frame, it can't see. Two
 * dead pixels side by side are no single ones. In no profile yet (docs/qc.md).
 */
import type { Check, CheckInput } from "../daemon/plugin.ts";
import { Places, withinWords } from "./_where.ts";

const MILLION = 1_000_000;
const CODE = 257;

const check: Check = {
  apiVersion: 1,
  id: "image.dead_pixels",
  version: 1,
  scope: "frame",
  finds: "single pixels that stick out where the plate may be changed, and not in the plate",
  layer: "essence",
  needs: ["result"],
  limits: { kMin: 8, floorCodes: 12, perMillionMax: 1 },
  judges: { perMillionMax: { measures: ["perMillion"], must: "atMost", least: 0, greatest: 1e6 } },
  limitsFrom: {
    kMin: "eight deviations of white noise: once in 10^15 pixels by chance",
    floorCodes: "first choice: what an eye finds",
    perMillionMax: "first choice: a handful in a 4K frame",
  },
  seedMayCure: true,
  applies({ result }) {
    return result !== null && (result.width < 3 || result.height < 3) ? "the frame is smaller than 3 x 3 px" : null;
  },
  run(input) {
    const { result, limits } = input;
    const luma = input.lumaPlane("result");
    if (result === null || luma === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { kMin = 8, floorCodes = 12, perMillionMax = 1 } = limits;
    const { width, height } = result;
    const threshold = (plane: Uint16Array): number => Math.max(kMin * noiseOf(plane, width), floorCodes * CODE);
    const above = threshold(luma);
    const plate = platePlane(input, luma.length);
    const plateAbove = plate === null ? 0 : threshold(plate);
    const dead: number[] = [];
    const places = new Places(result);
    let [count, looked] = [0, 0];
    const inside = input.mask?.inside ?? null;
    const runs = input.runs("result");
    for (let run = 0; run < runs.length; run += 2) {
      for (let at = runs[run] as number; at < (runs[run + 1] as number); at += 1) {
        const x = at % width;
        if (x === 0 || x === width - 1 || at < width || at >= width * (height - 1)) continue;
        if (inside !== null && inside[at] === 0) continue;
        looked += 1;
        if (!sticksOut(luma, at, width, above)) continue;
        if (plate !== null && sticksOut(plate, at, width, plateAbove / 2)) continue;
        count += 1;
        places.add(at, 1);
        if (dead.length < BOXES) dead.push(at);
      }
    }
    const perMillion = looked === 0 ? 0 : (count * MILLION) / looked;
    const measures = [
      { name: "perMillion", value: perMillion, unit: "ratio", limit: perMillionMax, must: "atMost" },
      { name: "dead", value: count, unit: "count", limit: null },
      { name: "threshold", value: above / CODE, unit: "code", limit: null },
    ] as const;
    const numbers = `${count} of ${looked} px stick out by more than ${(above / CODE).toFixed(1)} codes`;
    if (perMillion <= perMillionMax) return { verdict: "pass", measures, message: `No dead pixels: ${numbers}.` };
    return {
      verdict: "warn",
      measures,
      message: `Single pixels stick out of what is around them: ${numbers}.${withinWords(result, places.placed)}`,
      hint: "Look at the places; another seed, or a despeckle step in the graph.",
      evidence: [
        {
          kind: "boxes",
          title: "Dead pixels",
          boxes: dead.map((at) => [(at % width) - 4, Math.floor(at / width) - 4, 9, 9]),
        },
      ],
    };
  },
};

const BOXES = 64;

function platePlane(input: CheckInput, length: number): Uint16Array | null {
  const plane = input.lumaPlane("plate");
  return plane?.length === length && input.plate?.width === input.result?.width ? plane : null;
}

/** Deviation of the noise, 16-bit codes: by the median, so that edges and dead pixels themselves count for nothing. */
function noiseOf(plane: Uint16Array, width: number): number {
  const histogram = new Uint32Array(4 * 65_536);
  let total = 0;
  for (let row = 0; row < plane.length; row += width)
    for (let at = row + 1; at < row + width - 1; at += 1) {
      const second = Math.abs((plane[at - 1] as number) - 2 * (plane[at] as number) + (plane[at + 1] as number));
      histogram[second] = (histogram[second] as number) + 1;
      total += 1;
    }
  let seen = 0;
  for (let value = 0; value < histogram.length; value += 1) {
    seen += histogram[value] as number;
    if (seen * 2 >= total) return (1.4826 * value) / Math.sqrt(6);
  }
  return 0;
}

/** Beyond all eight around it by more than they differ among themselves, and so far from the median of the nine. */
function sticksOut(plane: Uint16Array, at: number, width: number, above: number): boolean {
  const p = plane[at] as number;
  let [low, high] = [65_536, -1];
  for (let row = at - width; row <= at + width; row += width)
    for (let i = row - 1; i <= row + 1; i += 1) {
      if (i === at) continue;
      const v = plane[i] as number;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  if (Math.max(p - high, low - p) <= high - low) return false;
  const nine: number[] = [];
  for (let row = at - width; row <= at + width; row += width)
    nine.push(plane[row - 1] as number, plane[row] as number, plane[row + 1] as number);
  nine.sort((a, b) => a - b);
  return Math.abs(p - (nine[4] as number)) > above;
}

export default check;
