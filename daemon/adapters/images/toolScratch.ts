/**
 * Scratch directories for the files that image tools read and write: one per call, gone when it ends. A worker may be killed at
 * any instant, so each carries its process id, and what a dead one left is swept by the next. Bounded by what is free.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";

export interface Scratch extends Disposable {
  readonly dir: string;
}

/** `bytes`: what will be written at most. ENOSPC when it does not fit beside what must stay free. */
export function openScratch(root: string, bytes: number): Scratch {
  mkdirSync(root, { recursive: true });
  sweep(root);
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  if (bytes + LIMITS.diskFreeBytesMin > free) {
    const words = `decoding by a tool takes ${bytes} bytes of scratch; ${free} are free in ${root}`;
    throw Object.assign(new Error(words), { code: "ENOSPC" });
  }
  const dir = mkdtempSync(join(root, `${process.pid}-`));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

function sweep(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = /^(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}
