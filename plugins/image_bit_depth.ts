/**
 * image.bit_depth: a file that promises 16 bits holds more than 8 bits of picture, and so does what was made inside its mask.
 *
 * Measures: bits per sample in the file; distinct codes over the colour channels; step, the smallest distance of two
 * neighbouring codes; offGrid, codes that are no multiple of 257 (what v * 257, the exact widening of 8 to 16 bits,
 * cannot make). 8-bit in 16 when offGrid = 0, or when at most `codes8Max` distinct codes stand `stepMin` or more apart
 * (v * 256, or widened and then rounded). Below `codesMin` distinct codes nothing can be told: a flat crop has few codes
 * without being 8-bit, which is why the step is measured too. Floats are sRGB-encoded to 16 bits first, every n-th
 * pixel so that about a million are looked at: a picture of more than 8 bits shows more codes than 256 in far fewer. Limits: our
 * first choice, after a prototype without the step (docs/qc.md). Of whole numbers no more pixels are looked at than it takes to be sure that there
 * are more codes than 8 bits have; `distinct` and `offGrid` count those.
 * Well inside a mask (`_insideCodes.ts`) the changed pixels are judged by themselves: the plate's codes around them hide theirs. There it is 8 bits,
 * too, when `insideGridMax` of the samples stand on multiples of 257 or 256, of which chance gives a 256th (13 % within the error of half floats).
 * Where nobody promised bits, a file of 16 beside a plate of more than 8 is looked at, and warned of unless its plate is no better.
 */
import type { Check, CheckAnswer, CheckInput, DecodedImage, HeaderFacts } from "../daemon/plugin.ts";
import type { InsideCodes } from "./_insideCodes.ts";
import { insideCodes } from "./_insideCodes.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.bit_depth",
  version: 3,
  scope: "frame",
  finds: "8 bits in a file of 16, or a file of 8 where 16 were promised",
  needs: ["result"],
  limits: { codes8Max: 256, codesMin: 16, stepMin: 200, insideGridMax: 0.5 },
  idleAt: { insideGridMax: 1 },
  limitsFrom: {
    codes8Max: "8 bits have no more codes",
    codesMin: "fewer codes are a flat picture, of which nothing can be said",
    stepMin: "one 8-bit code is 257 codes of 16 bits",
    insideGridMax: "of 16 bits a 256th; a feather leaves some of an edit off the grid",
  },
  applies({ expected, result, plate, header }) {
    if (expected.bitDepth === 16) return null;
    if (expected.bitDepth === 8) return "no more than 8 bits are promised";
    if (result === null || result.bitDepth < 16) return "nobody promised 16 bits, and the file has fewer";
    const plateBits = plate?.bitDepth ?? bitsOf(header("plate"));
    return plateBits > 8 ? null : "nobody promised 16 bits, and there is no plate that has more than 8";
  },
  run(input) {
    const { result, plate, runs, limits, expected } = input;
    if (result === null) return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const promised = expected.bitDepth === 16;
    const { codes8Max = 256, codesMin = 16, stepMin = 200 } = limits;
    const bits = { name: "fileBits", value: result.bitDepth, unit: "bit", limit: 16, must: "atLeast" } as const;
    if (result.bitDepth < 16) {
      return {
        verdict: "fail",
        measures: [bits],
        message: `The file has ${result.bitDepth} bits per sample; 16 were promised.`,
        hint: "Save with a graph node that writes 16 bits.",
      };
    }
    const is8 = ({ distinct, offGrid, step }: Codes): boolean =>
      distinct >= codesMin && (offGrid === 0 || (distinct <= codes8Max && step >= stepMin));
    const codes = countCodes(codesOf(result, runs("result"), codes8Max));
    const { distinct, offGrid, step } = codes;
    const measures = [
      bits,
      { name: "distinct", value: distinct, unit: "count", limit: codes8Max },
      { name: "offGrid", value: offGrid, unit: "count", limit: 1, must: "atLeast" },
      { name: "step", value: step, unit: "code", limit: stepMin },
    ] as const;
    const verdict = promised ? "fail" : "warn";
    const hint = "A graph node before the save works in 8 bits or fewer.";
    if (is8(codes)) {
      if (!promised && plate !== null && is8(countCodes(codesOf(plate, runs("plate"), codes8Max))))
        return { verdict: "pass", measures, message: `${bitsWords(step)} in a 16-bit file, as its plate is.` };
      const message = `${bitsWords(step)} in a 16-bit file: ${distinct} distinct codes, never closer than ${step} codes.`;
      return { verdict, measures, message, hint };
    }
    const inside = insideMask(input, { codes8Max, codesMin, stepMin });
    const all = [...measures, ...(inside?.measures ?? [])];
    if (inside?.message != null) return { verdict, measures: all, message: inside.message, hint };
    const message =
      distinct < codesMin
        ? `Only ${distinct} distinct codes: too few to tell 8 bits from 16.`
        : `${distinct} distinct codes; ${offGrid} of them no 8-bit picture has.`;
    return { verdict: "pass", measures: all, message };
  },
};

/** What codes of 16 bits need that stand so far apart; what rounding brought nearer are 8 bits, or it would not be said. */
function bitsWords(step: number): string {
  const bits = Math.min(8, Math.ceil(Math.log2(Math.round(65_535 / step) + 1)));
  return bits === 8 ? "8 bits" : `No more than ${bits} ${bits === 1 ? "bit" : "bits"}`;
}

interface Codes {
  readonly distinct: number;
  readonly offGrid: number;
  readonly step: number;
}

/** Changed samples that say something. */
const INSIDE_MIN = 1024;

/** null: nothing to look at; `message` null: nothing found. */
function insideMask(
  input: CheckInput,
  of: { readonly codes8Max: number; readonly codesMin: number; readonly stepMin: number },
): { readonly measures: CheckAnswer["measures"]; readonly message: string | null } | null {
  const { insideGridMax = 0.5 } = input.limits;
  const seen = insideCodes(input, "result", srgbCode16);
  if (seen === null || seen.samples < INSIDE_MIN) return null;
  const is8 = ({ distinct, step, onGrid }: InsideCodes): boolean =>
    distinct >= of.codesMin && (onGrid >= insideGridMax || (distinct <= of.codes8Max && step >= of.stepMin));
  const measures = [
    { name: "insideDistinct", value: seen.distinct, unit: "count", limit: of.codes8Max },
    { name: "insideStep", value: seen.step, unit: "code", limit: of.stepMin },
    { name: "insideOnGrid", value: seen.onGrid, unit: "ratio", limit: insideGridMax },
  ] as const;
  if (!is8(seen)) return { measures, message: null };
  const plate = insideCodes(input, "plate", srgbCode16);
  if (plate !== null && is8(plate)) return { measures, message: null };
  const share = (seen.onGrid * 100).toFixed(1);
  const message =
    seen.onGrid >= insideGridMax
      ? `8 bits inside the mask of a 16-bit file: ${seen.distinct} distinct codes, ${share} % of the samples on those of 8 bits.`
      : `${bitsWords(seen.step)} inside the mask of a 16-bit file: ${seen.distinct} distinct codes, never closer than ${seen.step} codes.`;
  return { measures, message };
}

function bitsOf(header: HeaderFacts | null): number {
  const bits = (type: string): number => (type === "half" ? 16 : Number(/\d+$/.exec(type)?.[0] ?? 32));
  return header === null ? 0 : Math.min(...header.channels.map(({ type }) => bits(type)));
}

/** Pixels of a float picture that are encoded; the curve costs 30 ns a sample. */
const FLOAT_PIXELS = 1_000_000;

/** Pixels of whole numbers looked at before it is asked for the first time whether they are enough; twice as many each time. */
const FIRST_LOOK = 32_768;

/**
 * `seen[code]` = 1 for each 16-bit code of a colour channel, of as many pixels as it takes to be sure that there are more codes than 8 bits
 * have. Alpha is left out: mattes are often black and white.
 */
function codesOf(image: DecodedImage, runs: Int32Array, codes8Max: number): Uint8Array {
  const seen = new Uint8Array(65_536);
  const { samples, channels, channelNames, width, height } = image;
  const places = channelNames.flatMap((name, place) => (name === "A" ? [] : [place]));
  const light = samples instanceof Float32Array;
  const stride = light ? channels * Math.ceil((width * height) / FLOAT_PIXELS) : channels;
  let looked = 0;
  let next = FIRST_LOOK;
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let from = runs[k] as number; from < end; ) {
      const to = light ? end : Math.min(end, from + next);
      for (let c = 0; c < places.length; c += 1) {
        const first = from * channels + (places[c] as number);
        if (light) lightCodes(samples, { first, end: to * channels, stride, seen });
        else wholeCodes(samples, { first, end: to * channels, stride, seen });
      }
      looked += to - from;
      from = to;
      if (looked < next || light) continue;
      const { distinct, offGrid } = countCodes(seen);
      if (distinct > codes8Max && offGrid > 0) return seen;
      next *= 2;
    }
  }
  return seen;
}

interface Line {
  readonly first: number;
  readonly end: number;
  readonly stride: number;
  readonly seen: Uint8Array;
}

function wholeCodes(samples: DecodedImage["samples"], { first, end, stride, seen }: Line): void {
  for (let i = first; i < end; i += stride) seen[samples[i] as number] = 1;
}

function lightCodes(samples: DecodedImage["samples"], { first, end, stride, seen }: Line): void {
  for (let i = first; i < end; i += stride) seen[srgbCode16(samples[i] as number)] = 1;
}

/** Scene-linear -> sRGB code 0..65535 (IEC 61966-2-1). */
function srgbCode16(linear: number): number {
  const v = linear > 0 ? Math.min(linear, 1) : 0;
  return Math.round((v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055) * 65_535);
}

function countCodes(seen: Uint8Array): Codes {
  let distinct = 0;
  let offGrid = 0;
  let step = 65_536;
  let last = Number.NEGATIVE_INFINITY;
  for (let code = 0; code < 65_536; code += 1) {
    if (seen[code] === 0) continue;
    distinct += 1;
    if (code % 257 !== 0) offGrid += 1;
    step = Math.min(step, code - last);
    last = code;
  }
  return { distinct, offGrid, step };
}

export default check;
