/**
 * Replays one run of the simulated world and prints its trace: `node test/sim/replay.ts --seed N [--scenario one|day]
 * [--fault '{"120":{"kind":"crash","crash":"power","when":"after"}}'] [--pair JSON] [--swarm] [--trace LINES]`.
 */
import { parseArgs } from "node:util";
import { run } from "./driver.ts";
import type { Fault } from "./faults.ts";
import { faultsAt, pairOf } from "./faults.ts";
import { DAY, ONE } from "./scenario.ts";
import { swarmOptions } from "./swarm.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    scenario: { type: "string", default: "one" },
    fault: { type: "string", default: "{}" },
    pair: { type: "string" },
    swarm: { type: "boolean", default: false },
    trace: { type: "string", default: "200" },
  },
});
const seed = Number(values.seed);
const traceMax = Number(values.trace);
const pair =
  values.pair === undefined
    ? null
    : (JSON.parse(values.pair) as { first: { n: number; fault: Fault }; second: { m: number; fault: Fault } });
const faults =
  pair === null ? faultsAt(JSON.parse(values.fault) as Record<number, Fault>) : pairOf(pair.first, pair.second);
const options = values.swarm ? swarmOptions(seed) : { seed, scenario: values.scenario === "day" ? DAY : ONE, faults };
const report = await run({ ...options, traceMax });
console.log(report.trace);
console.log(JSON.stringify({ ...report, trace: undefined, calls: report.calls.length }, null, 1));
process.exitCode = report.ok ? 0 : 1;
