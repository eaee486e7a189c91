/**
 * One daemon per state directory: an exclusive lock held in a database file for as long as the process lives. The kernel
 * frees it when the process dies, however it dies; a pid file could not say that.
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HotplateError } from "../../domain/errors.ts";
import { readDaemonFile } from "../daemonFile.ts";

export async function lockStateDir(stateDir: string): Promise<Disposable> {
  const db = new DatabaseSync(join(stateDir, "lock.db"), { timeout: 0 });
  try {
    db.exec(
      "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (x); COMMIT; BEGIN EXCLUSIVE;",
    );
  } catch (error) {
    db.close();
    const holder = await readDaemonFile(stateDir);
    const who = holder === null ? "another process" : `process ${holder.pid} (since ${holder.startedAt})`;
    throw new HotplateError("HP-STATE-LOCKED", `${stateDir} is in use by ${who}.`, { cause: error });
  }
  return { [Symbol.dispose]: () => db.close() };
}
