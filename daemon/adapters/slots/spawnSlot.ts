/**
 * Starts the process of a spawned slot by execa: in a group of its own, so that it is signaled whole, with a life of its own, so that ours
 * may end first, and its output straight into the slot's log.
 */
import { open } from "node:fs/promises";
import { execa } from "execa";
import { messageOf } from "../../domain/errors.ts";

export interface SlotSpawn {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Opened for appending, so that a rotation does not leave a hole. */
  readonly logPath: string;
}
export interface SlotEnd {
  readonly code: number | null;
  readonly signal: string | null;
}
export interface SpawnedProcess {
  readonly pid: number;
  /** Never rejects. null: whoever started it is gone, and it may live on. */
  readonly ended: Promise<SlotEnd | null>;
}
/** Resolves when the program runs; an errno when it can't be run, an error without one when its log can't be written. */
export type SpawnSlot = (of: SlotSpawn) => Promise<SpawnedProcess>;

export const spawnSlot: SpawnSlot = async (of) => {
  const log = await open(of.logPath, "a").catch((error: unknown) => {
    throw new Error(`its log can't be written: ${messageOf(error)}`);
  });
  try {
    return await spawned(of, log.fd);
  } finally {
    await log.close();
  }
};

function spawned(of: SlotSpawn, log: number): Promise<SpawnedProcess> {
  const child = execa(of.file, of.args, {
    cwd: of.cwd,
    env: of.env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    stdin: "ignore",
    // Its type knows the standard descriptors only; any of ours is inherited just so, with no pipe between.
    stdout: log as 1,
    stderr: log as 1,
    buffer: false,
    reject: false,
  });
  const process_ = child.nodeChildProcess;
  return new Promise((resolve, reject) => {
    void child.then((result) => {
      if (process_.pid === undefined)
        reject(Object.assign(new Error(result.shortMessage ?? "it can't be run"), { code: result.code ?? "EIO" }));
    });
    if (process_.pid === undefined) return;
    // The daemon may end while it runs.
    process_.unref();
    const ended = new Promise<SlotEnd>((end) => process_.once("exit", (code, signal) => end({ code, signal })));
    resolve({ pid: process_.pid, ended });
  });
}
