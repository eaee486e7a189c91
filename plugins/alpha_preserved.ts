/**
 * alpha.preserved: the plate's alpha and its named mattes came through untouched.
 *
 * Measures: pixels whose alpha, or whose matte, differs from the plate's by more than `codesMax` (codes of 1/255), over the whole frame outside
 * the ignored rectangles, and the largest difference. Limit: 0. Mattes are channels named `A` in a layer, and those that are called matte, mask,
 * alpha, roto or cryptomatte. A keyed plate that loses its matte is found in comp, hours later.
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";
import { placesOf } from "./_where.ts";

/** `A`, `fg.A`, `matte.red`, `holdoutMask`, `CryptoObject00.R`. */
const MATTE = /^A$|\.A$|matte|mask|alpha|roto|crypto/i;

const mattesOf = (image: DecodedImage): readonly string[] => image.channelNames.filter((name) => MATTE.test(name));

const goneOf = (result: DecodedImage, plate: DecodedImage): readonly string[] =>
  mattesOf(plate).filter((name) => !result.channelNames.includes(name));

const check: Check = {
  apiVersion: 1,
  id: "alpha.preserved",
  version: 3,
  scope: "frame",
  finds: "the plate's alpha, or a named matte (fg.A, matte.red, cryptomattes), changed or is gone",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { differingMax: 0, codesMax: 0.5 },
  judges: { differingMax: { measures: ["differing"], must: "atMost", least: 0 } },
  limitsFrom: {
    differingMax: "the alpha is not the model's to change",
    codesMax: "half a code: rounding of the file's own format",
  },
  applies({ result, plate }) {
    if (plate === null || mattesOf(plate).length === 0) return "the plate has no alpha and no matte";
    if (result === null || goneOf(result, plate).length > 0) return null;
    // What is gone is gone at any size; what is there can only be compared at the same.
    return result.width !== plate.width || result.height !== plate.height
      ? "the result is not of the plate's size"
      : null;
  },
  run({ result, plate, runs, limits }) {
    if (result === null || plate === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { differingMax = 0, codesMax = 0.5 } = limits;
    const names = mattesOf(plate);
    const gone = goneOf(result, plate);
    if (gone.length > 0) {
      const have = names.length - gone.length;
      return {
        verdict: "fail",
        measures: [{ name: "alphaChannels", value: have, unit: "count", limit: names.length, must: "atLeast" }],
        message:
          gone[0] === "A"
            ? "The plate has alpha, the result has none."
            : `The plate's ${gone.slice(0, 8).join(", ")} is gone.`,
        hint: "Choose an output format that keeps it (exr; alpha alone: png).",
      };
    }
    const matte = (image: DecodedImage, name: string): Matte => ({ image, place: image.channelNames.indexOf(name) });
    const all = names.map((name) => {
      const pair = { name, a: matte(result, name), b: matte(plate, name) };
      return { ...pair, ...compare(pair.a, pair.b, { runs: runs("result"), codesMax }) };
    });
    const [worst] = all.toSorted((a, b) => b.differing - a.differing);
    const seen = worst ?? { name: "A", differing: 0, max: 0 };
    const measures = [
      { name: "differing", value: seen.differing, unit: "count", limit: differingMax, must: "atMost" },
      { name: "max", value: all.reduce((most, { max }) => Math.max(most, max), 0), unit: "code", limit: codesMax },
    ] as const;
    const what = seen.name === "A" ? "Alpha" : seen.name;
    if (worst !== undefined && seen.differing > differingMax) {
      const places = placesOf(result, `${what} differs`, differs(worst.a, worst.b, codesMax));
      const message = `${what} differs from the plate's in ${seen.differing} pixels, by ${seen.max.toFixed(1)} codes at most; ${differingMax} may differ.${places.words}`;
      const hint = "Something in the graph flattens or multiplies alpha.";
      return { verdict: "fail", measures, message, hint, evidence: [places.evidence] };
    }
    const others = names.filter((name) => name !== "A");
    const kept = others.length === 0 ? "Alpha is the plate's." : `${names.slice(0, 8).join(", ")}: the plate's.`;
    return { verdict: "pass", measures, message: kept };
  },
};

/** Of one pixel, by how much; 0: by no more than may be. */
function differs(a: Matte, b: Matte, codesMax: number): (pixel: number) => number {
  const [ka, kb] = [scaleOf(a.image), scaleOf(b.image)];
  return (pixel) => {
    const va = (a.image.samples[pixel * a.image.channels + a.place] as number) * ka;
    const vb = (b.image.samples[pixel * b.image.channels + b.place] as number) * kb;
    if (Object.is(va, vb)) return 0;
    const by = Math.abs(va - vb);
    // NaN beside a number differs by more than any number.
    return by <= codesMax ? 0 : Number.isNaN(by) ? Number.MAX_VALUE : by;
  };
}

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
      const va = (sa[i * na + pa] as number) * ka;
      const vb = (sb[i * nb + pb] as number) * kb;
      const d = Math.abs(va - vb);
      if (d <= codesMax) {
        max = d > max ? d : max;
        continue;
      }
      // Ids of a cryptomatte may be infinite, or no number: the same in both is no difference.
      if (Object.is(va, vb)) continue;
      differing += 1;
      max = Math.max(max, d);
    }
  }
  return { differing, max: Number.isFinite(max) ? max : 65_535 };
}

function scaleOf({ samples }: DecodedImage): number {
  return samples instanceof Uint16Array ? 1 / 257 : samples instanceof Uint8Array ? 1 : 255;
}

export default check;
