/**
 * The one retry policy. Failure classes are data (`config/rules.yaml`); what happens to each class is decided here.
 */
import { LIMITS } from "./limits.ts";

export const FAILURE_CLASSES = [
  "memory",
  "missing_model",
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
}

export interface AttemptHistory {
  /** Attempts that count: lost and released ones do not. */
  readonly failures: number;
  readonly distinctSlots: number;
  readonly comfyCrashes: number;
}

export type AfterFailure =
  | { readonly kind: "retry"; readonly delayMs: number }
  /** Nobody's fault of the task: tried again, uses no attempt. */
  | { readonly kind: "defer"; readonly delayMs: number }
  | { readonly kind: "final"; readonly reason: "hopeless" | "poison" };

export function afterFailure(failure: Failure, history: AttemptHistory): AfterFailure {
  switch (failure.class) {
    case "connection":
    case "disk":
      return { kind: "defer", delayMs: LIMITS.retryDelayMs };
    case "lost":
      return history.comfyCrashes >= LIMITS.comfyCrashesMax
        ? { kind: "final", reason: "poison" }
        : { kind: "retry", delayMs: 0 };
    case "bad_graph":
    case "bad_input":
    case "missing_model":
    case "canceled":
    case "qc":
      return { kind: "final", reason: "hopeless" };
    case "memory":
    case "poisoned":
    case "timeout":
    case "output":
    case "node_error":
    case "other":
      return poisoned(history)
        ? { kind: "final", reason: "poison" }
        : { kind: "retry", delayMs: backoffMs(history.failures) };
  }
}

function poisoned(history: AttemptHistory): boolean {
  return history.failures >= LIMITS.attemptsMax || history.distinctSlots >= LIMITS.poisonSlotsMax;
}

/** Doubles from `retryDelayMs`, bounded; no jitter: one daemon owns the store. */
export function backoffMs(failures: number): number {
  return Math.min(LIMITS.retryDelayMaxMs, LIMITS.retryDelayMs * 2 ** Math.max(0, failures - 1));
}
