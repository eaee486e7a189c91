/**
 * image.bit_depth: a file that promises 16 bits holds more than 8 bits of picture.
 *
 * Measures: bits per sample in the file; distinct codes over the colour channels; step, the smallest distance of two
 * neighbouring codes; offGrid, codes that are no multiple of 257 (what v * 257, the exact widening of 8 to 16 bits,
 * cannot make). 8-bit in 16 when offGrid = 0, or when at most `codes8Max` distinct codes stand `stepMin` or more apart
 * (v * 256, or widened and then rounded). Below `codesMin` distinct codes nothing can be told: a flat crop has few codes
 * without being 8-bit, which is why the step is measured too. Floats are sRGB-encoded to 16 bits first, every n-th
 * pixel so that about a million are looked at: a picture of more than 8 bits shows more codes than 256 in far fewer. Limits: our
 * first choice, after a prototype without the step (docs/qc.md). Of whole numbers no more pixels are looked at than it takes to be sure that there
 * are more codes than 8 bits have; `distinct` and `offGrid` count those.
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.bit_depth",
  version: 2,
  scope: "frame",
  needs: ["result"],
  limits: { codes8Max: 256, codesMin: 16, stepMin: 200 },
  limitsFrom: {
    codes8Max: "8 bits have no more codes",
    codesMin: "fewer codes are a flat picture, of which nothing can be said",
    stepMin: "one 8-bit code is 257 codes of 16 bits",
  },
  applies({ expected }) {
    return expected.bitDepth === 16 ? null : "no more than 8 bits are promised";
  },
  run({ result, runs, limits }) {
    if (result === null) return { verdict: "error", measures: [], message: "There are no pixels to look at." };
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
    const { distinct, offGrid, step } = countCodes(codesOf(result, runs("result"), codes8Max));
    const measures = [
      bits,
      { name: "distinct", value: distinct, unit: "count", limit: codes8Max },
      { name: "offGrid", value: offGrid, unit: "count", limit: 1, must: "atLeast" },
      { name: "step", value: step, unit: "code", limit: stepMin },
    ] as const;
    if (distinct < codesMin) {
      return { verdict: "pass", measures, message: `Only ${distinct} distinct codes: too few to tell 8 bits from 16.` };
    }
    if (offGrid === 0 || (distinct <= codes8Max && step >= stepMin)) {
      const message = `8 bits in a 16-bit file: ${distinct} distinct codes, never closer than ${step} codes.`;
      return { verdict: "fail", measures, message, hint: "A graph node before the save works in 8 bits." };
    }
    return {
      verdict: "pass",
      measures,
      message: `${distinct} distinct codes; ${offGrid} of them no 8-bit picture has.`,
    };
  },
};

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

function countCodes(seen: Uint8Array): { readonly distinct: number; readonly offGrid: number; readonly step: number } {
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
