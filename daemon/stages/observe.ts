/**
 * One look at the files of a hot folder: attributes, and of a manifest the very bytes. Runs as owned work, never on the
 * loop. May assume nothing about a name: it may be gone, a FIFO, or a file that nobody may read.
 */
import { systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { Observation } from "../domain/settle.ts";
import { ignoredBecause } from "../domain/settle.ts";
import { isUnspeakable } from "../domain/dropName.ts";
import type { StageContext } from "../live.ts";
import type { DirEntry } from "../ports.ts";
import type { Folder } from "./folder.ts";
import { namesToLookAt } from "./folder.ts";

export interface Looked {
  readonly entries: readonly DirEntry[] | null;
  readonly listingMs: number;
  readonly dev: string;
  readonly observations: ReadonlyMap<string, Seen>;
}
/** `gone`: removed, replaced or still locked between the listing and now; the next listing says what is true. */
export type Seen = SeenFile | "gone" | "unreadable";
export interface SeenFile {
  readonly observation: Observation;
  /** The very bytes that were observed; manifests only. */
  readonly bytes: Uint8Array | null;
}

export async function look(context: StageContext, folder: Folder, relist: boolean): Promise<Looked> {
  const { files, world } = context;
  const path = folder.config.path;
  const began = world.clock.now();
  const entries = relist ? await files.list(path, LIMITS.hotFolderEntriesMax) : null;
  const listingMs = world.clock.now() - began;
  const self = await files.stat(path);
  const observations = new Map<string, Seen>();
  for (const name of wantedNames(folder, entries, world.clock.now())) {
    if (folder.known.get(name)?.kind === "directory" || isUnspeakable(name)) continue;
    observations.set(name, await observe(context, joinPath(path, name)));
  }
  return { entries, listingMs, dev: self.dev, observations };
}

function wantedNames(folder: Folder, entries: readonly DirEntry[] | null, now: number): ReadonlySet<string> {
  const wanted = new Set(namesToLookAt(folder, now).map((known) => known.name));
  for (const entry of entries ?? []) {
    // Names that this very listing found are looked at in the same pass: a rename is accepted one listing later, not two.
    if (wanted.size >= LIMITS.looksPerListing) break;
    if (entry.kind === "file" && !folder.known.has(entry.name) && ignoredBecause(entry.name) === null)
      wanted.add(entry.name);
  }
  return wanted;
}

async function observe(context: StageContext, path: string): Promise<Seen> {
  const { files, world } = context;
  try {
    const isManifest = /\.(ya?ml|json)$/i.test(path);
    const { stat, bytes } = isManifest
      ? await files.lookAt(path, LIMITS.manifestBytesMax)
      : { stat: await files.stat(path), bytes: null };
    if (stat.kind !== "file") return "gone";
    const observation: Observation = {
      at: world.clock.now(),
      dev: stat.dev,
      ino: stat.ino,
      bytes: stat.bytes,
      mtimeNs: stat.mtimeNs,
      ctimeNs: stat.ctimeNs,
      sha256: bytes === null ? null : world.digest.sha256(bytes),
      hasNul: bytes !== null && bytes.includes(0) && !isUtf16(bytes),
      endsWithNewline: bytes === null || bytes.at(-1) === 10,
      endsWithMark: bytes !== null && endsWithMark(bytes),
    };
    return { observation, bytes };
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "EFBIG" || code === "EINVAL" || code === "ELOOP") return "gone";
    if (code === "EACCES" || code === "EPERM") return "unreadable";
    throw error;
  }
}

/** Every second byte of it is NUL, and it is no preallocated copy: it is complete, and wrong in another way. */
function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/** A last line `...`: YAML's end mark, with or without a newline after it. */
function endsWithMark(bytes: Uint8Array): boolean {
  const tail = String.fromCharCode(...bytes.slice(-6));
  return /(^|\n)\.\.\.\r?\n?$/.test(tail);
}
