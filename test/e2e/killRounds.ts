/**
 * SIGKILL of the daemon and of the simulated ComfyUI at random moments while manifests are dropped; the moments are counted
 * in events that the daemon prints, drawn from a seed, never in time. At the end every manifest must have ended as exactly
 * one whole version, and a watcher must never have seen half of one.
 */
import { linkSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
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
    await oneRound(farm, { random, counts, manifests, products });
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
async function oneRound(
  farm: Farm,
  of: {
    readonly random: () => number;
    readonly counts: { daemon: number; comfy: number };
    readonly manifests: number;
    readonly products: readonly string[];
  },
): Promise<void> {
  const visible = of.products.flatMap((product) => versionsOf(product)).length;
  const daemon = farm.startDaemon();
  const slotDies = of.random() < 0.3;
  const slot = farm.slots[Math.floor(of.random() * farm.slots.length)];
  await lives(daemon, { lines: 1 + Math.floor(of.random() * 40), unfinished: of.manifests - visible });
  if (slotDies && slot !== undefined) {
    of.counts.comfy += 1;
    await slot.restart();
  }
  of.counts.daemon += 1;
  await daemon.kill("SIGKILL");
}

/** Until the n-th printed line, or until nothing is left to do and no line would come. */
async function lives(daemon: Child, until: { readonly lines: number; readonly unfinished: number }): Promise<void> {
  const started = daemon.line((line) => line.event === "daemon.recovered");
  const committed = daemon.line((line) => line.event === "version.committed", Math.max(1, until.unfinished));
  const idle = until.unfinished > 0 ? committed : started;
  const lines = daemon.line(() => true, until.lines);
  for (const promise of [started, committed, lines]) promise.catch(() => undefined);
  await Promise.race([lines, idle]);
}

/** Until every manifest's STATUS.txt says that it is done: looked at whenever the folder changes. */
async function allEnded(farm: Farm, daemon: Child, manifests: number): Promise<void> {
  const ended = daemon.exited.then((code) => {
    throw new Error(`the daemon ended (${code}) before all was done:\n${daemon.tail()}`);
  });
  const changes = watch(farm.hot);
  const looking = (async () => {
    if (doneIn(farm.hot) === manifests) return;
    for await (const _change of changes) if (doneIn(farm.hot) === manifests) return;
  })();
  await Promise.race([looking, ended]);
}

function doneIn(hot: string): number {
  return readdirSync(hot).filter((name) => {
    if (!name.endsWith(".STATUS.txt")) return false;
    try {
      return readFileSync(join(hot, name), "utf8").startsWith("DONE");
    } catch {
      // Replaced this very moment: the next change looks again.
      return false;
    }
  }).length;
}
