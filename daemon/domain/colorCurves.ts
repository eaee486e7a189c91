/**
 * Transfer curves between what files hold and scene-linear values, each with its document and exact both ways. No curve cuts
 * anything off: negatives and values above 1 go through by continuation, so that a round trip loses nothing but rounding.
 */

export interface Curve {
  readonly name: string;
  /** What the file holds (0..1 nominally) -> linear. */
  readonly decode: (encoded: number) => number;
  readonly encode: (linear: number) => number;
}

/**
 * sRGB (IEC 61966-2-1) as OCIO draws it: power 2.4 with offset 0.055 and the tangent below, so that the branches meet. The
 * standard's own rounded 12.92 differs by 0.025 % in the toe, far less than one 16-bit code. Negatives go on straight.
 */
const TOE = { code: 0.055 / 1.4, slope: (1.4 / 0.055) * ((0.055 * 2.4) / (1.4 * 1.055)) ** 2.4 };
export const SRGB: Curve = {
  name: "sRGB",
  decode: (v) => (v <= TOE.code ? v * TOE.slope : ((v + 0.055) / 1.055) ** 2.4),
  encode: (v) => (v <= TOE.code * TOE.slope ? v / TOE.slope : 1.055 * v ** (1 / 2.4) - 0.055),
};

/** ITU-R BT.1886 annex 1 with a black of 0: a pure 2.4 power. Negatives are mirrored. */
export const BT1886: Curve = {
  name: "BT.1886",
  decode: (v) => Math.sign(v) * Math.abs(v) ** 2.4,
  encode: (v) => Math.sign(v) * Math.abs(v) ** (1 / 2.4),
};

/** AMPAS S-2016-001 (ACEScct), equations 2 and 5; the specification's upper cut (65504) belongs to files, not to the curve. */
export const ACESCCT: Curve = {
  name: "ACEScct",
  decode: (v) => (v <= 0.155251141552511 ? (v - 0.0729055341958355) / 10.5402377416545 : 2 ** (v * 17.52 - 9.72)),
  encode: (v) => (v <= 0.0078125 ? 10.5402377416545 * v + 0.0729055341958355 : (Math.log2(v) + 9.72) / 17.52),
};

/**
 * ARRI LogC3 at exposure index 800 (ARRI, "ALEXA Log C Curve: Usage in VFX", 2017, "scene linear, EI 800"). The document
 * prints a..f and cut with six digits; here they are worked out from the camera's own numbers, so that the branches meet.
 */
const LOGC3 = logC3(800);
export const ARRI_LOGC3: Curve = {
  name: "ARRI LogC3 (EI800)",
  decode: (v) =>
    v > LOGC3.e * LOGC3.cut + LOGC3.f ? (10 ** ((v - LOGC3.d) / LOGC3.c) - LOGC3.b) / LOGC3.a : (v - LOGC3.f) / LOGC3.e,
  encode: (v) => (v > LOGC3.cut ? LOGC3.c * Math.log10(LOGC3.a * v + LOGC3.b) + LOGC3.d : LOGC3.e * v + LOGC3.f),
};

function logC3(exposureIndex: number): Readonly<Record<"cut" | "a" | "b" | "c" | "d" | "e" | "f", number>> {
  const black = 0.003907;
  const knee = 1 / 9;
  const slope = 1 / (knee * Math.LN10);
  const offset = Math.log10(knee) - slope * knee;
  const gain = exposureIndex / 400;
  const grey = 0.01 / gain;
  const c = ((Math.log2(gain) * (0.89 - 1)) / 3 + 1) * 0.256598;
  let d = 0.391007;
  let noise = 0;
  for (let round = 0; round < 3; round += 1) {
    noise = ((95 / 1023 - d) / c - offset) / slope;
    d = 0.391007 - Math.log10(1 + noise) * c;
  }
  // From sensor signal to scene linear: 18 % grey is the grey of this index.
  const scene = 4 / (0.18 * exposureIndex);
  const e = (slope * c) / grey;
  const f = c * (slope * (noise - black / grey) + offset) + d + e * black;
  const a = scene / grey;
  return { a, b: noise, c, d, e: e * scene, f, cut: (knee - noise) / a };
}

/** ARRI, "LogC4 Logarithmic Color Space: Specification" (2022), section 3: one curve for every exposure index. */
const LOGC4 = (() => {
  const a = (2 ** 18 - 16) / 117.45;
  const b = (1023 - 95) / 1023;
  const c = 95 / 1023;
  const s = (7 * Math.LN2 * 2 ** (7 - (14 * c) / b)) / (a * b);
  const t = (2 ** (14 * (-c / b) + 6) - 64) / a;
  return { a, b, c, s, t };
})();
export const ARRI_LOGC4: Curve = {
  name: "ARRI LogC4",
  decode: (v) => (v < 0 ? v * LOGC4.s + LOGC4.t : (2 ** (14 * ((v - LOGC4.c) / LOGC4.b) + 6) - 64) / LOGC4.a),
  encode: (v) => (v < LOGC4.t ? (v - LOGC4.t) / LOGC4.s : ((Math.log2(LOGC4.a * v + 64) - 6) / 14) * LOGC4.b + LOGC4.c),
};

/**
 * Printing density on 10 bits (Kodak, "Conversion of 10-bit Log Film Data to 8-bit Linear or Video Data", 1995; SMPTE
 * ST 268-1): 0.002 density a code, negative gamma 0.6, white at code 685, black at 95. Below the pole of the logarithm
 * (a little under black) the tangent at black goes on, so that every number has its counterpart.
 */
const CINEON = (() => {
  const slope = 300 / 1023;
  const white = 685 / 1023;
  const black = 10 ** ((95 - 685) / 300);
  return { slope, white, black, atBlack: 95 / 1023, tangent: (slope * (1 - black)) / (black * Math.LN10) };
})();
export const CINEON_LOG: Curve = {
  name: "Cineon",
  decode: (v) =>
    v < CINEON.atBlack
      ? (v - CINEON.atBlack) / CINEON.tangent
      : (10 ** ((v - CINEON.white) / CINEON.slope) - CINEON.black) / (1 - CINEON.black),
  encode: (v) =>
    v < 0
      ? v * CINEON.tangent + CINEON.atBlack
      : CINEON.slope * Math.log10(v * (1 - CINEON.black) + CINEON.black) + CINEON.white,
};
