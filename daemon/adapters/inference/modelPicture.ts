/**
 * A decoded picture as a model takes it: cropped, scaled by averaging areas, as display codes 0..1 (floats: light, clamped and through
 * the sRGB curve after averaging), then range, mean and deviation, in the model's layout. Alpha is left out; NaN counts as nothing.
 */
import { srgbEncode } from "../../domain/srgbCurve.ts";
import type { QcModel } from "../../domain/qcModels.ts";
import type { DecodedImage, PixelBox } from "../../plugin.ts";

export function modelPicture(image: DecodedImage, model: QcModel, crop: PixelBox | null): Float32Array {
  const { width, height } = model;
  const box = crop ?? ([0, 0, image.width, image.height] as const);
  const planes = colourPlanes(image).map((channel) => scaled(image, channel, { box, width, height }));
  const [red, green = red, blue = red] = planes as [Float32Array, Float32Array?, Float32Array?];
  const wanted = wantedOf(model, [red, green, blue]);
  const out = new Float32Array(width * height * wanted.length);
  for (const [channel, plane] of wanted.entries()) {
    const mean = model.mean[channel] ?? model.mean[0];
    const std = model.std[channel] ?? model.std[0];
    for (let i = 0; i < plane.length; i += 1) {
      const at = model.layout === "nchw" ? channel * plane.length + i : i * wanted.length + channel;
      out[at] = ((plane[i] as number) * model.range - mean) / std;
    }
  }
  return out;
}

export function modelShape({ width, height, channels, layout }: QcModel): readonly number[] {
  const count = channels === "grey" ? 1 : 3;
  return layout === "nchw" ? [1, count, height, width] : [1, height, width, count];
}

function wantedOf(
  { channels }: QcModel,
  [red, green, blue]: readonly [Float32Array, Float32Array, Float32Array],
): readonly Float32Array[] {
  if (channels === "rgb") return [red, green, blue];
  if (channels === "bgr") return [blue, green, red];
  return [red.map((value, i) => 0.2126 * value + 0.7152 * (green[i] as number) + 0.0722 * (blue[i] as number))];
}

/** Indexes of R, G, B in a pixel; one of grey. */
function colourPlanes({ channelNames }: DecodedImage): readonly number[] {
  const rgb = ["R", "G", "B"].map((name) => channelNames.indexOf(name));
  return rgb.every((at) => at >= 0) ? rgb : [Math.max(0, channelNames.indexOf("Y"))];
}

/** Each pixel of the target is the mean of the source's pixels that it covers, at least one. */
function scaled(
  image: DecodedImage,
  channel: number,
  of: { readonly box: PixelBox; readonly width: number; readonly height: number },
): Float32Array {
  const { samples, channels, width: stride } = image;
  const [left, top, wide, high] = of.box;
  const isFloat = samples instanceof Float32Array;
  const white = isFloat ? 1 : samples instanceof Uint16Array ? 65_535 : 255;
  const out = new Float32Array(of.width * of.height);
  for (let y = 0; y < of.height; y += 1) {
    const from = top + Math.floor((y * high) / of.height);
    const to = Math.max(from + 1, top + Math.floor(((y + 1) * high) / of.height));
    for (let x = 0; x < of.width; x += 1) {
      const first = left + Math.floor((x * wide) / of.width);
      const last = Math.max(first + 1, left + Math.floor(((x + 1) * wide) / of.width));
      let sum = 0;
      for (let row = from; row < to; row += 1)
        for (let at = first; at < last; at += 1) {
          const value = samples[(row * stride + at) * channels + channel] as number;
          // Light beyond white is white to a model; NaN fails both comparisons.
          sum += value > white ? white : value > 0 ? value : 0;
        }
      const mean = sum / ((to - from) * (last - first) * white);
      out[y * of.width + x] = isFloat ? srgbEncode(mean) : mean;
    }
  }
  return out;
}
