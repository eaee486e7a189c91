/** IEEE 754 binary16, the sample type of most OpenEXR files: both ways, by its bits. */

/** A half's bits -> its value as float32: every half is a float exactly. */
export const HALF: Float32Array = Float32Array.from({ length: 65_536 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * 2 ** -24 * fraction : sign * 2 ** (exponent - 25) * (1024 + fraction);
});

/**
 * The bits of a float32 -> those of the nearest half, ties to even (IEEE 754-2008, 4.3.1): from 65520 on infinity, below
 * 2^-14 the halves without a leading one, NaN a quiet NaN that keeps the upper bits of its payload.
 */
export function halfBits(float: number): number {
  const sign = (float >>> 16) & 0x8000;
  const size = float & 0x7fff_ffff;
  if (size >= 0x3880_0000) {
    if (size > 0x7f80_0000) return sign | 0x7e00 | ((size >>> 13) & 0x3ff);
    if (size >= 0x477f_f000) return sign | 0x7c00;
    // Half of what is cut off, less one where the kept part is even already: a tie goes to the even neighbour.
    return sign | ((size - 0x3800_0000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  }
  if (size < 0x3300_0000) return sign;
  const shift = 126 - (size >>> 23);
  const fraction = (size & 0x7f_ffff) | 0x80_0000;
  const kept = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0));
}

export function toHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i += 1) out[i] = halfBits(bits[i] as number);
  return out;
}
