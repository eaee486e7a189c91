/**
 * The pictures of a folder and of the folders inside it, and what lies there and is left out, by reason: what is never looked at
 * is told. Of a version's folder they are its results, of a review folder none: sheets and proxies are made for people. Follows
 * no link to a folder. Errors: HP-PLATE-TOO-MANY.
 */
import { HotplateError, systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName, joinPath } from "./domain/paths.ts";
import type { LeftOut } from "./domain/pictureGroups.ts";
import { isPictureName, isUnreadKind } from "./domain/pictureGroups.ts";
import type { DirEntry, Files } from "./ports.ts";

export interface FolderPictures {
  /** Folder -> names in it, sorted. */
  readonly byDir: ReadonlyMap<string, readonly string[]>;
  readonly leftOut: readonly LeftOut[];
}

type Look = (dir: string, entries: readonly DirEntry[]) => Promise<(name: string) => string | null>;

/** unread: pictures of kinds that can't be read here, too, so that each is told. */
export async function folderPictures(
  files: Files,
  top: string,
  how: { readonly unread: boolean },
): Promise<FolderPictures> {
  const byDir = new Map<string, readonly string[]>();
  const left = leftOutBook(top);
  let count = 0;
  const walk = async (dir: string, deep: number, papers: ReadonlySet<string>): Promise<void> => {
    const entries = [...(await files.list(dir, LIMITS.hotFolderEntriesMax))].sort((a, b) => (a.name < b.name ? -1 : 1));
    const known = new Set([...papers, ...(await sheetsAndProxies(files, dir, entries))]);
    const forPeople = await reasonIn(dir, entries);
    const names: string[] = [];
    for (const { name, kind } of entries) {
      const path = joinPath(dir, name);
      if (kind === "directory") continue;
      const why = known.has(path) ? OWN_PAPER : (forPeople(name) ?? (await reasonOf(files, { path, kind, how })));
      if (why === null) names.push(name);
      else left.add(why, path);
    }
    byDir.set(dir, names);
    count += names.length;
    if (count > LIMITS.sequenceFramesMax)
      throw new HotplateError(
        "HP-PLATE-TOO-MANY",
        `${top} has more than ${LIMITS.sequenceFramesMax} pictures; that many are looked at.`,
      );
    for (const { name, kind } of entries) {
      if (kind !== "directory") continue;
      const path = joinPath(dir, name);
      if (name.startsWith(".")) {
        if (name !== ".hotplate") left.add(HIDDEN, path);
      } else if (deep === 0)
        throw new HotplateError(
          "HP-PLATE-TOO-MANY",
          `${path} lies more than ${LIMITS.pictureFoldersDeepMax} folders below ${top}.`,
          { hint: `Name it by itself, or a folder nearer to it.` },
        );
      else await walk(path, deep - 1, known);
    }
  };
  await walk(top, LIMITS.pictureFoldersDeepMax, new Set());
  return { byDir, leftOut: left.all() };
}

const HIDDEN = "hidden by the dot of its name";
const OWN_PAPER = "a version's sheet or proxy, no result";

const reasonIn: Look = async (dir, entries) => {
  const own = baseName(dir);
  const isReview = entries.some(({ name }) => name === `${own}_qc.html` || name === `${own}_contact.jpg`);
  return (name) => (isReview && isPictureName(name) ? "a review folder's picture, made for people" : null);
};

async function reasonOf(
  files: Files,
  { path, kind, how }: { readonly path: string; readonly kind: DirEntry["kind"]; readonly how: { unread: boolean } },
): Promise<string | null> {
  const name = baseName(path);
  if (name.startsWith(".")) return HIDDEN;
  if (isPictureName(name)) return null;
  if (isUnreadKind(name)) return how.unread ? null : "a picture of a kind that is not read here";
  return kind === "link" && (await isFolder(files, path)) ? "a link to a folder" : "no picture by its name";
}

async function isFolder(files: Files, path: string): Promise<boolean> {
  try {
    return (await files.stat(await files.realpath(path))).kind === "directory";
  } catch (error) {
    if (systemCode(error) === null) throw error;
    return false;
  }
}

/** Of a version (it has a commit): pictures that it names among its files, and not among its results. */
async function sheetsAndProxies(files: Files, dir: string, entries: readonly DirEntry[]): Promise<readonly string[]> {
  if (!entries.some(({ name, kind }) => name === ".hotplate" && kind === "directory")) return [];
  const text = async (name: string): Promise<string | null> => {
    try {
      return new TextDecoder().decode(await files.read(joinPath(dir, `.hotplate/${name}`), LIMITS.assetBytesMax));
    } catch (error) {
      if (systemCode(error) === null) throw error;
      return null;
    }
  };
  const [commit, results] = [await text("commit.json"), await text("frames.sha256")];
  if (commit === null || results === null) return [];
  // A line is a hash of 64 letters, two blanks, a path.
  const frames = new Set(results.split("\n").map((line) => line.slice(66)));
  return pathsIn(commit)
    .filter((path) => !frames.has(path))
    .map((path) => joinPath(dir, path));
}

function pathsIn(commit: string): readonly string[] {
  try {
    const { files } = JSON.parse(commit) as { readonly files?: unknown };
    const entries: readonly unknown[] = Array.isArray(files) ? files : [];
    return entries.flatMap((one) => {
      const path = (one as { readonly path?: unknown } | null)?.path;
      return typeof path === "string" ? [path] : [];
    });
  } catch {
    // A paper that nobody can read leaves nothing out: everything is looked at.
    return [];
  }
}

function leftOutBook(top: string): {
  readonly add: (because: string, path: string) => void;
  readonly all: () => readonly LeftOut[];
} {
  const book = new Map<string, { count: number; first: string[] }>();
  return {
    add: (because, path) => {
      const known = book.get(because) ?? { count: 0, first: [] };
      known.count += 1;
      if (known.first.length < LIMITS.leftOutNamed) known.first.push(path.slice(top.length).replace(/^\//, ""));
      book.set(because, known);
    },
    all: () => [...book].map(([because, of]) => ({ because, ...of })),
  };
}
