/**
 * The durability recipes, all in this one file: what must be true on disk before anybody is told. Built from the
 * primitives of `Files`, so that the simulated disk can cut the power between any two of them.
 *
 * May assume: every path lies inside a root. Must never: overwrite a result (a file rename does; it is used here only for
 * state that may be replaced), or say "done" before the fsync that makes it true.
 */
import { systemCode } from "./domain/errors.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import type { Files } from "./ports.ts";

type Disk = Pick<
  Files,
  | "list"
  | "stat"
  | "read"
  | "create"
  | "copy"
  | "sync"
  | "syncDir"
  | "link"
  | "rename"
  | "unlink"
  | "mkdir"
  | "rmdir"
  | "hash"
>;

/** A file that stays for ever: appears whole under its name or not at all. `taken`: another content has the name. */
export async function publishFile(
  files: Disk,
  path: string,
  data: Uint8Array | string,
  unique: string,
): Promise<"created" | "same" | "taken"> {
  const temporary = temporaryName(path, unique);
  await writeTemporary(files, temporary, data);
  await orRemove(files, temporary, () => files.sync(temporary));
  const linked = await orRemove(files, temporary, () => linkOrCopy(files, temporary, path));
  // After a lost reply the error code lies, the content does not: read back whatever happened.
  const mine = linked || (await sameContent(files, path, data));
  await files.unlink(temporary).catch(ignore("ENOENT"));
  await files.syncDir(parentDir(path));
  if (linked) return "created";
  return mine ? "same" : "taken";
}

/** State that may be replaced (pointers, owner files): whole old content or whole new content, never between. */
export async function replaceFile(files: Disk, path: string, data: Uint8Array | string, unique: string): Promise<void> {
  const temporary = temporaryName(path, unique);
  await writeTemporary(files, temporary, data);
  await orRemove(files, temporary, () => files.sync(temporary));
  await orRemove(files, temporary, () => files.rename(temporary, path));
  await files.syncDir(parentDir(path));
}

/**
 * An answer to a person: replaced whole, but not fsynced. The store holds the truth and answers are written again at
 * every start, so a power cut costs nothing and a burst of 50,000 drops does not wait for 50,000 fsyncs.
 */
export async function replaceAnswer(files: Disk, path: string, text: string, unique: string): Promise<void> {
  const temporary = temporaryName(path, unique);
  await writeTemporary(files, temporary, text);
  await orRemove(files, temporary, () => files.rename(temporary, path));
}

/**
 * Makes each missing directory from `root` (which must exist) down to `dir`, each name durable before the next. A name that
 * is there already is made durable too: whoever made it may have been killed before its fsync, and all that is put below
 * would be lost with it.
 */
export async function makeDirs(files: Disk, root: string, dir: string): Promise<void> {
  const missing: string[] = [];
  for (let at = dir; at !== root && at.length > root.length; at = parentDir(at)) missing.unshift(at);
  for (const path of missing) {
    await files.mkdir(path).catch(ignore("EEXIST"));
    await files.syncDir(parentDir(path));
  }
}

/** Moves a file of ours to a name that nobody may lose: `false` when another file has that name. */
export async function moveNoClobber(files: Disk, from: string, to: string): Promise<boolean> {
  if (!(await linkOrCopy(files, from, to))) {
    if (!(await sameFile(files, from, to))) return false;
  }
  await files.syncDir(parentDir(to));
  await files.unlink(from).catch(ignore("ENOENT"));
  await files.syncDir(parentDir(from)).catch(ignore("ENOENT"));
  return true;
}

/** A name that a file of ours shall get instead of its own; the first of `names` that nobody else has. */
export interface Move {
  readonly from: string;
  readonly dir: string;
  readonly names: readonly string[];
}

/**
 * `moveNoClobber` for many, with two fsyncs of each directory and not of each file: all get their new names, these are made
 * durable, then the old ones go. Where each lies now; null where every name was taken or `from` is no longer there.
 */
export async function moveAllNoClobber(files: Disk, moves: readonly Move[]): Promise<readonly (string | null)[]> {
  const placed: (string | null)[] = [];
  for (const move of moves) placed.push(await takeName(files, move));
  const moved = moves.filter((_, index) => placed[index] !== null);
  for (const dir of new Set(moved.map(({ dir }) => dir))) await files.syncDir(dir);
  for (const { from } of moved) await files.unlink(from).catch(ignore("ENOENT"));
  for (const dir of new Set(moved.map(({ from }) => parentDir(from)))) await files.syncDir(dir).catch(ignore("ENOENT"));
  return placed;
}

async function takeName(files: Disk, { from, dir, names }: Move): Promise<string | null> {
  for (const name of names) {
    const to = joinPath(dir, name);
    try {
      if ((await linkOrCopy(files, from, to)) || (await sameFile(files, from, to))) return to;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      return null;
    }
  }
  return null;
}

/** fsyncs a file that something else wrote and says what it is. */
export async function settleFile(
  files: Disk,
  path: string,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  await files.sync(path);
  const digest = await files.hash(path);
  await files.syncDir(parentDir(path));
  return digest;
}

export type Appearance = "appeared" | "already" | "foreign" | "gone";

/**
 * The one moment at which a version becomes visible: an exclusive mkdir of its final name, then one rename of the complete
 * staging directory over that empty directory. Idempotent: called again after any crash it says `already`.
 * `isOurs` tells by content whether a directory that is in the way is the very version being published.
 *
 * An empty directory that is in the way is a person's, who is about to fill it. Only when an earlier call left its mark
 * beside the staging directory, right before its mkdir, may it be our own: if it is younger than the mark and its owner is
 * us. (After a lost reply of the first mkdir our own is taken for a person's: a number is spent, an empty directory stays.)
 */
export async function appearWhole(
  files: Disk,
  staging: string,
  target: string,
  isOurs: (dir: string) => Promise<boolean>,
): Promise<Appearance> {
  const mark = joinPath(parentDir(staging), `appearing-${baseName(target)}`);
  const staged = await exists(files, staging);
  const triedBefore = staged ? await leaveMark(files, mark) : await exists(files, mark);
  if (!staged || !(await madeNow(files, target))) {
    const there = await inTheWay(files, target);
    if (there === "full") return (await isOurs(target)) ? seenThere(files, target) : "foreign";
    const own = there === "empty" && triedBefore && (await madeAfter(files, target, mark));
    if (!staged) {
      // Neither staging nor target: the disk lied about an fsync. Take our empty name back and let the caller raise it.
      if (own) await files.rmdir(target).catch(ignore("ENOENT", "ENOTEMPTY"));
      return "gone";
    }
    if (!own) return "foreign";
  }
  try {
    await files.rename(staging, target);
  } catch (error) {
    // The reply may be lost and the rename done; or another one was faster. What is there says it, the code does not.
    if ((await inTheWay(files, target)) === "full")
      return (await isOurs(target)) ? seenThere(files, target) : "foreign";
    if (!REFUSES_EMPTY.has(systemCode(error) ?? "")) throw error;
    await files.rmdir(target);
    await files.rename(staging, target);
  }
  await files.syncDir(parentDir(target));
  await files.syncDir(parentDir(staging));
  return "appeared";
}

/** How file systems (SMB servers) refuse a rename of a directory onto an empty one. */
const REFUSES_EMPTY: ReadonlySet<string> = new Set(["EEXIST", "ENOTEMPTY", "EPERM", "EACCES", "EINVAL", "EBUSY"]);

async function seenThere(files: Disk, target: string): Promise<"already"> {
  await files.syncDir(parentDir(target));
  return "already";
}

/** Was it there already? It is kept as it is: what was made since then may be ours. */
async function leaveMark(files: Disk, mark: string): Promise<boolean> {
  const before = await exists(files, mark);
  if (!before) await files.create(mark, "").catch(ignore("EEXIST"));
  await files.sync(mark);
  await files.syncDir(parentDir(mark));
  return before;
}

async function madeNow(files: Disk, dir: string): Promise<boolean> {
  return files.mkdir(dir).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === "EEXIST") return false;
      throw error;
    },
  );
}

/** Anything but a directory is somebody's content. */
async function inTheWay(files: Disk, path: string): Promise<"absent" | "empty" | "full"> {
  const stat = await files.stat(path).catch(ignore("ENOENT"));
  if (stat === undefined) return "absent";
  if (stat.kind !== "directory") return "full";
  return (await isEmpty(files, path)) ? "empty" : "full";
}

/** By the file system's own clock, for both are its files. */
async function madeAfter(files: Disk, dir: string, mark: string): Promise<boolean> {
  const made = await files.stat(dir);
  const marked = await files.stat(mark);
  return made.uid === marked.uid && BigInt(made.mtimeNs) >= BigInt(marked.mtimeNs);
}

/**
 * How a file system says that it makes no hard link. EACCES is Samba's word for it on a disk that has none; where it is a
 * matter of rights, the copy is refused as well.
 */
const NO_LINK: ReadonlySet<string> = new Set([
  "EPERM",
  "EACCES",
  "EOPNOTSUPP",
  "ENOTSUP",
  "ENOSYS",
  "EINVAL",
  "EXDEV",
  "EMLINK",
]);

/** Hard link; where the file system has none, an exclusive copy. `false`: the name is taken. */
export async function linkOrCopy(files: Disk, from: string, to: string): Promise<boolean> {
  try {
    await files.link(from, to);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return false;
    if (!NO_LINK.has(code ?? "")) throw error;
  }
  try {
    await files.copy(from, to);
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
  await files.sync(to);
  return true;
}

export async function exists(files: Pick<Files, "stat">, path: string): Promise<boolean> {
  try {
    await files.stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return false;
    throw error;
  }
}

/** A rejection with one of these codes is the state that was wanted. */
export function ignore(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(systemCode(error) ?? "")) throw error;
  };
}

async function isEmpty(files: Disk, dir: string): Promise<boolean> {
  return (
    (
      await files.list(dir, 10).catch((error: unknown) => {
        if (systemCode(error) === "EOVERFLOW") return [null];
        throw error;
      })
    ).length === 0
  );
}

async function sameContent(files: Disk, path: string, data: Uint8Array | string): Promise<boolean> {
  const wanted = typeof data === "string" ? null : data;
  const size = wanted === null ? (data as string).length * 4 + 4 : wanted.length;
  try {
    const there = await files.read(path, size);
    if (wanted === null) return utf8(there) === data;
    return there.length === wanted.length && there.every((byte, index) => byte === wanted[index]);
  } catch (error) {
    if (systemCode(error) === "EFBIG") return false;
    throw error;
  }
}

async function sameFile(files: Disk, from: string, to: string): Promise<boolean> {
  const there = await files.stat(from).catch(ignore("ENOENT"));
  const target = await files.stat(to);
  if (there === undefined) return true;
  return there.dev === target.dev && there.ino === target.ino;
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** What a crashed life left under this name may be torn: never trusted, always written again. */
async function writeTemporary(files: Disk, temporary: string, data: Uint8Array | string): Promise<void> {
  const create = (): Promise<void> => files.create(temporary, data);
  await orRemove(files, temporary, () =>
    create().catch(async (error: unknown) => {
      if (systemCode(error) !== "EEXIST") throw error;
      await files.unlink(temporary).catch(ignore("ENOENT"));
      await create();
    }),
  );
}

/** A full disk would otherwise keep an empty file for every try. */
async function orRemove<T>(files: Disk, temporary: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    // The first error is the one worth telling; on a disk that does not answer another call would only hang as well.
    if (systemCode(error) !== "ETIMEDOUT") await files.unlink(temporary).catch(() => undefined);
    throw error;
  }
}

function temporaryName(path: string, unique: string): string {
  // A piece of the name is for people who find a left-over; a whole one of 255 bytes would leave no room.
  return joinPath(parentDir(path), `.hotplate-tmp.${unique}.${baseName(path).slice(0, 40)}`);
}
