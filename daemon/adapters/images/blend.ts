/**
 * A frame that two chunks have: a linear mix of both, sample by sample in the numbers that the files hold (display codes stay
 * display codes), whole codes rounded to the nearest. Both must be pictures of one kind: size, channels and depth.
 */
import type { DecodedImage, PixelBox } from "../../plugin.ts";
import type { BlendRequest } from "../../domain/chunks.ts";
import { broken, notReadable, readWhole } from "./byteSource.ts";
import { encodePngSamples } from "./encodePicture.ts";
import { encodeExr } from "./exrWrite.ts";
import { loadFrame } from "./loadFrame.ts";
import { writeNew } from "./writeNew.ts";

export async function blend(request: BlendRequest): Promise<void> {
  const earlier = await load(request.earlier);
  const later = await load(request.later);
  const kind = (image: DecodedImage): string =>
    `${image.width} x ${image.height}, ${image.channels} channels of ${image.bitDepth} bits`;
  if (kind(earlier) !== kind(later))
    throw notReadable(`two chunks give the frame as ${kind(earlier)} and as ${kind(later)}`);
  writeNew(request.to, await encode(earlier, mix(earlier.samples, later.samples, request.part)));
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

/** Whole codes as PNG of the same depth and channels; floats as OpenEXR, for only that keeps them. */
async function encode(image: DecodedImage, samples: DecodedImage["samples"]): Promise<Uint8Array> {
  const { width, height } = image;
  if (!(samples instanceof Float32Array))
    return encodePngSamples({ width, height, channels: image.channels as 1 | 2 | 3 | 4, data: samples });
  const whole: PixelBox = [0, 0, width, height];
  const windows = image.windows ?? { data: whole, display: whole };
  const planes = image.channelNames.map((name, channel) => ({
    name,
    type: "float" as const,
    data: Float32Array.from({ length: width * height }, (_, pixel) => samples[pixel * image.channels + channel] ?? 0),
  }));
  return encodeExr({ ...windows, compression: "none", planes, attributes: [] });
}
