/**
 * The model-free graph nodes on pictures, as ComfyUI 0.19 computes them (docs/comfyui.md says what was compared with a real
 * server). A graph node is a function of its inputs; files are read and written elsewhere.
 */
import type { Inputs, NodeFunction } from "./nodeInputs.ts";
import { asImages, at, eachImage, first, images, masks, NodeRaised, num, word } from "./nodeInputs.ts";
import type { Method, Plane } from "./tensor.ts";
import { blur, clamp01, crop, mapped, plane, resize, resizeToFill, withNoise } from "./tensor.ts";

export const IMAGE_NODES: Readonly<Record<string, NodeFunction>> = {
  EmptyImage: (inputs) => {
    const color = num(inputs, "color");
    const rgb = [((color >> 16) & 255) / 255, ((color >> 8) & 255) / 255, (color & 255) / 255];
    const made = plane(num(inputs, "width"), num(inputs, "height"), 3);
    for (let index = 0; index < made.data.length; index += 1) made.data[index] = rgb[index % 3] ?? 0;
    return asImages(Array.from({ length: num(inputs, "batch_size") }, () => made));
  },
  ImageScale: eachImage("image", scaleTo),
  ImageScaleBy: eachImage("image", (frame, inputs) => {
    const by = num(inputs, "scale_by");
    return resize(
      frame,
      pythonRound(frame.width * by),
      pythonRound(frame.height * by),
      word(inputs, "upscale_method") as Method,
    );
  }),
  ImageScaleToTotalPixels: eachImage("image", (frame, inputs) => {
    const by = Math.sqrt((num(inputs, "megapixels") * 1024 * 1024) / (frame.width * frame.height));
    const steps = num(inputs, "resolution_steps");
    const side = (size: number): number => pythonRound((size * by) / steps) * steps;
    return resize(frame, side(frame.width), side(frame.height), word(inputs, "upscale_method") as Method);
  }),
  ImageScaleToMaxDimension: eachImage("image", (frame, inputs) => {
    const by = num(inputs, "largest_size") / Math.max(frame.width, frame.height);
    const side = (size: number, largest: boolean): number =>
      largest ? num(inputs, "largest_size") : pythonRound(size * by);
    const wide = frame.width >= frame.height;
    return resize(
      frame,
      side(frame.width, wide),
      side(frame.height, !wide || frame.width === frame.height),
      word(inputs, "upscale_method") as Method,
    );
  }),
  ImageCrop: eachImage("image", (frame, inputs) => {
    const area = { x: Math.min(num(inputs, "x"), frame.width - 1), y: Math.min(num(inputs, "y"), frame.height - 1) };
    return crop(frame, { ...area, width: num(inputs, "width"), height: num(inputs, "height") });
  }),
  ImageBlur: eachImage("image", (frame, inputs) => blur(frame, num(inputs, "blur_radius"), num(inputs, "sigma"))),
  ImageSharpen: eachImage("image", sharpen),
  ImageInvert: eachImage("image", (frame) => mapped(frame, (value) => 1 - value)),
  AdjustBrightness: eachImage("images", (frame, inputs) => {
    const factor = num(inputs, "factor");
    return mapped(frame, (value) => clamp01(value * factor));
  }),
  AdjustContrast: eachImage("images", (frame, inputs) => {
    const factor = num(inputs, "factor");
    return mapped(frame, (value) => clamp01((value - 0.5) * factor + 0.5));
  }),
  ImageBlend: (inputs) => {
    const second = images(inputs, "image2");
    return asImages(images(inputs, "image1").map((frame, index) => blend(frame, at(second, index), inputs)));
  },
  ImageCompositeMasked: (inputs) => {
    const sources = images(inputs, "source");
    const weights = inputs["mask"] === undefined ? null : masks(inputs, "mask");
    return asImages(
      images(inputs, "destination").map((frame, index) =>
        composite(frame, at(sources, index), { inputs, weight: weights === null ? null : at(weights, index) }),
      ),
    );
  },
  ImageAddNoise: (inputs) => {
    const seed = Number(BigInt.asUintN(32, BigInt(Math.trunc(num(inputs, "seed")))));
    return asImages(withNoise(images(inputs, "image"), seed, num(inputs, "strength")));
  },
  ImageFlip: eachImage("image", (frame, inputs) => flip(frame, word(inputs, "flip_method").startsWith("x"))),
  ImageRotate: eachImage("image", (frame, inputs) => {
    let turned = frame;
    for (let turns = Number.parseInt(word(inputs, "rotation"), 10) || 0; turns > 0; turns -= 90)
      turned = quarterTurn(turned);
    return turned;
  }),
  // The real one builds a palette of its own per picture; this one has even levels. Same kind of picture, other pixels.
  ImageQuantize: eachImage("image", (frame, inputs) => {
    const levels = Math.max(2, Math.round(Math.cbrt(num(inputs, "colors"))));
    return mapped(frame, (value) => Math.round(value * (levels - 1)) / (levels - 1));
  }),
  ImageBatch: (inputs) => {
    const leading = images(inputs, "image1");
    const size = first(leading);
    return asImages([
      ...leading,
      ...images(inputs, "image2").map((frame) => resizeToFill(frame, size.width, size.height, "bilinear")),
    ]);
  },
  RepeatImageBatch: (inputs) =>
    asImages(Array.from({ length: num(inputs, "amount") }, () => images(inputs, "image")).flat()),
  ImageFromBatch: (inputs) => {
    const all = images(inputs, "image");
    const start = Math.min(all.length - 1, num(inputs, "batch_index"));
    return asImages(all.slice(start, start + num(inputs, "length")));
  },
  SplitImageWithAlpha: (inputs) => {
    const whole = images(inputs, "image");
    return [
      { kind: "image", frames: whole.map(withoutAlpha) },
      { kind: "mask", frames: whole.map((frame) => mapped(alphaOf(frame), (value) => 1 - value)) },
    ];
  },
  JoinImageWithAlpha: (inputs) => {
    const alphas = masks(inputs, "alpha");
    return asImages(
      images(inputs, "image").map((frame, index) =>
        join(frame, resize(at(alphas, index), frame.width, frame.height, "bilinear")),
      ),
    );
  },
  GetImageSize: (inputs) => {
    const all = images(inputs, "image");
    const { width, height } = first(all);
    return [width, height, all.length].map((value) => ({ kind: "number", value }));
  },
};

/** Half to even, as Python rounds. */
function pythonRound(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function scaleTo(frame: Plane, inputs: Inputs): Plane {
  const wanted = { width: num(inputs, "width"), height: num(inputs, "height") };
  if (wanted.width === 0 && wanted.height === 0) return frame;
  const width =
    wanted.width === 0 ? Math.max(1, pythonRound((frame.width * wanted.height) / frame.height)) : wanted.width;
  const height =
    wanted.height === 0 ? Math.max(1, pythonRound((frame.height * wanted.width) / frame.width)) : wanted.height;
  const method = word(inputs, "upscale_method") as Method;
  return word(inputs, "crop") === "center"
    ? resizeToFill(frame, width, height, method)
    : resize(frame, width, height, method);
}

/** A Gaussian times -10 alpha whose centre is raised so that flat areas stay: value + 10 alpha (value - blurred). */
function sharpen(frame: Plane, inputs: Inputs): Plane {
  const amount = num(inputs, "alpha") * 10;
  const radius = num(inputs, "sharpen_radius");
  if (radius === 0) return frame;
  const soft = blur(frame, radius, num(inputs, "sigma")).data;
  return mapped(frame, (value, index) => clamp01(value + amount * (value - (soft[index] ?? 0))));
}

type Blend = (a: number, b: number) => number;
const softG: (a: number) => number = (a) => (a <= 0.25 ? ((16 * a - 12) * a + 4) * a : Math.sqrt(a));
const BLEND: Readonly<Record<string, Blend>> = {
  normal: (_a, b) => b,
  multiply: (a, b) => a * b,
  screen: (a, b) => 1 - (1 - a) * (1 - b),
  overlay: (a, b) => (a <= 0.5 ? 2 * a * b : 1 - 2 * (1 - a) * (1 - b)),
  soft_light: (a, b) => (b <= 0.5 ? a - (1 - 2 * b) * a * (1 - a) : a + (2 * b - 1) * (softG(a) - a)),
  difference: (a, b) => a - b,
};

/** 0.19 fails where the first has an alpha and the second has none. */
function refuseMoreChannels(one: Plane, other: Plane): void {
  if (one.channels <= other.channels) return;
  throw new NodeRaised(
    "RuntimeError",
    `The size of tensor a (${one.channels + 1}) must match the size of tensor b (${other.channels}) at non-singleton dimension 3\n`,
  );
}

function blend(frame: Plane, other: Plane, inputs: Inputs): Plane {
  refuseMoreChannels(frame, other);
  // Rounded where torch rounds: SaveImage cuts off, so the last bit of a sum decides over a whole code.
  const round = Math.fround;
  const factor = round(num(inputs, "blend_factor"));
  const rest = round(1 - num(inputs, "blend_factor"));
  const mode = BLEND[word(inputs, "blend_mode")] ?? ((_a: number, b: number) => b);
  const second = withChannels(resizeToFill(other, frame.width, frame.height, "bicubic"), frame.channels).data;
  return mapped(frame, (a, index) => clamp01(round(a * rest) + round(round(mode(a, second[index] ?? 0)) * factor)));
}

/** More channels are filled with 1, fewer cut off. */
function withChannels(frame: Plane, channels: number): Plane {
  if (frame.channels === channels) return frame;
  const out = plane(frame.width, frame.height, channels, 1);
  const kept = Math.min(channels, frame.channels);
  for (let pixel = 0; pixel < frame.width * frame.height; pixel += 1) {
    for (let c = 0; c < kept; c += 1) out.data[pixel * channels + c] = frame.data[pixel * frame.channels + c] ?? 0;
  }
  return out;
}

function composite(
  destination: Plane,
  given: Plane,
  of: { readonly inputs: Inputs; readonly weight: Plane | null },
): Plane {
  const { inputs } = of;
  refuseMoreChannels(destination, given);
  const sized =
    inputs["resize_source"] === true ? resize(given, destination.width, destination.height, "bilinear") : given;
  const source = withChannels(sized, destination.channels);
  const weights = of.weight === null ? null : resize(of.weight, source.width, source.height, "bilinear").data;
  const out = destination.data.slice();
  const left = num(inputs, "x");
  const top = num(inputs, "y");
  const { channels } = destination;
  const width = Math.min(source.width, destination.width - left);
  for (let y = 0; y < source.height && y + top < destination.height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = y * source.width + x;
      const to = ((y + top) * destination.width + x + left) * channels;
      const weight = weights === null ? 1 : (weights[from] ?? 1);
      for (let c = 0; c < channels; c += 1)
        out[to + c] = weight * (source.data[from * channels + c] ?? 0) + (1 - weight) * (out[to + c] ?? 0);
    }
  }
  return { ...destination, data: out };
}

function flip(frame: Plane, vertically: boolean): Plane {
  const { width, height, channels } = frame;
  const out = plane(width, height, channels);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = ((vertically ? height - 1 - y : y) * width + (vertically ? x : width - 1 - x)) * channels;
      for (let c = 0; c < channels; c += 1) out.data[(y * width + x) * channels + c] = frame.data[from + c] ?? 0;
    }
  }
  return out;
}

/** Clockwise. */
function quarterTurn(frame: Plane): Plane {
  const { width, height, channels } = frame;
  const out = plane(height, width, channels);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const to = (x * out.width + (height - 1 - y)) * channels;
      for (let c = 0; c < channels; c += 1) out.data[to + c] = frame.data[(y * width + x) * channels + c] ?? 0;
    }
  }
  return out;
}

function withoutAlpha(frame: Plane): Plane {
  return withChannels(frame, 3);
}

function alphaOf(frame: Plane): Plane {
  const out = plane(frame.width, frame.height, 1, 1);
  if (frame.channels < 4) return out;
  for (let pixel = 0; pixel < out.data.length; pixel += 1)
    out.data[pixel] = frame.data[pixel * frame.channels + 3] ?? 1;
  return out;
}

function join(frame: Plane, alpha: Plane): Plane {
  const out = withChannels(withoutAlpha(frame), 4);
  const data = out.data.slice();
  for (let pixel = 0; pixel < alpha.data.length; pixel += 1) data[pixel * 4 + 3] = 1 - (alpha.data[pixel] ?? 0);
  return { ...out, data };
}
