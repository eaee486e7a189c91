/** Decoded samples -> the 8-bit codes of a display picture, and without its alpha for people. Pure. */
import type { DecodedImage } from "../../plugin.ts";
import type { DisplayPicture } from "./exrPicture.ts";
import { displayCode } from "./exrPicture.ts";
import type { Head } from "./head.ts";

/** Interleaved 8-bit codes in three colours and alpha: grey is repeated, 16 bits are rounded, floats are encoded. */
export function codes8(samples: DecodedImage["samples"], head: Head): Uint8Array {
  if (samples instanceof Uint8Array && head.colour === "rgb") return samples;
  const channels = head.alpha ? 4 : 3;
  const data = new Uint8Array(head.width * head.height * channels);
  const colours = head.colour === "grey" ? [0, 0, 0] : [0, 1, 2];
  const pairs = head.alpha ? [...colours, head.channels - 1] : colours;
  pairs.forEach((from, to) => copyCodes(samples, data, { from, every: head.channels, to, channels }));
  return data;
}

function copyCodes(
  samples: DecodedImage["samples"],
  data: Uint8Array,
  of: { readonly from: number; readonly every: number; readonly to: number; readonly channels: number },
): void {
  const { from, every, to, channels } = of;
  if (samples instanceof Uint8Array) {
    for (let i = to, at = from; i < data.length; i += channels, at += every) data[i] = samples[at] as number;
  } else if (samples instanceof Uint16Array) {
    for (let i = to, at = from; i < data.length; i += channels, at += every)
      data[i] = ROUNDED[samples[at] as number] as number;
  } else {
    // Alpha is linear by definition: no curve.
    const code = to === 3 ? (v: number) => Math.round(Math.min(Math.max(v, 0), 1) * 255) : displayCode;
    for (let i = to, at = from; i < data.length; i += channels, at += every) data[i] = code(samples[at] as number);
  }
}

/** 16-bit code -> nearest 8-bit code (ComfyUI itself would cut off the lower byte). */
const ROUNDED: Uint8Array = Uint8Array.from({ length: 65_536 }, (_, code) => Math.round(code / 257));

export function withoutAlpha(picture: DisplayPicture): DisplayPicture {
  if (picture.channels === 3) return picture;
  const data = new Uint8Array(picture.width * picture.height * 3);
  for (let i = 0, at = 0; i < data.length; i += 3, at += 4) {
    data[i] = picture.data[at] as number;
    data[i + 1] = picture.data[at + 1] as number;
    data[i + 2] = picture.data[at + 2] as number;
  }
  return { ...picture, channels: 3, data };
}
