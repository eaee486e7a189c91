/** Second differences of the light of one cell over time, and the middle of many. */

export interface Place {
  readonly t: number;
  readonly last: number;
  readonly cell: number;
}

export function jumpOf(at: (frame: number, cell: number) => number, place: Place): number {
  const { t, cell } = place;
  const second = at(t, cell) - (at(t - 1, cell) + at(t + 1, cell)) / 2;
  const more = Math.abs(higher(at, place));
  return Number.isNaN(more) ? second : Math.sign(second) * Math.min(Math.abs(second), more);
}

/** The fourth difference, at an end the third: what changes smoothly has as much of it as of the second, or less. */
function higher(at: (frame: number, cell: number) => number, { t, last, cell }: Place): number {
  if (last < 3) return Number.NaN;
  if (t >= 2 && t + 2 <= last)
    return (at(t - 2, cell) - 4 * at(t - 1, cell) + 6 * at(t, cell) - 4 * at(t + 1, cell) + at(t + 2, cell)) / 6;
  const first = t === 1 ? 0 : last - 3;
  return (at(first, cell) - 3 * at(first + 1, cell) + 3 * at(first + 2, cell) - at(first + 3, cell)) / 3;
}

/** Of those that are numbers; NaN sorts last. */
export function middleOf(values: Float32Array): number {
  const sorted = values.toSorted();
  let count = sorted.length;
  while (count > 0 && Number.isNaN(sorted[count - 1] as number)) count -= 1;
  return sorted[count >> 1] ?? 0;
}
