/**
 * Which process of a slot outlived the daemon before: the one of the record, or, when the daemon died between starting it and
 * writing that down, the one that carries the slot's mark in its environment.
 */
import { allPids, bootId, environmentOf, lives, processStat } from "./procfs.ts";
import type { SlotRecord } from "./slotRecord.ts";
import { readRecord, writeRecord } from "./slotRecord.ts";

/** In the environment of what we start: the slot's directory. */
export const MARK = "HOTPLATE_SLOT_DIR";

export async function adopt(
  dir: string,
  of: { readonly now: number; readonly port: number },
): Promise<SlotRecord | null> {
  const record = await readRecord(dir);
  const boot = await bootId();
  if (record !== null && record.boot === boot) {
    const stat = await processStat(record.pid);
    if (lives(stat) && stat.startTime === record.startTime) return record;
  }
  for (const pid of await allPids()) {
    if ((await environmentOf(pid, MARK)) !== dir) continue;
    const stat = await processStat(pid);
    // Its children carry the mark too; the leader of the group is what was started.
    if (!lives(stat) || stat.group !== pid) continue;
    const found: SlotRecord = {
      hotplate: 1,
      pid,
      startTime: stat.startTime,
      boot,
      port: of.port,
      version: "unknown",
      startedAt: of.now,
      ready: false,
    };
    await writeRecord(dir, found);
    return found;
  }
  return null;
}
