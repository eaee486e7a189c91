/**
 * The loops: each port call of a run fails once; the process is killed or the power is cut around each of them; again
 * during the recovery; and seeds with faults drawn at random. Each loop makes cases (`case.ts`); `runCases` runs them, and
 * names for each failure the command that replays it.
 */
import type { Case } from "./case.ts";
import { commandOf, optionsOf } from "./case.ts";
import type { RunReport } from "./driver.ts";
import { run } from "./driver.ts";
import type { CrashKind, ErrorKind, Fault, Moment } from "./faults.ts";
import { errorApplies } from "./faults.ts";
import { createRandom } from "./prng.ts";

export interface LoopReport {
  readonly runs: number;
  readonly events: number;
  readonly lives: number;
  readonly simulatedHours: number;
  /** Prompts that ran beyond those of an unfaulted run, over all runs. */
  readonly repeatedGpuRuns: number;
  /** Temporary files that crashes left behind, over all runs. */
  readonly temporaries: number;
  readonly failures: readonly string[];
}

/** What is run: `seed` fixes every latency and every chance. */
export interface LoopBase {
  readonly seed: number;
  readonly scenario: string;
}

/** A call of the run without faults. */
export interface Place {
  readonly n: number;
  readonly label: string;
  readonly mutates: boolean;
  /** How many calls of this label came before. */
  readonly nth: number;
}

export const MOMENTS: readonly Moment[] = ["before", "during", "after"];
export const CRASHES: readonly CrashKind[] = ["power", "kill"];
export const ERROR_KINDS: readonly ErrorKind[] = ["EIO", "ENOSPC", "ECONNRESET", "ETIMEDOUT", "lost"];

/** All port calls from the boot until everything dropped has ended, in the run without faults. */
export async function placesOf(base: LoopBase): Promise<readonly Place[]> {
  const clean = await cleanRun(base);
  const seen = new Map<string, number>();
  return clean.calls.slice(0, clean.callsAtWork).map((call, n) => {
    const nth = seen.get(call.label) ?? 0;
    seen.set(call.label, nth + 1);
    return { n, nth, ...call };
  });
}

/** Each place fails once with every kind of error that can come from it. */
export function errorCases(base: LoopBase, places: readonly Place[], kinds: readonly ErrorKind[]): readonly Case[] {
  return kinds.flatMap((error) =>
    places.filter((place) => errorApplies(error, place)).map((place) => at(base, place, { kind: "error", error })),
  );
}

/** A crash around each place. Nothing outside has changed "during" or "after" a read: it is "before" the next call. */
export function crashCases(
  base: LoopBase,
  places: readonly Place[],
  of: { readonly kinds: readonly CrashKind[]; readonly moments: readonly Moment[] },
): readonly Case[] {
  return places.flatMap((place) =>
    of.kinds.flatMap((crash) =>
      (place.mutates ? of.moments : (["before"] as const)).map((when) =>
        at(base, place, { kind: "crash", crash, when }),
      ),
    ),
  );
}

/** ComfyUI dies at each place; the process stands still there past its leases; a call comes back after it was given up. */
export function troubleCases(base: LoopBase, places: readonly Place[]): readonly Case[] {
  return places.flatMap((place) => [
    at(base, place, { kind: "comfyDies", slot: place.n % 2 }),
    at(base, place, { kind: "freeze", ms: 90_000 }),
    ...(place.label.startsWith("files.") ? [at(base, place, { kind: "late", ms: 700_000 })] : []),
  ]);
}

export interface PairPlan {
  /** First cuts; their moment and kind are drawn by the seed. */
  readonly firsts: readonly Place[];
  /** Only each k-th call of the recovery. */
  readonly every: number;
}

/**
 * A second crash during the recovery from the first: at every call that changes something from the reboot until all has
 * ended. Each first is run alone before, to know how many such calls its recovery has.
 */
export async function pairCases(base: LoopBase, plan: PairPlan): Promise<readonly Case[]> {
  const random = createRandom(`pairs/${base.seed}`);
  const crash = (): Fault => ({
    kind: "crash",
    crash: random.pick(["kill", "power", "power"]),
    when: random.pick(MOMENTS),
  });
  const out: Case[] = [];
  for (const [index, place] of plan.firsts.entries()) {
    const first = { n: place.n, fault: crash() };
    const alone = await run({ ...optionsOf({ ...base, faults: { [first.n]: first.fault } }), traceMax: 0 });
    const recovery = alone.calls.slice(first.n + 1, alone.callsAtWork).filter(ofTheRecovery).length;
    for (let m = 1 + (index % plan.every); m <= recovery; m += plan.every)
      out.push({ ...base, pair: { first, second: { m, fault: crash() } } });
  }
  return out;
}

/**
 * As `pairOf` counts them: from the reboot on. What the first life had on its way beside the call that the crash struck is none of
 * them, and a call that never went off can have no fault.
 */
function ofTheRecovery(call: RunReport["calls"][number]): boolean {
  return call.life >= 2 && call.mutates && call.happened;
}

export function swarmCases(seeds: readonly number[]): readonly Case[] {
  return seeds.map((seed) => ({ seed, scenario: "day", swarm: true }));
}

/** Only each k-th: a bounded part of the whole. */
export function each<T>(of: readonly T[], k: number, offset = 0): readonly T[] {
  return of.filter((_, index) => index % k === offset % k);
}

export interface RunCases {
  /** Prompts of the run without faults: more than these were repeated. */
  readonly gpuRuns?: number;
  readonly failuresMax?: number;
}

export async function runCases(cases: readonly Case[], options: RunCases = {}): Promise<LoopReport> {
  const sum = { runs: 0, events: 0, lives: 0, simulatedHours: 0, repeatedGpuRuns: 0, temporaries: 0 };
  const failures: string[] = [];
  for (const one of cases) {
    const report = await run({ ...optionsOf(one), traceMax: 0 });
    sum.runs += 1;
    sum.events += report.events;
    sum.lives += report.lives;
    sum.simulatedHours += report.simulatedMs / 3_600_000;
    sum.repeatedGpuRuns += Math.max(0, report.gpuRuns - (options.gpuRuns ?? report.gpuRuns));
    sum.temporaries += report.temporaries.length;
    const problem = problemOf(one, report);
    if (problem !== null) failures.push(problem);
    if (failures.length >= (options.failuresMax ?? 5)) break;
  }
  return { ...sum, failures };
}

/** A fault that never came about proves nothing; a swarm draws its own. */
function problemOf(one: Case, report: RunReport): string | null {
  const wanted = one.pair === undefined ? (one.when?.length ?? Object.keys(one.faults ?? {}).length) : 2;
  const unmade = report.faults.length < wanted ? "its fault never came about" : null;
  const problem = report.problem ?? unmade;
  if (problem === null) return null;
  const faults = report.faults.map((made) => `${made.label}#${made.n} ${JSON.stringify(made.fault)}`);
  return `${problem}\n  after ${faults.slice(0, 8).join(", ")}\n  replay: ${commandOf(one)}`;
}

export async function cleanRun(base: LoopBase): Promise<RunReport> {
  const report = await run({ ...optionsOf(base), traceMax: 0 });
  if (!report.ok) throw new Error(`the run without faults failed: ${report.problem}`);
  return report;
}

function at(base: LoopBase, place: Place, fault: Fault): Case {
  return { seed: base.seed, scenario: base.scenario, faults: { [place.n]: fault } };
}
