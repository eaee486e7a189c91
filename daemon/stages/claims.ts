/**
 * Claimed manifests: a manifest leaves the hot folder by one rename to a name that only we use
 * (`.hotplate/claimed/<uuid>.<name>`), then its job is stored, then it is filed under `accepted/<date>/`. A crash between
 * any two of these is closed here: with a job it is filed, without one it is put back and read again.
 */
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath, parentDir } from "../domain/paths.ts";
import type { Move } from "../durable.ts";
import { exists, ignore, makeDirs, moveAllNoClobber, moveNoClobber } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { PlanOutcome } from "../planManifest.ts";
import type { DropRow, NewJob } from "../storePort.ts";
import type { Admitted } from "./admitted.ts";
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

/** Takes a planned drop out of the hot folder, where it has a manifest there, and makes its job. Media stay where they are. */
export async function claimJob(
  context: StageContext,
  folder: string,
  planned: {
    readonly name: string;
    readonly outcome: PlanOutcome & { kind: "plan" };
    readonly text: Uint8Array | null;
  },
): Promise<Admitted> {
  const { world } = context;
  const { name, outcome, text } = planned;
  const manifestText = outcome.manifestText ?? new TextDecoder().decode(text ?? new Uint8Array(0));
  const manifestSha256 = world.digest.sha256(text ?? manifestText);
  const claimed = text === null ? null : await claimFile(context, folder, { name, sha256: manifestSha256 });
  if (claimed === "again") return { kind: "again" };
  const job: NewJob = {
    id: world.ids.sortable("job_") as JobId,
    plan: outcome.plan,
    dedupeKey: outcome.dedupeKey,
    source: {
      folder,
      name,
      manifestSha256,
      manifestText,
      submittedBy: `uid:${claimed?.uid ?? "unknown"}`,
      claimPath: claimed?.path ?? null,
    },
  };
  return { kind: "claimed", job, notes: outcome.notes, plate: null };
}

async function claimFile(
  context: StageContext,
  folder: string,
  of: { readonly name: string; readonly sha256: string },
): Promise<{ readonly path: string; readonly uid: number } | "again"> {
  const { world, files } = context;
  const path = claimPathOf(folder, world.ids.uuid(), of.name);
  // On a share ENOENT may be a lost reply of our own rename: our name tells.
  await files.rename(joinPath(folder, of.name), path).catch(ignore("ENOENT"));
  const seen = await files.lookAt(path, LIMITS.manifestBytesMax).catch(ignore("ENOENT", "EINVAL", "ELOOP", "EFBIG"));
  if (seen?.bytes && world.digest.sha256(seen.bytes) === of.sha256) return { path, uid: seen.stat.uid };
  await giveBack(context, folder, { path, name: of.name });
  return "again";
}

/** What took the file's place meanwhile came along by its name; it goes back. */
async function giveBack(
  context: StageContext,
  folder: string,
  claim: { readonly path: string; readonly name: string },
): Promise<void> {
  const { files, world } = context;
  const stat = await files.stat(claim.path).catch(ignore("ENOENT"));
  if (stat?.kind !== "directory") return putBack(context, folder, claim);
  await files.rename(claim.path, joinPath(folder, `put-back-${world.ids.uuid().slice(0, 8)}-${claim.name}`));
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
    run: () => fileAll(context, drops, joinPath(first.folder, to, dateShard(context.world.clock.now()))),
    done: async (outcome) => {
      if (!outcome.ok) {
        failed(outcome.error);
        return;
      }
      try {
        const filed = drops.flatMap(({ id }, index) => {
          const path = outcome.value[index] ?? null;
          return path === null ? [] : [{ id, path }];
        });
        if (filed.length > 0) await context.world.store.fileDrops(filed);
      } catch (error) {
        // Moved, and not on record: asked for again, they are found where they were moved to.
        failed(error);
      }
    },
  });
}

async function fileAll(
  context: StageContext,
  drops: readonly DropRow[],
  dir: string,
): Promise<readonly (string | null)[]> {
  const { files } = context;
  const [first] = drops;
  if (first === undefined) return [];
  await makeDirs(files, first.folder, dir);
  const moves = drops.map((drop) => ({
    from: drop.filedAt ?? drop.claimPath ?? "",
    dir,
    names: [drop.name, `${drop.jobId}-${drop.id}-${drop.name}`],
  }));
  const placed = await moveAllNoClobber(files, moves);
  const out: (string | null)[] = [];
  for (const [index, move] of moves.entries()) out.push(placed[index] ?? (await movedBefore(context, move)));
  return out;
}

/** Gone: moved by a call that died or failed before it could say so. It is said only when the move will stay. */
async function movedBefore(context: StageContext, move: Move): Promise<string | null> {
  const { files } = context;
  if (await exists(files, move.from)) return null;
  // The name that only this drop has comes first: under the plain one a namesake may lie.
  for (const name of [...move.names].reverse()) {
    const target = joinPath(move.dir, name);
    if (!(await exists(files, target))) continue;
    await files.syncDir(move.dir);
    await files.syncDir(parentDir(move.from)).catch(ignore("ENOENT"));
    return target;
  }
  return null;
}
