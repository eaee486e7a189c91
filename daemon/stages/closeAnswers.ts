/**
 * 24 h after the end an answer moves out of the artist's way, beside its manifest under done/ or failed/, in
 * bounded batches per hot folder. Must never write anywhere but in a configured hot folder: a drop may come from an asset
 * path, and plates are never written.
 */
import { statusFileName } from "../domain/answer.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import { makeDirs, moveAllNoClobber } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { DropRow, JobRow } from "../storePort.ts";
import { dateShard } from "./claims.ts";
import { laneOf } from "./lanes.ts";

interface Ended {
  readonly drop: DropRow;
  readonly job: JobRow;
}

/** `closed` is told of each drop whose answer moved. Returns whether there is more to move now. */
export async function closeAnswers(context: StageContext, closed: (drop: DropRow) => void): Promise<boolean> {
  const { store, clock, config } = context.world;
  const hot = new Set(config.hotFolders.map((folder) => folder.path));
  // Nothing could be started now: the store is not asked for a list that would be thrown away.
  const busy = (path: string): boolean => !context.work.free(laneOf(context, path, "intake"));
  if (hot.size > 0 && [...hot].every(busy)) return true;
  const byFolder = new Map<string, Ended[]>();
  for (const drop of await store.drops({ open: true })) {
    const job = await store.job(drop.jobId);
    if (job === null || job.endedAt === null || clock.now() - job.endedAt < LIMITS.answerKeepMs) continue;
    if (hot.has(drop.folder)) byFolder.set(drop.folder, [...(byFolder.get(drop.folder) ?? []), { drop, job }]);
    else await store.closeDrop(drop.id);
  }
  let more = false;
  for (const [folder, ended] of byFolder) {
    const batch = ended.slice(0, LIMITS.answersPerUnit);
    const started = startClosing(context, folder, { batch, closed });
    if (!started || batch.length < ended.length) more = true;
  }
  return more;
}

function startClosing(
  context: StageContext,
  folder: string,
  of: { readonly batch: readonly Ended[]; readonly closed: (drop: DropRow) => void },
): boolean {
  return context.work.start({
    key: `close:${folder}`,
    lane: laneOf(context, folder, "intake"),
    run: () => closeAll(context, folder, of.batch),
    done: async (outcome) => {
      // A folder that failed half way is asked again in a minute; what has moved is no longer there, which is fine.
      if (!outcome.ok) throw outcome.error;
      for (const { drop } of of.batch) {
        await context.world.store.closeDrop(drop.id);
        of.closed(drop);
      }
    },
  });
}

async function closeAll(context: StageContext, folder: string, ended: readonly Ended[]): Promise<void> {
  const { files, world } = context;
  const day = dateShard(world.clock.now());
  const moves = ended.map(({ drop, job }) => {
    const name = statusFileName(drop.name);
    const dir = joinPath(folder, job.state === "done" ? "done" : "failed", day);
    return { from: joinPath(folder, name), dir, names: [name, `${job.id}.${name}`] };
  });
  for (const dir of new Set(moves.map((move) => move.dir))) await makeDirs(files, folder, dir);
  await moveAllNoClobber(files, moves);
}
