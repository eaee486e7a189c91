/**
 * The sRGB transfer curve (IEC 61966-2-1), in one place: what makes a scene-linear value comparable with, and viewable as,
 * a display code. No gamut change and no tone curve: values outside 0..1 are cut, which colour management will replace.
 */

/** Linear 0..1 -> encoded 0..1. NaN and negatives become 0, +Infinity and all above 1 become 1. */
export function srgbEncode(linear: number): number {
  const v = linear > 0 ? Math.min(linear, 1) : 0;
  return v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
}

/** Encoded 0..1 -> linear 0..1: the inverse of `srgbEncode`. */
export function srgbDecode(encoded: number): number {
  const v = encoded > 0 ? Math.min(encoded, 1) : 0;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/** Size of the table below: 16-bit precision of the encoded value needs no finer steps for statistics. */
const TABLE_STEPS = 16_384;

/** `table[round(clamped * (length - 1))]` is `srgbEncode` within 4e-4: enough for statistics, not for pictures. */
export function srgbTable(): Float32Array {
  return Float32Array.from({ length: TABLE_STEPS + 1 }, (_, i) => srgbEncode(i / TABLE_STEPS));
}
