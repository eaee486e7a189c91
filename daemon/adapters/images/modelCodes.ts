/**
 * A picture's planes -> the 8-bit codes that the model is fed: curve, matrix with the exposure, view, rounding. Pure. The same
 * function makes the feed and, when the answer comes back, says what had been fed: the two can't differ.
 */
import type { ColorWay } from "../../domain/colorWay.ts";
import type { View } from "../../domain/colorView.ts";
import type { Planes } from "./comeBack.ts";
import type { DisplayPicture } from "./exrPicture.ts";

export type Codes = readonly [Uint8Array, Uint8Array, Uint8Array];

export function modelCodes({ colours }: Pick<Planes, "colours">, way: ColorWay): Codes {
  const r = colours[0];
  const g = colours[1];
  const b = colours[2];
  const count = r.length;
  const red = new Uint8Array(count);
  const green = new Uint8Array(count);
  const blue = new Uint8Array(count);
  const [a0, a1, a2, b0, b1, b2, c0, c1, c2] = way.toModel;
  const light = lightOf(way);
  const code = coder(way.view);
  for (let i = 0; i < count; i += 1) {
    const x = light(r[i] as number);
    const y = light(g[i] as number);
    const z = light(b[i] as number);
    red[i] = code(a0 * x + a1 * y + a2 * z);
    green[i] = code(b0 * x + b1 * y + b2 * z);
    blue[i] = code(c0 * x + c1 * y + c2 * z);
  }
  return [red, green, blue];
}

/** Steps of a table that holds whole codes of 8 and 16 bits exactly; values between them are worked out. */
const CODES = 65_535;

/** The plate's values -> linear light. NaN is 0, infinities are the largest half: products with them stay numbers. */
export function lightOf({ curve }: Pick<ColorWay, "curve">): (value: number) => number {
  if (curve === null) return finite;
  const table = Float64Array.from({ length: CODES + 1 }, (_, code) => curve.decode(code / CODES));
  return (value) => {
    const at = value * CODES;
    const whole = Math.round(at);
    // A code divided and multiplied again is off by less than a float32's last bit.
    return Math.abs(at - whole) < 0.004 && whole >= 0 && whole <= CODES
      ? (table[whole] as number)
      : finite(curve.decode(finite(value)));
  };
}

const HALF_MAX = 65_504;

function finite(value: number): number {
  // Written so that NaN falls through to 0.
  if (value >= -HALF_MAX && value <= HALF_MAX) return value;
  return value > 0 ? HALF_MAX : value < 0 ? -HALF_MAX : 0;
}

/**
 * Light -> code, exactly `Math.round(view.encode(light) * 255)` but for light within a float32's last bit of a border: the
 * upper half of the float's bits finds the neighbourhood, the borders between codes decide.
 */
export function coder(view: View): (light: number) => number {
  const border = Float64Array.from({ length: 257 }, (_, code) =>
    code === 0 ? Number.NEGATIVE_INFINITY : code > 255 ? Number.POSITIVE_INFINITY : view.decode((code - 0.5) / 255),
  );
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  const first = Uint8Array.from({ length: 65_536 }, (_, upper) => {
    // The least value that begins with these bits: of negatives it is the one with the most behind them.
    bits[0] = (upper << 16) | (upper & 0x8000 ? 0xffff : 0);
    return Math.round(view.encode(float[0] as number) * 255);
  });
  return (light) => {
    float[0] = light;
    let code = first[(bits[0] as number) >>> 16] as number;
    while (code < 255 && light >= (border[code + 1] as number)) code += 1;
    while (code > 0 && light < (border[code] as number)) code -= 1;
    return code;
  };
}

/** Codes as a picture, alpha beside them: it is linear by definition and has no curve. */
export function interleavedCodes({ width, height, alpha }: Planes, codes: Codes): DisplayPicture {
  const channels = alpha === null ? 3 : 4;
  const data = new Uint8Array(width * height * channels);
  codes.forEach((plane, channel) => {
    for (let i = 0, at = channel; i < plane.length; i += 1, at += channels) data[at] = plane[i] as number;
  });
  if (alpha !== null)
    for (let i = 0, at = 3; i < alpha.length; i += 1, at += 4) {
      const a = alpha[i] as number;
      data[at] = a > 0 ? Math.round(Math.min(a, 1) * 255) : 0;
    }
  return { width, height, channels, data };
}
