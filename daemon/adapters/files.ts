/**
 * The real disk: one system call or one bounded read per method, errno codes kept. May assume nothing about what lies in a
 * hot folder: a FIFO, a device or a link dropped there is never opened for reading in a way that could hang or follow.
 * Must never open a plate other than read-only.
 */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, copyFile, link, lstat, mkdir, open, opendir, realpath, rename, rm, rmdir, statfs, unlink } from "node:fs/promises";
import fastGlob from "fast-glob";
import type { DirEntry, EntryKind, Files, MountKind } from "../ports.ts";

const NO_FOLLOW = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** statfs magic numbers of file systems that are known local, and of those known not to be (docs/intake.md). */
const MOUNT_KINDS: ReadonlyMap<number, MountKind> = new Map([
  [0xef53, "local"],
  [0x58465342, "local"],
  [0x9123683e, "local"],
  [0x01021994, "local"],
  [0x794c7630, "local"],
  [0x2fc12fc1, "local"],
  [0x6969, "nfs"],
  [0xfe534d42, "smb"],
  [0xff534d42, "smb"],
  [0x517b, "smb"],
  [0x65735546, "fuse"],
  [0x01021997, "unknown"],
]);

export function createFiles(): Files {
  return {
    list,
    stat,
    realpath: (path) => realpath(path),
    read,
    create,
    copy,
    sync: (path) => syncPath(path, constants.O_RDONLY | constants.O_NOFOLLOW),
    syncDir: (dir) => syncPath(dir, constants.O_RDONLY | constants.O_DIRECTORY),
    link: (from, to) => link(from, to),
    rename: (from, to) => rename(from, to),
    unlink: (path) => unlink(path),
    mkdir: (dir) => mkdir(dir).then(() => undefined),
    rmdir: (dir) => rmdir(dir),
    removeTree: (dir) => rm(dir, { recursive: true, force: true }),
    hash,
    writable: (dir) =>
      access(dir, constants.W_OK | constants.X_OK).then(
        () => true,
        () => false,
      ),
    mount,
    glob,
  };
}

async function list(dir: string, max: number): Promise<readonly DirEntry[]> {
  const out: DirEntry[] = [];
  for await (const entry of await opendir(dir, { bufferSize: 1024 })) {
    if (out.length >= max) throw failure("EOVERFLOW", `${dir} holds more than ${max} names`);
    out.push({ name: entry.name, kind: kindOf(entry) });
  }
  return out;
}

function kindOf(of: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): EntryKind {
  if (of.isFile()) return "file";
  if (of.isDirectory()) return "directory";
  return of.isSymbolicLink() ? "link" : "other";
}

const stat: Files["stat"] = async (path) => {
  const s = await lstat(path, { bigint: true });
  return {
    kind: kindOf(s),
    dev: String(s.dev),
    ino: String(s.ino),
    bytes: Number(s.size),
    mtimeNs: String(s.mtimeNs),
    ctimeNs: String(s.ctimeNs),
    uid: Number(s.uid),
    mode: Number(s.mode),
  };
};

async function read(path: string, bytesMax: number): Promise<Uint8Array> {
  const handle = await open(path, NO_FOLLOW);
  try {
    const s = await handle.stat();
    if (!s.isFile()) throw failure("EINVAL", `${path} is not a regular file`);
    if (s.size > bytesMax) throw failure("EFBIG", `${path} is larger than ${bytesMax} bytes`);
    const data = await handle.readFile();
    if (data.length > bytesMax) throw failure("EFBIG", `${path} is larger than ${bytesMax} bytes`);
    return data;
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

/** A reflink where the file system has one; a plain copy otherwise. */
function copy(from: string, to: string): Promise<void> {
  return copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}

async function syncPath(path: string, flags: number): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function hash(path: string): Promise<{ sha256: string; bytes: number }> {
  const handle = await open(path, NO_FOLLOW);
  const digest = createHash("sha256");
  let bytes = 0;
  for await (const chunk of handle.createReadStream({ highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    digest.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: digest.digest("hex"), bytes };
}

const mount: Files["mount"] = async (path) => {
  const [fs, s] = [await statfs(path), await lstat(path, { bigint: true })];
  return { kind: MOUNT_KINDS.get(fs.type) ?? "unknown", dev: String(s.dev), freeBytes: fs.bavail * fs.bsize };
};

/** Its base must exist: fast-glob answers a missing one with "nothing", and a lost mount would read as "no plates". */
const glob: Files["glob"] = async (pattern, max) => {
  const base = pattern.slice(0, pattern.search(/[^/]*[*?[{(!@+]/)) || "/";
  await lstat(base);
  const paths: string[] = [];
  const stream = fastGlob.stream(pattern, { onlyDirectories: true, followSymbolicLinks: false, suppressErrors: true, absolute: true });
  for await (const path of stream) {
    if (paths.length >= max) return { paths, truncated: true };
    paths.push(String(path));
  }
  return { paths, truncated: false };
};

function failure(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
