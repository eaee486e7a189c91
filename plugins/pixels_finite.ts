/**
 * pixels.finite: no sample of a float image is NaN or infinite.
 *
 * Measure: how many samples are not finite in R, G, B, A and Y (all channels where none has such a name). Limit: 0, or as
 * many as the plate has. One such pixel becomes a black or white block in
 * every later filter. IEEE 754: not finite = all exponent bits set, counted on the bits without a branch.
 */
import type { Check, DecodedImage, HeaderFacts } from "../daemon/plugin.ts";
import { placesOf } from "./_where.ts";

const check: Check = {
  apiVersion: 1,
  id: "pixels.finite",
  version: 1,
  scope: "frame",
  finds: "samples that are no number, or infinite",
  needs: ["result"],
  limits: { countMax: 0 },
  limitsFrom: { countMax: "no picture needs one" },
  seedMayCure: true,
  applies({ result }) {
    return result?.sampleType === "uint" ? "whole numbers are always finite" : null;
  },
  run({ result, plate, runs, header, limits }) {
    if (!(result?.samples instanceof Float32Array))
      return { verdict: "error", measures: [], message: "There are no float samples to look at." };
    const count = notFinite(result, runs("result"));
    // What the plate holds itself (a burst of its renderer, in overscan that no model saw) is no fault of the result.
    const before = plate?.samples instanceof Float32Array ? notFinite(plate, runs("plate")) : 0;
    const { countMax = 0 } = limits;
    const measures = [
      { name: "notFinite", value: count, unit: "count", limit: countMax + before, must: "atMost" },
    ] as const;
    const unseen = unseenOf(result, header("result"));
    if (count > countMax + before) {
      const places = placesOf(result, "Not finite", unfinished(result));
      const message = `${count} samples are NaN or infinite; at most ${countMax + before} may be.${places.words}${unseen}`;
      return {
        verdict: "fail",
        measures,
        message,
        hint: "A division by zero or an overflow in the graph; another seed may avoid it.",
        evidence: [places.evidence],
      };
    }
    return {
      verdict: "pass",
      measures,
      message: `${count === 0 ? "Every sample is a finite number." : `No more than in the plate: ${count}.`}${unseen}`,
    };
  },
};

/** So many channels are named. */
const NAMED = 8;

/** What of the file this says nothing about, in words; "" for a picture and nothing else. */
function unseenOf({ channelNames }: DecodedImage, header: HeaderFacts | null): string {
  const named = channelNames.filter((name) => PICTURE.includes(name));
  const others = named.length === 0 ? [] : channelNames.filter((name) => !PICTURE.includes(name));
  const more = others.length > NAMED ? [`${others.length - NAMED} more channels`] : [];
  const unseen = [...others.slice(0, NAMED), ...more, ...(header?.otherParts ?? [])];
  return unseen.length === 0 ? "" : ` Only ${named.join(", ")} were looked at, not ${unseen.join(", ")}.`;
}

/** Of one pixel: how many samples that count are not finite? */
function unfinished({ channels, channelNames, samples }: DecodedImage): (pixel: number) => number {
  const named = channelNames.flatMap((name, channel) => (PICTURE.includes(name) ? [channel] : []));
  const places = named.length === 0 ? channelNames.map((_, channel) => channel) : named;
  return (pixel) => {
    let count = 0;
    for (const place of places) count += Number.isFinite(samples[pixel * channels + place]) ? 0 : 1;
    return count;
  };
}

const PICTURE = ["R", "G", "B", "A", "Y"];

/** Samples of the picture only: depth and ids that are the plate's own may well be infinite. */
function notFinite({ channels, channelNames, samples }: DecodedImage, spans: Int32Array): number {
  const bits = new Uint32Array(samples.buffer, samples.byteOffset, samples.length);
  const named = channelNames.flatMap((name, channel) => (PICTURE.includes(name) ? [channel] : []));
  const all = named.length === 0 || named.length === channels;
  const places = all ? [0] : named;
  const step = all ? 1 : channels;
  let count = 0;
  for (let k = 0; k < spans.length; k += 2) {
    const start = (spans[k] as number) * channels;
    const end = (spans[k + 1] as number) * channels;
    for (let c = 0; c < places.length; c += 1) {
      // The exponent is 255 for NaN and infinities only: + 1 carries into bit 8.
      for (let i = start + (places[c] as number); i < end; i += step)
        count += ((((bits[i] as number) >>> 23) & 0xff) + 1) >>> 8;
    }
  }
  return count;
}

export default check;
