/** Masks: feathering, growing, composing, as ComfyUI 0.19 computes them. */
import type { Plane } from "./tensor.ts";
import { clamp01, mapped } from "./tensor.ts";

type Inputs = Readonly<Record<string, unknown>>;
const num = (inputs: Inputs, name: string): number => Number(inputs[name]);

/** Each edge is multiplied by a ramp; as in the original, right and bottom start at index 0 (its `-0`). */
export function feather(of: Plane, inputs: Inputs): Plane {
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

/** Grey dilation (or erosion) with a 3x3 footprint, a plus when the corners are tapered. */
export function grow(of: Plane, expand: number, tapered: boolean): Plane {
  let now = of;
  const better = expand < 0 ? Math.min : Math.max;
  const reach = tapered
    ? [
        [0, 0],
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ]
    : [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [dx, dy]));
  for (let step = 0; step < Math.abs(expand); step += 1) {
    const before = now;
    now = mapped(before, (value, index) => {
      let best = value;
      const x = index % before.width;
      const y = Math.trunc(index / before.width);
      for (const [dx = 0, dy = 0] of reach) {
        const sx = Math.min(before.width - 1, Math.max(0, x + dx));
        const sy = Math.min(before.height - 1, Math.max(0, y + dy));
        best = better(best, before.data[sy * before.width + sx] ?? 0);
      }
      return best;
    });
  }
  return now;
}

export function combine(destination: Plane, source: Plane, inputs: Inputs): Plane {
  const out: Plane = { ...destination, data: destination.data.slice() };
  const operation = String(inputs["operation"]);
  const x0 = num(inputs, "x");
  const y0 = num(inputs, "y");
  for (let y = 0; y < source.height && y + y0 < out.height; y += 1) {
    for (let x = 0; x < source.width && x + x0 < out.width; x += 1) {
      const at = (y + y0) * out.width + x + x0;
      out.data[at] = clamp01(operate(operation, out.data[at] ?? 0, source.data[y * source.width + x] ?? 0));
    }
  }
  return out;
}

function operate(operation: string, a: number, b: number): number {
  switch (operation) {
    case "multiply":
      return a * b;
    case "add":
      return a + b;
    case "subtract":
      return a - b;
    case "and":
      return Number(Math.round(a) === 1 && Math.round(b) === 1);
    case "or":
      return Number(Math.round(a) === 1 || Math.round(b) === 1);
    default:
      return Number(Math.round(a) !== Math.round(b));
  }
}
