/**
 * The nearest right word: what a person most likely meant. Pure edit distance with swapped neighbours counted as one
 * slip (Damerau-Levenshtein, optimal string alignment), case ignored; nothing is offered that is mostly different.
 */
const WORD_CHARACTERS_MAX = 128;

/** The closest candidate within a third of its length (at least 2 edits for words over 3 characters), or null. */
export function nearestWord(found: string, candidates: Iterable<string>): string | null {
  if (found.length === 0 || found.length > WORD_CHARACTERS_MAX) return null;
  const word = found.toLowerCase();
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate.length > WORD_CHARACTERS_MAX) continue;
    const distance = editDistance(word, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  const allowed = Math.max(found.length > 3 ? 2 : 1, Math.floor(found.length / 3));
  return bestDistance <= allowed ? best : null;
}

export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}
