/**
 * The one retry policy. Failure classes are data (`config/rules.yaml`); what happens to each class is decided here.
 */
import { LIMITS } from "./limits.ts";
import type { MemoryFacts, MemoryStep } from "./memoryLadder.ts";

export const FAILURE_CLASSES = [
  "memory",
  "missing_model",
  "missing_node",
  "bad_graph",
  "bad_input",
  "poisoned",
  "lost",
  "connection",
  "disk",
  "timeout",
  "output",
  "canceled",
  "qc",
  "node_error",
  "other",
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

export interface Failure {
  readonly class: FailureClass;
  readonly code: string;
  /** In words: graph node, parameter, found, nearest right. */
  readonly message: string;
  readonly graphNode?: string;
  /** Class memory: what the next step is decided by. */
  readonly memory?: MemoryFacts;
}

export interface AttemptHistory {
  /** Attempts that count: lost and released ones do not. */
  readonly failures: number;
  readonly distinctSlots: number;
  readonly comfyCrashes: number;
  /** Class memory: what the ladder says. */
  readonly memory: MemoryStep | null;
  /** Class missing_*: a slot is left that did not say the same. */
  readonly slotLeft: boolean;
}

export type AfterFailure =
  | { readonly kind: "retry"; readonly delayMs: number }
  /** Nobody's fault of the task: tried again, uses no attempt. */
  | { readonly kind: "defer"; readonly delayMs: number }
  | { readonly kind: "final"; readonly reason: "hopeless" | "poison" }
  /** No slot of this node can: the words say what is missing. */
  | { readonly kind: "final"; readonly reason: "nowhere"; readonly message: string | null };

export function afterFailure(failure: Failure, history: AttemptHistory): AfterFailure {
  switch (failure.class) {
    case "connection":
    case "disk":
      return { kind: "defer", delayMs: LIMITS.retryDelayMs };
    case "lost":
      return history.comfyCrashes >= LIMITS.comfyCrashesMax
        ? { kind: "final", reason: "poison" }
        : { kind: "retry", delayMs: 0 };
    case "missing_model":
    case "missing_node":
      // This slot never again, and no attempt used: another one may have it.
      return history.slotLeft ? { kind: "defer", delayMs: 0 } : { kind: "final", reason: "nowhere", message: null };
    case "bad_graph":
    case "bad_input":
    case "canceled":
    case "qc":
      return { kind: "final", reason: "hopeless" };
    case "memory":
      return afterMemory(history);
    case "poisoned":
      // Elsewhere at once; but what breaks the GPU wherever it runs is itself the poison.
      return poisoned(history) || history.comfyCrashes >= LIMITS.comfyCrashesMax
        ? { kind: "final", reason: "poison" }
        : { kind: "retry", delayMs: 0 };
    case "timeout":
    case "output":
    case "node_error":
    case "other":
      return poisoned(history)
        ? { kind: "final", reason: "poison" }
        : { kind: "retry", delayMs: backoffMs(history.failures) };
  }
}

/**
 * Its ComfyUI went away while it ran. Most often somebody restarted it, and it is sent again without a retry used; but what
 * ran each time may be why. A crash that was seen counts sooner than a ComfyUI that was merely gone.
 */
export function afterLoss(of: { readonly lostBefore: number; readonly crashed: boolean }): "again" | "poison" {
  return of.lostBefore < (of.crashed ? LIMITS.comfyCrashesMax : LIMITS.lostRunsMax) ? "again" : "poison";
}

/** The ladder ends by itself, at the largest GPU; the count of attempts is the bound for GPUs of unknown size. */
function afterMemory({ memory, failures }: AttemptHistory): AfterFailure {
  if (memory === null || memory.kind === "end")
    return { kind: "final", reason: "nowhere", message: memory?.message ?? null };
  return failures >= LIMITS.attemptsMax ? { kind: "final", reason: "poison" } : { kind: "retry", delayMs: 0 };
}

function poisoned(history: AttemptHistory): boolean {
  return history.failures >= LIMITS.attemptsMax || history.distinctSlots >= LIMITS.poisonSlotsMax;
}

/** Doubles from `retryDelayMs`, bounded; no jitter: one daemon owns the store. */
export function backoffMs(failures: number): number {
  return Math.min(LIMITS.retryDelayMaxMs, LIMITS.retryDelayMs * 2 ** Math.max(0, failures - 1));
}
