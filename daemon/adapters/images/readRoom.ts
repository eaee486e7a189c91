/**
 * Memory that one file after another is read into, for who is done with a file's bytes when it is decoded. New memory is cleared page by page and
 * collected later: of a file of 48 MB that costs as much as reading it.
 */
import { LIMITS } from "../../domain/limits.ts";
import { readWhole } from "./byteSource.ts";

/** The bytes of a file, until they are disposed of: another file's stand there then. */
export interface ReadBytes extends Disposable {
  readonly bytes: Uint8Array;
}

/** Reads a file whole; errors as `readWhole`. */
export type ReadRoom = (path: string) => ReadBytes;

/** One for the life of a worker. Who comes while the room is taken gets memory of its own, and so does a file that is larger than what is kept. */
export function createReadRoom(): ReadRoom {
  let spare: Uint8Array | undefined;
  return (path) => {
    const room = spare;
    const bytes = readWhole(path, room);
    spare = undefined;
    return {
      bytes,
      [Symbol.dispose]() {
        spare = bytes.buffer.byteLength <= LIMITS.readRoomBytesMax ? new Uint8Array(bytes.buffer) : room;
      },
    };
  };
}
