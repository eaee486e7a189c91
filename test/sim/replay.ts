/**
 * Replays one run of the simulated world and prints its trace and its end: `npm run replay -- --seed N [--scenario
 * still|one|day|refused|sorted] [--fault '{"120":{"kind":"crash","crash":"power","when":"after"}}'] [--pair JSON] [--when JSON] [--swarm] [--lie REGEX]
 * [--trace LINES]`. Exit code 1: the run breaks a promise.
 */
import { caseOf, optionsOf } from "./case.ts";
import { run } from "./driver.ts";

const { one, trace } = caseOf(process.argv.slice(2));
const report = await run({ ...optionsOf(one), traceMax: trace });
console.log(report.trace);
console.log(JSON.stringify({ ...report, trace: undefined, calls: report.calls.length }, null, 1));
console.log(report.ok ? "every promise was kept" : `BROKEN: ${report.problem}`);
process.exitCode = report.ok ? 0 : 1;
