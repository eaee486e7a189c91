/**
 * image.clip: no more is cut off at the top, and at the bottom, than in the plate.
 *
 * Measures: share of colour samples at the largest code (floats: at the frame's own maximum, where at least a few stand: what a
 * clipping leaves is a plateau; a black frame has no top) minus the plate's share; the same for code 0. Looked at over every n-th
 * row of a large frame. Limit: 0.5 % more than the plate. Practical lights and black borders of the plate are in the plate, too.
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.clip",
  version: 2,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { moreMax: 0.005 },
  judges: { moreMax: { measures: ["highMore", "lowMore"], must: "atMost", least: 0, greatest: 1 } },
  limitsFrom: { moreMax: "prototype of the formula, limits fixed before its run (docs/qc.md)" },
  seedMayCure: true,
  run({ result, plate, limits }) {
    if (result === null || plate === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { moreMax = 0.005 } = limits;
    const [mine, plates] = [cut(result), cut(plate)];
    const high = mine.high - plates.high;
    const low = mine.low - plates.low;
    const measures = [
      { name: "highMore", value: high, unit: "ratio", limit: moreMax, must: "atMost" },
      { name: "lowMore", value: low, unit: "ratio", limit: moreMax, must: "atMost" },
      { name: "high", value: mine.high, unit: "ratio", limit: null },
      { name: "low", value: mine.low, unit: "ratio", limit: null },
    ] as const;
    const found = [
      ...(high > moreMax
        ? [`${percent(mine.high)} of the samples are cut off at the top (plate ${percent(plates.high)})`]
        : []),
      ...(low > moreMax ? [`${percent(mine.low)} stand at zero (plate ${percent(plates.low)})`] : []),
    ];
    return found.length > 0
      ? {
          verdict: "warn",
          measures,
          message: `${found.join("; ")}; ${percent(moreMax)} more may.`,
          hint: "Lower the exposure that the model is fed, or transfer only the edit (color.how: edit).",
        }
      : {
          verdict: "pass",
          measures,
          message: `No more is cut off than in the plate: ${percent(mine.high)} at the top, ${percent(mine.low)} at zero.`,
        };
  },
};

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;
const SAMPLES_ENOUGH = 1_500_000;

function cut(image: DecodedImage): { readonly high: number; readonly low: number } {
  const { samples, channels, width, height } = image;
  const colours = image.channelNames.flatMap((name, place) => (["R", "G", "B", "Y"].includes(name) ? [place] : []));
  const step = Math.max(1, Math.ceil((width * height * colours.length) / SAMPLES_ENOUGH));
  const top =
    samples instanceof Uint16Array ? 65_535 : samples instanceof Uint8Array ? 255 : largest(image, colours, step);
  let high = 0;
  let low = 0;
  let looked = 0;
  for (let y = 0; y < height; y += step) {
    const from = y * width * channels;
    const to = from + width * channels;
    for (let c = 0; c < colours.length; c += 1) {
      for (let i = from + (colours[c] as number); i < to; i += channels) {
        const v = samples[i] as number;
        high += v === top ? 1 : 0;
        low += v <= 0 ? 1 : 0;
      }
      looked += width;
    }
  }
  return looked === 0 ? { high: 0, low: 0 } : { high: high / looked, low: low / looked };
}

/** Of the finite values; not a number, which nothing equals, where none is above zero. */
function largest(image: DecodedImage, colours: readonly number[], step: number): number {
  const { samples, channels, width, height } = image;
  let top = 0;
  for (let y = 0; y < height; y += step) {
    const from = y * width * channels;
    for (let c = 0; c < colours.length; c += 1)
      for (let i = from + (colours[c] as number); i < from + width * channels; i += channels) {
        const v = samples[i] as number;
        if (v > top && v !== Number.POSITIVE_INFINITY) top = v;
      }
  }
  return top > 0 ? top : Number.NaN;
}

export default check;
