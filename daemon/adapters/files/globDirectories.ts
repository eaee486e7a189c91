/**
 * The patterns of asset paths, by fast-glob: directories only, links never followed, streamed and cut off at a bound. May
 * take a while on a large tree; must never answer "nothing" for a mount that is not there.
 */
import { stat } from "node:fs/promises";
import fastGlob from "fast-glob";
import { LIMITS } from "../../domain/limits.ts";
import { failure } from "./openRegular.ts";

export interface GlobAnswer {
  readonly paths: readonly string[];
  readonly truncated: boolean;
}

/** Errors of a directory inside (EACCES ...) are thrown: an unreadable part must not read as an empty one. */
export async function globDirectories(pattern: string, max: number): Promise<GlobAnswer> {
  const base = staticBase(pattern);
  // fast-glob answers a missing base with an empty list, and a lost mount would read as "no plates".
  if (!(await stat(base)).isDirectory()) throw failure("ENOTDIR", `${base} is not a directory`);
  const paths: string[] = [];
  const stream = fastGlob.stream(pattern, {
    onlyDirectories: true,
    followSymbolicLinks: false,
    suppressErrors: false,
    absolute: true,
    deep: LIMITS.directoryDepthMax,
  });
  for await (const path of stream) {
    // Leaving the loop destroys the stream: no more directories are read.
    if (paths.length >= max) return { paths, truncated: true };
    paths.push(String(path));
  }
  return { paths, truncated: false };
}

/** The longest leading part of an absolute pattern that holds no pattern: `/mnt/shows/x/plates/*` -> `/mnt/shows/x/plates`. */
export function staticBase(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split("/").slice(1)) {
    // An escaped character is no pattern, though fast-glob counts it as one.
    if (fastGlob.isDynamicPattern(part.replaceAll(/\\./g, ""))) break;
    parts.push(part.replaceAll(/\\(?=[()[\]{}!*?@+|\\])/g, ""));
  }
  return `/${parts.join("/")}`;
}
