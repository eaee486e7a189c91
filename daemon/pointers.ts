/**
 * Makes what lies beside a product's versions true: latest.json, approved.json, and where it is configured a link and the
 * `hero` copy. All of it is derived from the versions and the log, so it may be called at any time, by anybody, twice.
 *
 * Must never: replace or take away what is not ours, or show a copy that is not whole. (Between two renames there is no
 * `hero` for an instant; there is never half of one.)
 */
import { systemCode } from "./domain/errors.ts";
import { standing } from "./domain/approvals.ts";
import { versionName } from "./domain/ids.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import {
  APPROVED_FILE,
  approvedText,
  HERO_DIR,
  heroPath,
  heroText,
  isOurPointer,
  LATEST_FILE,
  LATEST_LINK,
  latestText,
} from "./domain/pointers.ts";
import type { PointerSettings } from "./domain/versionSettings.ts";
import { readApprovals, writeLog } from "./approvalLog.ts";
import type { LogWorld } from "./approvalLog.ts";
import { exists, ignore, makeDirs, replaceFile } from "./durable.ts";
import type { ReadVersion } from "./productVersions.ts";
import { latestVersion } from "./productVersions.ts";

export interface Pointers {
  /** What was written, taken away or can't be, for the log: `latest.json v007`. */
  readonly changed: readonly string[];
  readonly trouble: readonly string[];
}

export async function refreshPointers(
  world: LogWorld,
  productDir: string,
  settings: PointerSettings,
): Promise<Pointers> {
  const changed: string[] = [];
  const trouble: string[] = [];
  const product = baseName(productDir);
  const put = async (name: string, text: string | null, what: string): Promise<void> => {
    const outcome = await putPointer(world, joinPath(productDir, name), text);
    if (outcome === "changed") changed.push(`${name} ${what}`);
    if (outcome === "foreign") trouble.push(`${name} is not ours; it was left as it is`);
  };
  // Another node may have published the next one while this was written: looked at until it is still the latest.
  for (let looks = 0; looks < LIMITS.pointerLooksMax; looks += 1) {
    const latest = await latestVersion(world, productDir);
    if (latest === null) break;
    if (settings.latest === "json") await put(LATEST_FILE, latestText(product, latest), versionName(latest.number));
    if (settings.symlink) await link(world, latest, { productDir, changed, trouble });
    if (settings.hero === "copy") await hero(world, latest, { productDir, changed, trouble });
    if ((await latestVersion(world, productDir))?.number === latest.number) break;
  }
  await writeLogAgain(world, productDir);
  const { approved } = standing((await readApprovals(world, productDir)).lines);
  await put(APPROVED_FILE, approved === null ? null : approvedText(product, approved), approved?.subject ?? "none");
  return { changed, trouble };
}

/** A line that was claimed by a writer that died is added now. */
async function writeLogAgain(world: LogWorld, productDir: string): Promise<void> {
  const path = joinPath(productDir, ".hotplate/approvals.jsonl");
  const { texts } = await readApprovals(world, productDir);
  const bytes = await world.files.read(path, LIMITS.approvalsBytesMax).catch(ignore("ENOENT"));
  const there = bytes === undefined ? 0 : new TextDecoder().decode(bytes).split("\n").length - 1;
  if (there < texts.length) await writeLog(world, productDir);
}

/** null: there shall be none. */
async function putPointer(world: LogWorld, path: string, text: string | null): Promise<"same" | "changed" | "foreign"> {
  const bytes = await world.files.read(path, LIMITS.claimBytesMax).catch(ignore("ENOENT"));
  const there = bytes === undefined ? null : new TextDecoder().decode(bytes);
  if (there === text) return "same";
  if (there !== null && !isOurPointer(there)) return "foreign";
  if (text === null) {
    await world.files.unlink(path).catch(ignore("ENOENT"));
    await world.files.syncDir(parentDir(path));
  } else await replaceFile(world.files, path, text, world.ids.uuid());
  return "changed";
}

interface Telling {
  readonly productDir: string;
  readonly changed: string[];
  readonly trouble: string[];
}

const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "EOPNOTSUPP", "ENOTSUP", "ENOSYS", "EINVAL"]);

/** `latest -> v007`. On file systems without links it is trouble that is told. */
async function link(world: LogWorld, latest: ReadVersion, to: Telling): Promise<void> {
  const { files } = world;
  const path = joinPath(to.productDir, LATEST_LINK);
  const stat = await files.stat(path).catch(ignore("ENOENT"));
  if (stat !== undefined && stat.kind !== "link") {
    to.trouble.push(`${LATEST_LINK} is no link of ours; it was left as it is`);
    return;
  }
  if (stat !== undefined) {
    const real = await files.realpath(path).catch(ignore("ENOENT"));
    if (real !== undefined && baseName(real) === versionName(latest.number)) return;
    if (real !== undefined && !/^v\d{3,9}$/.test(baseName(real))) {
      to.trouble.push(`${LATEST_LINK} leads to no version; it was left as it is`);
      return;
    }
  }
  const temporary = joinPath(to.productDir, `.hotplate-tmp.${world.ids.uuid()}.${LATEST_LINK}`);
  try {
    await files.symlink(versionName(latest.number), temporary);
  } catch (error) {
    if (!NO_LINKS.has(systemCode(error) ?? "")) throw error;
    to.trouble.push(`${LATEST_LINK} can't be made: this file system has no links (${systemCode(error)})`);
    return;
  }
  await files.rename(temporary, path);
  await files.syncDir(to.productDir);
  to.changed.push(`${LATEST_LINK} ${versionName(latest.number)}`);
}

/** Copies, never links: whoever edits a file of the copy must not edit the version. */
async function hero(world: LogWorld, latest: ReadVersion, to: Telling): Promise<void> {
  const { files } = world;
  const place = joinPath(to.productDir, HERO_DIR);
  const fresh = joinPath(to.productDir, ".hotplate/hero");
  const before = joinPath(to.productDir, ".hotplate/hero-before");
  const text = heroText(baseName(to.productDir), latest);
  const there = await heroMark(world, place);
  if (there === text) return;
  if (there === null && (await exists(files, place))) {
    to.trouble.push(`${HERO_DIR} is not ours; it was left as it is`);
    return;
  }
  // Whole already, when a life before died between the two renames.
  if ((await heroMark(world, fresh)) !== text) await buildHero(world, latest, { fresh, text });
  await files.removeTree(before);
  if (there !== null) await files.rename(place, before);
  await files.rename(fresh, place);
  await files.syncDir(to.productDir);
  await files.syncDir(parentDir(fresh));
  await files.removeTree(before);
  to.changed.push(`${HERO_DIR} ${versionName(latest.number)}`);
}

/** What the copy's own mark says; null: none of ours. */
async function heroMark(world: LogWorld, dir: string): Promise<string | null> {
  const bytes = await world.files
    .read(joinPath(dir, "hero.json"), LIMITS.claimBytesMax)
    .catch(ignore("ENOENT", "ENOTDIR"));
  const text = bytes === undefined ? null : new TextDecoder().decode(bytes);
  return text !== null && isOurPointer(text) ? text : null;
}

async function buildHero(
  world: LogWorld,
  latest: ReadVersion,
  as: { readonly fresh: string; readonly text: string },
): Promise<void> {
  const { files } = world;
  await files.removeTree(as.fresh);
  await makeDirs(files, parentDir(parentDir(as.fresh)), as.fresh);
  const dirs = new Set([as.fresh]);
  for (const { path } of latest.commit.files) {
    if (path.startsWith(".hotplate/") || path.startsWith("/") || path.split("/").includes("..")) continue;
    const target = joinPath(as.fresh, heroPath(path, latest.number));
    if (!dirs.has(parentDir(target))) await makeDirs(files, as.fresh, parentDir(target));
    dirs.add(parentDir(target));
    await files.copy(joinPath(latest.dir, path), target);
    await files.sync(target);
  }
  for (const dir of [...dirs].toSorted((a, b) => b.length - a.length)) await files.syncDir(dir);
  // Last, for whoever finds it after a power cut takes the copy as whole.
  await files.create(joinPath(as.fresh, "hero.json"), as.text);
  await files.sync(joinPath(as.fresh, "hero.json"));
  await files.syncDir(as.fresh);
}
