/**
 * The loops: fail the n-th port call; kill or cut the power around the n-th call that changes something; the same again
 * during the recovery; and seeds with faults drawn at random. Each returns what was run and the failures, with the command
 * that replays each.
 */
import type { RunOptions, RunReport } from "./driver.ts";
import { run } from "./driver.ts";
import type { CrashKind, ErrorKind, Fault, Moment } from "./faults.ts";
import { errorApplies, faultsAt, pairOf } from "./faults.ts";
import { createRandom } from "./prng.ts";
import type { Scenario } from "./scenario.ts";
import { swarmOptions } from "./swarm.ts";

export interface LoopReport {
  readonly runs: number;
  readonly events: number;
  readonly lives: number;
  /** Prompts that ran beyond those of an unfaulted run, over all runs. */
  readonly repeatedGpuRuns: number;
  readonly temporaries: number;
  readonly failures: readonly string[];
}

export interface LoopOptions {
  readonly seed: number;
  readonly scenario: Scenario;
  /** Only each k-th place: a bounded part of the whole. */
  readonly every?: number;
  readonly offset?: number;
  readonly failuresMax?: number;
}

interface Case {
  readonly options: RunOptions;
  readonly replay: string;
}

/** Fails each port call once, with every kind of error that can come from it. */
export async function errorLoop(options: LoopOptions, kinds: readonly ErrorKind[]): Promise<LoopReport> {
  const clean = await cleanRun(options);
  const cases: Case[] = [];
  for (const error of kinds) {
    for (const [n, call] of clean.calls.entries()) {
      if (!errorApplies(error, call)) continue;
      cases.push(caseAt(options, { [n]: { kind: "error", error } }));
    }
  }
  return runAll(options, clean, cases);
}

/** A crash around every call that changes something. */
export async function crashLoop(
  options: LoopOptions,
  kinds: readonly CrashKind[],
  moments: readonly Moment[],
): Promise<LoopReport> {
  const clean = await cleanRun(options);
  const cases: Case[] = [];
  for (const [n, call] of clean.calls.entries()) {
    if (!call.mutates) continue;
    for (const crash of kinds)
      for (const when of moments) cases.push(caseAt(options, { [n]: { kind: "crash", crash, when } }));
  }
  return runAll(options, clean, cases);
}

/** ComfyUI dies at every call that changes something; the process freezes past its leases. */
export async function otherLoop(options: LoopOptions): Promise<LoopReport> {
  const clean = await cleanRun(options);
  const cases: Case[] = [];
  for (const [n, call] of clean.calls.entries()) {
    if (!call.mutates) continue;
    cases.push(caseAt(options, { [n]: { kind: "comfyDies", slot: n % 2 } }));
    cases.push(caseAt(options, { [n]: { kind: "freeze", ms: 90_000 } }));
  }
  return runAll(options, clean, cases);
}

/** A second crash during the recovery from the first: `pairs` of all that there are, drawn by the seed. */
export async function pairLoop(options: LoopOptions, pairs: number): Promise<LoopReport> {
  const clean = await cleanRun(options);
  const places = clean.calls.flatMap((call, n) => (call.mutates ? [n] : []));
  const random = createRandom(`pairs/${options.seed}`);
  const crash = (): Fault => ({
    kind: "crash",
    crash: random.pick(["kill", "power"]),
    when: random.pick(["before", "during", "after"]),
  });
  const cases = Array.from({ length: pairs }, (): Case => {
    const first = { n: random.pick(places), fault: crash() };
    const second = { m: 1 + random.int(40), fault: crash() };
    return {
      options: { seed: options.seed, scenario: options.scenario, faults: pairOf(first, second) },
      replay: replayCommand(options, `--pair '${JSON.stringify({ first, second })}'`),
    };
  });
  return runAll({ ...options, every: 1 }, clean, cases);
}

export async function swarmLoop(seeds: readonly number[], failuresMax = 5): Promise<LoopReport> {
  const cases = seeds.map(
    (seed): Case => ({ options: swarmOptions(seed), replay: `node test/sim/replay.ts --swarm --seed ${seed}` }),
  );
  return runCases(cases, { gpuRuns: 0, failuresMax });
}

function cleanRun(options: LoopOptions): Promise<RunReport> {
  return run({ seed: options.seed, scenario: options.scenario, traceMax: 0 }).then((report) => {
    if (!report.ok) throw new Error(`the run without faults failed: ${report.problem}`);
    return report;
  });
}

function caseAt(options: LoopOptions, faults: Readonly<Record<number, Fault>>): Case {
  return {
    options: { seed: options.seed, scenario: options.scenario, faults: faultsAt(faults) },
    replay: replayCommand(options, `--fault '${JSON.stringify(faults)}'`),
  };
}

function replayCommand(options: LoopOptions, rest: string): string {
  return `node test/sim/replay.ts --seed ${options.seed} --scenario ${options.scenario.name} ${rest}`;
}

function runAll(options: LoopOptions, clean: RunReport, cases: readonly Case[]): Promise<LoopReport> {
  const every = options.every ?? 1;
  const chosen = cases.filter((_, index) => index % every === (options.offset ?? 0) % every);
  return runCases(chosen, { gpuRuns: clean.gpuRuns, failuresMax: options.failuresMax ?? 5 });
}

async function runCases(
  cases: readonly Case[],
  of: { readonly gpuRuns: number; readonly failuresMax: number },
): Promise<LoopReport> {
  const sum = { runs: 0, events: 0, lives: 0, repeatedGpuRuns: 0, temporaries: 0 };
  const failures: string[] = [];
  for (const one of cases) {
    const report = await run({ ...one.options, traceMax: 0 });
    sum.runs += 1;
    sum.events += report.events;
    sum.lives += report.lives;
    sum.repeatedGpuRuns += Math.max(0, report.gpuRuns - of.gpuRuns);
    sum.temporaries += report.temporaries.length;
    if (report.ok) continue;
    const fault = report.faults
      .map((made) => `${made.label}#${made.n} ${JSON.stringify(made.fault)}`)
      .slice(0, 8)
      .join(", ");
    failures.push(`${report.problem}\n  after ${fault}\n  replay: ${one.replay}`);
    if (failures.length >= of.failuresMax) break;
  }
  return { ...sum, failures };
}
