/**
 * Inflates many chunks of one file into memory that is there already. `inflateSync` makes a stream and a buffer for each call,
 * and giving a buffer of 400 kB back to the system and asking for it anew costs more than filling it (a third of a frame's time,
 * measured). So one engine of Node's is asked directly, the way `inflateSync` itself asks it; where a Node has it otherwise,
 * `inflateSync` does the work.
 */
import { constants, createInflate, inflateSync } from "node:zlib";
import { messageOf } from "../../domain/errors.ts";

/** Fills `out` but its last byte, which is room to notice a stream that goes on. Null, or what is wrong in words. */
export type InflateInto = (stored: Uint8Array, out: Uint8Array) => string | null;

/** What Node's own zlib streams hold; `state` is [bytes of room left, bytes of input left] after a write. */
interface Engine {
  readonly _handle?: {
    readonly writeSync?: (flush: number, ...of: readonly (Uint8Array | number)[]) => void;
    readonly reset?: () => void;
    onerror?: (message: string) => void;
  };
  readonly _writeState?: Uint32Array;
}

export function createInflateInto(): InflateInto {
  const { _handle: handle, _writeState: state } = createInflate() as unknown as Engine;
  if (typeof handle?.writeSync !== "function" || typeof handle.reset !== "function" || !(state instanceof Uint32Array))
    return bySync;
  let failed: string | null = null;
  handle.onerror = (message) => {
    failed = message;
  };
  return (stored, out) => {
    failed = null;
    handle.reset?.();
    handle.writeSync?.(constants.Z_FINISH, stored, 0, stored.length, out, 0, out.length);
    return failed ?? lengthWords(out.length - (state[0] ?? 0), out.length - 1);
  };
}

export const bySync: InflateInto = (stored, out) => {
  const wanted = out.length - 1;
  try {
    // zlib refuses a chunkSize under 64.
    const bytes = inflateSync(stored, { maxOutputLength: Math.max(1, wanted), chunkSize: Math.max(64, wanted) });
    if (bytes.length <= wanted) out.set(bytes);
    return lengthWords(bytes.length, wanted);
  } catch (error) {
    return messageOf(error);
  }
};

function lengthWords(got: number, wanted: number): string | null {
  if (got === wanted) return null;
  return got > wanted
    ? `they unpack to more than ${wanted} bytes`
    : `they unpack to ${got} bytes; ${wanted} are needed`;
}
