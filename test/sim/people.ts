/**
 * The artist: drops manifests at once, by rename, in pieces, twice; deletes one midway; drops a picture by mistake. Writes
 * reach the disk as a file server writes for its clients: bytes and name, durably.
 */
import type { SimDisk } from "./disk.ts";
import type { SimWorld } from "./world.ts";

export type How = "rename" | "at once" | "in pieces" | "pieces then deleted";

export interface Act {
  /** ms after the start. */
  readonly at: number;
  readonly folder: string;
  readonly name: string;
  readonly text: string;
  readonly how: How;
  /** What must become of it. */
  readonly end: "published" | "rejected" | "duplicate" | "waits" | "gone";
}

export interface Done {
  readonly act: Act;
  /** When the last byte was there; null while it is not. */
  completeAt: number | null;
}

export function schedulePeople(world: SimWorld, disk: SimDisk, acts: readonly Act[]): readonly Done[] {
  return acts.map((act) => {
    const done: Done = { act, completeAt: null };
    world.at(act.at, () => start(world, disk, done));
    return done;
  });
}

function start(world: SimWorld, disk: SimDisk, done: Done): void {
  const { act } = done;
  const path = `${act.folder}/${act.name}`;
  world.trace(() => `artist drops ${path} (${act.how})`);
  switch (act.how) {
    case "rename": {
      const temporary = `${act.folder}/.${act.name}.tmp`;
      put(disk, temporary, act.text);
      // Some milliseconds between the last write and the name, as any program has.
      world.at(12, () => {
        disk.rename(temporary, path);
        disk.makeDurable(path);
        done.completeAt = world.now;
      });
      return;
    }
    case "at once":
      put(disk, path, act.text);
      done.completeAt = world.now;
      return;
    case "in pieces":
    case "pieces then deleted":
      piece(world, disk, done, 1);
      return;
  }
}

const PIECES = 4;

function piece(world: SimWorld, disk: SimDisk, done: Done, nth: number): void {
  const { act } = done;
  const path = `${act.folder}/${act.name}`;
  if (act.how === "pieces then deleted" && nth === PIECES) {
    if (disk.peek(path) !== null) {
      disk.unlink(path);
    }
    done.completeAt = world.now;
    return;
  }
  const text = act.text.slice(0, Math.ceil((act.text.length * nth) / PIECES));
  if (disk.peek(path) === null) put(disk, path, text);
  else {
    disk.overwrite(path, text);
    disk.makeDurable(path);
  }
  if (nth === PIECES) done.completeAt = world.now;
  else world.at(300, () => piece(world, disk, done, nth + 1));
}

function put(disk: SimDisk, path: string, text: string): void {
  if (disk.peek(path) !== null) {
    disk.overwrite(path, text);
  } else disk.create(path, text);
  disk.makeDurable(path);
}
