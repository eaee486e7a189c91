/**
 * What intake hands to admit: complete drops, in order of arrival. Memory only; a crash loses the queue, never a file.
 */
import type { Observation } from "../domain/settle.ts";
import type { Folder, KnownName } from "./folder.ts";

export interface Drop {
  readonly folder: Folder;
  readonly known: KnownName;
  /** It came whole by a rename: a syntax error in it is final at once. */
  readonly renamed: boolean;
  readonly bytes: Uint8Array | null;
  readonly observation: Observation | null;
  /** We may not read it. */
  readonly unreadable: boolean;
}

export interface DropQueue {
  push(drop: Drop): void;
  /** Removes and returns up to `max` drops of one folder. */
  take(folder: Folder, max: number): readonly Drop[];
  folders(): readonly Folder[];
  /** Admitted in the last full second or two, for the backlog's estimate; null before anything was. */
  perSecond(): number | null;
  admitted(count: number, now: number): void;
}

export function createDropQueue(): DropQueue {
  const waiting = new Map<Folder, Drop[]>();
  let since = 0;
  let counted = 0;
  let rate: number | null = null;
  return {
    push(drop) {
      const list = waiting.get(drop.folder);
      if (list === undefined) waiting.set(drop.folder, [drop]);
      else list.push(drop);
    },
    take(folder, max) {
      const list = waiting.get(folder) ?? [];
      const taken = list.splice(0, max);
      if (list.length === 0) waiting.delete(folder);
      return taken;
    },
    folders: () => [...waiting.keys()],
    perSecond: () => rate,
    admitted(count, now) {
      if (counted === 0) since = now;
      counted += count;
      if (now - since < 1_000) return;
      rate = (counted * 1_000) / (now - since);
      counted = 0;
    },
  };
}
