/**
 * What a person would check of a version on disk, by hand: the papers are there and every file is what they say.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

export interface CheckedVersion {
  readonly name: string;
  readonly files: readonly string[];
  readonly job: string;
}

/** Throws with the reason when a visible version is not whole; an empty directory is a name being taken, not a version. */
export function checkVersion(dir: string): CheckedVersion | null {
  if (readdirSync(dir).length === 0) return null;
  const commitPath = join(dir, ".hotplate/commit.json");
  if (!existsSync(commitPath)) throw new Error(`${dir} is visible without commit.json`);
  const commit = JSON.parse(readFileSync(commitPath, "utf8")) as {
    job: string;
    files: { path: string; bytes: number; sha256: string }[];
  };
  for (const file of commit.files) {
    const path = join(dir, file.path);
    if (!existsSync(path)) throw new Error(`${path} is named by commit.json and absent`);
    if (statSync(path).size !== file.bytes) throw new Error(`${path} has another size than commit.json says`);
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    if (sha256 !== file.sha256) throw new Error(`${path} has another hash than commit.json says`);
  }
  const named = new Set(commit.files.map((file) => file.path));
  for (const path of walk(dir)) {
    const at = relative(dir, path);
    if (at !== ".hotplate/commit.json" && !named.has(at))
      throw new Error(`${path} is in the version and not in commit.json`);
  }
  return { name: dir.slice(dir.lastIndexOf("/") + 1), files: [...named], job: commit.job };
}

export function versionsOf(productDir: string): readonly CheckedVersion[] {
  if (!existsSync(productDir)) return [];
  return readdirSync(productDir)
    .filter((name) => /^v\d{3,}$/.test(name))
    .sort()
    .flatMap((name) => {
      const version = checkVersion(join(productDir, name));
      return version === null ? [] : [version];
    });
}

export function* walk(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}
