/**
 * The processes of spawned slots behind `ports.ts`: started (spawnSlot.ts) and known again after our own death. Must never: signal a process that is not the one that was started, pass on a
 * secret of our environment, or end a process because we end.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { comfyCommand, inScope } from "../../domain/comfyCommand.ts";
import type { ExitWords } from "../../domain/exitWords.ts";
import { HotplateError, messageOf, systemCode } from "../../domain/errors.ts";
import type { ProcessLook, SlotProcesses, SpawnedSlot, StartAnswer } from "../../ports.ts";
import { slotDir } from "../../domain/configSlots.ts";
import { readInstall } from "./install.ts";
import { bootId, lives, processStat } from "./procfs.ts";
import { adopt, MARK } from "./adoption.ts";
import type { SpawnSlot } from "./spawnSlot.ts";
import { spawnSlot } from "./spawnSlot.ts";
import { Watched } from "./watched.ts";
import { removeRecord, writeRecord } from "./slotRecord.ts";
import type { SlotRecord } from "./slotRecord.ts";

export interface SlotProcessesOptions {
  readonly stateDir: string;
  readonly now: () => number;
  /** Where the few variables that are passed on come from. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** May systemd scopes be used? Default: looked for. */
  readonly scopes?: "system" | "user" | null;
  /** What starts the process; absent: this process itself. */
  readonly spawn?: SpawnSlot;
}

const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "CUDA_HOME"] as const;

interface Parts {
  readonly options: SlotProcessesOptions;
  readonly slots: Map<string, Watched>;
  readonly scopes: "system" | "user" | null;
  readonly ended: () => void;
}

export function createSlotProcesses(options: SlotProcessesOptions): SlotProcesses {
  const wakes: (() => void)[] = [];
  const parts: Parts = {
    options,
    slots: new Map(),
    scopes: options.scopes === undefined ? scopesHere() : options.scopes,
    ended: () => {
      for (const wake of wakes) wake();
    },
  };
  return {
    onEnd: (wake) => void wakes.push(wake),
    look: async (slot): Promise<ProcessLook> => (await watchedOf(parts, slot)).look(slot.spawn.port),
    start: (slot) => start(parts, slot),
    signal: async (slot, signal) => (await watchedOf(parts, slot)).signal(signal),
    async markReady(slot) {
      const watched = await watchedOf(parts, slot);
      const { record } = watched;
      if (record === null || record.ready) return;
      watched.record = { ...record, ready: true };
      await writeRecord(watched.dir, watched.record);
    },
    async sweep(slot) {
      const { dir } = await watchedOf(parts, slot);
      for (const part of ["input/hotplate", "output/hotplate"]) await empty(join(dir, part));
    },
    async close() {
      for (const watched of parts.slots.values()) if (!(await watched.alive())) await removeRecord(watched.dir);
    },
  };
}

async function watchedOf({ slots, options }: Parts, slot: SpawnedSlot): Promise<Watched> {
  const known = slots.get(slot.name);
  if (known !== undefined) return known;
  const dir = slotDir(options.stateDir, slot.name);
  const watched = new Watched(dir, await adopt(dir, { now: options.now(), port: slot.spawn.port }));
  slots.set(slot.name, watched);
  return watched;
}

async function start(parts: Parts, slot: SpawnedSlot): Promise<StartAnswer> {
  const { options } = parts;
  const watched = await watchedOf(parts, slot);
  if (await watched.alive()) throw Object.assign(new Error(`slot ${slot.name} runs already`), { code: "EBUSY" });
  const { dir } = watched;
  const command = comfyCommand({ slot, dir, install: await readInstall(slot.spawn.dir) });
  if (command.kind === "refused") return failed(command.code, command.message, "correct spawn.dir");
  for (const name of ["input", "output", "user"]) await mkdir(join(dir, name), { recursive: true });
  await rm(join(dir, "temp"), { recursive: true, force: true });
  const plain = [slot.spawn.python, ...command.args];
  const { line, scoped } = commandLine(parts, slot, plain);
  const [file = "", ...args] = line;
  const at = new Date(options.now()).toISOString();
  await watched.log.begin(`ComfyUI ${command.version} starts at ${at}: ${plain.join(" ")}`);
  try {
    const env = { ...smallEnvironment(options.environment ?? process.env), ...command.env, [MARK]: dir };
    const spawn = options.spawn ?? spawnSlot;
    const { pid, ended } = await spawn({ file, args, cwd: slot.spawn.dir, env, logPath: watched.log.path });
    void ended.then((end) => {
      if (end === null) watched.lost(pid);
      else watched.ended(pid, end);
      parts.ended();
    });
    const record = await recordOf(pid, { slot, version: command.version, now: options.now() });
    // It may have ended already: then its end is known, and the record names nobody.
    await writeRecord(dir, record);
    watched.started(record);
    const memoryBy = slot.spawn.memoryMax === undefined ? null : scoped ? "scope" : "watch";
    return { kind: "started", pid, version: command.version, memoryBy };
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof HotplateError) {
      // It may run all the same: it is looked for by its mark.
      parts.slots.delete(slot.name);
      throw error;
    }
    if (code === null) throw error;
    return failed("HP-SLOT-START", `${file} can't be run (${code})`, "correct spawn.python and spawn.dir");
  }
}

/** In a scope of its own where that is possible and needed: for its memory bound, or to outlive the daemon's unit. */
function commandLine(
  { options, scopes }: Parts,
  slot: SpawnedSlot,
  plain: readonly string[],
): { readonly line: readonly string[]; readonly scoped: boolean } {
  const { memoryMax, outlive } = slot.spawn;
  if (scopes === null || (memoryMax === undefined && !outlive)) return { line: plain, scoped: false };
  const name = `hotplate-slot-${slot.name}-${options.now().toString(36)}`;
  return { line: inScope(plain, { name, memoryMax: memoryMax ?? null, user: scopes === "user" }), scoped: true };
}

function failed(code: ExitWords["code"], message: string, action: string): StartAnswer {
  return { kind: "failed", words: { code, message, action, hopeless: true } };
}

async function recordOf(
  pid: number,
  of: { readonly slot: SpawnedSlot; readonly version: string; readonly now: number },
): Promise<SlotRecord> {
  const stat = await processStat(pid);
  return {
    hotplate: 1,
    pid,
    startTime: lives(stat) ? stat.startTime : "",
    boot: await bootId(),
    port: of.slot.spawn.port,
    version: of.version,
    startedAt: of.now,
    ready: false,
  };
}

function smallEnvironment(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]] as const]));
  // Lines come when they are written, not when a buffer is full: what a dying process said is in the log.
  return { ...Object.fromEntries(passed), PYTHONUNBUFFERED: "1" };
}

/** Whether systemd here makes scopes: the system's for root, the user's own for others. */
function scopesHere(): "system" | "user" | null {
  if (!existsSync("/run/systemd/system")) return null;
  if (process.getuid?.() === 0) return "system";
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return runtime !== undefined && existsSync(join(runtime, "systemd/private")) ? "user" : null;
}

async function empty(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [] as string[];
    throw new Error(`${dir} can't be emptied: ${messageOf(error)}`, { cause: error });
  });
  for (const name of names) await rm(join(dir, name), { recursive: true, force: true });
}
