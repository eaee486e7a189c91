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
    out.set(key, { seconds: faded(of.get(key), charge.at) + charge.seconds, at: charge.at });
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
  const shows = [...new Set(facts.active.map((one) => one.show))];
  const used = new Map(shows.map((show) => [show, faded(ledger.shows.get(show), facts.now)]));
  const all = sum(used.values());
  const weights = sum(shows.map(weightOf));
  const peopleOf = (show: string): readonly string[] => [
    ...new Set(facts.active.filter((one) => one.show === show).map((one) => one.person)),
  ];
  const usedBy = (show: string, person: string): number => faded(ledger.people.get(personKey(show, person)), facts.now);
  return {
    show: (show) => (used.has(show) ? share(used.get(show) ?? 0, all, weightOf(show) / weights) : null),
    person(show, person) {
      const people = peopleOf(show);
      if (!people.includes(person)) return null;
      return share(usedBy(show, person), sum(people.map((one) => usedBy(show, one))), 1 / people.length);
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
