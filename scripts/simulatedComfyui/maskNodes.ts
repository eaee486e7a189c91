/** The model-free graph nodes on masks, as ComfyUI 0.19 computes them. */
import type { Inputs, NodeFunction } from "./nodeInputs.ts";
import { asImages, asMasks, at, eachMask, images, masks, NodeRaised, num, word } from "./nodeInputs.ts";
import type { Plane } from "./tensor.ts";
import { clamp01, crop, mapped, plane } from "./tensor.ts";

const CHANNELS = ["red", "green", "blue", "alpha"];

export const MASK_NODES: Readonly<Record<string, NodeFunction>> = {
  SolidMask: (inputs) => asMasks([plane(num(inputs, "width"), num(inputs, "height"), 1, num(inputs, "value"))]),
  MaskToImage: (inputs) => asImages(masks(inputs, "mask").map(grey)),
  ImageToMask: (inputs) =>
    asMasks(images(inputs, "image").map((frame) => channelOf(frame, CHANNELS.indexOf(word(inputs, "channel"))))),
  ImageColorToMask: (inputs) => {
    const color = num(inputs, "color");
    return asMasks(images(inputs, "image").map((frame) => ofColor(frame, color)));
  },
  InvertMask: eachMask("mask", (frame) => mapped(frame, (value) => 1 - value)),
  CropMask: eachMask("mask", (frame, inputs) =>
    crop(frame, {
      x: num(inputs, "x"),
      y: num(inputs, "y"),
      width: num(inputs, "width"),
      height: num(inputs, "height"),
    }),
  ),
  ThresholdMask: eachMask("mask", (frame, inputs) => {
    const limit = num(inputs, "value");
    return mapped(frame, (value) => (value > limit ? 1 : 0));
  }),
  FeatherMask: eachMask("mask", feather),
  MaskComposite: (inputs) => {
    const sources = masks(inputs, "source");
    return asMasks(masks(inputs, "destination").map((frame, index) => combine(frame, at(sources, index), inputs)));
  },
  GrowMask: eachMask("mask", (frame, inputs) => grow(frame, num(inputs, "expand"), inputs["tapered_corners"] === true)),
};

export function channelOf(frame: Plane, channel: number): Plane {
  if (channel >= frame.channels)
    throw new NodeRaised(
      "IndexError",
      `index ${channel} is out of bounds for dimension 3 with size ${frame.channels}\n`,
    );
  const out = plane(frame.width, frame.height, 1);
  for (let pixel = 0; pixel < out.data.length; pixel += 1)
    out.data[pixel] = frame.data[pixel * frame.channels + channel] ?? 0;
  return out;
}

function grey(from: Plane): Plane {
  const out = plane(from.width, from.height, 3);
  for (let pixel = 0; pixel < from.data.length; pixel += 1)
    out.data.fill(from.data[pixel] ?? 0, pixel * 3, pixel * 3 + 3);
  return out;
}

/** 1 where the 8-bit colour is exactly this one. */
function ofColor(frame: Plane, color: number): Plane {
  const out = plane(frame.width, frame.height, 1);
  for (let pixel = 0; pixel < out.data.length; pixel += 1) {
    const byte = (c: number): number => Math.round(clamp01(frame.data[pixel * frame.channels + c] ?? 0) * 255);
    out.data[pixel] = byte(0) * 65_536 + byte(1) * 256 + byte(2) === color ? 1 : 0;
  }
  return out;
}

/** Each edge is multiplied by a ramp; as in the original, right and bottom start at index 0 (its `-0`). */
function feather(of: Plane, inputs: Inputs): Plane {
  const out: Plane = { ...of, data: of.data.slice() };
  const scale = (index: number, rate: number): void => {
    out.data[index] = (out.data[index] ?? 0) * rate;
  };
  const column = (x: number, rate: number): void => {
    for (let y = 0; y < of.height; y += 1) scale(y * of.width + x, rate);
  };
  const row = (y: number, rate: number): void => {
    for (let x = 0; x < of.width; x += 1) scale(y * of.width + x, rate);
  };
  const left = Math.min(of.width, num(inputs, "left"));
  const right = Math.min(of.width, num(inputs, "right"));
  const top = Math.min(of.height, num(inputs, "top"));
  const bottom = Math.min(of.height, num(inputs, "bottom"));
  for (let x = 0; x < left; x += 1) column(x, (x + 1) / left);
  for (let x = 0; x < right; x += 1) column(x === 0 ? 0 : of.width - x, (x + 1) / right);
  for (let y = 0; y < top; y += 1) row(y, (y + 1) / top);
  for (let y = 0; y < bottom; y += 1) row(y === 0 ? 0 : of.height - y, (y + 1) / bottom);
  return out;
}

/** Grey dilation (or erosion) `expand` times with a 3 x 3 footprint, a plus when the corners are tapered. */
function grow(of: Plane, expand: number, tapered: boolean): Plane {
  const better = expand < 0 ? Math.min : Math.max;
  const reach = tapered
    ? [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ]
    : [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [dx, dy]));
  let now = of;
  for (let step = 0; step < Math.abs(expand); step += 1) {
    const { data, width, height } = now;
    now = mapped(now, (value, index) => {
      let best = value;
      const x = index % width;
      const y = (index - x) / width;
      for (const [dx = 0, dy = 0] of reach) {
        const sx = Math.min(width - 1, Math.max(0, x + dx));
        const sy = Math.min(height - 1, Math.max(0, y + dy));
        best = better(best, data[sy * width + sx] ?? 0);
      }
      return best;
    });
  }
  return now;
}

function combine(destination: Plane, source: Plane, inputs: Inputs): Plane {
  const data = destination.data.slice();
  const operation = word(inputs, "operation");
  const left = num(inputs, "x");
  const top = num(inputs, "y");
  for (let y = 0; y < source.height && y + top < destination.height; y += 1) {
    for (let x = 0; x < source.width && x + left < destination.width; x += 1) {
      const to = (y + top) * destination.width + x + left;
      data[to] = operate(operation, data[to] ?? 0, source.data[y * source.width + x] ?? 0);
    }
  }
  for (let index = 0; index < data.length; index += 1) data[index] = clamp01(data[index] ?? 0);
  return { ...destination, data };
}

function operate(operation: string, a: number, b: number): number {
  const set = (value: number): boolean => Math.round(value) !== 0;
  switch (operation) {
    case "multiply":
      return a * b;
    case "add":
      return a + b;
    case "subtract":
      return a - b;
    case "and":
      return Number(set(a) && set(b));
    case "or":
      return Number(set(a) || set(b));
    default:
      return Number(set(a) !== set(b));
  }
}
