/** How each result of a wedge stands when a person decides about it: which of them wait, and how the others were decided. Pure. */
import { formatFrames } from "./frames.ts";
import type { GateOutcome, Inspection } from "./qc.ts";
import { rejectedBy } from "./rejection.ts";
import type { Failure } from "./retry.ts";
import type { TaskState } from "./task.ts";
import type { Waiver } from "./waiver.ts";

export interface StandingTask {
  readonly wedge: number;
  readonly frame: number | null;
  readonly state: TaskState;
  readonly gate: GateOutcome | null;
  readonly failure: Failure | null;
  readonly inspection: Inspection | null;
  readonly staged: readonly { readonly sha256: string }[];
}

export function isHeld({ state, gate }: Pick<StandingTask, "state" | "gate">): boolean {
  return state === "committing" && gate === "hold";
}

/** What QC's gate refused comes back by a waiver; what a person, or the word on the whole wedge, kept out does not. */
export function mayBeWaived(task: StandingTask): boolean {
  const byGate = task.state === "failed" && task.failure?.class === "qc" && task.inspection?.whole === undefined;
  return isHeld(task) || (byGate && rejectedBy(task) === null);
}

export function standingWaivers(
  { staged }: Pick<StandingTask, "staged">,
  waivers: readonly Waiver[],
): readonly Waiver[] {
  const hashes = new Set(staged.map(({ sha256 }) => sha256));
  return waivers.filter(({ sha256, revoked }) => revoked === null && hashes.has(sha256));
}

/** What is not decided about, in words that say who decided: "" where that is nothing. */
export function leftAlone(others: readonly StandingTask[], waivers: readonly Waiver[]): string {
  const groups = grouped(others.map((task) => [standing(task, waivers), task] as const));
  if (groups.size === 0) return "";
  const parts = [...groups].map(([words, of]) => `${framesOf(of)} ${words}`);
  return ` Left as ${others.length === 1 ? "it was" : "they were"}: ${parts.join("; ")}.`;
}

function standing(task: StandingTask, waivers: readonly Waiver[]): string {
  const { state, gate, failure, inspection } = task;
  const person = rejectedBy(task);
  if (person !== null) return `(rejected by ${person.by}: ${person.reason})`;
  if (state === "failed") {
    if (failure?.class !== "qc") return "(failed)";
    return inspection?.whole === undefined ? "(refused by QC)" : "(refused by QC with all of its wedge)";
  }
  if (isHeld(task)) return "(held)";
  if (state === "canceled") return "(canceled)";
  if (state !== "committing" && state !== "done") return "(not made yet)";
  if (gate === null) return "(not looked at yet)";
  const line = standingWaivers(task, waivers).at(-1);
  return line === undefined ? "(passed)" : `(waived by ${line.by}: ${line.reason})`;
}

export function grouped<T>(pairs: readonly (readonly [string, T])[]): ReadonlyMap<string, readonly T[]> {
  const out = new Map<string, T[]>();
  for (const [key, one] of pairs) out.set(key, [...(out.get(key) ?? []), one]);
  return out;
}

/** `frame 1001`, `3 frames (1001-1003)`; a still has no number. */
export function framesOf(tasks: readonly Pick<StandingTask, "frame">[]): string {
  const frames = tasks.flatMap(({ frame }) => (frame === null ? [] : [frame])).sort((a, b) => a - b);
  if (frames.length === 0) return "the picture";
  return frames.length === 1 ? `frame ${frames[0] ?? 0}` : `${frames.length} frames (${formatFrames(frames)})`;
}
