/**
 * What one decision of the scheduler looks at: the heads of what waits, the slots with what they have in hand, and what was
 * learned. `schedule` and `warmModels` read it; `schedule.assign` plays its own assignments on it, so that the next choice
 * sees the ones before.
 */
import type { Estimates } from "./estimate.ts";
import { chargeSeconds } from "./estimate.ts";
import type { Rank } from "./rank.ts";
import { rankOf } from "./rank.ts";
import type { Ledger } from "./share.ts";
import { charged, sharesOf } from "./share.ts";
import type { FlightFacts, SlotFacts, TaskFacts } from "./slotFit.ts";
import { whyNot } from "./slotFit.ts";

/** Tasks that are alike and wait: same recipe, models, show, person, priority, deadline. */
export interface Head {
  readonly id: number;
  readonly workKey: string;
  readonly modelKey: string;
  readonly show: string;
  readonly person: string;
  readonly priority: number;
  readonly deadlineAt: number | null;
  /** How many wait; at least `tasks.length`. */
  readonly waiting: number;
  /** When the first of them could have begun, ms since the epoch. */
  readonly waitingSince: number;
  /** The first of them, in their order. */
  readonly tasks: readonly TaskFacts[];
}

export interface ScheduleFacts {
  readonly now: number;
  readonly heads: readonly Head[];
  readonly slots: readonly SlotFacts[];
  readonly estimates: Estimates;
  readonly ledger: Ledger;
  /** Show -> weight of its share; 1 when not named. */
  readonly weights: Readonly<Record<string, number>>;
  /** Who has work running. */
  readonly running: readonly { readonly show: string; readonly person: string }[];
  /** Set of models -> when a task of it was last given to any slot, ms since the epoch. */
  readonly servedAt: ReadonlyMap<string, number>;
}

/** A slot as it will be after the assignments made so far. */
export interface Place {
  readonly facts: SlotFacts;
  modelKey: string | null;
  readonly flights: FlightFacts[];
}
/** A head and what is left of it. */
export interface Waiting {
  readonly head: Head;
  readonly tasks: TaskFacts[];
  left: number;
  /** Seconds of one task, mean over the slots; 0 when not known, and without a deadline nobody asks. */
  readonly secondsEach: number;
}
export interface Board {
  readonly facts: ScheduleFacts;
  readonly places: readonly Place[];
  readonly waiting: readonly Waiting[];
  ledger: Ledger;
  readonly servedAt: Map<string, number>;
  /** Head and slot -> may the slot take one of its first tasks, whatever its load? Asked often, never changes in a call. */
  readonly able: Map<string, boolean>;
}
export interface Ranked {
  readonly waiting: Waiting;
  readonly rank: Rank;
}

export function boardOf(facts: ScheduleFacts): Board {
  return {
    facts,
    places: facts.slots.map(placeOf),
    waiting: facts.heads.map((head) => ({
      head,
      tasks: [...head.tasks],
      left: head.waiting,
      secondsEach: head.deadlineAt === null ? 0 : meanSeconds(facts, head.workKey),
    })),
    ledger: facts.ledger,
    servedAt: new Map(facts.servedAt),
    able: new Map(),
  };
}

export function isAble(board: Board, head: Head, place: Place): boolean {
  const key = `${head.id} ${place.facts.name}`;
  const known = board.able.get(key);
  if (known !== undefined) return known;
  const able = head.tasks.some((task) => whyNot(task, place.facts) === null);
  board.able.set(key, able);
  return able;
}

export function placeOf(slot: SlotFacts): Place {
  return { facts: slot, modelKey: slot.modelKey, flights: [...slot.flights] };
}

function meanSeconds(facts: ScheduleFacts, workKey: string): number {
  if (facts.slots.length === 0) return 0;
  const each = facts.slots.map((slot) => facts.estimates.secondsOf(workKey, slot.name) ?? 0);
  return each.reduce((sum, seconds) => sum + seconds, 0) / facts.slots.length;
}

/** Ranks of all that waits, now: best first, then who waited longest, then the older head. */
export function ranked(board: Board): readonly Ranked[] {
  const { facts } = board;
  const open = board.waiting.filter((one) => one.left > 0 && one.tasks.length > 0);
  const active = [...open.map((one) => one.head), ...facts.running];
  const shares = sharesOf(board.ledger, { now: facts.now, active, weights: facts.weights });
  const slots = Math.max(1, facts.slots.length);
  return open
    .map((waiting) => ({
      waiting,
      rank: rankOf({ ...waiting.head, secondsLeft: (waiting.secondsEach * waiting.left) / slots }, facts.now, shares),
    }))
    .sort(
      (a, b) =>
        b.rank.points - a.rank.points ||
        a.waiting.head.waitingSince - b.waiting.head.waitingSince ||
        a.waiting.head.id - b.waiting.head.id,
    );
}

/** Charged when it is given, by what it will likely take: two shows take turns from the first task on. */
export function chargeHead(board: Board, head: Head, slot: string): void {
  const seconds = chargeSeconds(board.facts.estimates, head.workKey, slot);
  board.ledger = charged(board.ledger, { show: head.show, person: head.person, seconds, at: board.facts.now });
}
