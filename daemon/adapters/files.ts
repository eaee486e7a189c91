/**
 * The real disk: one system call or one bounded read per method, errno codes kept. May assume nothing about what lies in a
 * hot folder: a FIFO, a device or a link dropped there is never waited for and never followed. Must never open a plate
 * other than read-only, and never answer from a share's cached attributes where the file can be opened.
 */
import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import {
  access,
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  realpath,
  rename,
  rm,
  rmdir,
  stat as statFollowing,
  statfs,
  symlink,
  unlink,
} from "node:fs/promises";
import { LIMITS } from "../domain/limits.ts";
import type { Files, FileStat, MountKind } from "../ports.ts";
import { globDirectories } from "./files/globDirectories.ts";
import { createHasher } from "./files/hasher.ts";
import { kindOf, listDirectory } from "./files/listDirectory.ts";
import { cachesAttributes, mountKind } from "./files/mountKind.ts";
import { createLookAt, tooLarge } from "./files/lookAt.ts";
import { isCode, openRegular } from "./files/openRegular.ts";

/** Device -> its kind, as `mount` learned it. */
type Mounts = Map<string, MountKind>;

export function createFiles(): Files {
  const mounts: Mounts = new Map();
  const lookAt = createLookAt((dev) => mounts.get(dev) === "local");
  return {
    list: async (dir, max) => listDirectory(dir, max, mounts.get(String((await statFollowing(dir)).dev)) === "local"),
    stat: (path) => statFresh(path, mounts),
    realpath: (path) => realpath(path),
    head,
    read: async (path, bytesMax) => {
      const { bytes } = await lookAt(path, bytesMax);
      if (bytes === null) throw tooLarge(path, bytesMax);
      return bytes;
    },
    lookAt: async (path, bytesMax) => {
      const { stat, bytes } = await lookAt(path, bytesMax);
      return { stat: statOf(stat), bytes };
    },
    create,
    copy,
    sync: (path) => syncPath(path, constants.O_NOFOLLOW | constants.O_NONBLOCK),
    syncDir: (dir) => syncPath(dir, constants.O_DIRECTORY),
    link: (from, to) => link(from, to),
    rename: (from, to) => rename(from, to),
    unlink: (path) => unlink(path),
    symlink: (target, path) => symlink(target, path),
    mkdir: (dir) => mkdir(dir).then(() => undefined),
    rmdir: (dir) => rmdir(dir),
    removeTree: (dir) => rm(dir, { recursive: true, force: true }),
    hash: createHasher({ inlineBytesMax: LIMITS.hashInlineBytesMax }),
    writable,
    mount: (path) => mountFacts(path, mounts),
    glob: globDirectories,
  };
}

/** A share answers a plain stat from a cache that is up to 30 s old; opening the file makes its client ask the server. */
async function statFresh(path: string, mounts: Mounts): Promise<FileStat> {
  const cached = await lstat(path, { bigint: true });
  if (!cached.isFile() || !cachesAttributes(mounts.get(String(cached.dev)))) return statOf(cached);
  try {
    const { handle } = await openRegular(path);
    try {
      return statOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    // A file that may not be read still has attributes; anything else is the answer.
    if (isCode(error, "EACCES") || isCode(error, "EPERM")) return statOf(cached);
    throw error;
  }
}

function statOf(stat: BigIntStats): FileStat {
  return {
    kind: kindOf(stat),
    dev: String(stat.dev),
    ino: String(stat.ino),
    bytes: Number(stat.size),
    mtimeNs: String(stat.mtimeNs),
    ctimeNs: String(stat.ctimeNs),
    uid: Number(stat.uid),
    mode: Number(stat.mode),
  };
}

async function head(path: string, bytes: number): Promise<Uint8Array> {
  const { handle, bytes: size } = await openRegular(path);
  try {
    const data = Buffer.allocUnsafe(Math.min(bytes, size));
    let length = 0;
    while (length < data.length) {
      const { bytesRead } = await handle.read(data, length, data.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return data.subarray(0, length);
  } finally {
    await handle.close();
  }
}

async function create(path: string, data: Uint8Array | string): Promise<void> {
  const handle = await open(path, "wx", 0o664);
  try {
    await handle.writeFile(data);
  } finally {
    await handle.close();
  }
}

/**
 * A reflink where the file system has one, a copy by the kernel otherwise. The new file's rights are those of any file that
 * we make: a read-only plate would otherwise give a read-only copy.
 */
async function copy(from: string, to: string): Promise<void> {
  const source = await openRegular(from);
  try {
    const target = await open(to, "wx", 0o664);
    try {
      const { mode } = await target.stat();
      // The name could mean something else by now; the open handle can't.
      const opened = process.platform === "linux" ? `/proc/self/fd/${source.handle.fd}` : from;
      await copyFile(opened, to, constants.COPYFILE_FICLONE);
      if ((await target.stat()).mode !== mode) await target.chmod(mode & 0o777);
    } finally {
      await target.close();
    }
  } finally {
    await source.handle.close();
  }
}

async function syncPath(path: string, flags: number): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const NOT_WRITABLE: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR"]);

async function writable(dir: string): Promise<boolean> {
  try {
    await access(dir, constants.W_OK | constants.X_OK);
    return (await statFollowing(dir)).isDirectory();
  } catch (error) {
    // A mount that fails (EIO, ESTALE) is no verdict about rights.
    for (const code of NOT_WRITABLE) if (isCode(error, code)) return false;
    throw error;
  }
}

async function mountFacts(path: string, mounts: Mounts): ReturnType<Files["mount"]> {
  const fileSystem = await statfs(path);
  const kind = mountKind(fileSystem.type);
  const [inside, named] = [await statFollowing(path), await lstat(path, { bigint: true })];
  mounts.set(String(inside.dev), kind);
  return { kind, dev: String(named.dev), freeBytes: fileSystem.bavail * fileSystem.bsize };
}
