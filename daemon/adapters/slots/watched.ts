/** One slot's process as it is now: alive or not, what it used, what it said, who listens on its port. */
import { join } from "node:path";
import { LIMITS } from "../../domain/limits.ts";
import type { ProcessLook } from "../../ports.ts";
import type { ProcessStat } from "./procfs.ts";
import { allPids, commandOf, diskBytes, groupMembers, holdsSocket, listeners, lives, processStat } from "./procfs.ts";
import { SlotLog } from "./slotLog.ts";
import type { SlotRecord } from "./slotRecord.ts";

type End = NonNullable<ProcessLook["exit"]>;

export class Watched {
  readonly dir: string;
  readonly log: SlotLog;
  record: SlotRecord | null;
  readonly #adopted: SlotRecord | null;
  #end: { readonly pid: number; readonly end: End } | null = null;
  #lost: number | null = null;
  #members: { readonly looks: number; readonly stats: readonly ProcessStat[] } = { looks: 0, stats: [] };
  #ourInode: string | null = null;
  /** Used by members that have ended since: totals never shrink. */
  #most = { cpuMs: 0, diskBytes: 0 };

  constructor(dir: string, adopted: SlotRecord | null) {
    this.dir = dir;
    this.log = new SlotLog(join(dir, "comfyui.log"));
    this.record = adopted;
    this.#adopted = adopted;
  }

  started(record: SlotRecord): void {
    this.record = record;
    this.#members = { looks: 0, stats: [] };
    this.#ourInode = null;
    this.#most = { cpuMs: 0, diskBytes: 0 };
  }

  /** Its own words about its end, from our child's handle. What it left in its group goes with it. */
  ended(pid: number, end: End): void {
    this.#end = { pid, end };
    killGroup(pid, "SIGKILL");
  }

  /** Nobody will tell of its end: from now on it is known as an adopted one is, by its number. */
  lost(pid: number): void {
    this.#lost = pid;
  }

  async alive(): Promise<boolean> {
    return (await this.#stat()) !== null;
  }

  async #stat(): Promise<ProcessStat | null> {
    const { record } = this;
    if (record === null || record.pid === this.#end?.pid) return null;
    const stat = await processStat(record.pid);
    return lives(stat) && stat.startTime === record.startTime ? stat : null;
  }

  async signal(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<void> {
    const stat = await this.#stat();
    if (stat !== null) killGroup(stat.pid, signal);
  }

  async look(port: number): Promise<ProcessLook> {
    const stat = await this.#stat();
    // After the process, so that what it said last is read.
    const lines = await this.log.read();
    await this.log.rotate();
    const { record } = this;
    const mine = stat === null ? [] : await this.#group(stat);
    const used = await this.#used(mine);
    return {
      alive: stat !== null,
      pid: stat?.pid ?? null,
      startedAt: stat === null ? null : (record?.startedAt ?? null),
      version: record?.version ?? null,
      adoptedReady: record !== null && record.pid === this.#adopted?.pid ? this.#adopted.ready : null,
      moved: stat !== null && record !== null && record.port !== port,
      exit: stat !== null || record === null ? null : this.#exitOf(record.pid),
      ...used,
      ...(await this.#port(port, mine)),
      lines,
      tail: this.log.tail,
    };
  }

  /** Of our own child it comes a moment after /proc knows that it is dead; of an adopted one or a lost one, never. */
  #exitOf(pid: number): End | null {
    if (this.#end?.pid === pid) return this.#end.end;
    return pid === this.#adopted?.pid || pid === this.#lost ? { code: null, signal: null } : null;
  }

  /** Children come and go slowly: the whole table is read every few looks, the process itself every time. */
  async #group(stat: ProcessStat): Promise<readonly ProcessStat[]> {
    const every = Math.max(1, Math.round(LIMITS.slotLookMs / LIMITS.slotProcessLookMs));
    const { looks, stats } = this.#members;
    if (looks % every === 0) {
      const found = await groupMembers(stat.pid);
      this.#members = { looks: looks + 1, stats: found };
      return found;
    }
    const fresh = await Promise.all(stats.map((member) => processStat(member.pid)));
    const living = fresh.filter((member) => lives(member) && member.group === stat.pid) as readonly ProcessStat[];
    this.#members = { looks: looks + 1, stats: living };
    return living;
  }

  async #used(members: readonly ProcessStat[]): Promise<Pick<ProcessLook, "cpuMs" | "diskBytes" | "residentBytes">> {
    const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
    const disk = sum(await Promise.all(members.map((member) => diskBytes(member.pid))));
    this.#most = {
      cpuMs: Math.max(this.#most.cpuMs, sum(members.map((member) => member.cpuMs))),
      diskBytes: Math.max(this.#most.diskBytes, disk),
    };
    return { ...this.#most, residentBytes: sum(members.map((member) => member.residentBytes)) };
  }

  async #port(port: number, mine: readonly ProcessStat[]): Promise<Pick<ProcessLook, "port" | "holder">> {
    const inodes = await listeners(port);
    if (inodes === null) return { port: "unknown", holder: null };
    const [first] = inodes;
    if (first === undefined) return { port: "nobody", holder: null };
    if (this.#ourInode !== null && inodes.includes(this.#ourInode) && mine.length > 0)
      return { port: "ours", holder: null };
    for (const member of mine) {
      if (!(await holdsSocket(member.pid, inodes))) continue;
      this.#ourInode = first;
      return { port: "ours", holder: null };
    }
    return { port: "other", holder: await holderOf(inodes) };
  }
}

async function holderOf(inodes: readonly string[]): Promise<string> {
  for (const pid of await allPids())
    if (await holdsSocket(pid, inodes)) return `process ${pid} (${await commandOf(pid)})`;
  return "another user's process";
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody of the group is left, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
