/**
 * Creates a file that must not exist yet (EEXIST), synchronously in a worker. A write that fails half-way (ENOSPC) removes
 * what it made, so that no half picture stays behind. Not durable: what must survive goes through `durable.ts`.
 */
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";

export function writeNew(path: string, data: Uint8Array): void {
  const fd = openSync(path, "wx");
  try {
    for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
    closeSync(fd);
  } catch (error) {
    closeQuietly(fd);
    unlinkSync(path);
    throw error;
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Closed already, or the write's own error is the one worth telling.
  }
}
