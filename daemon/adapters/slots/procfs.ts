/**
 * Processes as Linux's /proc tells of them: whose start time it is, what they used, who listens on a port. A file that is not
 * there means that the process is gone, or that this is no Linux: both are `null`, never an error.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { LIMITS } from "../../domain/limits.ts";

export interface ProcessStat {
  readonly pid: number;
  readonly group: number;
  /** Z: dead, and not yet waited for. */
  readonly state: string;
  /** A thread of the kernel's, which runs no program. */
  readonly isKernel: boolean;
  /** Clock ticks since the boot: with the pid and the boot it names one process for ever. */
  readonly startTime: string;
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** It was started with no environment; false also while it becomes another program, and where that may not be known. */
  readonly isBare: boolean;
}

/** Fixed by the kernel's interface: USER_HZ is 100 and pages are counted in 4 KiB on the platforms that we run on. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
const KERNEL_FLAG = 0x0020_0000;

export async function processStat(pid: number): Promise<ProcessStat | null> {
  const text = await textOf(`/proc/${pid}/stat`);
  // The name may hold spaces and brackets: fields are counted from the last bracket.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined || fields.length < 22) return null;
  const number = (index: number): number => Number(fields[index - 3]);
  return {
    pid,
    group: number(5),
    state: fields[0] ?? "?",
    isKernel: (number(9) & KERNEL_FLAG) !== 0,
    startTime: fields[22 - 3] ?? "",
    cpuMs: (number(14) + number(15)) * TICK_MS,
    residentBytes: number(24) * PAGE_BYTES,
    // Where its environment starts and ends: 0 until it has one.
    isBare: number(50) > 0 && number(50) === number(51),
  };
}

/** Alive means: there, and not a corpse that waits for its parent. */
export function lives(stat: ProcessStat | null): stat is ProcessStat {
  return stat !== null && stat.state !== "Z" && stat.state !== "X";
}

export async function allPids(): Promise<readonly number[]> {
  const names = await readdir("/proc").catch(() => [] as string[]);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .slice(0, LIMITS.processesMax);
}

export async function groupMembers(group: number): Promise<readonly ProcessStat[]> {
  const out: ProcessStat[] = [];
  for (const pid of await allPids()) {
    const stat = await processStat(pid);
    if (lives(stat) && stat.group === group) out.push(stat);
  }
  return out;
}

/** Bytes that the process moved: from and to disks, and through reads that the page cache answered. */
export async function diskBytes(pid: number): Promise<number> {
  const text = (await textOf(`/proc/${pid}/io`)) ?? "";
  let bytes = 0;
  for (const match of text.matchAll(/^(?:rchar|read_bytes|write_bytes): (\d+)$/gm)) bytes += Number(match[1]);
  return bytes;
}

/** The whole of it; empty while the process becomes another program, null when it may not be read. */
export async function environmentText(pid: number): Promise<string | null> {
  return textOf(`/proc/${pid}/environ`);
}

/** One line, `name=value` of its environment; null when it may not be read. */
export async function environmentOf(pid: number, name: string): Promise<string | null> {
  const text = await environmentText(pid);
  const entry = text?.split("\0").find((line) => line.startsWith(`${name}=`));
  return entry === undefined ? null : entry.slice(name.length + 1);
}

export async function commandOf(pid: number): Promise<string> {
  const text = (await textOf(`/proc/${pid}/cmdline`)) ?? "";
  return text.split("\0").join(" ").trim().slice(0, LIMITS.slotWordsCharactersMax);
}

export async function bootId(): Promise<string> {
  return ((await textOf("/proc/sys/kernel/random/boot_id")) ?? "").trim();
}

/** Inodes of the sockets that listen on a TCP port; null: this system does not say. */
export async function listeners(port: number): Promise<readonly string[] | null> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const out: string[] = [];
  let known = false;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await textOf(table);
    if (text === null) continue;
    known = true;
    for (const line of text.split("\n")) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${hex}`) === true && fields[3] === "0A" && fields[9] !== undefined) out.push(fields[9]);
    }
  }
  return known ? out : null;
}

export async function holdsSocket(pid: number, inodes: readonly string[]): Promise<boolean> {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const dir = `/proc/${pid}/fd`;
  for (const name of await readdir(dir).catch(() => [] as string[])) {
    const target = await readlink(`${dir}/${name}`).catch(() => "");
    if (wanted.has(target)) return true;
  }
  return false;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch {
    // Gone between two reads, forbidden, or not a Linux: "not known".
    return null;
  }
}
