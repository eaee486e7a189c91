/** How far one picture follows another, cell by cell. */

/**
 * Pearson's correlation, -1..1, over the places where both have a value (NaN: none). 1 where there are fewer than `least` of them or
 * neither varies by a standard deviation of `still`: there is no structure that could differ.
 */
export function correlation(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { least, still }: { readonly least: number; readonly still: number },
): number {
  let [n, sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    n += 1;
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const [va, vb] = [saa - (sa * sa) / n, sbb - (sb * sb) / n];
  if (n < least || Math.max(va, vb) / n < still ** 2) return 1;
  return va <= 0 || vb <= 0 ? 0 : (sab - (sa * sb) / n) / Math.sqrt(va * vb);
}
