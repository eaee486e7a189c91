/**
 * When a slot changes its models. Loading costs seconds in which the GPU makes nothing; waiting costs whoever waits. All
 * figures are learned (`domain/estimate`); what is not known yet is decided for the GPU that would stand idle.
 */
import type { Estimates } from "./estimate.ts";
import { LIMITS } from "./limits.ts";
import type { Rank } from "./rank.ts";
import type { Board, Head, Place } from "./board.ts";
import { isAble } from "./board.ts";

/** 1 when the slot would have to load something for this set, else 0. A graph without models disturbs nobody's. */
export function loadHere(modelKey: string, place: Pick<Place, "modelKey">): 0 | 1 {
  return modelKey === "" || modelKey === place.modelKey ? 0 : 1;
}

interface Contender {
  readonly rank: Rank;
  readonly waiting: { readonly head: Head };
}

/** ms since work for this set could have begun and none was given to any slot. */
function unservedMs(head: Head, board: Board): number {
  return Math.max(0, board.facts.now - Math.max(head.waitingSince, board.servedAt.get(head.modelKey) ?? 0));
}

/** Seconds that press for a change: how long the set got nothing, and ten for every point that it ranks higher. */
export function pressureSeconds(option: Contender, keep: Contender, board: Board): number {
  const higher = Math.max(0, option.rank.points - keep.rank.points);
  return unservedMs(option.waiting.head, board) / 1_000 + LIMITS.modelRankSeconds * higher;
}

/** A change may take at most one part in `modelSwapFactor + 1` of the slot's time when two sets take turns. */
export function changeCostSeconds(estimates: Estimates, modelKey: string): number {
  return LIMITS.modelSwapFactor * (estimates.loadSecondsOf(modelKey) ?? LIMITS.modelLoadGuessSeconds);
}

/** Work for the slot's own models waits too: does the other press harder than the change costs, or did it wait too long? */
export function mayChange(option: Contender, keep: Contender, board: Board): boolean {
  const { head } = option.waiting;
  if (unservedMs(head, board) >= LIMITS.modelWaitMaxMs) return true;
  return pressureSeconds(option, keep, board) > changeCostSeconds(board.facts.estimates, head.modelKey);
}

/** Would this slot, once it has loaded the set, still find a task that the slots which hold it had not begun? */
export function worthLoading(board: Board, place: Place, head: Head): boolean {
  const { estimates } = board.facts;
  const holders = board.places.filter(
    (other) =>
      other !== place && other.modelKey === head.modelKey && other.facts.state === "up" && isAble(board, head, other),
  );
  if (holders.length === 0) return true;
  const load = estimates.loadSecondsOf(head.modelKey);
  const seconds = estimates.secondsOf(head.workKey, place.facts.name);
  if (load === null || seconds === null) return true;
  const readyIn = busySeconds(estimates, place) + load;
  return tasksWithin(board, holders, { head, seconds: readyIn, begun: true }) < waitingFor(board, head);
}

/** Slower than others that hold its models: would they begin everything that waits before this one had ended one task? */
export function leftToFaster(
  board: Board,
  place: Place,
  choice: { readonly waiting: { readonly head: Head } },
): boolean {
  const { estimates } = board.facts;
  const { head } = choice.waiting;
  const own = estimates.secondsOf(head.workKey, place.facts.name);
  if (own === null) return false;
  const load = loadHere(head.modelKey, place) > 0 ? (estimates.loadSecondsOf(head.modelKey) ?? 0) : 0;
  const endsIn = busySeconds(estimates, place) + load + own;
  const others = board.places.filter(
    (other) =>
      other !== place &&
      loadHere(head.modelKey, other) === 0 &&
      other.facts.state === "up" &&
      // Strictly: of two that are equally fast each would leave the last task to the other for ever.
      busySeconds(estimates, other) + (estimates.secondsOf(head.workKey, other.facts.name) ?? endsIn) < endsIn &&
      isAble(board, head, other),
  );
  if (others.length === 0) return false;
  return tasksWithin(board, others, { head, seconds: endsIn, begun: false }) >= allWaiting(board);
}

/** Tasks of the head's kind that the places end within so many seconds, after what they have in hand; with `begun` those they begin. */
function tasksWithin(
  board: Board,
  places: readonly Place[],
  of: { readonly head: Head; readonly seconds: number; readonly begun: boolean },
): number {
  const { estimates } = board.facts;
  return places.reduce((sum, place) => {
    const each = estimates.secondsOf(of.head.workKey, place.facts.name);
    if (each === null || each <= 0) return sum;
    const ended = Math.floor((of.seconds - busySeconds(estimates, place)) / each);
    return sum + Math.max(0, of.begun ? ended + 1 : ended);
  }, 0);
}

function waitingFor(board: Board, head: Head): number {
  return board.waiting.reduce((sum, one) => sum + (one.head.modelKey === head.modelKey ? one.left : 0), 0);
}

function allWaiting(board: Board): number {
  return board.waiting.reduce((sum, one) => sum + one.left, 0);
}

/** Seconds until what is in flight has ended, loading included, as far as is known. */
export function busySeconds(estimates: Estimates, place: Pick<Place, "facts" | "flights">): number {
  let seconds = 0;
  for (const flight of place.flights) {
    const load = flight.cold ? (estimates.loadSecondsOf(flight.modelKey) ?? 0) : 0;
    const each = load + (estimates.secondsOf(flight.workKey, place.facts.name) ?? 0);
    seconds += Math.max(0, each - (flight.runningMs ?? 0) / 1_000);
  }
  return seconds;
}
