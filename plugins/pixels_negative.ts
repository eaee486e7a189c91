/**
 * pixels.negative: no more negative values than the plate has.
 *
 * Measure: share of colour samples of a float image below zero (-0 is no negative) minus the plate's share. Limit: 0.01 % more. Grain and wide
 * gamuts have legitimate negatives; a graph that makes new ones breaks every later gamma.
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "pixels.negative",
  version: 1,
  scope: "frame",
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
    const share = negatives(result);
    const plateShare = plate === null ? 0 : negatives(plate);
    const measures = [
      { name: "share", value: share, unit: "ratio", limit: null },
      { name: "more", value: share - plateShare, unit: "ratio", limit: moreMax, must: "atMost" },
    ] as const;
    const words = `${percent(share)} of the samples are negative (plate ${percent(plateShare)})`;
    return share - plateShare > moreMax
      ? {
          verdict: "warn",
          measures,
          message: `${words}; ${percent(moreMax)} more may be.`,
          hint: "Clamp at zero before the save, or look at the gamut conversion.",
        }
      : { verdict: "pass", measures, message: `${words}.` };
  },
};

const percent = (ratio: number): string => `${(ratio * 100).toFixed(3)} %`;

function negatives({ samples, channels, channelNames }: DecodedImage): number {
  if (!(samples instanceof Float32Array)) return 0;
  const colours = channelNames.flatMap((name, place) => (["R", "G", "B", "Y"].includes(name) ? [place] : []));
  let count = 0;
  for (let c = 0; c < colours.length; c += 1)
    for (let i = colours[c] as number; i < samples.length; i += channels) count += (samples[i] as number) < 0 ? 1 : 0;
  const looked = (samples.length / channels) * colours.length;
  return looked === 0 ? 0 : count / looked;
}

export default check;
