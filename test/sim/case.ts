/**
 * One run of the simulated world as plain data: what is simulated, what goes wrong, which fsyncs lie. Written as a command
 * line and read back from one, so that every failure names the command that replays it.
 */
import { parseArgs } from "node:util";
import type { RunOptions } from "./driver.ts";
import type { Fault, FaultPlan, When } from "./faults.ts";
import { faultsAt, faultWhen, pairOf, together } from "./faults.ts";
import type { Scenario } from "./scenario.ts";
import {
  BLACK_FOR_GOOD,
  DAY,
  HELD,
  ONE,
  REFUSED,
  RESEEDED,
  SORTED,
  STEADIED,
  STILL,
  TOGETHER,
  TORN,
  UNSTEADY_ONE,
} from "./scenario.ts";
import { swarmOptions } from "./swarm.ts";

export interface Pair {
  readonly first: { readonly n: number; readonly fault: Fault };
  readonly second: { readonly m: number; readonly fault: Fault };
}

export interface Case {
  readonly seed: number;
  readonly scenario: string;
  /** By the number of the port call. */
  readonly faults?: Readonly<Record<number, Fault>>;
  readonly pair?: Pair;
  /** By what the port call is about. */
  readonly when?: readonly When[];
  /** Everything about the run is drawn from the seed. */
  readonly swarm?: boolean;
  /** fsyncs whose `<call> <path>` matches say yes and do nothing: as if their line were missing in the code. */
  readonly lie?: string;
  /** That many of them tell the truth first. */
  readonly lieSkip?: number;
}

const SCENARIOS: readonly Scenario[] = [
  STILL,
  ONE,
  DAY,
  REFUSED,
  RESEEDED,
  BLACK_FOR_GOOD,
  HELD,
  SORTED,
  STEADIED,
  TOGETHER,
  TORN,
  UNSTEADY_ONE,
];

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}: ${SCENARIOS.map((one) => one.name).join(", ")}`);
  return found;
}

export function optionsOf(one: Case): RunOptions {
  const lie = one.lie === undefined ? {} : { lie: { pattern: new RegExp(one.lie), skip: one.lieSkip ?? 0 } };
  if (one.swarm === true) return { ...swarmOptions(one.seed), ...lie };
  const scenario = scenarioNamed(one.scenario);
  const moods = scenario.moods === undefined ? {} : { moods: scenario.moods, lossesAllowed: true };
  return { seed: one.seed, scenario, faults: planOf(one), ...moods, ...lie };
}

function planOf(one: Case): FaultPlan {
  if (one.pair !== undefined) return pairOf(one.pair.first, one.pair.second);
  return one.when === undefined ? faultsAt(one.faults ?? {}) : together(one.when.map(faultWhen));
}

/** Arguments that give this case back to `caseOf`. */
export function argumentsOf(one: Case): readonly string[] {
  const out = ["--seed", String(one.seed)];
  if (one.swarm === true) out.push("--swarm");
  else out.push("--scenario", one.scenario);
  if (one.faults !== undefined) out.push("--fault", JSON.stringify(one.faults));
  if (one.pair !== undefined) out.push("--pair", JSON.stringify(one.pair));
  if (one.when !== undefined) out.push("--when", JSON.stringify(one.when));
  if (one.lie !== undefined) out.push("--lie", one.lie, "--lie-skip", String(one.lieSkip ?? 0));
  return out;
}

/** What a person pastes into a shell, in the repository's root. */
export function commandOf(one: Case): string {
  const quoted = argumentsOf(one).map((word) => (/^[\w-]+$/.test(word) ? word : `'${word}'`));
  return `npm run replay -- ${quoted.join(" ")}`;
}

export function caseOf(argv: readonly string[]): { readonly one: Case; readonly trace: number } {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: "string", default: "1" },
      scenario: { type: "string", default: "one" },
      fault: { type: "string" },
      pair: { type: "string" },
      when: { type: "string" },
      swarm: { type: "boolean", default: false },
      lie: { type: "string" },
      "lie-skip": { type: "string", default: "0" },
      trace: { type: "string", default: "200" },
    },
  });
  const one: Case = {
    seed: Number(values.seed),
    scenario: values.scenario,
    ...(values.fault === undefined ? {} : { faults: JSON.parse(values.fault) as Record<number, Fault> }),
    ...(values.pair === undefined ? {} : { pair: JSON.parse(values.pair) as Pair }),
    ...(values.when === undefined ? {} : { when: JSON.parse(values.when) as readonly When[] }),
    ...(values.swarm ? { swarm: true } : {}),
    ...(values.lie === undefined ? {} : { lie: values.lie, lieSkip: Number(values["lie-skip"]) }),
  };
  return { one, trace: Number(values.trace) };
}
