/**
 * The order in which a sweep is made: ends first, then middles of what is left, so that QC and people see the whole span
 * after a few results. The index of a wedge never depends on it.
 */

/** 0..count-1, each once: 0, count-1, then level by level the middle of every gap. Stable for a count. */
export function bisectOrder(count: number): readonly number[] {
  if (count <= 0) return [];
  if (count === 1) return [0];
  const out = [0, count - 1];
  let gaps: (readonly [number, number])[] = [[0, count - 1]];
  while (gaps.length > 0) {
    const next: (readonly [number, number])[] = [];
    for (const [from, to] of gaps) {
      if (to - from < 2) continue;
      const middle = (from + to) >> 1;
      out.push(middle);
      next.push([from, middle], [middle, to]);
    }
    gaps = next;
  }
  return out;
}

/** Items in bisect order. */
export function bisected<T>(items: readonly T[]): readonly T[] {
  return bisectOrder(items.length).map((index) => items[index] as T);
}
