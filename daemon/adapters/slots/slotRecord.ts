/**
 * `process.json` of a slot: which process we started, so that the next daemon knows it again. A pid alone is a name that is
 * given away anew; with its start time and the boot it is one process for ever.
 */
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const schema = z.strictObject({
  hotplate: z.literal(1),
  pid: z.number().int().min(1),
  startTime: z.string(),
  boot: z.string(),
  port: z.number().int(),
  version: z.string(),
  /** ms since the epoch. */
  startedAt: z.number(),
  /** It answered and warmed up in its life. */
  ready: z.boolean(),
});
export type SlotRecord = Readonly<z.infer<typeof schema>>;

const pathOf = (dir: string): string => join(dir, "process.json");

/** null: none, or one that can't be read as ours; then the mark in the process's environment is looked for. */
export async function readRecord(dir: string): Promise<SlotRecord | null> {
  try {
    return schema.parse(JSON.parse(await readFile(pathOf(dir), "utf8")) as unknown);
  } catch {
    // Absent or torn: the process itself carries a mark.
    return null;
  }
}

export async function writeRecord(dir: string, record: SlotRecord): Promise<void> {
  const temporary = `${pathOf(dir)}.tmp`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(`${JSON.stringify(record)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, pathOf(dir));
}

export async function removeRecord(dir: string): Promise<void> {
  await rm(pathOf(dir), { force: true });
}
