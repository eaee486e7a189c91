/**
 * Intake measured on the real daemon in this process: rename to accepted, rename to first prompt submitted, bursts of renamed
 * manifests (also with the event loop blocked for 4 s while they land), idle memory and CPU.
 *
 *   node scripts/bench/intake.ts [--burst 10000] [--block] [--single 50] [--idle 20] [--json]
 *
 * Method: a temporary folder on the local disk, a store on it with full fsync, the shipped `grain` recipe, a plate of one
 * frame, no slot up (nothing renders; admission is what is measured), chokidar hints on. Manifests are written under a dot
 * name first and then renamed, one rename after another. "Accepted" is the moment at which the store's transaction is
 * acknowledged, seen through the daemon's own log event. Lost = manifests without a job when nothing moves any more.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { createComfy } from "../../daemon/adapters/comfyui/slot.ts";
import { createHints } from "../../daemon/adapters/hints.ts";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import { buildBase, databasePath, ensureStateDir } from "../../daemon/adapters/world.ts";
import { createDaemon } from "../../daemon/daemon.ts";
import { configSchema } from "../../daemon/domain/config.ts";
import type { Log } from "../../daemon/ports.ts";

const { values } = parseArgs({
  options: {
    burst: { type: "string", default: "0" },
    block: { type: "boolean", default: false },
    single: { type: "string", default: "0" },
    idle: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
    slot: { type: "string" },
  },
});

const root = mkdtempSync(join(tmpdir(), "hotplate-bench-"));
const hot = join(root, "hot");
mkdirSync(hot);
mkdirSync(join(root, "SH010/plates/P_v001"), { recursive: true });
await sharp({ create: { width: 64, height: 36, channels: 3, background: "#446688" } })
  .png()
  .toFile(join(root, "SH010/plates/P_v001/P_v001.1001.png"));
const config = configSchema.parse({
  hotplate: 1,
  stateDir: join(root, "state"),
  roots: [{ name: "bench", linux: root }],
  hotFolders: [{ path: hot, show: "BENCH" }],
  slots: [{ name: "gpu0", url: values.slot ?? "http://127.0.0.1:9", demo: true }],
});
writeFileSync(join(root, ".hotplate-demo.json"), "{}\n");
await ensureStateDir(config.stateDir);

const acceptedAt = new Map<string, number>();
const submittedAt: number[] = [];
const waiting = new Set<() => void>();
const log: Log = {
  event(_level, name, fields) {
    if (name === "manifest.accepted") acceptedAt.set(String(fields["name"]), performance.now());
    if (name === "task.submitted") submittedAt.push(performance.now());
    if (name === "manifest.accepted" || name === "task.submitted") for (const ring of Array.from(waiting)) ring();
  },
};
const base = { ...buildBase(config), log };
const store = openSqliteStore({ path: databasePath(config.stateDir), clock: base.clock, ids: base.ids });
await base.images.checks();
const daemon = createDaemon(
  { ...base, store, comfy: createComfy(), hints: createHints() },
  {
    node: "bench",
    version: "bench",
    pid: process.pid,
    machine: { hostname: "bench", os: "", cpu: "", memoryBytes: 0 },
    rules: () => Promise.resolve({ rules: [], skipped: [] }),
    probe: () => Promise.resolve("well"),
    takeOver: false,
  },
);
const running = daemon.run();
await pause(1_500);

const report: Record<string, unknown> = {};
if (Number(values.idle) > 0) report["idle"] = await idle(Number(values.idle));
if (Number(values.single) > 0) report["single"] = await single(Number(values.single));
if (Number(values.burst) > 0) report["burst"] = await burst(Number(values.burst), values.block);
process.stdout.write(`${JSON.stringify(report, null, values.json ? 0 : 2)}\n`);
daemon.stop();
await running;
await base.images.close();
await store.close();
rmSync(root, { recursive: true, force: true });

function manifest(n: number): string {
  return `use: grain\nplate: ../SH010/plates/P_v001/P_v001.1001.png\nname: bench ${n}\nseed: ${n}\n`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when `done` is true; looked at on every acceptance, given up after `limitMs`. */
async function until(done: () => boolean, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > end) return false;
    await Promise.race([new Promise<void>((ring) => waiting.add(ring)), pause(250)]);
    waiting.clear();
  }
  return true;
}

async function single(count: number): Promise<object> {
  const accepted: number[] = [];
  const submitted: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const name = `single_${n}.yaml`;
    const temporary = join(hot, `.${name}.tmp`);
    writeFileSync(temporary, manifest(1_000_000 + n));
    const before = submittedAt.length;
    // Later than the last write, so that the rename shows in ctime, as it does for anything that a tool prepares.
    await pause(30);
    const start = performance.now();
    renameSync(temporary, join(hot, name));
    await until(() => acceptedAt.has(name), 10_000);
    accepted.push((acceptedAt.get(name) ?? Number.NaN) - start);
    if (values.slot === undefined) continue;
    await until(() => submittedAt.length > before, 10_000);
    submitted.push((submittedAt[before] ?? Number.NaN) - start);
    await pause(400);
  }
  return {
    renameToAcceptedMs: spread(accepted),
    ...(submitted.length > 0 ? { renameToSubmittedMs: spread(submitted) } : {}),
  };
}

async function burst(count: number, block: boolean): Promise<object> {
  const staged = join(root, "staged");
  mkdirSync(staged);
  for (let n = 0; n < count; n += 1) writeFileSync(join(staged, `burst_${n}.yaml`), manifest(n));
  await pause(100);
  const before = acceptedAt.size;
  let peak = process.memoryUsage().rss;
  const meter = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 100);
  const start = performance.now();
  for (let n = 0; n < count; n += 1) renameSync(join(staged, `burst_${n}.yaml`), join(hot, `burst_${n}.yaml`));
  const landed = performance.now();
  if (block) for (const end = performance.now() + 4_000; performance.now() < end; );
  const all = await until(() => acceptedAt.size - before >= count, 600_000);
  clearInterval(meter);
  const seconds = (performance.now() - (block ? landed + 4_000 : start)) / 1000;
  return {
    manifests: count,
    blockedMs: block ? 4_000 : 0,
    acceptedPerSecond: Math.round(count / seconds),
    seconds: Math.round(seconds * 10) / 10,
    lost: all ? 0 : count - (acceptedAt.size - before),
    peakRssMiB: Math.round(peak / 1_048_576),
  };
}

async function idle(seconds: number): Promise<object> {
  // Image workers end by themselves after a quiet time; idle means without them.
  await pause(17_000);
  const cpu = process.cpuUsage();
  const start = performance.now();
  await pause(seconds * 1000);
  const used = process.cpuUsage(cpu);
  return {
    seconds,
    rssMiB: Math.round(process.memoryUsage().rss / 1_048_576),
    cpuPercentOfOneCore: Math.round(((used.user + used.system) / 1000 / (performance.now() - start)) * 10_000) / 100,
  };
}

function spread(samples: readonly number[]): object {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 10) / 10;
  return { n: sorted.length, min: at(0), p50: at(0.5), p99: at(0.99), max: at(1) };
}
