/**
 * After a version appeared (or burnt): rejected pixels, and those of seeds that were given up for another, go to
 * `.hotplate/quarantine/v007/`, each with the reason beside it,
 * and the staging directory goes. Idempotent; nothing that QC refused is deleted.
 */
import { systemCode } from "../domain/errors.ts";
import { wedgeName } from "../domain/ids.ts";
import { quarantineDir } from "../domain/naming.ts";
import { baseName, joinPath, parentDir } from "../domain/paths.ts";
import { exists, ignore, makeDirs, moveNoClobber, publishFile } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { StepRow } from "../storePort.ts";
import { stagingDirOf } from "./openVersion.ts";

export async function quarantineAndClear(context: StageContext, step: StepRow): Promise<void> {
  const { files } = context;
  // No fence: nothing was ever made for it.
  if (step.fence === null) return;
  // A step that was canceled while its version was being opened has a staging directory that the store never heard of.
  const stagingDir = step.stagingDir ?? stagingDirOf(step, step.fence);
  const stagings = parentDir(stagingDir);
  if (!(await exists(files, stagingDir))) {
    // Removed by a call whose answer was lost: gone, and now gone for good.
    await files.syncDir(stagings).catch(ignore("ENOENT"));
    return;
  }
  // Without a number nothing was ever rendered for it.
  if (step.version !== null) await quarantine(context, step, step.version);
  await files.removeTree(stagingDir);
  await files.syncDir(stagings);
}

async function quarantine(context: StageContext, step: StepRow, version: number): Promise<void> {
  const { files, world } = context;
  const rejected = await world.store.tasks(step.id, { states: ["failed"] });
  const home = quarantineDir(step.plan.target, version);
  const put = async (wedge: number, path: string, why: string): Promise<void> => {
    const dir = joinPath(home, wedgeName(wedge));
    await makeDirs(files, step.plan.target.productDir, dir);
    try {
      await moveNoClobber(files, path, joinPath(dir, baseName(path)));
    } catch (error) {
      // Moved by the life before.
      if (systemCode(error) !== "ENOENT") throw error;
    }
    await publishFile(files, joinPath(dir, `${baseName(path)}.reason.txt`), why, step.jobId);
  };
  for (const task of rejected) {
    const why = `${task.failure?.code ?? "rejected"}: ${task.failure?.message ?? "QC refused it"}\n`;
    for (const file of task.staged) await put(task.wedge, file.path, why);
  }
  for (const { wedge, n, seed, check, reason, results } of await world.store.seedTries(step.id)) {
    const why = `Made with seed ${seed} and given up for seed try ${n + 1}: ${check}: ${reason}\n`;
    for (const result of results) await put(wedge, result.path, why);
  }
}
