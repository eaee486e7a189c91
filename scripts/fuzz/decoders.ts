/**
 * `node scripts/fuzz/decoders.ts [--count N] [--from N]`: mutated files of every kind against the decoders, until one breaks a
 * promise (test/fixtures/fuzzDecoders.ts) or all have been looked at. The number of a failing input makes it again by `--from`.
 * Prints figures as it goes, one JSON line each.
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { setUpSharp } from "../../daemon/adapters/images/loadFrame.ts";
import { fuzzDecoders } from "../../test/fixtures/fuzzDecoders.ts";

const { values } = parseArgs({
  options: { count: { type: "string", default: "10000" }, from: { type: "string", default: "0" } },
});
const [from, count] = [Number(values.from), Number(values.count)];
const BATCH = 10_000;

setUpSharp();
const started = performance.now();
const sum = { inputs: 0, decoded: 0, broken: 0, refused: 0, largestBytes: 0 };
for (let at = from; at < from + count; at += BATCH) {
  const figures = await fuzzDecoders(at, Math.min(BATCH, from + count - at));
  sum.inputs += figures.inputs;
  sum.decoded += figures.decoded;
  sum.broken += figures.broken;
  sum.refused += figures.refused;
  sum.largestBytes = Math.max(sum.largestBytes, figures.largestBytes);
  const seconds = Math.round((performance.now() - started) / 1_000);
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1_024);
  process.stdout.write(`${JSON.stringify({ ...sum, seconds, peakMiB })}\n`);
}
