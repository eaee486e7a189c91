/** Why a named path can't be opened, in words for people: what is wrong there, by which code, and what to do. Only looks, opens nothing. */
import type { ErrorCode } from "./domain/errors.ts";
import { HotplateError, messageOf, systemCode } from "./domain/errors.ts";
import type { Files } from "./ports.ts";

/** `error`: a failed system call on it. */
export async function lostPath(files: Pick<Files, "stat">, path: string, error: unknown): Promise<HotplateError> {
  const of = (code: ErrorCode, words: string, hint: string): HotplateError =>
    new HotplateError(code, `${path} ${words}`, { hint, cause: error });
  const MEND = "Mend the link, or take it out of what is looked at.";
  switch (systemCode(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return (await isLink(files, path))
        ? of("HP-PATH-BROKEN", "is a link that leads nowhere", MEND)
        : of("HP-NOT-FOUND", "is not there any more", "Put it back, or look again without it.");
    case "ELOOP":
      return of("HP-PATH-BROKEN", "leads nowhere: links lead in a circle", MEND);
    case "EACCES":
    case "EPERM":
      return of("HP-PATH-PERMISSION", "may not be read", "Ask IT for read access.");
    case null:
    default:
      return of("HP-NOT-FOUND", `can't be opened: ${messageOf(error)}`, "See that the file is there and may be read.");
  }
}

async function isLink(files: Pick<Files, "stat">, path: string): Promise<boolean> {
  try {
    return (await files.stat(path)).kind === "link";
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return false;
  }
}
