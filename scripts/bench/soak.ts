/**
 * Many tiny jobs, one after another, through the whole product with simulated slots: does the daemon's memory grow with what
 * it has done? Method and figures: docs/benchmarks.md.
 *
 *   node scripts/bench/soak.ts [--jobs 2000] [--parts 10] [--quick] [--json]
 */
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import type { Farm } from "./farm.ts";
import { land, stage, startFarm } from "./farm.ts";
import type { Figure } from "./measure.ts";
import { figure, memoryOf, print } from "./measure.ts";

const { values: given } = parseArgs({
  options: {
    jobs: { type: "string", default: "2000" },
    parts: { type: "string", default: "10" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const jobs = given.quick ? 4 : Number(given.jobs);
const parts = given.quick ? 2 : Number(given.parts);
const PART_MAX_MS = 20 * 60_000;

const farm = await startFarm({ slots: 2 });
try {
  print("soak", tmpdir(), await soak(farm), given.json);
} finally {
  await farm.stop();
}

/** A part lands when the one before has ended, so that the queue is short and only the history grows. */
async function soak(on: Farm): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const each = Math.ceil(jobs / parts);
  const start = performance.now();
  for (let part = 0; part < parts; part += 1) {
    const names = Array.from({ length: each }, (_, n) => `soak_${part * each + n}.yaml`);
    stage(on, names, part * each);
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const name of names) land(on, name);
    const wanted = (part + 1) * each;
    if (!(await on.until(() => on.ended() >= wanted, PART_MAX_MS)))
      throw new Error(`only ${on.ended()} of ${wanted} versions were published`);
    const memory = memoryOf(on.pid).rss;
    figures.push(figure(`memory after ${wanted} jobs`, "MiB RSS", [memory]));
    process.stderr.write(`${wanted} jobs, ${Math.round(memory)} MiB\n`);
  }
  figures.push(figure("versions published", "1/s", [(each * parts) / ((performance.now() - start) / 1000)]));
  return figures;
}
