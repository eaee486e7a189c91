/**
 * All chance of the simulated world: one seed, forked by label, so that a new draw in one part leaves the others alone.
 */
export interface Random {
  /** 0 <= x < 1. */
  next(): number;
  /** A whole number, 0 <= x < below. */
  int(below: number): number;
  /** from <= x < to. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(of: readonly T[]): T;
  shuffle<T>(of: readonly T[]): T[];
  hex(digits: number): string;
  /** A stream of its own: the same seed and label give the same stream, whatever else was drawn. */
  fork(label: string): Random;
}

export function createRandom(seed: number | string): Random {
  const key = String(seed);
  let state = hashText(key);
  const next = (): number => {
    // mulberry32: small and good enough to choose moments; nothing secret is made of it.
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    between: (from, to) => from + next() * (to - from),
    chance: (probability) => next() < probability,
    pick<T>(of: readonly T[]): T {
      if (of.length === 0) throw new Error("nothing to pick from");
      return of[int(of.length)] as T;
    },
    shuffle<T>(of: readonly T[]): T[] {
      const out = [...of];
      for (let at = out.length - 1; at > 0; at -= 1) {
        const other = int(at + 1);
        [out[at], out[other]] = [out[other] as T, out[at] as T];
      }
      return out;
    },
    hex: (digits) => Array.from({ length: digits }, () => int(16).toString(16)).join(""),
    fork: (label) => createRandom(`${key}/${label}`),
  };
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}
