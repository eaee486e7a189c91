/**
 * Bytes of one image file: opened read-only, read synchronously (this runs in a worker thread, where a hung mount blocks
 * nobody else: asynchronous reads would occupy the threads that the whole process shares). Never writes, never follows an
 * instruction found in the file.
 */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { HotplateError, systemCode } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";

export interface ByteSource {
  /** Length of the file, bytes. */
  readonly bytes: number;
  /** Exactly `length` bytes from `offset`; a file that ends before is HP-PLATE-BROKEN. */
  take(offset: number, length: number): Uint8Array;
}

export function bytesSource(data: Uint8Array): ByteSource {
  return {
    bytes: data.length,
    take(offset, length) {
      if (offset < 0 || offset + length > data.length) throw endsEarly(offset + length, data.length);
      return data.subarray(offset, offset + length);
    },
  };
}

export interface FileSource extends ByteSource {
  /** The first bytes of the file, into memory that is there already. */
  readonly fill: (out: Uint8Array) => void;
}

/** Calls `use` with a file opened read-only and closes it whatever happens. A directory or device: EINVAL. */
export function withFile<T>(path: string, use: (source: FileSource) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw Object.assign(new Error(`${path} is not a regular file`), { code: "EINVAL" });
    return use(fileSource(fd, stat.size));
  } finally {
    closeSync(fd);
  }
}

function fileSource(fd: number, bytes: number): FileSource {
  const head = new Uint8Array(Math.min(bytes, LIMITS.imageHeadBytesMax));
  fill(fd, head, 0);
  return {
    bytes,
    fill: (out) => fill(fd, out, 0),
    take(offset, length) {
      if (offset < 0 || offset + length > bytes) throw endsEarly(offset + length, bytes);
      if (offset + length <= head.length) return head.subarray(offset, offset + length);
      const out = new Uint8Array(length);
      fill(fd, out, offset);
      return out;
    },
  };
}

/**
 * The whole file in memory, so that a decoder never touches a mount. Larger than the limit: HP-IMAGE-SIZE. `into`: memory to read into where the file fits,
 * whose beginning is given back then.
 */
export function readWhole(path: string, into?: Uint8Array): Uint8Array {
  return withFile(path, (source) => {
    if (source.bytes > LIMITS.imageFileBytesMax) {
      throw tooLarge(`${path} has ${source.bytes} bytes; at most ${LIMITS.imageFileBytesMax} are read`);
    }
    if (into === undefined || into.length < source.bytes) return source.take(0, source.bytes);
    const whole = into.subarray(0, source.bytes);
    source.fill(whole);
    return whole;
  });
}

/** Hex sha256 of a file's bytes, read anew in pieces; null: they can't be read. */
export function sha256At(path: string): string | null {
  try {
    return withFile(path, (source) => {
      const hash = createHash("sha256");
      for (let at = 0; at < source.bytes; at += PIECE_BYTES)
        hash.update(source.take(at, Math.min(PIECE_BYTES, source.bytes - at)));
      return hash.digest("hex");
    });
  } catch (error) {
    if (error instanceof HotplateError || systemCode(error) !== null) return null;
    throw error;
  }
}

const PIECE_BYTES = 1024 * 1024;

function fill(fd: number, out: Uint8Array, offset: number): void {
  for (let done = 0; done < out.length; ) {
    const got = readSync(fd, out, done, out.length - done, offset + done);
    if (got === 0) throw endsEarly(offset + out.length, offset + done);
    done += got;
  }
}

function endsEarly(needed: number, bytes: number): HotplateError {
  return broken(
    bytes === 0 ? "the file is empty (0 bytes)" : `the file ends at byte ${bytes}; it must have ${needed} at least`,
  );
}

/** The file is damaged: we looked and it is bad. */
export function broken(message: string): HotplateError {
  return new HotplateError("HP-PLATE-BROKEN", message);
}

/** More than a limit of domain/limits.ts, which the message names: we could not look. */
export function tooLarge(message: string): HotplateError {
  return new HotplateError("HP-IMAGE-SIZE", message);
}

/** A kind that no reader here has: we could not look. */
export function notReadable(message: string, hint?: string): HotplateError {
  return new HotplateError("HP-PLATE-KIND", message, hint === undefined ? {} : { hint });
}
