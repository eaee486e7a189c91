/**
 * SIGKILL of the daemon and of the simulated ComfyUI at random moments while manifests are dropped. Who is killed and when
 * is drawn from a seed; a moment is counted in lines that the daemon prints or in changes that it makes in folders, never
 * in time. At the end every manifest must have ended as exactly one whole version, and a watcher must never have seen half
 * of one.
 */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, unlinkSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Child, Farm } from "./farm.ts";
import { Child as ChildProcessLines, makeFarm } from "./farm.ts";
import { treePrint } from "./treePrint.ts";
import { versionsOf, walk } from "./versions.ts";

export interface KillReport {
  readonly rounds: number;
  readonly daemonKills: number;
  readonly comfyKills: number;
  readonly manifests: number;
  readonly versions: number;
  readonly jobs: readonly string[];
  readonly results: number;
  readonly claims: number;
  readonly watcher: { readonly looks: number; readonly versions: number };
  /** What nobody needs any more and is still there. */
  readonly leftovers: readonly string[];
  readonly plates: { readonly before: string; readonly after: string };
}

type Random = () => number;

/** mulberry32: small, seeded, good enough to choose moments. */
export function prng(seed: number): Random {
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

const PRODUCTS = 3;

export function manifestText(n: number): string {
  return [
    "use: grain",
    "plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png",
    `product: kill${n % PRODUCTS}`,
    `name: kill ${n}`,
    "sweep:",
    "  axes:",
    `    seed: {count: 2, from: ${1000 + n * 10}}`,
    "  frames: 1001-1002",
    "...",
    "",
  ].join("\n");
}

interface Rounds {
  readonly farm: Farm;
  readonly random: Random;
  readonly changes: Changes;
  readonly killed: { daemon: number; comfy: number };
  daemon: Child | null;
  manifests: number;
}

export async function killRounds(options: { readonly rounds: number; readonly seed: number }): Promise<KillReport> {
  await using farm = await makeFarm({ workMs: 5 });
  const before = treePrint(join(farm.shot, "plates"));
  const products = Array.from({ length: PRODUCTS }, (_, n) => join(farm.shot, `kill${n}`));
  for (const product of products)
    for (const part of ["claims", "staging"]) mkdirSync(join(product, ".hotplate", part), { recursive: true });
  const watcher = farm.track(new ChildProcessLines(["test/e2e/watchVersions.ts", ...products]));
  await watcher.line((line) => "watching" in line);
  using changes = watchChanges([
    farm.hot,
    ...products.flatMap((product) => [product, join(product, ".hotplate/claims"), join(product, ".hotplate/staging")]),
  ]);
  const rounds: Rounds = {
    farm,
    random: prng(options.seed),
    changes,
    killed: { daemon: 0, comfy: 0 },
    daemon: null,
    manifests: 0,
  };
  for (let round = 0; round < options.rounds; round += 1) await oneRound(rounds);
  const daemon = rounds.daemon ?? farm.startDaemon();
  await Promise.race([allDone(rounds), endedEarly(daemon)]);
  await daemon.kill("SIGTERM");
  watcher.process.kill("SIGTERM");
  await watcher.exited;
  const last = watcher.lines.at(-1) as { looks?: number; versions?: number; broken?: string };
  if (last.broken !== undefined) throw new Error(`the watcher saw a version that was not whole: ${last.broken}`);
  const versions = products.flatMap((product) => versionsOf(product));
  return {
    rounds: options.rounds,
    daemonKills: rounds.killed.daemon,
    comfyKills: rounds.killed.comfy,
    manifests: rounds.manifests,
    versions: versions.length,
    jobs: versions.map((version) => version.job),
    results: versions.flatMap((version) => version.files).filter((file) => /^w\d+\//.test(file)).length,
    claims: products.flatMap((product) => readdirSync(join(product, ".hotplate/claims"))).length,
    watcher: { looks: last.looks ?? 0, versions: last.versions ?? 0 },
    leftovers: leftovers(farm, products),
    plates: { before, after: treePrint(join(farm.shot, "plates")) },
  };
}

/** Drops one manifest, lets the processes live until a drawn moment, kills what was drawn. */
async function oneRound(rounds: Rounds): Promise<void> {
  const { farm, random, killed } = rounds;
  drop(farm.hot, `job${rounds.manifests}.yaml`, manifestText(rounds.manifests));
  rounds.manifests += 1;
  const daemon = (rounds.daemon ??= farm.startDaemon());
  const victim = random();
  const slot = farm.slots[Math.floor(random() * farm.slots.length)];
  await moment(rounds, daemon);
  if (victim < 0.4 && slot !== undefined) {
    killed.comfy += 1;
    await slot.child.kill("SIGKILL");
  }
  // 0..0.2: ComfyUI alone, so that the daemon must live with it; 0.2..0.4: both; else the daemon alone.
  if (victim >= 0.2) {
    killed.daemon += 1;
    rounds.daemon = null;
    await daemon.kill("SIGKILL");
  }
  if (victim < 0.4 && slot !== undefined) await slot.restart();
}

/** A drawn number of printed lines or of changes in folders from now; or nothing is left to do and none would come. */
async function moment(rounds: Rounds, daemon: Child): Promise<void> {
  const byLines = rounds.random() < 0.5;
  const count = 1 + Math.floor(rounds.random() * 40);
  const reached = byLines ? daemon.line(() => true, daemon.lines.length + count) : rounds.changes.nth(count);
  reached.catch(() => undefined);
  await Promise.race([reached, allDone(rounds), endedEarly(daemon)]);
}

async function endedEarly(daemon: Child): Promise<never> {
  const code = await daemon.exited;
  // A kill of ours has ended the race that this belongs to before.
  throw new Error(`the daemon ended (${code}) by itself:\n${daemon.tail()}`);
}

/** Until every manifest's STATUS.txt says that it is done: looked at whenever a folder changes. */
async function allDone(rounds: Rounds): Promise<void> {
  const done = new Set<string>();
  for (let more: Promise<void>; ; await more) {
    more = rounds.changes.nth(1);
    for (let n = 0; n < rounds.manifests; n += 1)
      if (!done.has(`job${n}`) && saysDone(join(rounds.farm.hot, `job${n}.yaml.STATUS.txt`))) done.add(`job${n}`);
    if (done.size === rounds.manifests) return;
  }
}

function saysDone(answer: string): boolean {
  try {
    return readFileSync(answer, "utf8").startsWith("DONE");
  } catch {
    // Not written yet, or replaced this very moment: the next change looks again.
    return false;
  }
}

interface Changes extends Disposable {
  /** The n-th change in the folders from now on. */
  nth(n: number): Promise<void>;
}

function watchChanges(dirs: readonly string[]): Changes {
  let seen = 0;
  const waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();
  const onChange = (): void => {
    seen += 1;
    for (const one of waiting) {
      if (seen < one.at) continue;
      waiting.delete(one);
      one.resolve();
    }
  };
  const watchers = dirs.map((dir) => watch(dir, onChange));
  return {
    nth: (n) => new Promise((resolve) => waiting.add({ at: seen + n, resolve })),
    [Symbol.dispose]() {
      for (const one of watchers) one.close();
    },
  };
}

function leftovers(farm: Farm, products: readonly string[]): readonly string[] {
  const staging = products.flatMap((product) => readdirSync(join(product, ".hotplate/staging")));
  const temporary = [farm.hot, farm.shot].flatMap((dir) =>
    [...walk(dir)].filter((path) => path.includes("/.hotplate-tmp.")),
  );
  const claimed = join(farm.hot, ".hotplate/claimed");
  return [...staging, ...temporary, ...(existsSync(claimed) ? readdirSync(claimed) : [])];
}
