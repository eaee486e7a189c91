/**
 * May this slot take this task at all, whatever its load? Pure facts in, the first reason out; the scheduler and `explain`
 * ask the same function, so `explain` can't lie.
 */
export interface WaitReason {
  readonly code: string;
  readonly message: string;
  readonly action: string | null;
}

export interface FlightFacts {
  readonly taskId: string;
  readonly phase: "preparing" | "submitted" | "canceling";
  /** Kind of work, and the set of models, for estimates. */
  readonly workKey: string;
  readonly modelKey: string;
  /** Nothing may run beside it on the slot. */
  readonly alone: boolean;
  /** Its models were not there when it was given: it loads them first. */
  readonly cold: boolean;
  /** ms since ComfyUI began to run it; null while it waits there or is not known. */
  readonly runningMs: number | null;
}

export interface SlotFacts {
  readonly name: string;
  readonly state: "up" | "down" | "refused";
  readonly reason: string | null;
  readonly simulated: boolean;
  readonly classes: ReadonlySet<string> | null;
  /** What keeps new work off it although it answers (drained, too hot, being restarted), in order of cause. */
  readonly blocks: readonly WaitReason[];
  /** The set of models it holds or is about to load; "" holds none that matter; null: not known. */
  readonly modelKey: string | null;
  /** Memory of its GPU, MiB; null: not known. */
  readonly gpuMemoryMiB: number | null;
  /** Tasks given to it and not yet ended in ComfyUI, oldest first. */
  readonly flights: readonly FlightFacts[];
}

export interface NotHere {
  readonly code: string;
  readonly message: string;
}

export interface TaskFacts {
  readonly id: string;
  /** Graph node classes of its recipe's graph. */
  readonly classes: readonly string[];
  readonly demoRoot: boolean;
  /** null: the root that its version goes to answers and has room. */
  readonly rootTrouble: WaitReason | null;
  /** Slots that it does not go to by what happened there before, and why (domain/taskPast). */
  readonly notSlots: ReadonlyMap<string, NotHere>;
  /** Slot -> what its models, or a drifted recipe, have against it there; absent: nothing is known to be. */
  readonly lacks?: ReadonlyMap<string, WaitReason>;
  /** GPU memory that work of its kind was seen to need, MiB; null: not known. */
  readonly vramMiB: number | null;
  /** It ran out of memory beside another: nothing may run beside it now. */
  readonly alone: boolean;
}

/** What keeps work from a root now; null when it is well or unknown. */
export function rootTrouble(
  root: { readonly path: string; readonly state: "well" | "slow" | "full"; readonly reason: string | null } | undefined,
): WaitReason | null {
  if (root === undefined || root.state === "well") return null;
  const message = `${root.path}: ${root.reason ?? root.state}`;
  return root.state === "full"
    ? { code: "HP-DISK-FULL", message, action: "make room there; it goes on by itself" }
    : { code: "HP-DISK-IO", message, action: "check the mount; it goes on by itself" };
}

/** Why this slot may not take this task, whatever its load; null when it may. */
export function whyNot(task: TaskFacts, slot: SlotFacts): WaitReason | null {
  const block = slot.blocks[0];
  // What keeps work off it is why it does not answer (restarted, in quarantine, its GPU gone), not the other way round.
  if (block !== undefined && slot.state !== "refused")
    return { ...block, message: `slot ${slot.name}: ${block.message}` };
  if (slot.state !== "up") {
    return {
      code: slot.state === "down" ? "HP-COMFY-UNREACHABLE" : "HP-COMFY-VERSION",
      message: `slot ${slot.name}: ${slot.reason ?? "not up yet"}`,
      action: `check the slot's ComfyUI (hotplate doctor)`,
    };
  }
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
  const lack = task.lacks?.get(slot.name);
  if (lack !== undefined) return { ...lack, message: `slot ${slot.name}: ${lack.message}` };
  if (task.vramMiB !== null && slot.gpuMemoryMiB !== null && task.vramMiB > slot.gpuMemoryMiB) {
    return {
      code: "HP-COMFY-MEMORY",
      message: `slot ${slot.name} has ${slot.gpuMemoryMiB} MiB of GPU memory; this work was seen to need ${task.vramMiB} MiB`,
      action: "use a larger GPU, or smaller frames",
    };
  }
  const before = task.notSlots.get(slot.name);
  if (before !== undefined) return { code: before.code, message: `slot ${slot.name}: ${before.message}`, action: null };
  return null;
}
