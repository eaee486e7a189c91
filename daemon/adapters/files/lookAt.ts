/**
 * One look at a small file: opened read-only, its attributes and its bytes from the same open file. Hot folders are read with
 * it, tens of thousands of files in a burst, so each call that is not made counts. May assume nothing about the path; must
 * never wait on the loop's thread for a mount.
 */
import type { BigIntStats } from "node:fs";
import { close, closeSync, constants, fstat, fstatSync, open, read } from "node:fs";
import { promisify } from "node:util";
import { failure, isCode } from "./openRegular.ts";

const openFd = promisify(open);
const closeFd = promisify(close);
const statFd = promisify(fstat) as unknown as (fd: number, options: { readonly bigint: true }) => Promise<BigIntStats>;

const DIRECTORIES_KEPT_MAX = 1_000;

export interface LookedAt {
  readonly stat: BigIntStats;
  /** null: larger than the bound. */
  readonly bytes: Uint8Array | null;
}

/** `isLocal` knows devices of local disks. Attributes of an open file and its end are memory there, not a call to wait for. */
export function createLookAt(isLocal: (dev: string) => boolean): (path: string, bytesMax: number) => Promise<LookedAt> {
  /** Directories whose files were seen to lie on a local disk. */
  const local = new Set<string>();

  async function statOpen(fd: number, dir: string): Promise<{ readonly stat: BigIntStats; readonly near: boolean }> {
    const known = local.has(dir);
    const stat = known ? fstatSync(fd, { bigint: true }) : await statFd(fd, { bigint: true });
    const near = isLocal(String(stat.dev));
    if (!near) local.delete(dir);
    else if (!known) {
      if (local.size >= DIRECTORIES_KEPT_MAX) local.clear();
      local.add(dir);
    }
    return { stat, near };
  }

  return async (path, bytesMax) => {
    const fd = await openNoFollow(path);
    let near = false;
    try {
      const opened = await statOpen(fd, path.slice(0, path.lastIndexOf("/")));
      near = opened.near;
      const { stat } = opened;
      if (!stat.isFile()) throw failure("EINVAL", `${path} is not a regular file`);
      const bytes =
        Number(stat.size) > bytesMax ? null : await readAll(fd, path, { size: Number(stat.size), bytesMax });
      return { stat, bytes };
    } finally {
      if (near) closeSync(fd);
      else await closeFd(fd);
    }
  };
}

export function tooLarge(path: string, bytesMax: number): Error {
  return failure("EFBIG", `${path} is larger than ${bytesMax} bytes`);
}

async function openNoFollow(path: string): Promise<number> {
  try {
    return await openFd(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // A socket, or a device without a driver: it exists and is no file, which is all that the caller can use.
    throw isCode(error, "ENXIO") ? failure("EINVAL", `${path} is not a regular file`) : error;
  }
}

async function readAll(
  fd: number,
  path: string,
  of: { readonly size: number; readonly bytesMax: number },
): Promise<Uint8Array> {
  const { size, bytesMax } = of;
  // One byte more than announced, so that a file which grows meanwhile is seen to, and never read without end.
  let data = Buffer.allocUnsafe(Math.min(size, bytesMax) + 1);
  let length = 0;
  for (;;) {
    const bytesRead = await readSome(fd, data, length);
    length += bytesRead;
    if (length > bytesMax) throw tooLarge(path, bytesMax);
    // All that was announced, and there was room for more: asking once again would only cost every small file a call.
    if (bytesRead === 0 || (length === size && length < data.length)) return data.subarray(0, length);
    if (length === data.length) data = Buffer.concat([data], Math.min(data.length * 2, bytesMax + 1));
  }
}

function readSome(fd: number, into: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, at, into.length - at, null, (error, bytesRead) => {
      if (error === null) resolve(bytesRead);
      else reject(error);
    });
  });
}
