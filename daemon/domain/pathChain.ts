/**
 * Pieces of a path in a row (tokens and static text of one folder's name) as one automaton that remembers which piece each
 * character belongs to. It decides three things exactly: is a word in both of two chains, can one chain read a word in two
 * ways, and does a word of a chain end inside another one.
 */
import { LIMITS } from "./limits.ts";
import type { Edge, Language } from "./pathRegular.ts";
import { pieces, pleasant, wordsLanguage } from "./pathRegular.ts";

export interface Chain {
  /** State 0 is the start; a state has one owner: the piece that took the last character. */
  readonly edges: readonly (readonly Edge[])[];
  readonly owner: readonly number[];
  readonly accepts: readonly boolean[];
}

/** Static text, in either case. */
export function textLanguage(text: string): Language {
  const edges: Edge[][] = [];
  for (let i = 0; i < text.length; i += 1) {
    const units = [text[i] ?? "", (text[i] ?? "").toLowerCase(), (text[i] ?? "").toUpperCase()]
      .filter((spelled) => spelled.length === 1)
      .map((spelled) => spelled.charCodeAt(0));
    edges.push([...new Set(units)].sort((a, b) => a - b).map((unit) => ({ lo: unit, hi: unit, to: i + 1 })));
  }
  if (text === "") return wordsLanguage([""]);
  return { edges: [...edges, []], accepts: [...edges.map(() => false), true] };
}

/** No piece may be empty, so a reading of a word is exactly which piece took which character. */
export function chainOf(languages: readonly Language[]): Chain {
  const offsets: number[] = [];
  let count = 1;
  for (const language of languages) {
    offsets.push(count);
    count += language.edges.length;
  }
  const edges: Edge[][] = [[]];
  const owner = [-1];
  const accepts = [languages.length === 0];
  const entering = (index: number): readonly Edge[] => {
    const language = languages[index];
    const offset = offsets[index] ?? 0;
    return language === undefined ? [] : (language.edges[0] ?? []).map((edge) => ({ ...edge, to: edge.to + offset }));
  };
  edges[0]?.push(...entering(0));
  languages.forEach((language, index) => {
    language.edges.forEach((row, state) => {
      const ends = language.accepts[state] === true;
      const own = row.map((edge) => ({ ...edge, to: edge.to + (offsets[index] ?? 0) }));
      edges.push(ends ? [...own, ...entering(index + 1)] : own);
      owner.push(index);
      accepts.push(ends && index === languages.length - 1);
    });
  });
  return { edges, owner, accepts };
}

interface Pair {
  readonly left: number;
  readonly right: number;
  /** The two have parted: some character went to different pieces. */
  readonly parted: boolean;
  readonly before: number;
  readonly unit: string;
}

/** Walks two chains through the same word, in all ways; the first pair that is `wanted` gives the word. */
function commonWord(a: Chain, b: Chain, wanted: (pair: Pair) => boolean): string | null {
  const pairs: Pair[] = [{ left: 0, right: 0, parted: false, before: -1, unit: "" }];
  const known = new Set(["0,0,false"]);
  for (let at = 0; at < pairs.length; at += 1) {
    const pair = pairs[at];
    if (pair === undefined) break;
    if (wanted(pair)) return wordTo(pairs, at);
    const ours = a.edges[pair.left] ?? [];
    const theirs = b.edges[pair.right] ?? [];
    for (const [lo, hi] of pieces([...ours, ...theirs].map((edge) => [edge.lo, edge.hi] as const))) {
      for (const one of ours) {
        if (one.lo > lo || one.hi < hi) continue;
        for (const other of theirs) {
          if (other.lo > lo || other.hi < hi) continue;
          const parted = pair.parted || a.owner[one.to] !== b.owner[other.to];
          const key = `${one.to},${other.to},${parted}`;
          if (known.has(key)) continue;
          known.add(key);
          // What is too large to be decided is not trusted: the caller takes it as a word that is in both.
          if (pairs.length >= LIMITS.pathPairsMax) return wordTo(pairs, at);
          pairs.push({ left: one.to, right: other.to, parted, before: at, unit: pleasant(lo, hi) });
        }
      }
    }
  }
  return null;
}

function wordTo(pairs: readonly Pair[], end: number): string {
  let word = "";
  for (let at = end; at >= 0; at = pairs[at]?.before ?? -1) word = (pairs[at]?.unit ?? "") + word;
  return word;
}

/** A word of both; null: they are disjoint. */
export function sharedWord(a: Chain, b: Chain): string | null {
  return commonWord(a, b, ({ left, right }) => a.accepts[left] === true && b.accepts[right] === true);
}

/** A word that the chain reads in two ways; null: it never does. */
export function ambiguousWord(chain: Chain): string | null {
  return commonWord(
    chain,
    chain,
    ({ left, right, parted }) => parted && chain.accepts[left] === true && chain.accepts[right] === true,
  );
}

/** Is no word of the chain the beginning of a longer one? Then its end is known when it is read from the left. */
export function endsItself(chain: Chain): boolean {
  const goesOn = statesWithMore(chain);
  return commonWord(chain, chain, ({ left, right }) => chain.accepts[left] === true && goesOn.has(right)) === null;
}

/** States from which a word can still be made longer and end well. */
function statesWithMore(chain: Chain): ReadonlySet<number> {
  const out = new Set<number>();
  for (let grew = true; grew; ) {
    grew = false;
    chain.edges.forEach((row, state) => {
      if (out.has(state) || !row.some(({ to }) => chain.accepts[to] === true || out.has(to))) return;
      out.add(state);
      grew = true;
    });
  }
  return out;
}

/** The chain read from the right: `endsItself` of it says that no word is the end of a longer one. */
export function reversed(chain: Chain): Chain {
  const count = chain.edges.length;
  // State 0 stands for "before the last character"; state s + 1 for having read back to s.
  const edges: Edge[][] = Array.from({ length: count + 1 }, () => []);
  chain.edges.forEach((row, from) => {
    for (const { lo, hi, to } of row) {
      edges[to + 1]?.push({ lo, hi, to: from + 1 });
      if (chain.accepts[to] === true) edges[0]?.push({ lo, hi, to: from + 1 });
    }
  });
  const accepts = [chain.accepts[0] === true, ...chain.edges.map((_, state) => state === 0)];
  return { edges, owner: edges.map(() => 0), accepts };
}
