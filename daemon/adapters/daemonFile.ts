/**
 * `stateDir/daemon.json`: how commands find the running daemon. Written whole at start, removed at a clean stop; a stale one
 * is told by its dead process.
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface DaemonFile {
  readonly pid: number;
  readonly api: string;
  readonly version: string;
  readonly startedAt: string;
}

export async function writeDaemonFile(stateDir: string, facts: DaemonFile): Promise<void> {
  const path = join(stateDir, "daemon.json");
  const temporary = `${path}.${facts.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(facts, null, 2)}\n`);
  await rename(temporary, path);
}

export async function removeDaemonFile(stateDir: string): Promise<void> {
  await rm(join(stateDir, "daemon.json"), { force: true });
}

/** null: no daemon runs with this state directory. */
export async function readDaemonFile(stateDir: string): Promise<DaemonFile | null> {
  try {
    const facts = JSON.parse(await readFile(join(stateDir, "daemon.json"), "utf8")) as DaemonFile;
    process.kill(facts.pid, 0);
    return facts;
  } catch {
    // No file, an unreadable one, or a process that is gone: no daemon.
    return null;
  }
}
