/** What a count of cases is worth: Wilson's interval for a share, and quantiles that are values which were seen. Pure. */

export interface Share {
  readonly hits: number;
  readonly of: number;
  /** 0..1; 0 of no cases. */
  readonly share: number;
  /** 95 % interval (Wilson 1927, doi:10.1080/01621459.1927.10502953); of no cases: 0..1. */
  readonly low: number;
  readonly high: number;
}

/** The standard normal's 97.5 % point. */
const Z = 1.959963984540054;

export function shareOf(hits: number, of: number): Share {
  if (of === 0) return { hits, of, share: 0, low: 0, high: 1 };
  const share = hits / of;
  const weight = Z ** 2 / of;
  const middle = (share + weight / 2) / (1 + weight);
  const half = (Z / (1 + weight)) * Math.sqrt((share * (1 - share)) / of + weight / (4 * of));
  // Rounding would leave 1e-17 where the interval ends at a whole.
  return { hits, of, share, low: hits === 0 ? 0 : middle - half, high: hits === of ? 1 : middle + half };
}

/** The smallest value that at least a share `p` of the values does not exceed (nearest rank). Ascending, at least one. */
export function quantile(sorted: readonly number[], p: number): number {
  const rank = Math.ceil(rounded(p * sorted.length));
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] as number;
}

/** So many values there must be for a quantile to be another than the largest one's. */
export function casesFor(p: number): number {
  return Math.ceil(rounded(1 / (1 - p)));
}

/** 100.00000000000009 is 100. */
function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
