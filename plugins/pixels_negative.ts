/**
 * pixels.negative: no more negative values than the plate has.
 *
 * Measure: share of colour samples of a float image below zero (-0 is no negative) minus the plate's share. Limit: 0.01 % more. Grain and wide
 * gamuts have legitimate negatives; a graph that makes new ones breaks every later gamma. A darker light lays more of the grain below zero, but
 * no deeper: where the share is larger and the plate has negatives itself, only those count that lie deeper than 1.5 x what all but a thousandth
 * of the plate's reach, in both pictures.
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";
import { colourPlaces } from "./_colourPlaces.ts";
import { placesOf } from "./_where.ts";

const check: Check = {
  apiVersion: 1,
  id: "pixels.negative",
  version: 2,
  scope: "frame",
  finds: "negative values",
  needs: ["result"],
  limits: { moreMax: 0.0001 },
  judges: { moreMax: { measures: ["more"], must: "atMost", least: 0, greatest: 1 } },
  limitsFrom: { moreMax: "prototype of the formula, limits fixed before its run (docs/qc.md)" },
  applies({ result }) {
    return result?.sampleType === "uint" ? "whole numbers are never negative" : null;
  },
  run({ result, plate, limits }) {
    if (result === null || !(result.samples instanceof Float32Array))
      return { verdict: "error", measures: [], message: "There are no float samples to look at." };
    const { moreMax = 0.0001 } = limits;
    const share = negatives(result, 0);
    const plateShare = plate === null ? 0 : negatives(plate, 0);
    let more = share - plateShare;
    let deeper = 0;
    // Asked only then: it takes a look at every sample of the plate.
    if (more > moreMax && plate !== null && plateShare > 0) {
      const floor = DEEPER * depthOf(plate, plateShare);
      more = Math.min(more, negatives(result, floor) - negatives(plate, floor));
      deeper = floor;
    }
    const measures = [
      { name: "share", value: share, unit: "ratio", limit: null },
      { name: "more", value: more, unit: "ratio", limit: moreMax, must: "atMost" },
    ] as const;
    const words = `${percent(share)} of the samples are negative (plate ${percent(plateShare)})`;
    if (more <= moreMax) return { verdict: "pass", measures, message: `${words}.` };
    const places = where(result, deeper);
    return {
      verdict: "warn",
      measures,
      message: `${words}; ${percent(moreMax)} more may be.${places.words}`,
      hint: "Clamp at zero before the save, or look at the gamut conversion.",
      evidence: [places.evidence],
    };
  },
};

const percent = (ratio: number): string => `${(ratio * 100).toFixed(3)} %`;

/** Deeper than the plate's own by so much is another thing than its grain. */
const DEEPER = 1.5;

const NEGATIVES_ENOUGH = 500_000;

function where(image: DecodedImage, floor: number) {
  const places = colourPlaces(image.channelNames);
  const { samples, channels } = image;
  return placesOf(image, "Negative", (pixel) => {
    let deepest = 0;
    for (const place of places) {
      const v = samples[pixel * channels + place] as number;
      // -Infinity is a number as any other: the worst of all.
      if (v < floor) deepest = Math.max(deepest, -v);
    }
    return deepest;
  });
}

/** Below zero: what all but a thousandth of its negative values lie above (one odd pixel says nothing about grain). */
function depthOf(image: DecodedImage, share: number): number {
  const { samples, channels } = image;
  const values: number[] = [];
  const step = channels * Math.ceil((samples.length * share) / NEGATIVES_ENOUGH);
  for (const place of colourPlaces(image.channelNames))
    for (let i = place; i < samples.length; i += step) {
      const v = samples[i] as number;
      if (v < 0) values.push(v);
    }
  values.sort((a, b) => a - b);
  return values[Math.floor(values.length / 1000)] ?? 0;
}

/** Share of colour samples below `floor`. */
function negatives(image: DecodedImage, floor: number): number {
  const { samples, channels } = image;
  if (!(samples instanceof Float32Array)) return 0;
  const colours = colourPlaces(image.channelNames);
  let count = 0;
  for (let c = 0; c < colours.length; c += 1)
    for (let i = colours[c] as number; i < samples.length; i += channels)
      count += (samples[i] as number) < floor ? 1 : 0;
  const looked = (samples.length / channels) * colours.length;
  return looked === 0 ? 0 : count / looked;
}

export default check;
