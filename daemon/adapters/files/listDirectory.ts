/**
 * One level of a directory: names and kinds. Local disks say the kind with the name; some network mounts do not, and then
 * Node's directory handle would ask synchronously, name by name, which on a dead mount blocks the whole daemon. So only
 * local directories are streamed; every other one is read in a call that never asks on the loop's thread.
 */
import type { Dirent } from "node:fs";
import { lstat, opendir, readdir } from "node:fs/promises";
import { nameOfBytes } from "../../domain/dropName.ts";
import type { DirEntry, EntryKind } from "../../ports.ts";
import { failure, isCode } from "./openRegular.ts";

const LSTATS_AT_ONCE = 16;

export function listDirectory(dir: string, max: number, local: boolean): Promise<readonly DirEntry[]> {
  return local ? streamed(dir, max) : whole(dir, max);
}

export function kindOf(of: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): EntryKind {
  if (of.isFile()) return "file";
  if (of.isDirectory()) return "directory";
  return of.isSymbolicLink() ? "link" : "other";
}

async function streamed(dir: string, max: number): Promise<readonly DirEntry[]> {
  const out: DirEntry[] = [];
  for await (const entry of await opendir(dir, { bufferSize: 1024 })) {
    if (out.length >= max) throw tooMany(dir, max);
    out.push(entryOf(entry));
  }
  return out.some((entry) => entry.name.includes(REPLACED)) ? byBytes(dir, max) : out;
}

async function whole(dir: string, max: number): Promise<readonly DirEntry[]> {
  let entries: readonly Dirent[];
  try {
    entries = await readdir(dir, { withFileTypes: true });
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    // Either the directory is gone, or one name was removed while Node asked for its kind. The names tell which.
    return nameByName(dir, max);
  }
  if (entries.length > max) throw tooMany(dir, max);
  return entries.some((entry) => entry.name.includes(REPLACED)) ? nameByName(dir, max) : entries.map(entryOf);
}

/** Node reads this where a name's bytes are no UTF-8, and two such names would be one. */
const REPLACED = "\uFFFD";
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The same directory by the bytes of its names: rare, so only where a name was not read as text. */
async function byBytes(dir: string, max: number): Promise<readonly DirEntry[]> {
  const entries = await readdir(dir, { withFileTypes: true, encoding: "buffer" });
  if (entries.length > max) throw tooMany(dir, max);
  return entries.map((entry) => ({ name: nameOfBytes(entry.name, textOf), kind: kindOf(entry) }));
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return STRICT.decode(bytes);
  } catch {
    // Not text: that is the question.
    return null;
  }
}

async function nameByName(dir: string, max: number): Promise<readonly DirEntry[]> {
  const names = await readdir(dir, { encoding: "buffer" });
  if (names.length > max) throw tooMany(dir, max);
  const out: DirEntry[] = [];
  for (let from = 0; from < names.length; from += LSTATS_AT_ONCE) {
    const some = await Promise.all(names.slice(from, from + LSTATS_AT_ONCE).map((name) => entryNow(dir, name)));
    out.push(...some.filter((entry) => entry !== null));
  }
  return out;
}

async function entryNow(dir: string, name: Buffer): Promise<DirEntry | null> {
  try {
    const kind = kindOf(await lstat(Buffer.concat([Buffer.from(`${dir}/`), name])));
    return { name: nameOfBytes(name, textOf), kind };
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    throw error;
  }
}

function entryOf(entry: Dirent): DirEntry {
  return { name: entry.name, kind: kindOf(entry) };
}

function tooMany(dir: string, max: number): Error {
  return failure("EOVERFLOW", `${dir} holds more than ${max} names`);
}
