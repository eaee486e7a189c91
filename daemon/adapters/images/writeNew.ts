/**
 * Creates a file that must not exist yet (EEXIST), synchronously in a worker. A write that fails half-way (ENOSPC) removes
 * what it made, so that no half picture stays behind. Not durable: what must survive goes through `durable.ts`.
 */
import { closeSync, openSync, unlinkSync, writeSync } from "node:fs";
import { systemCode } from "../../domain/errors.ts";

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

/** The same for a name of our own that a life before may have left torn. */
export function writeAnew(path: string, data: Uint8Array): void {
  try {
    writeNew(path, data);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    unlinkSync(path);
    writeNew(path, data);
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Closed already, or the write's own error is the one worth telling.
  }
}
