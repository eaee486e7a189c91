/**
 * Which task goes to which slot now. Pure: facts in, assignments out; `explain` asks the same `whyNot`, so it cannot lie.
 * Two in flight per slot: one runs, one is queued behind it, so that the GPU never waits; a queued one is given back when
 * another slot would stand idle.
 */
import { LIMITS } from "./limits.ts";

export interface WaitReason {
  readonly code: string;
  readonly message: string;
  readonly action: string | null;
}

export interface SlotFacts {
  readonly name: string;
  readonly state: "up" | "down" | "refused";
  readonly reason: string | null;
  readonly simulated: boolean;
  readonly classes: ReadonlySet<string> | null;
  /** What keeps new work off it although it answers (drained, too hot, being restarted), in order of cause. */
  readonly blocks: readonly WaitReason[];
  /** Tasks given to it and not yet ended in ComfyUI, oldest first. */
  readonly flights: readonly { readonly taskId: string; readonly phase: "preparing" | "submitted" | "canceling" }[];
}

export interface TaskFacts {
  readonly id: string;
  /** Graph node classes of its recipe's graph. */
  readonly classes: readonly string[];
  readonly demoRoot: boolean;
  /** The root of its plate and target answers and has room. */
  readonly rootTrouble: string | null;
  /** Slots on which it failed for a reason of that slot. */
  readonly notSlots: ReadonlySet<string>;
}

export interface Assignment {
  readonly taskId: string;
  readonly slot: string;
}

/** Why this slot may not take this task, whatever its load; null when it may. */
export function whyNot(task: TaskFacts, slot: SlotFacts): WaitReason | null {
  if (slot.state !== "up") {
    return {
      code: slot.state === "down" ? "HP-COMFY-UNREACHABLE" : "HP-COMFY-VERSION",
      message: `slot ${slot.name}: ${slot.reason ?? "not up yet"}`,
      action: `check the slot's ComfyUI (hotplate doctor)`,
    };
  }
  const block = slot.blocks[0];
  if (block !== undefined) return { ...block, message: `slot ${slot.name}: ${block.message}` };
  if (slot.simulated && !task.demoRoot) {
    return {
      code: "HP-COMFY-SIMULATED",
      message: `slot ${slot.name} is simulated and this result would leave a demo root`,
      action: "add a real ComfyUI, or drop it in the demo's hot folder",
    };
  }
  const missing = slot.classes === null ? [] : task.classes.filter((name) => slot.classes?.has(name) === false);
  if (missing.length > 0) {
    return {
      code: "HP-RECIPE-CLASS",
      message: `slot ${slot.name} has no graph node ${missing.join(", ")}`,
      action: "install the node pack there",
    };
  }
  if (task.notSlots.has(slot.name)) {
    return { code: "HP-COMFY-FAILED", message: `it failed on slot ${slot.name} before`, action: null };
  }
  return null;
}

/**
 * Candidates come best first. Slots are filled evenly: every slot gets its first task before any gets its second.
 * Each pair is examined at most once, so the cost is candidates x slots.
 */
export function assign(candidates: readonly TaskFacts[], slots: readonly SlotFacts[]): readonly Assignment[] {
  const load = new Map(slots.map((slot) => [slot.name, slot.flights.length]));
  const out: Assignment[] = [];
  for (const task of candidates) {
    if (task.rootTrouble !== null) continue;
    const able = slots.filter(
      (slot) => (load.get(slot.name) ?? 0) < LIMITS.promptsPerSlot && whyNot(task, slot) === null,
    );
    const best = able.reduce<SlotFacts | null>(
      (least, slot) => (least === null || (load.get(slot.name) ?? 0) < (load.get(least.name) ?? 0) ? slot : least),
      null,
    );
    if (best === null) continue;
    load.set(best.name, (load.get(best.name) ?? 0) + 1);
    out.push({ taskId: task.id, slot: best.name });
  }
  return out;
}

/**
 * The queued task to take back, when a slot that could run it is idle and nothing else waits. `able` says whether a task
 * could run on a slot. At most one a call: the loop asks again.
 */
export function giveBack(
  slots: readonly SlotFacts[],
  able: (taskId: string, slot: SlotFacts) => boolean,
): { readonly taskId: string; readonly from: string } | null {
  const idle = slots.filter((slot) => slot.state === "up" && slot.flights.length === 0);
  if (idle.length === 0) return null;
  for (const slot of slots) {
    const queued = slot.flights[1];
    if (queued === undefined || queued.phase !== "submitted") continue;
    if (idle.some((other) => able(queued.taskId, other))) return { taskId: queued.taskId, from: slot.name };
  }
  return null;
}
