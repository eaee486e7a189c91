/**
 * image.bit_depth: a file that promises 16 bits holds more than 8 bits of picture.
 *
 * Measures: bits per sample in the file; distinct codes over the colour channels; step, the smallest distance of two
 * neighbouring codes; offGrid, codes that are no multiple of 257 (what v * 257, the exact widening of 8 to 16 bits,
 * cannot make). 8-bit in 16 when offGrid = 0, or when at most `codes8Max` distinct codes stand `stepMin` or more apart
 * (v * 256, or widened and then rounded). Below `codesMin` distinct codes nothing can be told: a flat crop has few codes
 * without being 8-bit, which is why the step is measured too. Floats are sRGB-encoded to 16 bits first, every n-th
 * pixel so that about a million are looked at: a picture of more than 8 bits shows more codes than 256 in far fewer. Limits: our
 * first choice, after a prototype without the step (docs/qc.md).
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.bit_depth",
  version: 1,
  scope: "frame",
  needs: ["result"],
  limits: { codes8Max: 256, codesMin: 16, stepMin: 200 },
  limitsFrom: {
    codes8Max: "8 bits have no more codes",
    codesMin: "fewer codes are a flat picture, of which nothing can be said",
    stepMin: "one 8-bit code is 257 codes of 16 bits",
  },
  applies({ expected }) {
    return expected.bitDepth === 16 ? null : "the recipe promises no more than 8 bits";
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
    const { distinct, offGrid, step } = countCodes(codesOf(result, runs("result")));
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

/** `seen[code]` = 1 for each 16-bit code of a colour channel. Alpha is left out: mattes are often black and white. */
function codesOf(image: DecodedImage, runs: Int32Array): Uint8Array {
  const seen = new Uint8Array(65_536);
  const { samples, channels, channelNames, width, height } = image;
  const stride = channels * Math.ceil((width * height) / FLOAT_PIXELS);
  channelNames.forEach((name, channel) => {
    if (name === "A") return;
    for (let k = 0; k < runs.length; k += 2) {
      const end = (runs[k + 1] as number) * channels + channel;
      const start = (runs[k] as number) * channels + channel;
      if (samples instanceof Float32Array)
        for (let i = start; i < end; i += stride) seen[srgbCode16(samples[i] as number)] = 1;
      else for (let i = start; i < end; i += channels) seen[samples[i] as number] = 1;
    }
  });
  return seen;
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
