/**
 * Associated (premultiplied) alpha of a TIFF: what is stored are colours times alpha. libvips divides by it on its own while it
 * decodes, cuts codes off and makes colours without cover black; so it is told that alpha is unassociated and hands out what
 * is stored, and the division is done here.
 */
import type { DecodedImage } from "../../plugin.ts";
import { bytesSource } from "./byteSource.ts";
import type { Head } from "./head.ts";
import { EXTRA_SAMPLES, tiffDirectory } from "./tiffHead.ts";

/** A copy of the file that says "unassociated" (tag 338 = 2) of the same samples. */
export function saidUnassociated(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const { entries } = tiffDirectory(bytesSource(bytes));
  const at = entries.find(({ tag }) => tag === EXTRA_SAMPLES)?.from();
  if (at === undefined) return copy;
  const little = copy[0] === 0x49;
  copy[at] = little ? 2 : 0;
  copy[at + 1] = little ? 0 : 2;
  return copy;
}

/**
 * Colours divided by alpha, in place: whole codes rounded to the nearest and at most full, floats as they come. Where alpha is 0
 * light without cover stays as it is, as in OpenEXR (answer.ts).
 */
export function dividedByAlpha(
  samples: DecodedImage["samples"],
  { channels, bitDepth }: Head,
): DecodedImage["samples"] {
  const whole = !(samples instanceof Float32Array);
  const full = whole ? 2 ** bitDepth - 1 : 1;
  for (let i = 0; i < samples.length; i += channels) {
    const alpha = samples[i + channels - 1] as number;
    if (!(alpha > 0) || alpha === full) continue;
    for (let k = i; k < i + channels - 1; k += 1) {
      const value = ((samples[k] as number) * full) / alpha;
      samples[k] = whole ? Math.min(full, Math.round(value)) : value;
    }
  }
  return samples;
}
