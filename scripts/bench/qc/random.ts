/** Chance with a seed, for pictures that are the same on every machine. */
export interface Chance {
  /** 0 <= x < 1. */
  next(): number;
  between(low: number, high: number): number;
  /** Mean 0, deviation 1 (Box, Muller 1958). */
  normal(): number;
  /** One of these, each as likely. */
  pick<T>(of: readonly T[]): T;
}

/** mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (of) => of[Math.floor(next() * of.length)] as (typeof of)[number],
  };
}

const TABLE = 65_536;
const NORMALS: Float32Array = tableOf(chance(20_261_128));

function tableOf(random: Chance): Float32Array {
  return Float32Array.from({ length: TABLE }, () => random.normal());
}

/** As many normal values as are wanted, out of a table of 65,536: a hundred times as fast as one by one. */
export function manyNormals(count: number, seed: number): Float32Array {
  const out = new Float32Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i += 2) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    t ^= t >>> 14;
    out[i] = NORMALS[t & 0xffff] as number;
    if (i + 1 < count) out[i + 1] = NORMALS[t >>> 16] as number;
  }
  return out;
}
