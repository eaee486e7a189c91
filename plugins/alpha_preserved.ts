/**
 * alpha.preserved: the plate's alpha came through untouched.
 *
 * Measures: pixels whose alpha differs from the plate's by more than `codesMax` (codes of 1/255), over the whole frame outside the ignored
 * rectangles, and the largest difference. Limit: 0. A keyed plate that loses its matte is found in comp, hours later.
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "alpha.preserved",
  version: 1,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { differingMax: 0, codesMax: 0.5 },
  judges: { differingMax: { measures: ["differing"], must: "atMost", least: 0 } },
  limitsFrom: {
    differingMax: "the alpha is not the model's to change",
    codesMax: "half a code: rounding of the file's own format",
  },
  applies({ result, plate }) {
    if (plate === null || !plate.channelNames.includes("A")) return "the plate has no alpha";
    if (result !== null && (result.width !== plate.width || result.height !== plate.height))
      return "the result is not of the plate's size";
    return null;
  },
  run({ result, plate, runs, limits }) {
    if (result === null || plate === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { differingMax = 0, codesMax = 0.5 } = limits;
    const place = result.channelNames.indexOf("A");
    if (place < 0) {
      return {
        verdict: "fail",
        measures: [{ name: "alphaChannels", value: 0, unit: "count", limit: 1, must: "atLeast" }],
        message: "The plate has alpha, the result has none.",
        hint: "Choose an output format that keeps it (exr, png).",
      };
    }
    const seen = compare(
      { image: result, place },
      { image: plate, place: plate.channelNames.indexOf("A") },
      { runs: runs("result"), codesMax },
    );
    const measures = [
      { name: "differing", value: seen.differing, unit: "count", limit: differingMax, must: "atMost" },
      { name: "max", value: seen.max, unit: "code", limit: codesMax },
    ] as const;
    if (seen.differing > differingMax) {
      const message = `Alpha differs from the plate's in ${seen.differing} pixels, by ${seen.max.toFixed(1)} codes at most; ${differingMax} may differ.`;
      return { verdict: "fail", measures, message, hint: "Something in the graph flattens or multiplies alpha." };
    }
    return { verdict: "pass", measures, message: "Alpha is the plate's." };
  },
};

interface Matte {
  readonly image: DecodedImage;
  readonly place: number;
}

function compare(a: Matte, b: Matte, of: { readonly runs: Int32Array; readonly codesMax: number }) {
  const { runs, codesMax } = of;
  const sa = a.image.samples;
  const sb = b.image.samples;
  const ka = scaleOf(a.image);
  const kb = scaleOf(b.image);
  const na = a.image.channels;
  const nb = b.image.channels;
  const pa = a.place;
  const pb = b.place;
  let differing = 0;
  let max = 0;
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let i = runs[k] as number; i < end; i += 1) {
      const d = Math.abs((sa[i * na + pa] as number) * ka - (sb[i * nb + pb] as number) * kb);
      differing += d <= codesMax ? 0 : 1;
      max = Math.max(max, d);
    }
  }
  return { differing, max: Number.isFinite(max) ? max : 65_535 };
}

function scaleOf({ samples }: DecodedImage): number {
  return samples instanceof Uint16Array ? 1 / 257 : samples instanceof Uint8Array ? 1 : 255;
}

export default check;
