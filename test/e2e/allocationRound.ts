/**
 * Many processes give themselves version numbers of one product at once, some are killed and started again, a stranger makes
 * `v###` directories by hand, and versions are deleted meanwhile. What is wrong afterwards is told in sentences; none: every
 * number was given once, every version is there whole, and nothing of a stranger was touched.
 *
 * As a program: `node allocationRound.ts MODE PROCESSES EACH KILLS DIR...` prints the outcome as one JSON line. Each DIR is
 * the same folder as another client sees it; process n works on the n-th of them.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Round {
  /** The shot as each client sees it. */
  readonly dirs: readonly string[];
  readonly mode: "plain" | "smb" | "nfs";
  readonly processes: number;
  readonly each: number;
  readonly kills: number;
  /** The stranger's uid; null: ours, and then a directory that it makes under a claimed number could be taken for ours. */
  readonly stranger: number | null;
}
export interface RoundOutcome {
  readonly wrong: readonly string[];
  readonly published: number;
  readonly killed: number;
  readonly foreign: number;
  readonly deleted: number;
  /** Numbers that were claimed and given up, for a stranger's directory had the name. */
  readonly givenUp: number;
  readonly highest: number;
  readonly ms: number;
}

const PROGRAM = fileURLToPath(new URL("allocator.ts", import.meta.url));

interface Seen {
  readonly published: Map<string, number>;
  readonly claimed: Map<number, string>;
  readonly foreign: Map<number, "empty" | "filled">;
  readonly deleted: Set<number>;
  readonly wrong: string[];
  killed: number;
  lines: number;
}

export async function allocationRound(round: Round): Promise<RoundOutcome> {
  const journals = mkdtempSync(join(tmpdir(), "hotplate-journals-"));
  const seen: Seen = {
    published: new Map(),
    claimed: new Map(),
    foreign: new Map(),
    deleted: new Set(),
    wrong: [],
    killed: 0,
    lines: 0,
  };
  mkdirSync(join(round.dirs[0] ?? "", "env"));
  chmodSync(join(round.dirs[0] ?? "", "env"), 0o777);
  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: round.processes }, (_, n) => oneProcess(round, seen, { n, journals })));
  } finally {
    rmSync(journals, { recursive: true, force: true });
  }
  for (const [number, state] of seen.foreign) if (state === "empty") fill(round, number, seen);
  check(round, seen);
  const given = new Set(seen.published.values());
  return {
    wrong: seen.wrong,
    published: seen.published.size,
    killed: seen.killed,
    foreign: seen.foreign.size,
    deleted: seen.deleted.size,
    givenUp: [...seen.claimed.keys()].filter((number) => !given.has(number)).length,
    highest: Math.max(0, ...given),
    ms: Math.round(performance.now() - startedAt),
  };
}

/** Runs until it has published all of its versions, started again after each kill. */
async function oneProcess(
  round: Round,
  seen: Seen,
  of: { readonly n: number; readonly journals: string },
): Promise<void> {
  const shot = round.dirs[of.n % round.dirs.length] ?? "";
  const args = [join(shot, "env"), `p${of.n}`, String(round.each), join(of.journals, `p${of.n}`), round.mode];
  for (let lives = 0; ; lives += 1) {
    const child = spawn(process.execPath, ["--no-warnings", PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const errors: string[] = [];
    child.stderr.on("data", (data: Buffer) => void errors.push(data.toString()));
    const lines = createInterface({ input: child.stdout });
    let left = lives < round.kills ? 3 + ((of.n + lives) % 5) : Number.POSITIVE_INFINITY;
    lines.on("line", (line) => {
      read(round, seen, line);
      left -= 1;
      if (left === 0) child.kill("SIGKILL");
    });
    const code = await ended(child);
    if (code === 0) return;
    if (child.signalCode === "SIGKILL" && lives < round.kills) {
      seen.killed += 1;
      continue;
    }
    seen.wrong.push(`process ${of.n} ended with ${code ?? child.signalCode}: ${errors.join("").slice(0, 2_000)}`);
    return;
  }
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", (code) => resolve(code)));
}

function read(round: Round, seen: Seen, line: string): void {
  const [what, step = "", text = ""] = line.split(" ");
  const number = Number(text);
  seen.lines += 1;
  if (what === "claimed") {
    const other = seen.claimed.get(number);
    if (other !== undefined && other !== step) seen.wrong.push(`${number} was given to ${other} and to ${step}`);
    seen.claimed.set(number, step);
  } else if (what === "published") {
    const before = seen.published.get(step);
    if (before !== undefined && before !== number) seen.wrong.push(`${step} was published as ${before} and ${number}`);
    seen.published.set(step, number);
    // Somebody deletes old versions while others are made; once, for a killed process says it again when the stranger may have that name.
    if (before === undefined && seen.published.size % 9 === 0) remove(round, seen, number);
  }
  if (seen.lines % 7 === 0) stranger(round, seen);
}

function remove(round: Round, seen: Seen, number: number): void {
  rmSync(join(round.dirs[0] ?? "", "env", name(number)), { recursive: true, force: true });
  seen.deleted.add(number);
}

/** Makes the next directory by hand, and fills the one that it made before. */
function stranger(round: Round, seen: Seen): void {
  for (const [number, state] of seen.foreign) if (state === "empty") fill(round, number, seen);
  const shot = round.dirs.at(-1) ?? "";
  const number = Math.max(0, ...numbersIn(join(shot, "env"))) + 1 + (seen.lines % 3);
  if (round.stranger === null && seen.claimed.has(number)) return;
  if (round.stranger !== null) process.seteuid?.(round.stranger);
  try {
    mkdirSync(join(shot, "env", name(number)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw error;
  } finally {
    if (round.stranger !== null) process.seteuid?.(0);
  }
  seen.foreign.set(number, "empty");
}

function fill(round: Round, number: number, seen: Seen): void {
  writeFileSync(join(round.dirs.at(-1) ?? "", "env", name(number), "by_hand.txt"), "mine\n");
  seen.foreign.set(number, "filled");
}

function check(round: Round, seen: Seen): void {
  const { wrong } = seen;
  const product = join(round.dirs[0] ?? "", "env");
  const wanted = round.processes * round.each;
  if (seen.published.size !== wanted) wrong.push(`${seen.published.size} of ${wanted} versions were published`);
  const given = [...seen.published.values()];
  if (new Set(given).size !== given.length) wrong.push("a number was published twice");
  for (const [step, number] of seen.published) {
    const claim = readJson(join(product, ".hotplate/claims", `${name(number)}.json`)) as { job?: string } | null;
    if (claim?.job !== step) wrong.push(`the claim of ${name(number)} names ${claim?.job}, not ${step}`);
    if (seen.deleted.has(number)) continue;
    const commit = readJson(join(product, name(number), ".hotplate/commit.json")) as { step?: string } | null;
    if (commit?.step !== step) wrong.push(`${name(number)} holds ${commit?.step}, not ${step}`);
    const held = readdirSync(join(product, name(number))).join();
    if (held !== ".hotplate") wrong.push(`${name(number)} holds ${held}`);
  }
  for (const number of seen.foreign.keys()) {
    const held = readdirSync(join(product, name(number))).join();
    if (held !== "by_hand.txt") wrong.push(`the stranger's ${name(number)} holds ${held}`);
  }
  const known = new Set([...given, ...seen.foreign.keys()]);
  for (const number of numbersIn(product)) {
    if (known.has(number)) continue;
    // A mkdir whose reply was lost: spent, and as empty as it was made.
    if (round.mode !== "nfs" || readdirSync(join(product, name(number))).length > 0)
      wrong.push(`${name(number)} is nobody's`);
  }
  for (const number of seen.deleted)
    if (numbersIn(product).includes(number) && !seen.foreign.has(number)) wrong.push(`${name(number)} came back`);
}

function numbersIn(dir: string): readonly number[] {
  return readdirSync(dir).flatMap((entry) => (/^v\d+$/.test(entry) ? [Number(entry.slice(1))] : []));
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return { error: String(error) };
  }
}

function name(number: number): string {
  return `v${String(number).padStart(3, "0")}`;
}

if (import.meta.filename === process.argv[1]) {
  const [mode = "plain", processes = "4", each = "10", kills = "1", ...dirs] = process.argv.slice(2);
  const round = { dirs, mode: mode as Round["mode"], processes: Number(processes), each: Number(each) };
  const stranger = process.env["STRANGER"] === undefined ? null : Number(process.env["STRANGER"]);
  process.stdout.write(`${JSON.stringify(await allocationRound({ ...round, kills: Number(kills), stranger }))}\n`);
}
