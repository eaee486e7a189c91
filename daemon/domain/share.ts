/**
 * Fair shares: what each show, and each person within a show, used of this node lately. Use fades with a half-life, so a
 * night's work is forgiven by noon. The factor is Slurm's: 2^-(used / fair), 1 for who used nothing, 0.5 at a fair share.
 */
import { LIMITS } from "./limits.ts";

interface Used {
  readonly seconds: number;
  readonly at: number;
}
export interface Ledger {
  readonly shows: ReadonlyMap<string, Used>;
  readonly people: ReadonlyMap<string, Used>;
}
export interface Shares {
  /** 0..1 of what all shows used lately, and 0..1 that is its fair part; null when nobody used anything. */
  show(show: string): ShareOf | null;
  /** The same among the people of one show. */
  person(show: string, person: string): ShareOf | null;
}
export interface ShareOf {
  readonly used: number;
  readonly fair: number;
  /** 2^-(used / fair). */
  readonly factor: number;
}

export const EMPTY_LEDGER: Ledger = { shows: new Map(), people: new Map() };

export interface Charge {
  readonly show: string;
  readonly person: string;
  readonly seconds: number;
  readonly at: number;
}

const faded = (used: Used | undefined, now: number): number =>
  used === undefined ? 0 : used.seconds * 2 ** (-Math.max(0, now - used.at) / LIMITS.shareHalfLifeMs);

const personKey = (show: string, person: string): string => `${show}\n${person}`;

/** A ledger with one more use of the GPUs; what faded to nothing is dropped, so it stays small for months. */
export function charged(ledger: Ledger, charge: Charge): Ledger {
  const put = (of: ReadonlyMap<string, Used>, key: string): ReadonlyMap<string, Used> => {
    const out = new Map([...of].filter(([, used]) => faded(used, charge.at) >= 1e-3));
    // What is taken back was charged before and has faded since: nobody owes less than nothing.
    out.set(key, { seconds: Math.max(0, faded(of.get(key), charge.at) + charge.seconds), at: charge.at });
    return out;
  };
  return {
    shows: put(ledger.shows, charge.show),
    people: put(ledger.people, personKey(charge.show, charge.person)),
  };
}

export interface ShareFacts {
  readonly now: number;
  /** Who has work waiting or running: they share; an idle show leaves its part to them. */
  readonly active: readonly { readonly show: string; readonly person: string }[];
  /** Show -> weight; 1 when not named. */
  readonly weights: Readonly<Record<string, number>>;
}

export function sharesOf(ledger: Ledger, facts: ShareFacts): Shares {
  const weightOf = (show: string): number => (Object.hasOwn(facts.weights, show) ? (facts.weights[show] ?? 1) : 1);
  /** Show -> what it used, and its people with what they used. */
  const shows = new Map<string, { readonly used: number; readonly people: Map<string, number> }>();
  for (const { show, person } of facts.active) {
    const known = shows.get(show) ?? { used: faded(ledger.shows.get(show), facts.now), people: new Map() };
    shows.set(show, known);
    if (!known.people.has(person))
      known.people.set(person, faded(ledger.people.get(personKey(show, person)), facts.now));
  }
  const all = sum([...shows.values()].map((one) => one.used));
  const weights = sum([...shows.keys()].map(weightOf));
  const within = new Map([...shows].map(([show, { people }]) => [show, sum(people.values())]));
  return {
    show(show) {
      const known = shows.get(show);
      return known === undefined ? null : share(known.used, all, weightOf(show) / weights);
    },
    person(show, person) {
      const known = shows.get(show);
      const used = known?.people.get(person);
      if (known === undefined || used === undefined) return null;
      return share(used, within.get(show) ?? 0, 1 / known.people.size);
    },
  };
}

function share(used: number, all: number, fair: number): ShareOf | null {
  if (all <= 0) return null;
  return { used: used / all, fair, factor: 2 ** -(used / all / fair) };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
