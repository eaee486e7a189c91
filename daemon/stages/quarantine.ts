/**
 * After a version appeared (or burnt): rejected pixels go to `.hotplate/quarantine/v007/`, each with the reason beside it,
 * and the staging directory goes. Idempotent; nothing that QC refused is deleted.
 */
import { systemCode } from "../domain/errors.ts";
import { versionName, wedgeName } from "../domain/ids.ts";
import { baseName, joinPath } from "../domain/paths.ts";
import { exists, makeDirs, moveNoClobber, publishFile } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { StepRow } from "../storePort.ts";

export async function quarantineAndClear(context: StageContext, step: StepRow): Promise<void> {
  const { files, world } = context;
  if (step.stagingDir === null || step.version === null) return;
  const stagings = joinPath(step.plan.target.productDir, ".hotplate/staging");
  if (!(await exists(files, step.stagingDir))) {
    // Removed by a call whose answer was lost: gone, and now gone for good.
    await files.syncDir(stagings);
    return;
  }
  const rejected = await world.store.tasks(step.id, { states: ["failed"] });
  const home = joinPath(step.plan.target.productDir, ".hotplate/quarantine", versionName(step.version));
  for (const task of rejected) {
    for (const file of task.staged) {
      const dir = joinPath(home, wedgeName(task.wedge));
      await makeDirs(files, step.plan.target.productDir, dir);
      try {
        await moveNoClobber(files, file.path, joinPath(dir, baseName(file.path)));
      } catch (error) {
        // Moved by the life before.
        if (systemCode(error) !== "ENOENT") throw error;
      }
      const why = `${task.failure?.code ?? "rejected"}: ${task.failure?.message ?? "QC refused it"}\n`;
      await publishFile(files, joinPath(dir, `${baseName(file.path)}.reason.txt`), why, step.jobId);
    }
  }
  await files.removeTree(step.stagingDir);
  await files.syncDir(stagings);
}
