/**
 * pixels.finite: no sample of a float image is NaN or infinite.
 *
 * Measure: how many samples are not finite, over all channels. Limit: 0. One such pixel becomes a black or white block in
 * every later filter. IEEE 754: not finite = all exponent bits set, counted on the bits without a branch.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "pixels.finite",
  version: 1,
  scope: "frame",
  needs: ["result"],
  limits: { countMax: 0 },
  applies({ result }) {
    return result?.sampleType === "uint" ? "whole numbers are always finite" : null;
  },
  run({ result, runs, limits }) {
    if (!(result?.samples instanceof Float32Array))
      return { verdict: "error", measures: [], message: "There are no float samples to look at." };
    const { channels, samples } = result;
    const bits = new Uint32Array(samples.buffer, samples.byteOffset, samples.length);
    const spans = runs("result");
    let count = 0;
    for (let k = 0; k < spans.length; k += 2) {
      const end = (spans[k + 1] as number) * channels;
      for (let i = (spans[k] as number) * channels; i < end; i += 1) {
        // The exponent is 255 for NaN and infinities only: + 1 carries into bit 8.
        count += ((((bits[i] as number) >>> 23) & 0xff) + 1) >>> 8;
      }
    }
    const { countMax = 0 } = limits;
    const measures = [{ name: "notFinite", value: count, unit: "count", limit: countMax, must: "atMost" }] as const;
    if (count > countMax) {
      const message = `${count} samples are NaN or infinite; at most ${countMax} may be.`;
      return {
        verdict: "fail",
        measures,
        message,
        hint: "A division by zero or an overflow in the graph; another seed may avoid it.",
      };
    }
    return { verdict: "pass", measures, message: "Every sample is a finite number." };
  },
};

export default check;
