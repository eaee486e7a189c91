/**
 * Is a slot, or the whole node, sick? When the last attempts all failed for reasons that are the machine's, and they came
 * from more than one job, it is not the work: it gets no new work until a self-test has passed. Pure.
 */
import { LIMITS } from "./limits.ts";
import type { FailureClass } from "./retry.ts";

export interface EndedAttempt {
  readonly slot: string;
  readonly jobId: string;
  /** Kind of work: recipe and models. */
  readonly workKey: string;
  /** null: it ended well. */
  readonly failed: FailureClass | null;
}

/** Failures that a well machine does not have. The others are the work's own, or a share's that its root is watched for. */
const MACHINE: ReadonlySet<FailureClass> = new Set(["memory", "poisoned", "timeout", "output", "node_error", "other"]);

export interface Sickness {
  readonly attempts: number;
  readonly jobs: number;
  /** The class that most of them had. */
  readonly mostly: FailureClass;
}

/** `ended`: oldest first. Only the last ones count; those that say nothing about the machine are passed over. */
export function sickness(ended: readonly EndedAttempt[]): Sickness | null {
  const telling = ended.filter(({ failed }) => failed === null || MACHINE.has(failed)).slice(-LIMITS.sickAttempts);
  if (telling.length < LIMITS.sickAttempts) return null;
  const classes = telling.flatMap(({ failed }) => (failed === null ? [] : [failed]));
  const jobs = new Set(telling.map(({ jobId }) => jobId)).size;
  if (classes.length < telling.length || jobs < LIMITS.sickJobs) return null;
  // Work that is too large for the GPU runs out of memory on the best of machines.
  const kinds = new Set(telling.map(({ workKey }) => workKey)).size;
  if (kinds === 1 && classes.every((one) => one === "memory")) return null;
  return { attempts: telling.length, jobs, mostly: mostOf(classes) };
}

/** A slot by its own attempts; the node when the last ones were spread over its slots and all failed. */
export function sickParts(
  ended: readonly EndedAttempt[],
  slots: readonly string[],
): { readonly node: Sickness | null; readonly slots: ReadonlyMap<string, Sickness> } {
  const found = new Map<string, Sickness>();
  for (const slot of slots) {
    const sick = sickness(ended.filter((one) => one.slot === slot));
    if (sick !== null) found.set(slot, sick);
  }
  const last = ended.slice(-LIMITS.sickAttempts);
  const spread = new Set(last.map(({ slot }) => slot)).size;
  // All of several slots at once is the node; one slot of several is that slot.
  const whole = slots.length > 1 && spread === Math.min(slots.length, last.length) && spread > 1;
  return { node: whole ? sickness(ended) : null, slots: found };
}

function mostOf(classes: readonly FailureClass[]): FailureClass {
  const counts = new Map<FailureClass, number>();
  for (const one of classes) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? "other";
}

const CLASS_WORDS: Readonly<Record<FailureClass, string>> = {
  memory: "out of GPU memory",
  missing_model: "a missing model",
  missing_node: "a missing graph node",
  bad_graph: "a refused graph",
  bad_input: "a bad input",
  poisoned: "a broken GPU state",
  lost: "a lost prompt",
  connection: "no connection",
  disk: "a disk fault",
  timeout: "no progress",
  output: "no whole result",
  canceled: "a cancel",
  qc: "QC",
  node_error: "a failed graph node",
  other: "faults without a name",
};

/** `its last 5 attempts, of 2 jobs, all failed, mostly by out of GPU memory`. */
export function sicknessWords(sick: Sickness): string {
  return `its last ${sick.attempts} attempts, of ${sick.jobs} jobs, all failed; mostly: ${CLASS_WORDS[sick.mostly]}`;
}
