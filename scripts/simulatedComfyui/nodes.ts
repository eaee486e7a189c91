/**
 * The model-free graph nodes, as ComfyUI 0.19 computes them (docs/comfyui.md says what was compared with a real server).
 * A node is a function of its inputs; files are loaded and saved by `pixelWorker`.
 */
import { combine, feather, grow } from "./masks.ts";
import type { Method, Plane, Value } from "./tensor.ts";
import { blur, clamp01, mapped, normalNoise, plane, resize } from "./tensor.ts";

export type Inputs = Readonly<Record<string, unknown>>;
export type NodeFunction = (inputs: Inputs) => readonly Value[];

const image = (inputs: Inputs, name: string): readonly Plane[] => (inputs[name] as Value & { kind: "image" }).frames;
const mask = (inputs: Inputs, name: string): Plane => (inputs[name] as Value & { kind: "mask" }).mask;
const num = (inputs: Inputs, name: string): number => Number(inputs[name]);
const text = (inputs: Inputs, name: string): string => String(inputs[name]);
const frames = (planes: readonly Plane[]): readonly Value[] => [{ kind: "image", frames: planes }];
const one = (made: Plane): readonly Value[] => [{ kind: "mask", mask: made }];
const each =
  (name: string, change: (frame: Plane, inputs: Inputs) => Plane): NodeFunction =>
  (inputs) =>
    frames(image(inputs, name).map((frame) => change(frame, inputs)));

export const NODES: Readonly<Record<string, NodeFunction>> = {
  EmptyImage: (inputs) => {
    const color = num(inputs, "color");
    const rgb = [(color >> 16) & 255, (color >> 8) & 255, color & 255];
    const made = plane(num(inputs, "width"), num(inputs, "height"), 3);
    for (let index = 0; index < made.data.length; index += 1) made.data[index] = (rgb[index % 3] ?? 0) / 255;
    return frames(Array.from({ length: num(inputs, "batch_size") }, () => made));
  },
  SolidMask: (inputs) => one(plane(num(inputs, "width"), num(inputs, "height"), 1, num(inputs, "value"))),
  ImageScale: each("image", scaleTo),
  ImageScaleBy: each("image", (frame, inputs) =>
    resize(
      frame,
      Math.round(frame.width * num(inputs, "scale_by")),
      Math.round(frame.height * num(inputs, "scale_by")),
      text(inputs, "upscale_method") as Method,
    ),
  ),
  ImageCrop: each("image", (frame, inputs) =>
    crop(frame, {
      x: num(inputs, "x"),
      y: num(inputs, "y"),
      width: num(inputs, "width"),
      height: num(inputs, "height"),
    }),
  ),
  ImageBlur: each("image", (frame, inputs) => blur(frame, num(inputs, "blur_radius"), num(inputs, "sigma"))),
  ImageSharpen: each("image", sharpen),
  ImageInvert: each("image", (frame) => mapped(frame, (value) => 1 - value)),
  AdjustBrightness: each("images", (frame, inputs) => mapped(frame, (value) => clamp01(value * num(inputs, "factor")))),
  AdjustContrast: each("images", (frame, inputs) =>
    mapped(frame, (value) => clamp01((value - 0.5) * num(inputs, "factor") + 0.5)),
  ),
  ImageBlend: (inputs) => {
    const second = image(inputs, "image2");
    return frames(
      image(inputs, "image1").map((first, index) => blend(first, second[index % second.length] ?? first, inputs)),
    );
  },
  ImageCompositeMasked: (inputs) => {
    const sources = image(inputs, "source");
    return frames(
      image(inputs, "destination").map((destination, index) =>
        composite(destination, sources[index % sources.length] ?? destination, inputs),
      ),
    );
  },
  ImageAddNoise: each("image", (frame, inputs) => {
    const next = normalNoise(Number(BigInt.asUintN(32, BigInt(String(inputs["seed"])))));
    const strength = num(inputs, "strength");
    return mapped(frame, (value) => clamp01(value + strength * next()));
  }),
  ImageFlip: each("image", (frame, inputs) => flip(frame, text(inputs, "flip_method").startsWith("x"))),
  ImageRotate: each("image", (frame, inputs) => {
    let turned = frame;
    for (let turns = Number.parseInt(text(inputs, "rotation"), 10) || 0; turns > 0; turns -= 90)
      turned = quarterTurn(turned);
    return turned;
  }),
  ImageQuantize: each("image", (frame, inputs) => {
    const levels = Math.max(2, Math.round(Math.cbrt(num(inputs, "colors"))));
    return mapped(frame, (value) => Math.round(value * (levels - 1)) / (levels - 1));
  }),
  ImageBatch: (inputs) => {
    const first = image(inputs, "image1");
    const size = first[0];
    const second = image(inputs, "image2").map((frame) =>
      size === undefined ? frame : resize(frame, size.width, size.height, "bilinear"),
    );
    return frames([...first, ...second]);
  },
  RepeatImageBatch: (inputs) =>
    frames(Array.from({ length: num(inputs, "amount") }, () => image(inputs, "image")).flat()),
  ImageFromBatch: (inputs) =>
    frames(
      image(inputs, "image").slice(num(inputs, "batch_index"), num(inputs, "batch_index") + num(inputs, "length")),
    ),
  SplitImageWithAlpha: (inputs) => {
    const whole = image(inputs, "image");
    const first = whole[0] ?? plane(1, 1, 3);
    return [
      { kind: "image", frames: whole.map(withoutAlpha) },
      { kind: "mask", mask: mapped(alphaOf(first), (value) => 1 - value) },
    ];
  },
  JoinImageWithAlpha: each("image", (frame, inputs) => {
    const alpha = resize(mask(inputs, "alpha"), frame.width, frame.height, "bilinear");
    const out = plane(frame.width, frame.height, 4);
    for (let pixel = 0; pixel < frame.width * frame.height; pixel += 1) {
      for (let c = 0; c < 3; c += 1) out.data[pixel * 4 + c] = frame.data[pixel * frame.channels + c] ?? 0;
      out.data[pixel * 4 + 3] = 1 - (alpha.data[pixel] ?? 0);
    }
    return out;
  }),
  MaskToImage: (inputs) => {
    const from = mask(inputs, "mask");
    const out = plane(from.width, from.height, 3);
    for (let index = 0; index < out.data.length; index += 1) out.data[index] = from.data[Math.trunc(index / 3)] ?? 0;
    return frames([out]);
  },
  ImageToMask: (inputs) => {
    const from = image(inputs, "image")[0] ?? plane(1, 1, 3);
    const channel = Math.min(from.channels - 1, ["red", "green", "blue", "alpha"].indexOf(text(inputs, "channel")));
    const out = plane(from.width, from.height, 1);
    for (let pixel = 0; pixel < out.data.length; pixel += 1)
      out.data[pixel] = from.data[pixel * from.channels + channel] ?? 0;
    return one(out);
  },
  InvertMask: (inputs) => one(mapped(mask(inputs, "mask"), (value) => 1 - value)),
  CropMask: (inputs) =>
    one(
      crop(mask(inputs, "mask"), {
        x: num(inputs, "x"),
        y: num(inputs, "y"),
        width: num(inputs, "width"),
        height: num(inputs, "height"),
      }),
    ),
  ThresholdMask: (inputs) => one(mapped(mask(inputs, "mask"), (value) => (value > num(inputs, "value") ? 1 : 0))),
  FeatherMask: (inputs) => one(feather(mask(inputs, "mask"), inputs)),
  GrowMask: (inputs) => one(grow(mask(inputs, "mask"), num(inputs, "expand"), inputs["tapered_corners"] === true)),
  MaskComposite: (inputs) => one(combine(mask(inputs, "destination"), mask(inputs, "source"), inputs)),
};

function scaleTo(frame: Plane, inputs: Inputs): Plane {
  const wanted = { width: num(inputs, "width"), height: num(inputs, "height") };
  if (wanted.width === 0 && wanted.height === 0) return frame;
  const width =
    wanted.width === 0 ? Math.max(1, Math.round((frame.width * wanted.height) / frame.height)) : wanted.width;
  const height =
    wanted.height === 0 ? Math.max(1, Math.round((frame.height * wanted.width) / frame.width)) : wanted.height;
  const cut = text(inputs, "crop") === "center" ? centreCrop(frame, width / height) : frame;
  return resize(cut, width, height, text(inputs, "upscale_method") as Method);
}

function centreCrop(frame: Plane, aspect: number): Plane {
  const old = frame.width / frame.height;
  const x = old > aspect ? Math.round((frame.width - (frame.width * aspect) / old) / 2) : 0;
  const y = old < aspect ? Math.round((frame.height - (frame.height * old) / aspect) / 2) : 0;
  return crop(frame, { x, y, width: frame.width - 2 * x, height: frame.height - 2 * y });
}

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function crop(frame: Plane, area: Area): Plane {
  const x0 = Math.min(area.x, frame.width - 1);
  const y0 = Math.min(area.y, frame.height - 1);
  const out = plane(Math.min(area.width, frame.width - x0), Math.min(area.height, frame.height - y0), frame.channels);
  const row = out.width * frame.channels;
  for (let y = 0; y < out.height; y += 1)
    out.data.set(
      frame.data.subarray(
        ((y0 + y) * frame.width + x0) * frame.channels,
        ((y0 + y) * frame.width + x0) * frame.channels + row,
      ),
      y * row,
    );
  return out;
}

/** A Gaussian times -10 alpha whose centre is raised so that flat areas stay: value + 10 alpha (value - blurred). */
function sharpen(frame: Plane, inputs: Inputs): Plane {
  const amount = num(inputs, "alpha") * 10;
  const radius = num(inputs, "sharpen_radius");
  const soft = blur(frame, radius, num(inputs, "sigma"));
  return mapped(frame, (value, index) => clamp01(value + amount * (value - (soft.data[index] ?? 0))));
}

function blend(first: Plane, other: Plane, inputs: Inputs): Plane {
  const second = resize(other, first.width, first.height, "bicubic");
  const factor = num(inputs, "blend_factor");
  const mode = BLEND[text(inputs, "blend_mode")] ?? ((_a: number, b: number) => b);
  return mapped(first, (a, index) => {
    const b =
      second.data[
        Math.trunc(index / first.channels) * second.channels + Math.min(index % first.channels, second.channels - 1)
      ] ?? 0;
    return clamp01(a * (1 - factor) + mode(a, b) * factor);
  });
}

const BLEND: Readonly<Record<string, (a: number, b: number) => number>> = {
  normal: (_a, b) => b,
  multiply: (a, b) => a * b,
  screen: (a, b) => 1 - (1 - a) * (1 - b),
  overlay: (a, b) => (a <= 0.5 ? 2 * a * b : 1 - 2 * (1 - a) * (1 - b)),
  soft_light: (a, b) =>
    b <= 0.5
      ? a - (1 - 2 * b) * a * (1 - a)
      : a + (2 * b - 1) * ((a <= 0.25 ? ((16 * a - 12) * a + 4) * a : Math.sqrt(a)) - a),
  difference: (a, b) => a - b,
};

function composite(destination: Plane, given: Plane, inputs: Inputs): Plane {
  const source =
    inputs["resize_source"] === true ? resize(given, destination.width, destination.height, "bilinear") : given;
  const weights =
    inputs["mask"] === undefined
      ? plane(source.width, source.height, 1, 1)
      : resize(mask(inputs, "mask"), source.width, source.height, "bilinear");
  const out: Plane = { ...destination, data: destination.data.slice() };
  const x0 = num(inputs, "x");
  const y0 = num(inputs, "y");
  for (let y = 0; y < source.height && y + y0 < out.height; y += 1) {
    for (let x = 0; x < source.width && x + x0 < out.width; x += 1) {
      const weight = weights.data[y * source.width + x] ?? 1;
      const to = ((y + y0) * out.width + x + x0) * out.channels;
      const from = (y * source.width + x) * source.channels;
      for (let c = 0; c < out.channels; c += 1) {
        const value = c < source.channels ? (source.data[from + c] ?? 0) : 1;
        out.data[to + c] = weight * value + (1 - weight) * (out.data[to + c] ?? 0);
      }
    }
  }
  return out;
}

function flip(frame: Plane, vertically: boolean): Plane {
  const out = plane(frame.width, frame.height, frame.channels);
  for (let y = 0; y < frame.height; y += 1) {
    for (let x = 0; x < frame.width; x += 1) {
      const from =
        ((vertically ? frame.height - 1 - y : y) * frame.width + (vertically ? x : frame.width - 1 - x)) *
        frame.channels;
      for (let c = 0; c < frame.channels; c += 1)
        out.data[(y * frame.width + x) * frame.channels + c] = frame.data[from + c] ?? 0;
    }
  }
  return out;
}

/** Clockwise. */
function quarterTurn(frame: Plane): Plane {
  const out = plane(frame.height, frame.width, frame.channels);
  for (let y = 0; y < frame.height; y += 1) {
    for (let x = 0; x < frame.width; x += 1) {
      const to = (x * out.width + (frame.height - 1 - y)) * frame.channels;
      for (let c = 0; c < frame.channels; c += 1)
        out.data[to + c] = frame.data[(y * frame.width + x) * frame.channels + c] ?? 0;
    }
  }
  return out;
}

export function withoutAlpha(frame: Plane): Plane {
  if (frame.channels === 3) return frame;
  const out = plane(frame.width, frame.height, 3);
  for (let index = 0; index < out.data.length; index += 1)
    out.data[index] = frame.data[Math.trunc(index / 3) * frame.channels + (index % 3)] ?? 0;
  return out;
}

function alphaOf(frame: Plane): Plane {
  const out = plane(frame.width, frame.height, 1, 1);
  if (frame.channels < 4) return out;
  for (let pixel = 0; pixel < out.data.length; pixel += 1)
    out.data[pixel] = frame.data[pixel * frame.channels + 3] ?? 1;
  return out;
}
