/**
 * Opening what a stranger put somewhere: read-only, never through a link, never waiting for the other end of a FIFO. May
 * assume nothing about the path; must never hand out a handle on anything but a regular file.
 */
import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

export interface OpenFile {
  readonly handle: FileHandle;
  readonly bytes: number;
}

/** Errors: EINVAL for a FIFO, device, socket or directory; ELOOP for a link; else the errno of `open`. */
export async function openRegular(path: string): Promise<OpenFile> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      // A socket, or a device without a driver: it exists and is no file, which is all that the caller can use.
      throw isCode(error, "ENXIO") ? failure("EINVAL", `${path} is not a regular file`) : error;
    },
  );
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw failure("EINVAL", `${path} is not a regular file`);
    return { handle, bytes: stat.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** An Error as `node:fs` makes them: `code` is the errno name. */
export function failure(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
