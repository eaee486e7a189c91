/**
 * What the model sees of a plate's linear light: a curve to display codes, 0..1, and its exact inverse. `plain` cuts off what
 * is above 1. `filmic` is the same up to a knee and then compresses: 4 stops above 1 arrive below white and come back. A
 * curve of our own rather than the ACES output transform: that one has no exact inverse, and its look would come back too.
 */
import { ACESCCT, SRGB } from "./colorCurves.ts";

export interface View {
  readonly name: string;
  /** Linear light -> 0..1; NaN is 0, what lies outside is cut off. */
  readonly encode: (light: number) => number;
  /** 0..1 -> linear light: `encode` undoes it exactly. */
  readonly decode: (code: number) => number;
  /** The linear light of 0 and of 1: what lies outside, the model does not see. */
  readonly floor: number;
  readonly top: number;
}

/** Linear light where the filmic view begins to compress, and where it ends: 2^4. */
const KNEE = 0.6;
const FILMIC_TOP = 16;
/** log shoulder: KNEE + (1 - KNEE) ln(1 + s (v - KNEE)) / ln(1 + s (TOP - KNEE)); s makes its slope at the knee 1. */
const STEEP = steepness();
const SHOULDER = Math.log(1 + STEEP * (FILMIC_TOP - KNEE));

/** s (1 - KNEE) = ln(1 + s (TOP - KNEE)) has one positive root; halving finds it to the last bit. */
function steepness(): number {
  let [low, high] = [1, 1000];
  for (let i = 0; i < 100; i += 1) {
    const middle = (low + high) / 2;
    if (middle * (1 - KNEE) < Math.log(1 + middle * (FILMIC_TOP - KNEE))) low = middle;
    else high = middle;
  }
  return high;
}

const compress = (v: number): number =>
  v <= KNEE ? v : KNEE + ((1 - KNEE) * Math.log(1 + STEEP * (v - KNEE))) / SHOULDER;
const expand = (v: number): number => (v <= KNEE ? v : KNEE + Math.expm1(((v - KNEE) / (1 - KNEE)) * SHOULDER) / STEEP);

/** NaN is 0. */
function cut(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}

export const PLAIN_VIEW: View = {
  name: "plain",
  encode: (light) => cut(SRGB.encode(light)),
  decode: (code) => SRGB.decode(cut(code)),
  floor: 0,
  top: 1,
};
export const FILMIC_VIEW: View = {
  name: "filmic",
  encode: (light) => cut(SRGB.encode(compress(light > 0 ? light : 0))),
  decode: (code) => expand(SRGB.decode(cut(code))),
  floor: 0,
  top: FILMIC_TOP,
};
/** ACEScct codes as they are: for recipes whose model, or none, works on log. */
export const ACESCCT_VIEW: View = {
  name: "acescct",
  encode: (light) => cut(ACESCCT.encode(light)),
  decode: (code) => ACESCCT.decode(cut(code)),
  floor: ACESCCT.decode(0),
  top: ACESCCT.decode(1),
};
/** Data: no curve. */
export const RAW_VIEW: View = { name: "raw", encode: cut, decode: cut, floor: 0, top: 1 };
