/**
 * A program that looks at a product's versions all the while other processes are killed: as a "latest version" script of
 * a studio would. Each version is checked whole the moment it is first seen, and its names and sizes ever after. Prints a
 * JSON line and exits 1 at the first that is visible and not whole; on SIGTERM prints counts and exits 0.
 */
import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { checkVersion, walk } from "./versions.ts";

const LOOK_EVERY_MS = 2;
const productDirs = process.argv.slice(2);
const seen = new Map<string, string>();
let looks = 0;
let ended = false;
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
    return readdirSync(dir);
  } catch {
    // Not made yet.
    return [];
  }
}

function look(): void {
  looks += 1;
  for (const productDir of productDirs) {
    for (const name of namesIn(productDir).filter((n) => /^v\d+$/.test(n))) {
      const dir = join(productDir, name);
      const before = seen.get(dir);
      if (before === undefined && checkVersion(dir) === null) continue;
      const print = printOf(dir);
      if ((before ?? print) !== print) throw new Error(`${dir} changed after it appeared`);
      seen.set(dir, print);
    }
  }
}

function loop(): void {
  try {
    look();
  } catch (error) {
    console.log(JSON.stringify({ broken: error instanceof Error ? error.message : String(error) }));
    process.exit(1);
  }
  if (ended) {
    console.log(JSON.stringify({ looks, versions: seen.size }));
    process.exit(0);
  }
  setTimeout(loop, LOOK_EVERY_MS);
}
console.log(JSON.stringify({ watching: productDirs }));
loop();
