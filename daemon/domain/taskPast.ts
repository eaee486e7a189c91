/**
 * What a task's failed attempts mean for its next one: slots that it does not go to, and why, and whether it must be alone.
 * Pure; dispatch and `explain` ask the same.
 */
import type { MemoryFailure, MemorySlot } from "./memoryLadder.ts";
import { memoryStep } from "./memoryLadder.ts";
import type { Failure, FailureClass } from "./retry.ts";
import type { NotHere } from "./slotFit.ts";

export interface PastAttempt {
  readonly slot: string;
  readonly outcome: string;
  readonly failure: Failure | null;
}

export interface TaskPast {
  /** Slot -> why it does not go there. */
  readonly notSlots: ReadonlyMap<string, NotHere>;
  /** The slot is emptied before, and nothing runs beside it. */
  readonly alone: boolean;
}

const NOTHING: TaskPast = { notSlots: new Map(), alone: false };

/**
 * `slots`: those that are configured. Attempts that a person forgave are not among `attempts`. It never says "nowhere": slots
 * come and go, and a task that waits must not wait for nobody; it is tried, and its failure ends it with the words.
 */
export function taskPast(attempts: readonly PastAttempt[], slots: readonly MemorySlot[]): TaskPast {
  const failed = attempts.filter(({ failure }) => failure !== null);
  if (failed.length === 0) return NOTHING;
  const lacking = lackingSlots(failed, slots);
  const memory = memoryFailures(attempts);
  const others = slots.filter(({ name }) => !lacking.has(name));
  if (memory.length > 0) return { notSlots: new Map([...tooSmall(memory, others), ...lacking]), alone: true };
  const shunned = new Set(failed.filter((one) => one.outcome === "failed").map(({ slot }) => slot));
  // Where every slot failed it, none is worse than another.
  if (others.every(({ name }) => shunned.has(name))) return { notSlots: lacking, alone: false };
  const before = { code: "HP-COMFY-FAILED", message: "the task failed there before" };
  const notHere = others.flatMap(({ name }) => (shunned.has(name) ? [[name, before] as const] : []));
  return { notSlots: new Map([...notHere, ...lacking]), alone: false };
}

/** Slots that said that they lack what it needs; none when all did: somebody may have installed it. */
function lackingSlots(failed: readonly PastAttempt[], slots: readonly MemorySlot[]): ReadonlyMap<string, NotHere> {
  const out = new Map<string, NotHere>();
  for (const { slot, failure } of failed) {
    if (failure !== null && isMissing(failure.class)) out.set(slot, { code: failure.code, message: failure.message });
  }
  return slots.every(({ name }) => out.has(name)) ? new Map() : out;
}

function tooSmall(
  memory: readonly MemoryFailure[],
  slots: readonly MemorySlot[],
): readonly (readonly [string, NotHere])[] {
  const step = memoryStep(memory, slots);
  if (step.kind === "end") return [];
  const message =
    step.kind === "alone"
      ? "the work ran out of GPU memory elsewhere and is tried alone there first"
      : "the work ran out of GPU memory and needs a larger GPU";
  return slots.flatMap(({ name }) =>
    step.slots.includes(name) ? [] : [[name, { code: "HP-COMFY-MEMORY", message }] as const],
  );
}

export function isMissing(of: FailureClass | undefined): boolean {
  return of === "missing_model" || of === "missing_node";
}

export function memoryFailures(attempts: readonly PastAttempt[]): readonly MemoryFailure[] {
  return attempts.flatMap(({ slot, failure }) =>
    failure?.class === "memory"
      ? [{ slot, ...(failure.memory ?? { alone: false, gpuMiB: null, neededMiB: null }) }]
      : [],
  );
}
