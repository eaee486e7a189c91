/**
 * Faults by flag and at run time. A fault is written `name[=value][@when]`: `when` is `all`, `3` (the third chance after it
 * was set) or `2-4`; without it, the next chance. What a chance is stands beside each name. Nothing here is random.
 */
export const FAULTS = {
  // Submit
  lostPostAnswer: "POST /prompt is acted on, then its connection is reset",
  serverError: "POST /prompt answers 500 text/plain",
  leftOut: "POST /prompt answers 200, and node_errors names an output that it leaves out",
  hang: "a request whose path begins with the value is never answered",
  slowAnswer: "a request is answered after so many ms",
  // Events; a chance is a prompt's start
  dropSocket: "every socket is cut in the middle of the prompt",
  stallSockets: "from now on nothing is sent to anybody",
  muteSocket: "a new socket gets its greeting and nothing more",
  doubleEvents: "the prompt's events come twice",
  loseEvents: "the prompt's events do not come",
  unknownEvents: "messages of unknown types come between the others",
  previews: "binary previews come: types 1, 3 and 4",
  blockedEvent: "an execution_error of type ExecutionBlocked comes and the prompt goes on",
  // History
  lateHistory: "history is written so many ms late, or at `release`",
  forget: "the prompt never reaches history",
  falseSuccess: "history says success and its last message is execution_error",
  noOutputs: "history says success and names no output",
  // Cancel; a chance is an interrupt that hits
  lostCancel: "the interrupt is acknowledged and lost",
  slowInterrupt: "the interrupt is read so many ms later",
  // Results; a chance is a prompt's start
  noFile: "results are named and not written",
  truncated: "results are cut after 60 %",
  black: "results are black; with a value, of every prompt with that seed in its graph, for good",
  wrongSize: "results are one px too narrow",
  cutView: "GET /view is cut in the middle",
  // Process; a chance is a prompt's start
  oom: "the GPU is out of memory",
  cudaError: "the CUDA process is poisoned: this prompt and all later ones fail",
  nodeError: "a graph node raises RuntimeError",
  zombie:
    "the execution thread dies: HTTP goes on, nothing runs; silent: without a word; queue: before it took the prompt",
  die: "the process ends with the value as exit code (137)",
  ignoreSignals: "SIGINT and SIGTERM do nothing; a flag for main.ts",
  slowStart: "HTTP binds so many ms late; a flag for main.ts",
  databaseLocked: "the process ends at once with 1 (0.38); a flag for main.ts",
} as const;
export type FaultName = keyof typeof FAULTS;

interface Armed {
  readonly value: string;
  readonly from: number;
  readonly to: number;
  chances: number;
}

export class FaultBook {
  readonly #armed = new Map<FaultName, Armed>();

  constructor(given: readonly string[] = []) {
    for (const text of given) this.set(text);
  }

  /** Throws on a name or form that is not known: a fault that never happens would be a false comfort. */
  set(text: string): void {
    const match = /^([A-Za-z]+)(?:=([^@]*))?(?:@(all|\d+(?:-\d+)?))?$/.exec(text);
    const name = Object.keys(FAULTS).find((known) => known === match?.[1]) as FaultName | undefined;
    if (match === null || name === undefined) {
      throw new Error(`no fault "${text}"; name[=value][@when], known: ${Object.keys(FAULTS).join(", ")}`);
    }
    const when = match[3] ?? "1";
    const [from = 1, to = from] = when === "all" ? [1, Number.POSITIVE_INFINITY] : when.split("-").map(Number);
    this.#armed.set(name, { value: match[2] ?? "", from, to, chances: 0 });
  }

  clear(): void {
    this.#armed.clear();
  }

  /** The fault's value when it happens at this chance ("" when it has none), else null. */
  take(name: FaultName): string | null {
    const armed = this.#armed.get(name);
    if (armed === undefined) return null;
    armed.chances += 1;
    if (armed.chances >= armed.to) this.#armed.delete(name);
    return armed.chances >= armed.from && armed.chances <= armed.to ? armed.value : null;
  }

  /** Looks without using up a chance. */
  value(name: FaultName): string | null {
    return this.#armed.get(name)?.value ?? null;
  }
}

/** Milliseconds that a fault's value says. */
export function faultMs(value: string | null, otherwise: number): number {
  if (value === null) return 0;
  const ms = Number(value);
  return value !== "" && Number.isFinite(ms) && ms >= 0 ? ms : otherwise;
}
