/**
 * `stateDir/daemon.json`: how commands find the running daemon. Written whole once the API answers, removed at a clean stop;
 * after a crash a stale one lies there, told by its dead process. The lock (store/lock.ts) decides who runs; this only says
 * where to call.
 */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { systemCode } from "../domain/errors.ts";

const daemonFileSchema = z.object({
  pid: z.number().int().positive(),
  api: z.url(),
  version: z.string(),
  startedAt: z.iso.datetime(),
});
export type DaemonFile = Readonly<z.infer<typeof daemonFileSchema>>;

export async function writeDaemonFile(stateDir: string, facts: DaemonFile): Promise<void> {
  const path = daemonFilePath(stateDir);
  const temporary = `${path}.${facts.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(facts, null, 2)}\n`);
  await rename(temporary, path);
}

/** Only our own: a successor may have written its file by now. */
export async function removeDaemonFile(stateDir: string, pid: number): Promise<void> {
  const there = await parseDaemonFile(stateDir);
  if (there?.pid === pid) await rm(daemonFilePath(stateDir), { force: true });
}

/** null: no daemon runs with this state directory. */
export async function readDaemonFile(stateDir: string): Promise<DaemonFile | null> {
  const facts = await parseDaemonFile(stateDir);
  return facts !== null && isAlive(facts.pid) ? facts : null;
}

async function parseDaemonFile(stateDir: string): Promise<DaemonFile | null> {
  let text: string;
  try {
    text = await readFile(daemonFilePath(stateDir), "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
  try {
    const parsed = daemonFileSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    // Torn by a power cut: whoever wrote it is gone.
    return null;
  }
}

/** A process of another user is alive too: asking for it is refused with EPERM. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

function daemonFilePath(stateDir: string): string {
  return join(stateDir, "daemon.json");
}
