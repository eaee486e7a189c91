/**
 * Why a ready task was not given to any slot in the last decision: its rank with every term, and for each slot that could
 * run it what stands against it now. Asks the scheduler's own functions on the scheduler's own facts.
 */
import type { Board } from "./board.ts";
import { ranked } from "./board.ts";
import { LIMITS } from "./limits.ts";
import { rankWords } from "./rank.ts";
import { heldBack } from "./schedule.ts";
import type { TaskFacts, WaitReason } from "./slotFit.ts";
import { whyNot } from "./slotFit.ts";

/** Empty when the task's head is not on the board. */
export function waitingReasons(board: Board, headId: number, task: TaskFacts): readonly WaitReason[] {
  const order = ranked(board);
  const at = order.findIndex((one) => one.waiting.head.id === headId);
  const own = order[at];
  if (own === undefined) return [];
  const before = order.slice(0, at).reduce((sum, one) => sum + one.waiting.left, 0);
  const higher = before === 0 ? "nothing ranks higher" : `${before} tasks of other work rank higher`;
  const out: WaitReason[] = [
    { code: "rank", message: `its rank is ${rankWords(own.rank, own.waiting.head)}; ${higher}`, action: null },
  ];
  for (const place of board.places) {
    if (whyNot(task, place.facts) !== null) continue;
    if (place.flights.length >= LIMITS.promptsPerSlot)
      out.push({ code: "busy", message: `slot ${place.facts.name} has its next prompt already`, action: null });
    else if (place.flights.some((flight) => flight.alone) || (task.alone && place.flights.length > 0))
      out.push({
        code: "busy",
        message: `slot ${place.facts.name} runs one prompt alone, for its memory`,
        action: null,
      });
    else {
      const held = heldBack(board, place, own);
      if (held !== null) out.push({ ...held, message: `slot ${place.facts.name} ${held.message}` });
    }
  }
  return out;
}
