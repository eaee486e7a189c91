/**
 * Recipe folders on disk -> the book of usable recipes. It assumes that folders may vanish, grow without end or hold
 * anything: every listing and every read is bounded, and what can't be used is named in `broken`, never thrown.
 * It never writes.
 */
import type { Approval, ApprovalReading } from "../domain/approval.ts";
import { APPROVAL_FILE, readApproval } from "../domain/approval.ts";
import { canonicalJson } from "../domain/canonicalJson.ts";
import { messageOf, systemCode } from "../domain/errors.ts";
import { GRAPH_FILE } from "../domain/graphShape.ts";
import { LIMITS } from "../domain/limits.ts";
import { NAME_PATTERN, SEMVER_PATTERN } from "../domain/recipe.ts";
import type { Recipe, RecipeBook } from "../domain/recipe.ts";
import { problemLine, readRecipe, RECIPE_FILE } from "../domain/recipeText.ts";
import type { SafetyRules } from "../domain/safetyRules.ts";
import type { Digest, Files, FileStat, Log, Recipes } from "../ports.ts";

/** What reading needs of the disk. */
export type ReadingFiles = Pick<Files, "list" | "stat" | "realpath" | "read">;

export interface RecipesOptions {
  readonly files: ReadingFiles;
  readonly digest: Digest;
  /** Absent: broken recipes are only in the book (command line). */
  readonly log?: Log;
  /** Recipe folders, first wins: the shipped one, then `config.recipes`. */
  readonly dirs: readonly string[];
  /** Absent: nothing is allowed beyond the default. */
  readonly rules?: SafetyRules;
}

interface Broken {
  readonly kind: "broken";
  readonly dir: string;
  readonly message: string;
}
type Entry = { readonly kind: "recipe"; readonly recipe: Recipe } | Broken;

interface Cached {
  readonly signature: string;
  readonly entry: Entry;
}

/** `book()` lists on every call and reads a recipe again only when its files' identity changed. Never rejects. */
export function createRecipes(options: RecipesOptions): Recipes {
  let cache: ReadonlyMap<string, Cached> = new Map();
  let underWay: Promise<RecipeBook> | null = null;
  const refresh = async (): Promise<RecipeBook> => {
    const next = new Map<string, Cached>();
    const entries: Entry[] = [];
    for (const dir of options.dirs.slice(0, LIMITS.recipeDirsMax)) {
      const { found, broken } = await recipeDirs(options.files, dir);
      entries.push(...broken);
      for (const place of found) {
        const cached = await readOnce(options, place, cache.get(place.dir));
        next.set(place.dir, cached);
        entries.push(cached.entry);
      }
    }
    const before = cache;
    cache = next;
    const book = bookOf(entries);
    tellBroken(options.log, before, next);
    return book;
  };
  return {
    book: () => {
      underWay ??= refresh().finally(() => {
        underWay = null;
      });
      return underWay;
    },
  };
}

/** A folder that is laid out as a recipe: `<root>/<name>/<version>`. */
export interface RecipePlace {
  readonly dir: string;
  readonly name: string;
  readonly version: string;
}
export interface Found {
  readonly found: readonly RecipePlace[];
  readonly broken: readonly Broken[];
}

/** Every recipe folder below a root, and what is laid out wrongly. Never rejects. */
export async function recipeDirs(files: ReadingFiles, root: string): Promise<Found> {
  const found: RecipePlace[] = [];
  const broken: Broken[] = [];
  for (const name of await subfolders(files, root, LIMITS.recipeNamesMax, broken)) {
    const folder = `${root}/${name}`;
    if (!NAME_PATTERN.test(name)) {
      broken.push(brokenEntry(folder, `"${name}" can't be a recipe's name: letters, digits and _ only.`));
      continue;
    }
    const versions = await subfolders(files, folder, LIMITS.recipeVersionsMax, broken);
    if (versions.length === 0) broken.push(brokenEntry(folder, "There is no version folder such as 1.0.0."));
    for (const version of versions) {
      const dir = `${folder}/${version}`;
      if (SEMVER_PATTERN.test(version)) found.push({ dir, name, version });
      else broken.push(brokenEntry(dir, `"${version}" can't be a version: write it as 1.0.0.`));
    }
  }
  return { found, broken };
}

/** Sorted names of folders, links to folders included; dot names are not ours to judge. */
async function subfolders(files: ReadingFiles, dir: string, max: number, broken: Broken[]): Promise<readonly string[]> {
  try {
    const entries = await files.list(dir, max);
    return entries
      .filter((entry) => entry.kind !== "file" && entry.kind !== "other" && !entry.name.startsWith("."))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    const many = systemCode(error) === "EOVERFLOW";
    broken.push(brokenEntry(dir, many ? `More than ${max} entries.` : `Can't be listed: ${messageOf(error)}`));
    return [];
  }
}

async function readOnce(
  { files, digest, rules }: RecipesOptions,
  place: RecipePlace,
  before: Cached | undefined,
): Promise<Cached> {
  try {
    const signature = await signatureOf(files, place.dir);
    if (before !== undefined && before.signature === signature) return before;
    const recipe = await readText(files, `${place.dir}/${RECIPE_FILE}`, LIMITS.recipeFileBytesMax);
    const graph = await readText(files, `${place.dir}/${GRAPH_FILE}`, LIMITS.graphBytesMax);
    const approval = await approvalOf(files, place.dir);
    if (approval?.kind === "broken") return { signature, entry: brokenEntry(place.dir, approval.message) };
    const reading = readRecipe({ recipe, graph }, rules);
    return { signature, entry: entryOf(place, reading, { digest, approval: approval?.approval ?? null }) };
  } catch (error) {
    // The signature holds the message, so that an unchanged trouble is told once.
    const message = `Can't be read: ${messageOf(error)}`;
    return { signature: message, entry: brokenEntry(place.dir, message) };
  }
}

async function signatureOf(files: ReadingFiles, dir: string): Promise<string> {
  const parts = [RECIPE_FILE, GRAPH_FILE, APPROVAL_FILE].map(async (name) => {
    const path = `${dir}/${name}`;
    let stat: FileStat;
    try {
      stat = await files.stat(path);
    } catch (error) {
      if (name === APPROVAL_FILE && systemCode(error) === "ENOENT") return "";
      throw error;
    }
    // Asked for every manifest that is dropped alone: a plain file costs one call.
    if (stat.kind === "link") stat = await files.stat(await files.realpath(path));
    return `${stat.dev}:${stat.ino}:${stat.bytes}:${stat.mtimeNs}:${stat.ctimeNs}`;
  });
  return (await Promise.all(parts)).join("|");
}

/** null: nobody approved it. One that can't be read keeps the recipe out: what it said is not known any more. */
export async function approvalOf(files: Pick<Files, "read">, dir: string): Promise<ApprovalReading | null> {
  try {
    const bytes = await files.read(`${dir}/${APPROVAL_FILE}`, LIMITS.approvalBytesMax);
    return readApproval(new TextDecoder().decode(bytes));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

async function readText(files: ReadingFiles, path: string, bytesMax: number): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true }).decode(await files.read(await files.realpath(path), bytesMax));
}

function entryOf(
  place: RecipePlace,
  reading: ReturnType<typeof readRecipe>,
  of: { readonly digest: Digest; readonly approval: Approval | null },
): Entry {
  const { dir, name, version } = place;
  if (reading.kind === "broken") {
    const rest = reading.problems.length - 1;
    const first = reading.problems[0];
    const message = first === undefined ? "It can't be used." : problemLine(first);
    return brokenEntry(dir, rest > 0 ? `${message} (and ${rest} more)` : message);
  }
  const { file, graph } = reading;
  if (file.name !== name || file.version !== version)
    return brokenEntry(dir, `The folder says ${name} ${version}, recipe.yaml says ${file.name} ${file.version}.`);
  const sha256 = of.digest.sha256(canonicalJson({ file, graph }));
  return { kind: "recipe", recipe: { file, graph, dir, sha256, approval: of.approval } };
}

function brokenEntry(dir: string, message: string): Broken {
  return { kind: "broken", dir, message };
}

/** The first of a name and version wins; the second is named as broken, since a manifest could not tell them apart. */
function bookOf(entries: readonly Entry[]): RecipeBook {
  const recipes = new Map<string, Recipe>();
  const broken: { dir: string; message: string }[] = [];
  for (const entry of entries) {
    if (entry.kind === "broken") {
      broken.push({ dir: entry.dir, message: entry.message });
      continue;
    }
    const key = `${entry.recipe.file.name}@${entry.recipe.file.version}`;
    const first = recipes.get(key);
    if (first === undefined) recipes.set(key, entry.recipe);
    else
      broken.push({
        dir: entry.recipe.dir,
        message: `${key} is already at ${first.dir}; give this one a new version.`,
      });
  }
  return { recipes: [...recipes.values()], broken };
}

/** Each recipe that broke since the last look, once. */
function tellBroken(
  log: Log | undefined,
  before: ReadonlyMap<string, Cached>,
  after: ReadonlyMap<string, Cached>,
): void {
  for (const [dir, { entry, signature }] of after) {
    if (entry.kind !== "broken" || before.get(dir)?.signature === signature) continue;
    log?.event("warn", "recipe.broken", { dir, message: entry.message });
  }
}
