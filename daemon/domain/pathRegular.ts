/**
 * The regular part of regular expressions, as automata that can be compared: what a token of a path template may be. Two
 * types are disjoint when no word is in both, and that is decided, not sampled. No look-around, no back references, no
 * anchors; nothing ever matches `/`. Words are UTF-16 text; every automaton here is deterministic and bounded.
 */
import { LIMITS } from "./limits.ts";

/** A transition on every character from `lo` to `hi` (UTF-16 units). */
export interface Edge {
  readonly lo: number;
  readonly hi: number;
  readonly to: number;
}
/** Deterministic; state 0 is the start. Edges of a state are sorted and never overlap. */
export interface Language {
  readonly edges: readonly (readonly Edge[])[];
  readonly accepts: readonly boolean[];
}
export type Range = readonly [lo: number, hi: number];

const MAX = 0xffff;
const SLASH = 47;

/** Sorted, merged, without `/`. */
export function ranges(of: readonly Range[]): readonly Range[] {
  const out: [number, number][] = [];
  for (const [lo, hi] of [...of].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && lo <= last[1] + 1) last[1] = Math.max(last[1], hi);
    else out.push([lo, hi]);
  }
  return out.flatMap(([lo, hi]): Range[] => {
    if (SLASH < lo || SLASH > hi) return [[lo, hi]];
    return [[lo, SLASH - 1] as const, [SLASH + 1, hi] as const].filter(([a, b]) => a <= b);
  });
}

export function without(of: readonly Range[]): readonly Range[] {
  const out: Range[] = [];
  let next = 0;
  for (const [lo, hi] of [...of].sort((a, b) => a[0] - b[0])) {
    if (lo > next) out.push([next, lo - 1]);
    next = Math.max(next, hi + 1);
  }
  if (next <= MAX) out.push([next, MAX]);
  return ranges(out);
}

/** A nondeterministic automaton with one start and one end, as it is put together from a pattern. */
export interface Sketch {
  /** `on: null`: taken without a character. */
  readonly arrows: { readonly from: number; readonly to: number; readonly on: readonly Range[] | null }[];
  states: number;
}

/** The deterministic automaton of a sketch; null when it has more states than LIMITS.pathStatesMax. */
export function determined(sketch: Sketch, start: number, end: number): Language | null {
  const byState: { to: number; on: readonly Range[] | null }[][] = Array.from({ length: sketch.states }, () => []);
  for (const { from, to, on } of sketch.arrows) byState[from]?.push({ to, on });
  const closed = (states: readonly number[]): readonly number[] => {
    const seen = new Set(states);
    for (const state of seen) for (const { to, on } of byState[state] ?? []) if (on === null) seen.add(to);
    return [...seen].sort((a, b) => a - b);
  };
  const first = closed([start]);
  const known = new Map([[first.join(","), 0]]);
  const sets = [first];
  const edges: Edge[][] = [];
  for (let at = 0; at < sets.length; at += 1) {
    const arrows = (sets[at] ?? []).flatMap((state) => byState[state] ?? []).filter(({ on }) => on !== null);
    const row: Edge[] = [];
    for (const [lo, hi] of pieces(arrows.flatMap(({ on }) => on ?? []))) {
      const next = closed(
        arrows.filter(({ on }) => on?.some((range) => range[0] <= lo && hi <= range[1])).map(({ to }) => to),
      );
      const key = next.join(",");
      let to = known.get(key);
      if (to === undefined) {
        if (sets.length >= LIMITS.pathStatesMax) return null;
        to = sets.push(next) - 1;
        known.set(key, to);
      }
      row.push({ lo, hi, to });
    }
    edges.push(row);
  }
  return { edges, accepts: sets.map((set) => set.includes(end)) };
}

/** Cuts ranges where any of them begins or ends: within one piece all characters mean the same. */
export function pieces(of: readonly Range[]): readonly Range[] {
  const cuts = [...new Set(of.flatMap(([lo, hi]) => [lo, hi + 1]))].sort((a, b) => a - b);
  const out: Range[] = [];
  for (let i = 0; i + 1 < cuts.length; i += 1) {
    const lo = cuts[i] ?? 0;
    const hi = (cuts[i + 1] ?? 0) - 1;
    if (of.some((range) => range[0] <= lo && hi <= range[1])) out.push([lo, hi]);
  }
  return out;
}

/** Words that are in `a`, and in `b` (`and`) or not in it (`minus`); null: too many states. */
export function combined(a: Language, b: Language, how: "and" | "minus"): Language | null {
  const DEAD = -1;
  const known = new Map([["0,0", 0]]);
  const pairs: [number, number][] = [[0, 0]];
  const edges: Edge[][] = [];
  for (let at = 0; at < pairs.length; at += 1) {
    const [left, right] = pairs[at] ?? [0, 0];
    const ours = a.edges[left] ?? [];
    const theirs = right === DEAD ? [] : (b.edges[right] ?? []);
    const row: Edge[] = [];
    for (const [lo, hi] of pieces([...ours, ...theirs].map((edge): Range => [edge.lo, edge.hi]))) {
      const to = ours.find((edge) => edge.lo <= lo && hi <= edge.hi)?.to;
      const other = theirs.find((edge) => edge.lo <= lo && hi <= edge.hi)?.to ?? DEAD;
      if (to === undefined || (other === DEAD && how === "and")) continue;
      const key = `${to},${other}`;
      let state = known.get(key);
      if (state === undefined) {
        if (pairs.length >= LIMITS.pathStatesMax) return null;
        state = pairs.push([to, other]) - 1;
        known.set(key, state);
      }
      row.push({ lo, hi, to: state });
    }
    edges.push(row);
  }
  const accepts = pairs.map(([left, right]) => {
    const inB = right !== DEAD && b.accepts[right] === true;
    return a.accepts[left] === true && inB === (how === "and");
  });
  return { edges, accepts };
}

/** Exactly these words. */
export function wordsLanguage(words: readonly string[]): Language {
  const edges: Map<number, number>[] = [new Map()];
  const accepts = [false];
  for (const word of words) {
    let at = 0;
    for (let i = 0; i < word.length; i += 1) {
      const unit = word.charCodeAt(i);
      let to = edges[at]?.get(unit);
      if (to === undefined) {
        to = edges.push(new Map()) - 1;
        accepts.push(false);
        edges[at]?.set(unit, to);
      }
      at = to;
    }
    accepts[at] = true;
  }
  return {
    edges: edges.map((row) => [...row].map(([unit, to]) => ({ lo: unit, hi: unit, to })).sort((a, b) => a.lo - b.lo)),
    accepts,
  };
}

export function stepOf(language: Language, state: number, unit: number): number | null {
  for (const edge of language.edges[state] ?? []) if (edge.lo <= unit && unit <= edge.hi) return edge.to;
  return null;
}

/** Lengths of the prefixes of `text`, from `at` on, that are words of the language; shortest first. */
export function prefixLengths(language: Language, text: string, at: number): readonly number[] {
  const out: number[] = [];
  let state = 0;
  for (let i = at; ; i += 1) {
    if (language.accepts[state] === true) out.push(i - at);
    if (i >= text.length) return out;
    const next = stepOf(language, state, text.charCodeAt(i));
    if (next === null) return out;
    state = next;
  }
}

export function hasWord(language: Language, word: string): boolean {
  return prefixLengths(language, word, 0).at(-1) === word.length;
}

/** A shortest word; null: the language is empty. */
export function shortestWord(language: Language): string | null {
  const from = new Map<number, readonly [number, string]>();
  const queue = [0];
  const seen = new Set(queue);
  for (const state of queue) {
    if (language.accepts[state] === true) {
      let word = "";
      for (let at = state; from.has(at); ) {
        const [before, unit] = from.get(at) ?? [0, ""];
        word = unit + word;
        at = before;
      }
      return word;
    }
    for (const { lo, hi, to } of language.edges[state] ?? []) {
      if (seen.has(to)) continue;
      seen.add(to);
      from.set(to, [state, pleasant(lo, hi)]);
      queue.push(to);
    }
  }
  return null;
}

/** A character of the range that people can read, where there is one. */
export function pleasant(lo: number, hi: number): string {
  for (const wanted of "a0A1x_.-") {
    const unit = wanted.charCodeAt(0);
    if (lo <= unit && unit <= hi) return wanted;
  }
  const [first] = [33, 65, lo].filter((unit) => lo <= unit && unit <= hi);
  return String.fromCharCode(first ?? lo);
}
