/**
 * 3 x 3 matrices between RGB spaces, made from the chromaticities of primaries and white that each space's own document gives:
 * nothing is copied as nine numbers that nobody can check. Row-major; a colour is a column. float64 throughout.
 */

/** Row-major, nine numbers. */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number];
export type Triple = readonly [number, number, number];
/** CIE 1931 xy. */
export type Xy = readonly [number, number];

export interface Primaries {
  readonly red: Xy;
  readonly green: Xy;
  readonly blue: Xy;
  readonly white: Xy;
}

export const IDENTITY: Matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export function multiply(a: Matrix, b: Matrix): Matrix {
  const at = (row: number, column: number) =>
    [0, 1, 2].reduce((sum, k) => sum + (a[row * 3 + k] as number) * (b[k * 3 + column] as number), 0);
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

/** Cramer's rule. The matrices here come from primaries that span a triangle, so the determinant is never 0. */
export function inverse(m: Matrix): Matrix {
  const [a, b, c, d, e, f, g, h, i] = m;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const by = 1 / determinant;
  return [
    (e * i - f * h) * by,
    (c * h - b * i) * by,
    (b * f - c * e) * by,
    (f * g - d * i) * by,
    (a * i - c * g) * by,
    (c * d - a * f) * by,
    (d * h - e * g) * by,
    (b * g - a * h) * by,
    (a * e - b * d) * by,
  ];
}

export function apply(m: Matrix, [x, y, z]: Triple): Triple {
  return [m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z];
}

function xyz([x, y]: Xy): Triple {
  return [x / y, 1, (1 - x - y) / y];
}

/** Linear RGB -> XYZ of the space's own white with Y = 1 at (1, 1, 1): SMPTE RP 177-1993, section 3.3. */
export function toXyz({ red, green, blue, white }: Primaries): Matrix {
  const [r, g, b] = [xyz(red), xyz(green), xyz(blue)];
  const columns: Matrix = [r[0], g[0], b[0], r[1], g[1], b[1], r[2], g[2], b[2]];
  const [sr, sg, sb] = apply(inverse(columns), xyz(white));
  return [r[0] * sr, g[0] * sg, b[0] * sb, r[1] * sr, g[1] * sg, b[1] * sb, r[2] * sr, g[2] * sg, b[2] * sb];
}

/** XYZ -> cone responses. Bradford: Lam 1985, as in ICC.1 annex E; CAT02: CIE 159:2004. */
export const CONES: Readonly<Record<"bradford" | "cat02", Matrix>> = {
  bradford: [0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296],
  cat02: [0.7328, 0.4296, -0.1624, -0.7036, 1.6975, 0.0061, 0.003, 0.0136, 0.9834],
};

/** Von Kries adaptation from one white to another in the cone space named. */
export function adaptation(from: Xy, to: Xy, by: keyof typeof CONES): Matrix {
  if (from[0] === to[0] && from[1] === to[1]) return IDENTITY;
  const cones = CONES[by];
  const [sr, sg, sb] = apply(cones, xyz(from));
  const [dr, dg, db] = apply(cones, xyz(to));
  const scale: Matrix = [dr / sr, 0, 0, 0, dg / sg, 0, 0, 0, db / sb];
  return multiply(inverse(cones), multiply(scale, cones));
}

/** Linear RGB of one space -> linear RGB of another, whites adapted. */
export function betweenPrimaries(from: Primaries, to: Primaries, by: keyof typeof CONES): Matrix {
  return multiply(inverse(toXyz(to)), multiply(adaptation(from.white, to.white, by), toXyz(from)));
}

/** SMPTE ST 2065-1:2012, table 1. */
export const AP0: Primaries = {
  red: [0.7347, 0.2653],
  green: [0, 1],
  blue: [0.0001, -0.077],
  white: [0.32168, 0.33767],
};
/** AMPAS S-2014-004 (ACEScg), section 4.1. */
export const AP1: Primaries = {
  red: [0.713, 0.293],
  green: [0.165, 0.83],
  blue: [0.128, 0.044],
  white: [0.32168, 0.33767],
};
/** ITU-R BT.709-6, table 1.3 and 1.4; the same in IEC 61966-2-1 (sRGB). */
export const REC709: Primaries = { red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06], white: [0.3127, 0.329] };
/** SMPTE RP 431-2 primaries with the white of D65 (SMPTE EG 432-1, annex H). */
export const P3_D65: Primaries = {
  red: [0.68, 0.32],
  green: [0.265, 0.69],
  blue: [0.15, 0.06],
  white: [0.3127, 0.329],
};
/** ARRI, "ALEXA Log C Curve: Usage in VFX" (2017), section on wide gamut. */
export const ARRI_WIDE_GAMUT_3: Primaries = {
  red: [0.684, 0.313],
  green: [0.221, 0.848],
  blue: [0.0861, -0.102],
  white: [0.3127, 0.329],
};
/** ARRI, "LogC4 Logarithmic Color Space: Specification" (2022), table 2. */
export const ARRI_WIDE_GAMUT_4: Primaries = {
  red: [0.7347, 0.2653],
  green: [0.1424, 0.8576],
  blue: [0.0991, -0.0308],
  white: [0.3127, 0.329],
};
