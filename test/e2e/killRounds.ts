/**
 * SIGKILL of the daemon and of the simulated ComfyUI at random moments while manifests are dropped; the moments are counted
 * in events that the daemon prints, drawn from a seed, never in time. At the end every manifest must have ended as exactly
 * one whole version, and a watcher must never have seen half of one.
 */
import { linkSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Child, Farm } from "./farm.ts";
import { Child as ChildProcessLines, makeFarm } from "./farm.ts";
import { versionsOf } from "./versions.ts";

export interface KillReport {
  readonly rounds: number;
  readonly daemonKills: number;
  readonly comfyKills: number;
  readonly manifests: number;
  readonly versions: number;
  readonly jobs: readonly string[];
  readonly watcher: { readonly looks: number; readonly versions: number };
  readonly leftovers: readonly string[];
}

/** mulberry32: small, seeded, good enough to choose moments. */
export function prng(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** As our own tools drop: a complete file under a temporary name, then a link of it under its own. */
export function drop(hot: string, name: string, text: string): void {
  const temporary = join(hot, `.${name}.tmp`);
  writeFileSync(temporary, text);
  linkSync(temporary, join(hot, name));
  unlinkSync(temporary);
}

export function manifestText(n: number): string {
  return [
    "use: grain",
    "plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png",
    `product: kill${n % 3}`,
    `name: kill ${n}`,
    "sweep:",
    "  axes:",
    `    seed: {count: 2, from: ${1000 + n * 10}}`,
    "  frames: 1001-1002",
    "...",
    "",
  ].join("\n");
}

export async function killRounds(options: { readonly rounds: number; readonly seed: number }): Promise<KillReport> {
  const random = prng(options.seed);
  await using farm = await makeFarm({ workMs: 5 });
  const products = [0, 1, 2].map((n) => join(farm.shot, `kill${n}`));
  const watcher = farm.track(new ChildProcessLines(["test/e2e/watchVersions.ts", ...products]));
  await watcher.line((line) => "watching" in line);
  let manifests = 0;
  const counts = { daemon: 0, comfy: 0 };
  for (let round = 0; round < options.rounds; round += 1) {
    drop(farm.hot, `job${manifests}.yaml`, manifestText(manifests));
    manifests += 1;
    await oneRound(farm, { random, counts });
  }
  const daemon = farm.startDaemon();
  await allEnded(farm, daemon, manifests);
  await daemon.kill("SIGTERM");
  watcher.process.kill("SIGTERM");
  await watcher.exited;
  const last = watcher.lines.at(-1) as { looks?: number; versions?: number; broken?: string };
  if (last.broken !== undefined) throw new Error(`the watcher saw a version that was not whole: ${last.broken}`);
  const versions = products.flatMap((product) => versionsOf(product));
  return {
    rounds: options.rounds,
    daemonKills: counts.daemon,
    comfyKills: counts.comfy,
    manifests,
    versions: versions.length,
    jobs: versions.map((version) => version.job),
    watcher: { looks: last.looks ?? 0, versions: last.versions ?? 0 },
    leftovers: products.flatMap((product) => readdirSync(join(product, ".hotplate/staging"))),
  };
}

/** Lets the daemon live for a drawn number of printed events, then kills it, and sometimes a slot before. */
async function oneRound(farm: Farm, of: { random: () => number; counts: { daemon: number; comfy: number } }): Promise<void> {
  const daemon = farm.startDaemon();
  const lifeEvents = 1 + Math.floor(of.random() * 40);
  const slotDies = of.random() < 0.3;
  const slot = farm.slots[Math.floor(of.random() * farm.slots.length)];
  await quietOr(daemon, lifeEvents);
  if (slotDies && slot !== undefined) {
    of.counts.comfy += 1;
    await slot.restart();
  }
  of.counts.daemon += 1;
  await daemon.kill("SIGKILL");
}

/** The n-th printed line, or the moment at which the daemon has nothing left to say of work. */
async function quietOr(daemon: Child, lines: number): Promise<void> {
  const versionDone = daemon.line((line) => line.event === "version.committed", 2);
  await Promise.race([daemon.line(() => true, lines), versionDone]).catch((error: unknown) => {
    if (daemon.process.exitCode !== null) throw error;
  });
}

/** Until every manifest's STATUS.txt says that it is done. */
async function allEnded(farm: Farm, daemon: Child, manifests: number): Promise<void> {
  for (let seen = 0; ; seen += 1) {
    const done = readdirSync(farm.hot).filter((name) => name.endsWith(".STATUS.txt") && /DONE/.test(readFileSync(join(farm.hot, name), "utf8")));
    if (done.length === manifests) return;
    const lines = daemon.lines.length;
    await daemon.line(() => true, lines + 1);
  }
}
