/**
 * Who could exchange a plugin: code of a studio runs with the daemon's rights, so a file or folder that every account of the node
 * may write is not loaded. A group may write: studios have a pipeline group.
 */
import { readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "../domain/errors.ts";

const OTHERS_WRITE = 0o002;

/** The sentence that says what is open, or null. Links are followed: what they lead to is what runs. */
export function openToAll(file: string): string | null {
  const real = dirname(realOf(file));
  return folderOpenToAll(dirname(file)) ?? writableByAll(file, "file") ?? folderOpenToAll(real) ?? partOpenToAll(real);
}

/** What several checks share (`_NAME`) runs with each that imports it. */
function partOpenToAll(folder: string): string | null {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    return `the folder ${folder} can't be looked at (${systemCode(error) ?? "unknown"})`;
  }
  const open = names.filter((name) => PARTS.test(name)).map((name) => writableByAll(join(folder, name), "file"));
  return open.find((sentence) => sentence !== null) ?? null;
}

const PARTS = /^_.*\.(ts|mts|js|mjs)$/;

/** Who may write where a link leads to decides what runs. */
function realOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // It went since it was looked at; whoever loads it says so.
    return file;
  }
}

export function folderOpenToAll(folder: string): string | null {
  return writableByAll(folder, "folder");
}

function writableByAll(path: string, what: "file" | "folder"): string | null {
  try {
    if ((statSync(path).mode & OTHERS_WRITE) === 0) return null;
  } catch (error) {
    return `the ${what} ${path} can't be looked at (${systemCode(error) ?? "unknown"})`;
  }
  return `the ${what} ${path} is writable by every account of this node: chmod o-w ${path}`;
}
