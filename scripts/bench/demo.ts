/**
 * The demo from its start to its end, as a newcomer runs it: wall time and the most memory that its daemon ever held.
 * Method and figures: docs/benchmarks.md.
 *
 *   node scripts/bench/demo.ts [--variations 24,200] [--repeats 5] [--quick] [--json]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Figure } from "./measure.ts";
import { figure, memoryOf, print } from "./measure.ts";

const HOME = fileURLToPath(new URL("../..", import.meta.url));
const LOOK_EVERY_MS = 50;

const { values: given } = parseArgs({
  options: {
    variations: { type: "string", default: "24,200" },
    repeats: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const repeats = given.quick ? 1 : Number(given.repeats);

const figures: Figure[] = [];
for (const variations of given.quick ? [2] : given.variations.split(",").map(Number)) {
  const seconds: number[] = [];
  const peak: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const one = await demo(variations);
    seconds.push(one.seconds);
    peak.push(one.peak);
  }
  figures.push(figure(`demo, ${variations} variations: wall time`, "s", seconds));
  figures.push(figure(`demo, ${variations} variations: daemon's peak memory`, "MiB RSS", peak));
}
print("demo", tmpdir(), figures, given.json);

async function demo(variations: number): Promise<{ readonly seconds: number; readonly peak: number }> {
  const dir = mkdtempSync(join(tmpdir(), "hotplate-bench-"));
  const start = performance.now();
  const root = join(dir, "demo");
  const args = ["scripts/demo.ts", "--root", root, "--variations", String(variations), "--json"];
  const child = spawn(process.execPath, args, { cwd: HOME, stdio: ["ignore", "ignore", "inherit"] });
  let peak = 0;
  // The kernel keeps the peak: the last look before the daemon ends has it.
  const look = setInterval(() => (peak = Math.max(peak, peakOf(root))), LOOK_EVERY_MS);
  try {
    const code = await new Promise<number | null>((done) => child.once("exit", done));
    if (code !== 0) throw new Error(`the demo of ${variations} ended with ${code}`);
    return { seconds: (performance.now() - start) / 1000, peak };
  } finally {
    clearInterval(look);
    child.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** 0 while the daemon is not there, or no more. */
function peakOf(root: string): number {
  try {
    const { pid } = JSON.parse(readFileSync(join(root, "state/daemon.json"), "utf8")) as { pid: number };
    return memoryOf(pid).peak || 0;
  } catch {
    return 0;
  }
}
