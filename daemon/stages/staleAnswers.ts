/**
 * Answers that say "waiting" about a file that vanished while no daemon ran: nobody would ever take them back. Looked for
 * once in a life, at a folder's first listing; what a job says stays, whatever became of the store.
 */
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { StageContext } from "../live.ts";
import type { Answers } from "./answers.ts";
import type { Folder } from "./folder.ts";
import { laneOf } from "./lanes.ts";

const SUFFIX = ".STATUS.txt";

export async function sweepStale(context: StageContext, folder: Folder, answers: Answers): Promise<void> {
  if (folder.staleSwept) return;
  const suspects = [...folder.answersSeen].filter((file) => file.endsWith(SUFFIX) && isOrphan(folder, file));
  const { path } = folder.config;
  if (suspects.length === 0) {
    folder.staleSwept = true;
    return;
  }
  const drops = await context.world.store.drops({ open: true });
  const ofJobs = new Set(drops.filter((drop) => drop.folder === path).map((drop) => `${drop.name}${SUFFIX}`));
  const files = suspects.filter((file) => !ofJobs.has(file)).slice(0, LIMITS.looksPerListing);
  folder.staleSwept = context.work.start<readonly string[]>({
    key: `stale:${path}`,
    lane: laneOf(context, path, "intake"),
    run: async () => {
      const stale: string[] = [];
      for (const file of files) if (await waits(context, joinPath(path, file))) stale.push(file);
      return stale;
    },
    done: (outcome) => {
      if (!outcome.ok) folder.staleSwept = false;
      else for (const file of outcome.value) if (isOrphan(folder, file)) answers.say(path, file, null);
    },
  });
}

function isOrphan(folder: Folder, file: string): boolean {
  return !folder.known.has(file.slice(0, -SUFFIX.length));
}

async function waits(context: StageContext, path: string): Promise<boolean> {
  const bytes = await context.files.read(path, LIMITS.claimBytesMax).catch(() => null);
  return bytes !== null && /^(WAITING|RECEIVING) /.test(new TextDecoder().decode(bytes));
}
