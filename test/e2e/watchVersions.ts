/**
 * A program that looks at a product's versions all the while other processes are killed: as a "latest version" script of
 * a studio would. Each version is checked whole, hashes and all, the moment it is first seen; ever after its names and
 * sizes must stay as they were, it must not go away, and no other version may be of its job. Prints a JSON line and exits 1
 * at the first that is not so; on SIGTERM prints counts and exits 0.
 */
import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { checkVersion, walk } from "./versions.ts";

const LOOK_EVERY_MS = 2;
const productDirs = process.argv.slice(2);
/** Version directory -> its names and sizes when it was first seen. */
const seen = new Map<string, string>();
const jobs = new Map<string, string>();
let looks = 0;
let next = 0;
let ended = false;
const parent = process.ppid;
process.on("SIGTERM", () => {
  ended = true;
});

function printOf(dir: string): string {
  return [...walk(dir)]
    .map((path) => `${relative(dir, path)}:${statSync(path).size}`)
    .sort()
    .join("\n");
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).filter((name) => /^v\d+$/.test(name));
  } catch {
    // Not made yet.
    return [];
  }
}

function look(): void {
  looks += 1;
  for (const productDir of productDirs) {
    const there = namesIn(productDir).map((name) => join(productDir, name));
    for (const dir of there) if (!seen.has(dir)) first(dir);
    for (const dir of seen.keys())
      if (dir.startsWith(`${productDir}/`) && !there.includes(dir)) throw new Error(`${dir} went away`);
  }
  again();
}

function first(dir: string): void {
  const version = checkVersion(dir);
  if (version === null) return;
  const other = jobs.get(version.job);
  if (other !== undefined) throw new Error(`${dir} and ${other} are both of job ${version.job}`);
  jobs.set(version.job, dir);
  seen.set(dir, printOf(dir));
  console.log(JSON.stringify({ seen: seen.size }));
}

/** One of those seen before, in turn: a look must stay short. */
function again(): void {
  const dir = [...seen.keys()][next];
  next = next + 1 < seen.size ? next + 1 : 0;
  if (dir !== undefined && printOf(dir) !== seen.get(dir)) throw new Error(`${dir} changed after it appeared`);
}

function loop(): void {
  try {
    look();
    // After the last word, every version once more.
    if (ended) for (const _dir of seen.keys()) again();
  } catch (error) {
    console.log(JSON.stringify({ broken: error instanceof Error ? error.message : String(error) }));
    process.exit(1);
  }
  if (ended) {
    console.log(JSON.stringify({ looks, versions: seen.size }));
    process.exit(0);
  }
  // Whoever started it was killed before it could end this.
  if (process.ppid !== parent) process.exit(1);
  setTimeout(loop, LOOK_EVERY_MS);
}
console.log(JSON.stringify({ watching: productDirs }));
loop();
