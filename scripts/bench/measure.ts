/** What all benches share: spread over repeats, facts of the machine, what a process uses by /proc, results as a table or JSON. */
import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

export interface Spread {
  readonly repeats: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface Figure extends Spread {
  readonly what: string;
  readonly unit: string;
}

export function figure(what: string, unit: string, values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    what,
    unit,
    repeats: sorted.length,
    min: rounded(sorted[0] ?? Number.NaN),
    median: rounded(quantile(sorted, 0.5)),
    max: rounded(sorted.at(-1) ?? Number.NaN),
  };
}

/** Nearest rank: a value that was measured, never one between two. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}

/** File systems by their magic number, as statfs(2) gives it. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: "ext2/3/4",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x01021994: "tmpfs",
  0x794c7630: "overlay",
};

export function machine(dir: string): Readonly<Record<string, string | number>> {
  const magic = statfsSync(dir).type;
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    fileSystem: FILE_SYSTEMS[magic] ?? `magic 0x${magic.toString(16)}`,
    node: process.version,
    loadAtStart: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** MiB of a process: what it holds now, and the most it ever held. */
export function memoryOf(pid: number): { readonly rss: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { rss: mib("VmRSS"), peak: mib("VmHWM") };
}

/** Process ids of what a process has started itself and still runs. */
export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** CPU time of a process so far, ms; the kernel counts it in hundredths of a second. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in brackets may hold anything: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

export function print(title: string, dir: string, figures: readonly Figure[], json: boolean): void {
  const facts = machine(dir);
  if (json) {
    process.stdout.write(`${JSON.stringify({ title, machine: facts, figures })}\n`);
    return;
  }
  const rows = figures.map((f) => [f.what, f.unit, f.repeats, f.min, f.median, f.max].map(String));
  const head = ["what", "unit", "n", "min", "median", "max"];
  const widths = head.map((word, at) => Math.max(word.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ");
  const words = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  process.stdout.write(`${[title, words.join(", "), line(head), ...rows.map(line)].join("\n")}\n`);
}
