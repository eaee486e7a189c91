/**
 * mask.preserved: outside the mask the result is the plate.
 *
 * Measures: pixels outside the mask (its feather included) in which any channel differs; the largest difference and the
 * 99.9th percentile of the differences over those pixels, in codes (1/255 of full scale; floats: of linear 1.0). Where a step of
 * ours laid the edit onto the plate nothing may differ: limit 0. A file of fewer bits than its plate can't hold it: only where the recipe promises no
 * more bits than the file has may a pixel be the plate's value rounded to them, half a step off; `beyondRounding` counts those that are further off. Else
 * 99.9 % may differ by `codesMax` at most, for a model's
 * answer always moves a little; and of no block of 64 x 64 px may more than `patchShareMax` differ by more than `patchCodesMin` codes: in a large
 * frame a changed patch is less than a thousandth. The rows outside the mask are compared as memory first; only what differs is measured.
 * A mask in which next to nothing is black, but much nearly so, holds nothing back: that warns.
 */
import type { Check, CheckAnswer, DecodedImage, HeaderFacts, MaskFacts } from "../daemon/plugin.ts";
import { Places, placeWords } from "./_where.ts";

const MAP = 64;

const check: Check = {
  apiVersion: 1,
  id: "mask.preserved",
  version: 3,
  scope: "frame",
  finds: "the plate changed outside the mask; a mask without black",
  layer: "crosscheck",
  needs: ["result", "plate", "mask"],
  limits: { differingMax: 0, codesMax: 1, patchCodesMin: 4, patchShareMax: 0.25, nearlyBlackMax: 0.01 },
  judges: {
    differingMax: { measures: ["differing", "beyondRounding"], must: "atMost", least: 0 },
    codesMax: { measures: ["p999"], must: "atMost", least: 0, greatest: 255 },
    patchShareMax: { measures: ["patch"], must: "atMost", least: 0, greatest: 1 },
  },
  limitsFrom: {
    differingMax: "only the edit is laid on: outside the mask every code is the plate's",
    codesMax: "one code: rounding on the way to the model and back",
    patchCodesMin: "our first choice: more than a decoder of latents moves what it keeps",
    patchShareMax: "our first choice: a quarter of a block, more than an edit that spills over its mask by 8 px",
    nearlyBlackMax: "our first choice: a blurred mask has less of it than black",
  },
  applies({ mask, result, plate }) {
    if (mask !== null && mask.outside.length === 0 && (mask.nearlyBlack ?? 0) === 0)
      return "the mask covers the whole frame";
    if (result !== null && plate !== null && (result.width !== plate.width || result.height !== plate.height))
      return "the result is not of the plate's size";
    return null;
  },
  run({ result, plate, mask, composited, expected, header, limits }) {
    if (result === null || plate === null || mask === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { differingMax = 0, codesMax = 1, patchShareMax = 0.25, nearlyBlackMax = 0.01 } = limits;
    const nearlyBlack = mask.nearlyBlack ?? 0;
    if (mask.outside.length === 0) return noBlack(mask, nearlyBlackMax);
    const channels = shared(result, plate);
    if (channels.length === 0)
      return { verdict: "error", measures: [], message: "Result and plate have no channel in common." };
    const patchCodes = limits["patchCodesMin"] ?? 4;
    const [bits, plateBits] = [colourBits(result, header("result")), colourBits(plate, header("plate"))];
    const kin = result.sampleType === plate.sampleType;
    const fewer = kin && bits < plateBits;
    const rounded = composited && fewer && (expected.bitDepth ?? Number.POSITIVE_INFINITY) <= bits;
    const exact = composited && !rounded && kin && bits <= plateBits;
    const laid = exact || rounded;
    const beyond = rounded ? beyondRounding(result, plate) : null;
    const seen = differences({ result, plate, channels, outside: mask.outside, patchCodes, beyond });
    const measures = [
      { name: "differing", value: seen.differing, unit: "count", limit: exact ? differingMax : null, must: "atMost" },
      ...(rounded ? [beyondMeasure(seen.beyond, differingMax)] : []),
      { name: "p999", value: seen.p999, unit: "code", limit: laid ? null : codesMax, must: "atMost" },
      { name: "max", value: seen.max, unit: "code", limit: null },
      { name: "patch", value: seen.patch, unit: "ratio", limit: laid ? null : patchShareMax, must: "atMost" },
      ...(nearlyBlack > 0 ? [nearlyMeasure(nearlyBlack, nearlyBlackMax)] : []),
    ] as const;
    const bad = laid
      ? (rounded ? seen.beyond : seen.differing) > differingMax
      : seen.p999 > codesMax || seen.patch > patchShareMax;
    const numbers = `${seen.differing} of ${seen.looked} pixels outside the mask differ, by ${seen.max.toFixed(2)} codes at most`;
    if (!bad && nearlyBlack > nearlyBlackMax) return { ...noBlack(mask, nearlyBlackMax), measures };
    const alike = kin && bits === plateBits;
    const kinds =
      composited && !alike ? ` (the file has ${words(bits, result)}, its plate ${words(plateBits, plate)})` : "";
    if (!bad)
      return {
        verdict: "pass",
        measures,
        message: seen.differing === 0 ? "Outside the mask every pixel is the plate's." : `${numbers}${kinds}.`,
      };
    const may = rounded
      ? `${seen.beyond} by more than the rounding to fewer bits; at most ${differingMax} may`
      : exact
        ? `at most ${differingMax} may`
        : seen.p999 > codesMax
          ? `99.9 % may differ by ${codesMax}`
          : `${(seen.patch * 100).toFixed(0)} % of a block of ${PATCH} px differ much, ${(patchShareMax * 100).toFixed(0)} % may`;
    const above = rounded ? roundingCodes(result) : exact ? 0 : seen.p999 > codesMax ? codesMax : patchCodes;
    const placed = placesIn({ result, plate, channels, outside: mask.outside }, above);
    return {
      verdict: "fail",
      measures,
      message: `The result changes the plate outside the mask: ${numbers}; ${may}${kinds}.${placeWords(result, placed)}`,
      hint: exact && fewer ? FEWER : HINT,
      evidence: [{ kind: "map", title: "Difference outside the mask", ...seen.map, ...placed }],
    };
  },
};

const HINT =
  "Is the mask the right way round, and of the plate's size? Let the edit be laid onto the plate (color.how: edit).";
const FEWER =
  "A file of fewer bits can't hold the plate: write as many as it has (output.format png16, tiff or exr). Where the recipe promises no more bits, check with --recipe.";

const words = (bits: number, { sampleType }: DecodedImage): string =>
  `${bits} bits${sampleType === "float" ? " of float" : ""}`;

const COLOURS: ReadonlySet<string> = new Set(["R", "G", "B", "Y", "RED", "GREEN", "BLUE"]);

/** Of an OpenEXR's picture: a depth of 32 bits beside it says nothing of its colours. */
function colourBits({ sampleType, bitDepth }: DecodedImage, header: HeaderFacts | null): number {
  const layer = header?.layer === undefined ? "" : `${header.layer}.`;
  const colours =
    header?.channels.filter(
      ({ name }) => name.startsWith(layer) && COLOURS.has(name.slice(layer.length).toUpperCase()),
    ) ?? [];
  return sampleType === "float" && colours.some(({ type }) => type === "half") ? 16 : bitDepth;
}

function nearlyMeasure(value: number, limit: number): CheckAnswer["measures"][number] {
  return { name: "nearlyBlack", value, unit: "ratio", limit, must: "atMost" };
}

function beyondMeasure(value: number, limit: number): CheckAnswer["measures"][number] {
  return { name: "beyondRounding", value, unit: "count", limit, must: "atMost" };
}

/** `least` is the mask's smallest value. */
function noBlack({ nearlyBlack = 0, least = 0 }: MaskFacts, limit: number): CheckAnswer {
  const share = `${(nearlyBlack * 100).toFixed(1)} %`;
  const smallest = `its smallest value is ${(least * 100).toFixed(2)} %`;
  const words = `The mask has next to no black: ${smallest}, and ${share} of it lies under 1 % without being 0`;
  const measures = [nearlyMeasure(nearlyBlack, limit)];
  if (nearlyBlack <= limit) return { verdict: "pass", measures, message: `${words}; all of the frame may change.` };
  return {
    verdict: "warn",
    measures,
    message: `${words}, so that nearly nothing of the plate is held to what it was.`,
    hint: "Save the mask with black at 0: a conversion between full and video range, or a blur, lifts it.",
  };
}

/** Channels of both, as pairs of places. */
function shared(a: DecodedImage, b: DecodedImage): readonly (readonly [number, number])[] {
  return a.channelNames.flatMap((name, place) => {
    const other = b.channelNames.indexOf(name);
    return other < 0 ? [] : [[place, other] as const];
  });
}

/** What turning a plate into its space and back may add to half a step, in steps. */
const SLACK = 0.02;
/** Of half: bits after the leading one, the smallest exponent with one, and from where on it is infinite. */
const HALF = { step: 2 ** -10, least: 2 ** -14, end: 65_519 } as const;

type Beyond = (result: number, plate: number) => boolean;

/** Samples as the files hold them: is the result's not the plate's, rounded to the result's bits? */
function beyondRounding(result: DecodedImage, plate: DecodedImage): Beyond {
  if (result.samples instanceof Float32Array)
    return (a, b) => {
      if (Object.is(a, b) || (Math.abs(b) >= HALF.end && a === Math.sign(b) * Number.POSITIVE_INFINITY)) return false;
      // A power of two at or under the value: the step of half there.
      const octave = 2 ** Math.floor(Math.log2(Math.max(Math.abs(b), HALF.least)));
      return !(Math.abs(a - b) <= octave * HALF.step * (0.5 + SLACK));
    };
  const [ka, kb] = [scaleOf(result), scaleOf(plate)];
  const most = roundingCodes(result);
  return (a, b) => Math.abs(a * ka - b * kb) > most;
}

/** The most that rounding to the result's bits moves a sample, in codes of 1/255; of floats it hangs on the sample: nothing. */
function roundingCodes({ samples, bitDepth }: DecodedImage): number {
  return samples instanceof Float32Array ? 0 : (255 / (2 ** bitDepth - 1)) * (0.5 + SLACK);
}

interface Looked {
  readonly result: DecodedImage;
  readonly plate: DecodedImage;
  readonly channels: readonly (readonly [number, number])[];
  readonly outside: Int32Array;
  readonly patchCodes: number;
  readonly beyond: Beyond | null;
}

/** In codes: what a scaling to another depth leaves of two samples that are one value. */
const NOTHING = 1e-9;

/** Full scale in codes of 1/255. */
function scaleOf({ samples }: DecodedImage): number {
  return samples instanceof Uint16Array ? 1 / 257 : samples instanceof Uint8Array ? 1 : 255;
}

/** Side of a block of which a patch may be, px. */
const PATCH = 64;

/** Differences are sorted into steps of 1/16 code up to 256 codes. */
const BINS = 4096;

function differences({ result, plate, channels, outside, patchCodes, beyond }: Looked) {
  const a = result.samples;
  const b = plate.samples;
  const sa = result.channels;
  const sb = plate.channels;
  const ka = scaleOf(result);
  const kb = scaleOf(plate);
  const { width, height } = result;
  const columns = Math.min(MAP, width);
  const rows = Math.min(MAP, height);
  const places = Int32Array.from(channels, (pair) => pair[0]);
  const others = Int32Array.from(channels, (pair) => pair[1]);
  const levels = new Float32Array(columns * rows);
  const bins = new Uint32Array(BINS);
  const patchColumns = Math.ceil(width / PATCH);
  const patches = new Uint32Array(patchColumns * Math.ceil(height / PATCH));
  const alike = sa === sb && ka === kb && channels.every(([i, j]) => i === j) && channels.length === sa;
  const memory = alike ? sameBytes(a, b) : null;
  let looked = 0;
  let differing = 0;
  let beyondCount = 0;
  let max = 0;
  for (let k = 0; k < outside.length; k += 2) {
    const from = outside[k] as number;
    const to = outside[k + 1] as number;
    looked += to - from;
    if (memory?.(from * sa, to * sa) === true) {
      bins[0] = (bins[0] as number) + (to - from);
      continue;
    }
    for (let i = from; i < to; i += 1) {
      let worst = 0;
      let far = 0;
      for (let c = 0; c < places.length; c += 1) {
        const va = a[i * sa + (places[c] as number)] as number;
        const vb = b[i * sb + (others[c] as number)] as number;
        // NaN beside NaN is no difference; NaN beside a number is the largest.
        if (Object.is(va, vb)) continue;
        const d = Math.abs(va * ka - vb * kb);
        if (ka !== kb && d < NOTHING) continue;
        if (beyond?.(va, vb) === true) far = 1;
        worst = Math.max(worst, Number.isNaN(d) ? 256 : Math.min(d, 65_535));
      }
      bins[Math.min(BINS - 1, Math.ceil(worst * 16))] = (bins[Math.min(BINS - 1, Math.ceil(worst * 16))] as number) + 1;
      if (worst === 0) continue;
      differing += 1;
      beyondCount += far;
      max = Math.max(max, worst);
      const y = Math.floor(i / width);
      const cell = Math.floor((y * rows) / height) * columns + Math.floor(((i - y * width) * columns) / width);
      levels[cell] = Math.max(levels[cell] as number, worst);
      if (worst <= patchCodes) continue;
      const patch = (y >> 6) * patchColumns + ((i - y * width) >> 6);
      patches[patch] = (patches[patch] as number) + 1;
    }
  }
  const patch = patches.reduce((most, count) => Math.max(most, count), 0) / PATCH ** 2;
  const top = Math.max(1, ...levels);
  const map = {
    columns,
    rows,
    levels: Array.from(levels, (v) => (v === 0 ? 0 : Math.max(32, Math.round((v / top) * 255)))),
  };
  return { looked, differing, beyond: beyondCount, max, p999: quantile(bins, looked, 0.999), map, patch };
}

/** Where what differs by more than so many codes lies; asked only when something was found. */
function placesIn({ result, plate, channels, outside }: Omit<Looked, "patchCodes" | "beyond">, above: number) {
  const [a, b] = [result.samples, plate.samples];
  const [ka, kb] = [scaleOf(result), scaleOf(plate)];
  const places = new Places(result);
  for (let k = 0; k < outside.length; k += 2)
    for (let i = outside[k] as number; i < (outside[k + 1] as number); i += 1) {
      let worst = 0;
      for (const [place, other] of channels) {
        const va = a[i * result.channels + place] as number;
        const vb = b[i * plate.channels + other] as number;
        const d = Object.is(va, vb) ? 0 : Math.abs(va * ka - vb * kb);
        worst = Math.max(worst, Number.isNaN(d) ? 65_535 : d);
      }
      if (worst > above) places.add(i, worst);
    }
  return places.placed;
}

/** Says whether two stretches of samples are the same memory; null: the samples are of different kinds. Views are made once: there are thousands of runs. */
function sameBytes(
  a: DecodedImage["samples"],
  b: DecodedImage["samples"],
): ((from: number, to: number) => boolean) | null {
  const size = a.BYTES_PER_ELEMENT;
  if (size !== b.BYTES_PER_ELEMENT) return null;
  const bytes = (of: DecodedImage["samples"]) => Buffer.from(of.buffer, of.byteOffset, of.byteLength);
  const [mine, others] = [bytes(a), bytes(b)];
  return (from, to) => mine.compare(others, from * size, to * size, from * size, to * size) === 0;
}

/** Upper edge of the step under which `share` of the pixels lie. */
function quantile(bins: Uint32Array, count: number, share: number): number {
  let sum = 0;
  for (let bin = 0; bin < bins.length; bin += 1) {
    sum += bins[bin] as number;
    if (sum >= count * share) return bin / 16;
  }
  return BINS / 16;
}

export default check;
