/**
 * A frame that two chunks have: a linear mix of both, sample by sample in the numbers that the files hold (display codes stay
 * display codes), rounded to the nearest code. Both must be pictures of one kind: size, channels and depth.
 */
import sharp from "sharp";
import type { DecodedImage } from "../../plugin.ts";
import type { BlendRequest } from "../../ports.ts";
import { broken, notReadable, readWhole } from "./byteSource.ts";
import { loadFrame } from "./loadFrame.ts";
import { writeNew } from "./writeNew.ts";

export async function blend(request: BlendRequest): Promise<void> {
  const earlier = await load(request.earlier);
  const later = await load(request.later);
  const kind = (image: DecodedImage): string =>
    `${image.width} x ${image.height}, ${image.channels} channels of ${image.bitDepth} bits`;
  if (kind(earlier) !== kind(later))
    throw notReadable(`two chunks give the frame as ${kind(earlier)} and as ${kind(later)}`);
  const samples = mix(earlier.samples, later.samples, request.part);
  if (samples instanceof Float32Array) throw notReadable("float pictures are not blended");
  writeNew(request.to, await encode(earlier, samples));
}

async function load(path: string): Promise<DecodedImage> {
  const loaded = await loadFrame(readWhole(path));
  if (loaded.kind === "frame") return loaded.image;
  throw loaded.kind === "broken" ? broken(loaded.message) : notReadable(loaded.message);
}

/** `part` of the second, the rest of the first; 0..1. */
export function mix(
  first: DecodedImage["samples"],
  second: DecodedImage["samples"],
  part: number,
): DecodedImage["samples"] {
  const out = first.slice();
  const rest = 1 - part;
  const whole = !(out instanceof Float32Array);
  for (let i = 0; i < out.length; i += 1) {
    const value = (first[i] as number) * rest + (second[i] as number) * part;
    out[i] = whole ? Math.round(value) : value;
  }
  return out;
}

/** PNG of the same depth and channels. */
async function encode(image: DecodedImage, samples: Uint8Array | Uint16Array): Promise<Uint8Array> {
  const { width, height } = image;
  const channels = image.channels as 1 | 2 | 3 | 4;
  const picture = sharp(samples, { raw: { width, height, channels } });
  const grey = channels < 3;
  const deep = samples instanceof Uint16Array;
  const space = deep ? (grey ? "grey16" : "rgb16") : grey ? "b-w" : "srgb";
  return picture.toColourspace(space).png({ compressionLevel: 1, palette: false }).toBuffer();
}
