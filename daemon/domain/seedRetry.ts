/**
 * Another seed for a wedge that QC refused: when, and which. Only for faults of generation, which another seed may cure; a
 * fault of set-up (size, mask, a decoder that is missing) would be the same again and goes straight to the gate.
 *
 * The seed of try n of a wedge with seed s is (s + n * step) mod range: for s below 2^31 the range is 2^31 and the step
 * 1327217885, else 2^53 and 5566755282872655: odd numbers near range / golden ratio, so that no try meets the seeds of the
 * neighbours in a sweep (Knuth, The Art of Computer Programming 3, 6.4). Below 2^31 it stays, because some graph nodes take
 * no larger seed. Pure: the same wedge and try, the same seed, on every node and after every crash.
 */
import type { SeedRetry, StepPlan, WedgePlan } from "./plan.ts";
import type { Finding, Inspection, Verdict } from "./qc.ts";

const SMALL = { range: 2n ** 31n, step: 1_327_217_885n };
const LARGE = { range: 2n ** 53n, step: 5_566_755_282_872_655n };

/** `seed`: the plan's own, a whole number as text. `n` 0: that one. */
export function seedOfTry(seed: string, n: number): string {
  if (n === 0) return seed;
  const own = BigInt(seed);
  const { range, step } = own < SMALL.range ? SMALL : LARGE;
  return String((own + BigInt(n) * step) % range);
}

export type AfterVerdict =
  | { readonly kind: "again" }
  /** The gate decides. `why`: why no (other) seed is tried, as a sentence; null where nobody asked for seeds. */
  | { readonly kind: "gate"; readonly why: string | null };

/** `tries`: seeds that were given up for another. */
export function afterVerdict(inspection: Inspection, retry: SeedRetry | undefined, tries: number): AfterVerdict {
  if (inspection.verdict !== "fail" || retry === undefined) return { kind: "gate", why: null };
  const hopeless = findingsOf(inspection).find(
    ({ check, verdict }) => verdict === "error" || (verdict === "fail" && !retry.cures.includes(check)),
  );
  if (hopeless !== undefined)
    return { kind: "gate", why: `Another seed cures no ${hopeless.verdict} of ${hopeless.check}, so none was tried.` };
  if (tries < retry.seeds) return { kind: "again" };
  return {
    kind: "gate",
    why: `${retry.seeds === 1 ? "One other seed was" : `${retry.seeds} other seeds were`} tried.`,
  };
}

function findingsOf({ findings, frames }: Inspection): readonly Finding[] {
  return frames === undefined ? findings : frames.flatMap(({ inspection }) => inspection.findings);
}

/** What was given up for another seed. */
export interface SeedTry {
  readonly wedge: number;
  /** 0: the plan's own seed. */
  readonly n: number;
  readonly seed: string;
  /** ms since the epoch. */
  readonly endedAt: number;
  readonly verdict: Verdict;
  /** The finding that decided: check and sentence. */
  readonly check: string;
  readonly reason: string;
  readonly results: readonly TriedResult[];
}

/** One picture of it, staged then and kept until quarantine takes it. */
export interface TriedResult {
  readonly frame: number | null;
  /** Absolute, in the version's staging. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** null: QC had not looked at it when its wedge was given up. */
  readonly verdict: Verdict | null;
  /** All that were no pass. */
  readonly findings: readonly Pick<Finding, "check" | "version" | "verdict" | "message">[];
}

/** What QC's record keeps of a finding of a try. */
export function triedFindings(inspection: Inspection): TriedResult["findings"] {
  return inspection.findings
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ check, version, verdict, message }) => ({ check, version, verdict, message }));
}

/** The plan as its wedges are made: each with the seed of its try. `tryOf` answers 0 for a wedge that has its own. */
export function triedPlan(plan: StepPlan, tryOf: (wedge: number) => number): StepPlan {
  const { retry } = plan.qc;
  if (retry === undefined || plan.wedges.every(({ index }) => tryOf(index) === 0)) return plan;
  return { ...plan, wedges: plan.wedges.map((wedge) => triedWedge(wedge, retry.parameter, tryOf(wedge.index))) };
}

/** Its axes stay: they are its place in the plan. */
function triedWedge(wedge: WedgePlan, parameter: string, n: number): WedgePlan {
  if (n === 0) return wedge;
  const seed = seedOfTry(wedge.seed, n);
  return { ...wedge, seed, seedTry: n, parameters: { ...wedge.parameters, [parameter]: seed } };
}

/** By the tasks of a step: all of a wedge are at one try. */
export function tryOfTasks(
  tasks: readonly { readonly wedge: number; readonly seedTry: number }[],
): (wedge: number) => number {
  const tries = new Map<number, number>();
  for (const { wedge, seedTry } of tasks) tries.set(wedge, Math.max(seedTry, tries.get(wedge) ?? 0));
  return (wedge) => tries.get(wedge) ?? 0;
}
