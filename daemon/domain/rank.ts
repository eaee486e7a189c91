/**
 * What goes first, in points: a person's priority, and beside it in the same unit what time and fairness add. A difference
 * of priority larger than all of them always wins; `explain` prints the terms as they are added here.
 */
import { LIMITS } from "./limits.ts";
import type { Shares } from "./share.ts";

export interface RankFacts {
  /** 0..100, the manifest's. */
  readonly priority: number;
  readonly show: string;
  readonly person: string;
  /** ms since the epoch; null without one. */
  readonly deadlineAt: number | null;
  /** When its first task could have begun, ms since the epoch. */
  readonly waitingSince: number;
  /** Seconds of work that wait here, spread over the slots; 0 when not known. */
  readonly secondsLeft: number;
}
export interface Rank {
  readonly points: number;
  readonly priority: number;
  readonly deadline: number;
  readonly age: number;
  readonly showShare: number;
  readonly personShare: number;
}

export function rankOf(facts: RankFacts, now: number, shares: Shares): Rank {
  const deadline = deadlinePoints(facts, now);
  // Slow, and without an end before it reaches every priority: nothing starves, and nobody overtakes in a working day.
  const age = Math.min(LIMITS.agePointsMax, Math.max(0, now - facts.waitingSince) / LIMITS.agePointMs);
  const showShare = sharePoints(shares.show(facts.show)?.factor, LIMITS.showSharePoints);
  const personShare = sharePoints(shares.person(facts.show, facts.person)?.factor, LIMITS.personSharePoints);
  return {
    points: facts.priority + deadline + age + showShare + personShare,
    priority: facts.priority,
    deadline,
    age,
    showShare,
    personShare,
  };
}

/** Halves with every `deadlineHalfMs` of slack: time to the deadline less the work that is left. None, none. */
function deadlinePoints(facts: RankFacts, now: number): number {
  if (facts.deadlineAt === null) return 0;
  const slackMs = facts.deadlineAt - now - facts.secondsLeft * 1_000;
  return LIMITS.deadlinePointsMax * 2 ** (-Math.max(0, slackMs) / LIMITS.deadlineHalfMs);
}

/** 2F - 1: from almost -max (used far more than its part) over 0 (fair) to max (used nothing). */
function sharePoints(factor: number | undefined, max: number): number {
  return factor === undefined ? 0 : max * (2 * factor - 1);
}

/** `52.4 = priority 50 + deadline 4.9 - share of show AGM 2.5` */
export function rankWords(rank: Rank, of: { readonly show: string; readonly person: string }): string {
  const terms: readonly (readonly [string, number])[] = [
    ["deadline", rank.deadline],
    ["waiting", rank.age],
    [`share of show ${of.show}`, rank.showShare],
    [`share of ${of.person}`, rank.personShare],
  ];
  const added = terms
    .filter(([, points]) => Math.abs(points) >= 0.05)
    .map(([name, points]) => ` ${points < 0 ? "-" : "+"} ${name} ${Math.abs(points).toFixed(1)}`)
    .join("");
  return `${rank.points.toFixed(1)} = priority ${rank.priority}${added}`;
}
