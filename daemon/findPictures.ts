/**
 * What a person names on the command line -> the pictures that are meant: files, folders, and sequences as docs/sequences.md
 * writes them (`x.####.exr`, `x.%04d.exr`, `x.[1001-1010].exr`). Opens nothing. Errors: HP-NOT-FOUND, HP-PLATE-PATTERN.
 */
import { HotplateError, systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import type { LeftOut, PictureGroup } from "./domain/pictureGroups.ts";
import { groupsIn, leftOutWords, wantedFrames } from "./domain/pictureGroups.ts";
import { lostPath } from "./lostPath.ts";
import { folderPictures } from "./pictureFolders.ts";
import type { PlatePattern } from "./domain/sequence.ts";
import { matchFrames, parsePattern } from "./domain/sequence.ts";
import { framesOf, rangeHas } from "./domain/sequenceRange.ts";
import type { Files } from "./ports.ts";

export interface FoundPictures {
  readonly groups: readonly PictureGroup[];
  /** Of folders: what lies in them and is not meant. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * Absolute paths, `~` and variables resolved by the shell. In the order in which they are named; a file counts once. Folders
 * with those inside them. unread: with pictures of kinds that can't be read here.
 */
export async function findPictures(
  files: Files,
  words: readonly string[],
  how: { readonly unread?: boolean } = {},
): Promise<FoundPictures> {
  const byDir = new Map<string, Set<string>>();
  const below = new Map<string, string>();
  const leftOut: LeftOut[] = [];
  const patterns: PictureGroup[] = [];
  for (const word of words) {
    const kind = await kindOf(files, word);
    if (kind === "directory") {
      const found = await folderPictures(files, word, { unread: how.unread === true });
      for (const [dir, names] of found.byDir) {
        addNames(byDir, dir, names);
        if (!below.has(dir)) below.set(dir, dir.slice(word.length).replace(/^\//, ""));
      }
      leftOut.push(...found.leftOut);
    } else if (kind === "file") addNames(byDir, parentDir(word), [baseName(word)]);
    else patterns.push(await groupOf(files, word));
  }
  const named = new Set(patterns.flatMap((group) => group.frames.map(({ path }) => path)));
  const rest = [...byDir].flatMap(([dir, names]) =>
    groupsIn(
      dir,
      [...names].filter((name) => !named.has(joinPath(dir, name))),
    ).map((group) => (below.get(dir) ? { ...group, name: `${below.get(dir)}/${group.name}` } : group)),
  );
  const groups = [...patterns, ...rest];
  const count = groups.reduce((sum, group) => sum + group.frames.length, 0);
  if (count === 0) throw nothing(`There are no pictures in ${words.join(", ")}.${leftOutSentence(leftOut)}`);
  if (count > LIMITS.sequenceFramesMax)
    throw new HotplateError(
      "HP-PLATE-TOO-MANY",
      `${count} pictures are named; at most ${LIMITS.sequenceFramesMax} are looked at.`,
    );
  return { groups, leftOut };
}

function leftOutSentence(leftOut: readonly LeftOut[]): string {
  return leftOut.length === 0 ? "" : ` Left out: ${leftOut.map(leftOutWords).join("; ")}.`;
}

function addNames(byDir: Map<string, Set<string>>, dir: string, names: readonly string[]): void {
  const known = byDir.get(dir) ?? new Set<string>();
  for (const name of names) known.add(name);
  byDir.set(dir, known);
}

async function kindOf(files: Files, path: string): Promise<"file" | "directory" | null> {
  try {
    const { kind } = await files.stat(await files.realpath(path));
    return kind === "file" || kind === "directory" ? kind : null;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") {
      const lost = await lostPath(files, path, error);
      // A pattern is the name of no file either.
      if (lost.code === "HP-NOT-FOUND") return null;
      throw lost;
    }
    throw error;
  }
}

async function groupOf(files: Files, word: string): Promise<PictureGroup> {
  const dir = parentDir(word);
  const parsed = parsePattern(baseName(word));
  if (!parsed.ok) throw new HotplateError(parsed.code, `${word}: ${parsed.message}.`, { hint: parsed.fix });
  const { pattern } = parsed;
  if (pattern.padding === 0) throw nothing(`There is no ${word}.`);
  if ((await kindOf(files, dir)) !== "directory") throw nothing(`There is no folder ${dir}.`);
  return patternGroup(dir, pattern, await files.list(dir, LIMITS.hotFolderEntriesMax));
}

function patternGroup(
  dir: string,
  pattern: PlatePattern,
  entries: readonly { readonly name: string; readonly kind: string }[],
): PictureGroup {
  const names = entries.filter(({ kind }) => kind !== "directory").map(({ name }) => name);
  const there = matchFrames(names, pattern).frames.flatMap(({ frame, name }) =>
    frame === null ? [] : [{ frame, path: joinPath(dir, name) }],
  );
  const { range } = pattern;
  const meant = range === null ? there : there.filter(({ frame }) => rangeHas(range, frame));
  if (meant.length === 0) throw nothing(`No file in ${dir} is one of ${pattern.text}${inRange(pattern)}.`);
  const frames = meant.map(({ frame }) => frame);
  const wanted = range === null ? (wantedFrames(frames) ?? frames) : [...framesOf(range)].sort((a, b) => a - b);
  return { name: pattern.text, dir, frames: meant, wanted, isSequence: wanted.length > 1, byPattern: true };
}

function inRange({ range }: PlatePattern): string {
  return range === null ? "" : ` in ${range.text}`;
}

function nothing(message: string): HotplateError {
  return new HotplateError("HP-NOT-FOUND", message, {
    hint: "Name files, a folder, or a sequence in quotes: 'out.####.exr', out.%04d.exr, out.[1001-1010].exr.",
  });
}
