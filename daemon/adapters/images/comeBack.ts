/**
 * How the model's answer becomes the picture that is published: pure, planes in, planes out. Integer formats hold what was
 * given back, code for code; OpenEXR holds scene-linear light.
 */
import { IDENTITY } from "../../domain/colorMatrix.ts";
import type { Matrix } from "../../domain/colorMatrix.ts";
import type { ColorSpace } from "../../domain/colorSpaces.ts";
import { linearBetween } from "../../domain/colorSpaces.ts";
import type { ColorWay } from "../../domain/colorWay.ts";
import { srgbDecode, srgbEncode } from "../../domain/srgbCurve.ts";
import { lightOf as plateLight } from "./modelCodes.ts";

/** A picture in planes, row by row. Colours are not multiplied by alpha. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue. */
  readonly colours: readonly [Float32Array, Float32Array, Float32Array];
  readonly alpha: Float32Array | null;
}

export interface Answer extends Planes {
  /** `codes`: sRGB code values, 0..1. `light`: scene-linear. */
  readonly holds: "codes" | "light";
}

/** `plain`: no gamut change, no tone curve; only the curve between codes and light, where the two differ. */
export function comeBack(answer: Answer, to: "codes" | "light"): Planes {
  if (answer.holds === to) return answer;
  const [r, g, b] = answer.colours;
  const turn = to === "codes" ? (plane: Float32Array) => plane.map(srgbEncode) : lightOf(lightTable());
  return { ...answer, colours: [turn(r), turn(g), turn(b)] };
}

/** Exact for 8 and 16-bit codes, which are all that an integer file holds. */
function lightTable(): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, code) => srgbDecode(code / 65_535));
}

function lightOf(table: Float32Array): (plane: Float32Array) => Float32Array {
  return (plane) => {
    const out = new Float32Array(plane.length);
    for (let i = 0; i < out.length; i += 1) out[i] = table[Math.round((plane[i] as number) * 65_535)] as number;
    return out;
  };
}

/** The model's codes by the inverse of what the plate was fed through: values of the plate's own space. */
export function turnedBack(answer: Planes, way: ColorWay): Planes {
  const decode = Float64Array.from({ length: 65_536 }, (_, code) => way.view.decode(code / 65_535));
  const light = (value: number) => decode[Math.round((value > 0 ? Math.min(value, 1) : 0) * 65_535)] as number;
  const encode = way.curve === null ? same : way.curve.encode;
  return eachPixel(answer, { light, matrix: way.fromModel, encode });
}

/** From space to space, both worked out here. */
export function toSpace(picture: Planes, from: ColorSpace, to: ColorSpace): Planes {
  if (from === to || from.kind === "data" || to.kind === "data") return picture;
  const matrix = linearBetween(from, to);
  if (from.curve === to.curve && matrix === IDENTITY) return picture;
  return eachPixel(picture, { light: plateLight(from), matrix, encode: to.curve === null ? same : to.curve.encode });
}

function same(value: number): number {
  return value;
}

function eachPixel(
  picture: Planes,
  of: { readonly light: (v: number) => number; readonly matrix: Matrix; readonly encode: (v: number) => number },
): Planes {
  const r = picture.colours[0];
  const g = picture.colours[1];
  const b = picture.colours[2];
  const { light, encode } = of;
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = of.matrix;
  const red = new Float32Array(r.length);
  const green = new Float32Array(r.length);
  const blue = new Float32Array(r.length);
  for (let i = 0; i < r.length; i += 1) {
    const x = light(r[i] as number);
    const y = light(g[i] as number);
    const z = light(b[i] as number);
    red[i] = encode(m0 * x + m1 * y + m2 * z);
    green[i] = encode(m3 * x + m4 * y + m5 * z);
    blue[i] = encode(m6 * x + m7 * y + m8 * z);
  }
  return { ...picture, colours: [red, green, blue] };
}
