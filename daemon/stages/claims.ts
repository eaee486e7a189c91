/**
 * Claimed manifests: a manifest leaves the hot folder by one rename to a name that only we use
 * (`.hotplate/claimed/<uuid>.<name>`), then its job is stored, then it is filed under `accepted/<date>/`. A crash between
 * any two of these is closed here: with a job it is filed, without one it is put back and read again.
 */
import { systemCode } from "../domain/errors.ts";
import { joinPath } from "../domain/paths.ts";
import { exists, makeDirs, moveNoClobber } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { DropRow } from "../storePort.ts";
import type { Folder } from "./folder.ts";
import { laneOf } from "./lanes.ts";

export const CLAIMED = ".hotplate/claimed";

/** `<uuid>.<name>` -> name. */
export function claimedName(file: string): string {
  return file.slice(file.indexOf(".") + 1);
}

export function claimPathOf(folder: string, uuid: string, name: string): string {
  return joinPath(folder, CLAIMED, `${uuid}.${name}`);
}

/** What the life before left in `claimed/`: report files those that have a job, the others are put back and read again. */
export async function settleClaims(context: StageContext, folder: Folder, names: readonly string[]): Promise<void> {
  const orphans: string[] = [];
  for (const file of names) {
    const path = joinPath(folder.config.path, CLAIMED, file);
    if ((await context.world.store.findByClaim(path)) === null) orphans.push(path);
  }
  if (orphans.length === 0) return;
  const started = context.work.start({
    key: `putback:${folder.config.path}`,
    lane: laneOf(context, folder.config.path, "intake"),
    run: async () => {
      for (const path of orphans) {
        const name = claimedName(path.slice(path.lastIndexOf("/") + 1));
        await putBack(context, folder.config.path, { path, name });
      }
    },
    done: (outcome) => {
      folder.dirty = true;
      // Not all went back: the folder is opened again and finds the rest.
      if (!outcome.ok) folder.opened = false;
    },
  });
  if (!started) folder.opened = false;
}

/** The way back into the hot folder, without taking anybody's name. */
export async function putBack(
  context: Pick<StageContext, "files" | "world">,
  folder: string,
  claim: { readonly path: string; readonly name: string },
): Promise<void> {
  const names = [claim.name, `put-back-${context.world.ids.uuid().slice(0, 8)}-${claim.name}`];
  for (const name of names) {
    if (!(await exists(context.files, claim.path))) return;
    if (await moveNoClobber(context.files, claim.path, joinPath(folder, name))) return;
  }
}

/** Days of the hot folder's shards: UTC, so that two nodes agree. */
export function dateShard(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

/**
 * Moves manifests on: claimed -> accepted/<date>/, accepted -> done|failed/<date>/. Names are never taken from a namesake.
 * Bounded by the lane; `failed` is told when they could not all be moved: it asks for them again.
 */
export function startFiling(
  context: StageContext,
  drops: readonly DropRow[],
  to: "accepted" | "done" | "failed",
  failed: (error: unknown) => void,
): boolean {
  const first = drops[0];
  if (first === undefined) return true;
  return context.work.start<readonly (string | null)[]>({
    key: `file:${first.id}:${to}`,
    lane: laneOf(context, first.folder, "intake"),
    run: async () => {
      const dir = joinPath(first.folder, to, dateShard(context.world.clock.now()));
      // Once for the batch: its fsyncs are the same for each.
      await makeDirs(context.files, first.folder, dir);
      const out: (string | null)[] = [];
      for (const drop of drops) out.push(await fileOne(context, drop, dir));
      return out;
    },
    done: async (outcome) => {
      if (!outcome.ok) {
        failed(outcome.error);
        return;
      }
      for (const [index, drop] of drops.entries()) {
        const filed = outcome.value[index];
        if (filed !== undefined && filed !== null) await context.world.store.fileDrop(drop.id, filed);
      }
    },
  });
}

async function fileOne(context: StageContext, drop: DropRow, dir: string): Promise<string | null> {
  const { files } = context;
  const from = drop.filedAt ?? drop.claimPath;
  if (from === null) return null;
  for (const name of [drop.name, `${drop.jobId}-${drop.id}-${drop.name}`]) {
    const target = joinPath(dir, name);
    try {
      if (await moveNoClobber(files, from, target)) return target;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      // Gone: moved by the life before, which died before it could say so.
      return (await exists(files, target)) ? target : null;
    }
  }
  return null;
}
