/**
 * Intake measured from outside: rename to accepted, rename to first prompt submitted, bursts of renamed manifests (also
 * with the daemon standing still while they land), idle memory and CPU. Method and figures: docs/benchmarks.md.
 *
 *   node scripts/bench/intake.ts [--only latency,submitted,burst,blocked,idle] [--count 10000,50000] [--repeats 5]
 *                                [--idle-seconds 60] [--prof DIR] [--quick] [--json]
 */
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import type { Farm } from "./farm.ts";
import { land, stage, startFarm } from "./farm.ts";
import type { Figure } from "./measure.ts";
import { childrenOf, cpuMsOf, figure, memoryOf, print, quantile } from "./measure.ts";

const BLOCKED_MS = 4_000;
const GIVE_UP_MS = 15 * 60_000;

const { values: given } = parseArgs({
  options: {
    only: { type: "string", default: "latency,submitted,burst,blocked,idle" },
    count: { type: "string", default: "10000,50000" },
    repeats: { type: "string", default: "5" },
    "idle-seconds": { type: "string", default: "60" },
    prof: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const quick = given.quick;
const repeats = quick ? 1 : Number(given.repeats);
const counts = quick ? [200] : given.count.split(",").map(Number);
/** A manifest that is only accepted leaves nothing behind; one that is rendered takes a second. */
const SINGLES = { accepted: quick ? 5 : 100, submitted: quick ? 5 : 20 };

await main();

async function main(): Promise<void> {
  const wanted = new Set(given.only.split(","));
  const figures: Figure[] = [];
  const add = (more: readonly Figure[]): void => {
    figures.push(...more);
    // Hours may pass: what is known is said as it comes.
    for (const one of more) process.stderr.write(`${JSON.stringify(one)}\n`);
  };
  if (wanted.has("latency")) add(await latency("accepted"));
  if (wanted.has("submitted")) add(await latency("submitted"));
  for (const count of counts) {
    if (wanted.has("burst")) add(await bursts(count, 0));
    if (wanted.has("blocked")) add(await bursts(count, quick ? 200 : BLOCKED_MS));
  }
  if (wanted.has("idle")) add(await idle(quick ? 1 : Number(given["idle-seconds"])));
  print("intake", tmpdir(), figures, given.json);
}

async function withFarm<T>(slots: number, use: (farm: Farm) => Promise<T>): Promise<T> {
  const env = given.prof === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${given.prof}` };
  const farm = await startFarm({ slots, level: slots > 0 ? "debug" : "info", env });
  try {
    // The first seconds are its own: checks load, slots and roots are looked at.
    await pause(2_000);
    return await use(farm);
  } finally {
    await farm.stop();
  }
}

/** One manifest at a time into a quiet folder. */
async function latency(of: "accepted" | "submitted"): Promise<readonly Figure[]> {
  const p50: number[] = [];
  const p99: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const took = await withFarm(of === "submitted" ? 2 : 0, (farm) => oneByOne(farm, of));
    p50.push(quantile(took, 0.5));
    p99.push(quantile(took, 0.99));
  }
  const what = of === "accepted" ? "rename to accepted" : "rename to first prompt submitted";
  return [figure(`${what}, p50 of ${SINGLES[of]}`, "ms", p50), figure(`${what}, p99 of ${SINGLES[of]}`, "ms", p99)];
}

async function oneByOne(farm: Farm, of: "accepted" | "submitted"): Promise<readonly number[]> {
  const names = Array.from({ length: SINGLES[of] }, (_, index) => `single_${index}.yaml`);
  stage(farm, names, 1_000_000);
  // Later than the last write, so that the rename shows in ctime, as it does for anything that a tool prepares.
  await pause(50);
  const took: number[] = [];
  for (const [index, name] of names.entries()) {
    const start = performance.now();
    land(farm, name);
    const there =
      of === "accepted"
        ? await farm.until(() => farm.accepted.has(name), 60_000)
        : await farm.until(() => farm.submitted.length > index, 60_000);
    if (!there) throw new Error(`${name} was not ${of} within a minute`);
    took.push(((of === "accepted" ? farm.accepted.get(name) : farm.submitted[index]) ?? Number.NaN) - start);
    // Quiet again: the slots, too, have ended what they had.
    if (of === "submitted") await farm.until(() => farm.ended() > index, 60_000);
    await pause(100);
  }
  return took;
}

/** All of them by renames one after another, as fast as a process can. */
async function bursts(count: number, blockMs: number): Promise<readonly Figure[]> {
  const perSecond: number[] = [];
  const lost: number[] = [];
  const peak: number[] = [];
  const cpu: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const one = await withFarm(0, (farm) => burst(farm, count, blockMs));
    perSecond.push(one.perSecond);
    lost.push(one.lost);
    peak.push(one.peak);
    cpu.push(one.cpuMs);
  }
  const what = `burst of ${count}${blockMs > 0 ? `, daemon stopped for ${blockMs / 1000} s` : ""}`;
  return [
    figure(`${what}: accepted`, "1/s", perSecond),
    figure(`${what}: lost`, "files", lost),
    figure(`${what}: peak memory`, "MiB RSS", peak),
    figure(`${what}: CPU per manifest, all threads`, "ms", cpu),
  ];
}

async function burst(
  farm: Farm,
  count: number,
  blockMs: number,
): Promise<{ perSecond: number; lost: number; peak: number; cpuMs: number }> {
  const names = Array.from({ length: count }, (_, index) => `burst_${index}.yaml`);
  stage(farm, names, 0);
  await pause(200);
  const blocked = blockMs > 0 ? farm.block(blockMs) : null;
  const cpuBefore = cpuMsOf(farm.pid);
  let start = performance.now();
  for (const name of names) land(farm, name);
  if (blocked !== null) {
    await blocked;
    start = performance.now();
  }
  await farm.until(() => farm.accepted.size >= count, GIVE_UP_MS);
  const last = Math.max(...[...farm.accepted.values()].slice(-1));
  return {
    perSecond: farm.accepted.size / ((last - start) / 1000),
    lost: count - farm.accepted.size,
    peak: memoryOf(farm.pid).peak,
    cpuMs: (cpuMsOf(farm.pid) - cpuBefore) / count,
  };
}

/** A folder with things in it and nothing to do. */
async function idle(seconds: number): Promise<readonly Figure[]> {
  return withFarm(2, async (farm) => {
    const names = Array.from({ length: 20 }, (_, index) => `idle_${index}.yaml`);
    stage(farm, names, 2_000_000);
    await pause(50);
    for (const name of names) land(farm, name);
    await farm.until(() => farm.ended() >= names.length, 120_000);
    // Threads that looked at pictures end by themselves a while after the last one.
    await pause(quick ? 100 : 30_000);
    const cpu: number[] = [];
    const rss: number[] = [];
    const beside: number[] = [];
    const starter = childrenOf(farm.pid);
    for (let part = 0; part < (quick ? 1 : 5); part += 1) {
      const before = cpuMsOf(farm.pid);
      const start = performance.now();
      await pause((seconds * 1000) / (quick ? 1 : 5));
      cpu.push(((cpuMsOf(farm.pid) - before) / (performance.now() - start)) * 100);
      rss.push(memoryOf(farm.pid).rss);
      beside.push(starter.reduce((sum, pid) => sum + memoryOf(pid).rss, 0));
    }
    return [
      figure("idle: CPU", "% of a core", cpu),
      figure("idle: memory", "MiB RSS", rss),
      figure("idle: memory of the process that starts programs", "MiB RSS", beside),
    ];
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
