/** Where plugins and QC profiles lie: the folders of the product, and the files of any folder that are meant to be loaded. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ErrorCode } from "../domain/errors.ts";
import { messageOf } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { folderOpenToAll } from "./pluginRights.ts";

/** Stands before the reason, wherever a refused plugin is named: log, doctor. */
export const CODE: ErrorCode = "HP-PLUGIN";
export const SHIPPED_CHECKS_DIR: string = fileURLToPath(new URL("../../plugins/", import.meta.url));
/** What came with the product is as its package was unpacked. */
export const HOME: string = fileURLToPath(new URL("../../", import.meta.url));
export const SHIPPED_PROFILES_DIR: string = fileURLToPath(new URL("../../config/qc/", import.meta.url));
export const CHECK_FILES = /\.(ts|mts|js|mjs)$|\.check\.(ya?ml|json)$/;

export interface FolderFiles {
  /** By name. */
  readonly files: readonly string[];
  /** Why none of the folder's files is used. */
  readonly problem: string | null;
  /** Nothing at all lies there, as where a disk is not mounted. */
  readonly isEmpty: boolean;
}

export function filesOf(folder: string, ending: RegExp): FolderFiles {
  const open = folder.startsWith(HOME) ? null : folderOpenToAll(folder);
  const refused = (problem: string): FolderFiles => ({ files: [], problem, isEmpty: false });
  if (open !== null) return refused(open);
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile() && ending.test(entry.name) && !/^[._]|\.d\.m?ts$|\.test\./.test(entry.name))
      .map((entry) => entry.name)
      .sort();
    if (names.length > LIMITS.checkFilesMax)
      return refused(
        `the folder can't be read: it holds ${names.length} plugin files; at most ${LIMITS.checkFilesMax} are loaded`,
      );
    return { files: names.map((name) => join(folder, name)), problem: null, isEmpty: entries.length === 0 };
  } catch (error) {
    // The folder is somebody else's: that it can't be read is reported, and the other checks work on.
    return refused(`the folder can't be read: ${messageOf(error)}`);
  }
}
