/**
 * A hot folder before its first listing: is it there, whose is it, how must it be watched, and what did the life before
 * leave half claimed. One owner per hot folder until nodes share a store.
 */
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import { ignore, makeDirs, publishFile, replaceFile } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { MountFacts } from "../ports.ts";
import type { Folder } from "./folder.ts";
import { laneOf } from "./lanes.ts";
import { CLAIMED, settleClaims } from "./claims.ts";
import { tell } from "./tell.ts";

const OWNER = ".hotplate/owner.json";

interface Opened {
  readonly mount: MountFacts;
  readonly claims: readonly string[];
}

export function openFolder(context: StageContext, folder: Folder): void {
  const now = context.world.clock.now();
  if (now < folder.nextListAt) return;
  context.work.start<Opened>({
    key: `open:${folder.config.path}`,
    lane: laneOf(context, folder.config.path, "intake"),
    run: () => open(context, folder),
    done: async (outcome) => {
      folder.nextListAt = context.world.clock.now() + LIMITS.hotFolderListIntervalMs;
      if (!outcome.ok) {
        await refuse(context, folder, outcome.error);
        return;
      }
      folder.mountKind = outcome.value.mount.kind;
      folder.dev = outcome.value.mount.dev;
      folder.opened = true;
      folder.dirty = true;
      await settleClaims(context, folder, outcome.value.claims);
      await watch(context, folder);
    },
  });
}

async function open(context: StageContext, folder: Folder): Promise<Opened> {
  const { files } = context;
  const path = folder.config.path;
  const mount = await files.mount(path);
  await makeDirs(files, path, joinPath(path, CLAIMED));
  await own(context, path);
  const entries = await files.list(joinPath(path, CLAIMED), LIMITS.hotFolderEntriesMax);
  return { mount, claims: entries.filter((entry) => entry.kind === "file").map((entry) => entry.name) };
}

/** Between two batches somebody may have taken the folder over: then nothing of it is ours to claim. */
export async function checkOwner(context: StageContext, path: string): Promise<void> {
  const there = await ownerOf(context, joinPath(path, OWNER));
  if (there.store !== (await context.world.store.storeId())) throw foreignOwner(path, there.node);
}

async function own(context: StageContext, path: string): Promise<void> {
  const { files, world, options } = context;
  const storeId = await world.store.storeId();
  const owner = joinPath(path, OWNER);
  const record = `${JSON.stringify({ store: storeId, node: options.node }, null, 2)}\n`;
  if (options.takeOver) {
    await replaceFile(files, owner, record, storeId);
    return;
  }
  const outcome = await publishFile(files, owner, record, storeId);
  if (outcome !== "taken") return;
  const there = await ownerOf(context, owner);
  if (there.store === storeId) return;
  throw foreignOwner(path, there.node);
}

function foreignOwner(path: string, node: string): HotplateError {
  return new HotplateError(
    "HP-INTAKE-OWNER",
    `${path} belongs to the Hotplate on ${node}. Stop that one, or start this one with --take-over.`,
  );
}

async function ownerOf(context: StageContext, path: string): Promise<{ store: string; node: string }> {
  const text = new TextDecoder().decode(await context.files.read(path, LIMITS.manifestBytesMax));
  try {
    const value = JSON.parse(text) as { store?: unknown; node?: unknown };
    return { store: String(value.store), node: String(value.node) };
  } catch {
    // An owner file that nobody can read still means that somebody owns the folder.
    return { store: "unreadable", node: "an unknown node (owner.json can't be read)" };
  }
}

async function refuse(context: StageContext, folder: Folder, error: unknown): Promise<void> {
  const code = error instanceof HotplateError ? error.code : "HP-INTAKE-FOLDER";
  const reason = refusalWords(folder.config.path, error);
  if (folder.state === "down" && folder.reason === reason) return;
  folder.state = "down";
  folder.reason = reason;
  const fields = { folder: folder.config.path, code, reason };
  await tell(context, "error", "folder.down", fields);
}

function refusalWords(path: string, error: unknown): string {
  if (error instanceof HotplateError) return error.message;
  const code = systemCode(error);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return `Hotplate may not write in ${path} (${code}): it can't answer or claim there. Ask IT for write access.`;
  if (code === "ENOENT") return `${path} is not there. It is read as soon as it is.`;
  return `${code ?? "error"}: ${messageOf(error)}`;
}

/** Hints only where the file system is known local: inotify sees no other node's write. */
async function watch(context: StageContext, folder: Folder): Promise<void> {
  await folder.watch?.close().catch(ignore());
  folder.watch = null;
  if (folder.mountKind !== "local" || folder.config.poll === true) return;
  folder.watch = context.world.hints.watch(folder.config.path, () => {
    // A burst gives a hint for each name that comes and for each that is claimed; the first asks for the listing.
    if (folder.dirty) return;
    folder.dirty = true;
    context.wake();
  });
}
