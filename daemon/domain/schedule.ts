/**
 * Which task goes to which slot now. Pure: facts in, assignments out. Work that is alike waits in one head (same recipe,
 * models, show, person, priority, deadline), so that the cost of a decision depends on the kinds of work, never on how much
 * of it waits.
 *
 * Two in flight per slot: one runs, one is queued behind it, so that the GPU never waits. A slot keeps its models while work
 * for them waits, until what waits for others presses harder than the change costs (`domain/warmModels`).
 */
import type { Board, Place, Ranked, ScheduleFacts, Waiting } from "./board.ts";
import { boardOf, chargeHead, isAble, placeOf, ranked } from "./board.ts";
import type { Estimates } from "./estimate.ts";
import { LIMITS } from "./limits.ts";
import type { FlightFacts, SlotFacts, TaskFacts, WaitReason } from "./slotFit.ts";
import { whyNot } from "./slotFit.ts";
import {
  busySeconds,
  changeCostSeconds,
  leftToFaster,
  loadHere,
  mayChange,
  pressureSeconds,
  worthLoading,
} from "./warmModels.ts";

export interface Assignment {
  readonly taskId: string;
  readonly slot: string;
  /** Its models must be loaded there first, as far as is known. */
  readonly cold: boolean;
}

export function assign(facts: ScheduleFacts): readonly Assignment[] {
  const board = boardOf(facts);
  const out: Assignment[] = [];
  // Every slot gets its first task before any gets its second. Each round gives at least one task or is the last.
  for (let depth = 0; depth < LIMITS.promptsPerSlot; depth += 1) {
    const open = new Set(board.places.filter((place) => place.flights.length === depth));
    while (open.size > 0) {
      const place = soonest(board, [...open]);
      open.delete(place);
      const given = takeFor(board, place);
      if (given !== null) out.push(given);
    }
  }
  return out;
}

function takeFor(board: Board, place: Place): Assignment | null {
  const choice = choose(board, place);
  if (choice === null) return null;
  const { waiting, task } = choice;
  const { head } = waiting;
  waiting.tasks.splice(waiting.tasks.indexOf(task), 1);
  waiting.left -= 1;
  const cold = loadHere(head.modelKey, place) > 0;
  place.flights.push({
    taskId: task.id,
    phase: "preparing",
    workKey: head.workKey,
    modelKey: head.modelKey,
    alone: task.alone,
    cold,
    runningMs: null,
  });
  if (head.modelKey !== "") {
    // What it held until now was served until now: two sets take turns, they don't push each other out at once.
    if (place.modelKey !== null) board.servedAt.set(place.modelKey, board.facts.now);
    board.servedAt.set(head.modelKey, board.facts.now);
    place.modelKey = head.modelKey;
  }
  chargeHead(board, head, place.facts.name);
  return { taskId: task.id, slot: place.facts.name, cold };
}

interface Choice {
  readonly waiting: Waiting;
  readonly task: TaskFacts;
}

/** The best work for a slot that has a free place; null when nothing that waits should go there now. */
export function choose(board: Board, place: Place): Choice | null {
  if (place.flights.some((flight) => flight.alone)) return null;
  const order = ranked(board);
  const keep = keptFor(board, place, order);
  let best: (Choice & { readonly points: number }) | null = null;
  for (const option of order) {
    // Best first: what follows can't be worth more than this.
    if (best !== null && best.points >= Math.max(option.rank.points, keep === null ? 0 : keep.rank.points + 1)) break;
    if (!isAble(board, option.waiting.head, place)) continue;
    const task = option.waiting.tasks.find((one) => fits(one, place));
    if (task === undefined || changeHeldBack(board, place, { option, keep }) !== null) continue;
    const points = worth(board, place, { option, keep });
    if (best === null || points > best.points) best = { waiting: option.waiting, task, points };
  }
  if (best === null || leftToFaster(board, place, best) || mustEmpty(board, place, best.points)) return null;
  return best;
}

/** Work that must be alone ranks higher and could go here: the slot is left to run empty, or its turn would never come. */
function mustEmpty(board: Board, place: Place, points: number): boolean {
  if (place.flights.length === 0) return false;
  return ranked(board).some(
    ({ waiting, rank }) =>
      rank.points >= points &&
      waiting.tasks.some((task) => task.alone && task.rootTrouble === null && whyNot(task, place.facts) === null),
  );
}

/** Points of work on this slot: a set that somebody else holds is worth less, one that presses for a change goes first. */
function worth(board: Board, place: Place, of: { readonly option: Ranked; readonly keep: Ranked | null }): number {
  const { option, keep } = of;
  const { modelKey } = option.waiting.head;
  if (loadHere(modelKey, place) === 0) return option.rank.points;
  if (keep !== null && option.rank.points >= keep.rank.points - LIMITS.spreadPoints)
    return Math.max(option.rank.points, keep.rank.points + 1);
  return option.rank.points - (heldElsewhere(board, place, modelKey) ? LIMITS.spreadPoints : 0);
}

/** Work for the models that are there already: what a change is weighed against. */
function keptFor(board: Board, place: Place, order: readonly Ranked[]): Ranked | null {
  const kept = order.find(
    ({ waiting }) =>
      waiting.head.modelKey === place.modelKey &&
      isAble(board, waiting.head, place) &&
      waiting.tasks.some((task) => fits(task, place)),
  );
  return kept ?? null;
}

/** Why the slot does not load this work's models now; null when it needs to load none, or may. */
function changeHeldBack(
  board: Board,
  place: Place,
  of: { readonly option: Ranked; readonly keep: Ranked | null },
): WaitReason | null {
  const { option, keep } = of;
  const { head } = option.waiting;
  if (loadHere(head.modelKey, place) === 0) return null;
  if (keep !== null && !mayChange(option, keep, board)) {
    const pressure = Math.round(pressureSeconds(option, keep, board));
    const cost = Math.round(changeCostSeconds(board.facts.estimates, head.modelKey));
    const message = `keeps ${String(place.modelKey)}: it changes when more than ${cost} s press for it, and ${pressure} s do now`;
    return { code: "models", message, action: null };
  }
  if (worthLoading(board, place, head)) return null;
  const message = `would still be loading ${head.modelKey} when the slots that hold it have begun all of it`;
  return { code: "models", message, action: null };
}

/** Why a slot with a free place leaves this work, in the words of `explain`; null when its turn just did not come yet. */
export function heldBack(board: Board, place: Place, option: Ranked): WaitReason | null {
  const held = changeHeldBack(board, place, { option, keep: keptFor(board, place, ranked(board)) });
  if (held !== null) return held;
  if (!leftToFaster(board, place, option)) return null;
  return { code: "faster", message: "is slower: the others will have done all of it before it would", action: null };
}

/** May it run here, and beside what is there? */
function fits(task: TaskFacts, place: Place): boolean {
  if (task.rootTrouble !== null || (task.alone && place.flights.length > 0)) return false;
  return whyNot(task, place.facts) === null;
}

function heldElsewhere(board: Board, place: Place, modelKey: string): boolean {
  return board.places.some((other) => other !== place && other.facts.state === "up" && other.modelKey === modelKey);
}

/** Whose turn it is: a slot that works sooner, then as configured. */
function soonest(board: Board, places: readonly Place[]): Place {
  const first = places.reduce<{ place: Place; seconds: number } | null>((least, place) => {
    const seconds = busySeconds(board.facts.estimates, place);
    return least === null || seconds < least.seconds ? { place, seconds } : least;
  }, null);
  // `assign` asks with at least one.
  return first === null ? (places[0] as Place) : first.place;
}

/**
 * The queued task to take back, when a slot that could run it stands idle and would end it sooner than the slot that has it.
 * At most one a call: the loop asks again.
 */
export function giveBack(
  facts: Pick<ScheduleFacts, "slots" | "estimates">,
  able: (taskId: string, slot: SlotFacts) => boolean,
): { readonly taskId: string; readonly from: string } | null {
  const places = facts.slots.map(placeOf);
  const idle = places.filter((place) => place.facts.state === "up" && place.flights.length === 0);
  for (const place of idle.length === 0 ? [] : places) {
    const queued = place.flights[1];
    if (queued === undefined || queued.phase !== "submitted" || queued.runningMs !== null) continue;
    const better = idle.some(
      (other) => able(queued.taskId, other.facts) && endsSooner(facts.estimates, { queued, place, other }),
    );
    if (better) return { taskId: queued.taskId, from: place.facts.name };
  }
  return null;
}

function endsSooner(
  estimates: Estimates,
  of: { readonly queued: FlightFacts; readonly place: Place; readonly other: Place },
): boolean {
  const { queued, place, other } = of;
  const here = estimates.secondsOf(queued.workKey, place.facts.name);
  const there = estimates.secondsOf(queued.workKey, other.facts.name);
  // Not known yet: an idle GPU is worth more than a guess.
  if (here === null || there === null) return true;
  const load = loadHere(queued.modelKey, other) > 0 ? (estimates.loadSecondsOf(queued.modelKey) ?? 0) : 0;
  return load + there < busySeconds(estimates, { ...place, flights: place.flights.slice(0, 2) });
}
