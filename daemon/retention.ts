/**
 * Finds what retention may collect, and collects it: pixels in quarantine, of rejected wedges, of versions that nobody
 * decided about. First a tombstone (`collected.json`: number, hashes, parameters), durable; then the pixels. Killed at any
 * instant, a thing is whole or has its tombstone, and the next run finishes it.
 *
 * Must never: touch a plate, a file that commit.json does not name with that size, a sheet or a paper of a version, or
 * anything outside the products that this node's store knows.
 */
import type { Config } from "./domain/config.ts";
import { versionName } from "./domain/ids.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import type { Kept, RetentionRules, Tombstone } from "./domain/retention.ts";
import { readTombstone, tombstoneText, whyKept } from "./domain/retention.ts";
import { exists, ignore, publishFile } from "./durable.ts";
import type { LogWorld } from "./approvalLog.ts";
import type { Clock } from "./ports.ts";
import type { ReadVersion } from "./productVersions.ts";
import { readVersion, versionNumbers } from "./productVersions.ts";
import { keptOf, madeWith, rulesOf } from "./retentionFacts.ts";
import type { Store } from "./storePort.ts";

export type RetentionWorld = LogWorld & {
  readonly config: Pick<Config, "retention">;
  readonly clock: Pick<Clock, "now">;
  readonly store: Pick<Store, "products" | "jobs" | "step" | "wedge">;
};

export interface Collectable {
  readonly productDir: string;
  readonly subject: string;
  readonly kind: "quarantine" | "rejected" | "undecided";
  /** Where the pixels lie and the tombstone will. */
  readonly dir: string;
  /** Relative to `dir`. */
  readonly files: Tombstone["files"];
  readonly bytes: number;
  /** ms since it was rejected or published. */
  readonly ageMs: number;
}

export interface ProductRetention {
  readonly collect: readonly Collectable[];
  /** Old enough, and kept all the same. */
  readonly kept: readonly { readonly subject: string; readonly why: string }[];
  readonly trouble: readonly string[];
}

/** Looks only. */
export async function planRetention(world: RetentionWorld, productDir: string): Promise<ProductRetention> {
  const facts = await keptOf(world, productDir);
  const collect: Collectable[] = [];
  const kept: { subject: string; why: string }[] = [];
  const trouble: string[] = [];
  for (const number of await numbersOf(world, productDir)) {
    const version = await readVersion(world, productDir, number);
    const rules = await rulesOf(world, productDir, number);
    const found = [
      ...(await quarantined(world, { productDir, number, version, rules })),
      ...(version === null ? [] : await ofVersion(world, { productDir, version, rules, facts })),
    ];
    for (const item of found) {
      const why = whyKept(item.subject, facts);
      if (why !== null) kept.push({ subject: item.subject, why });
      else if (item.files.length > 0) collect.push(item);
    }
  }
  for (const item of collect) trouble.push(...(await strangers(world, item)));
  return { collect: collect.filter((item) => !trouble.some((text) => text.startsWith(`${item.dir}/`))), kept, trouble };
}

/** Once more before each: an approval, a pin or a job may have come since it was planned. Returns how many files went. */
export async function collect(world: RetentionWorld, item: Collectable): Promise<number> {
  const why = whyKept(item.subject, await keptOf(world, item.productDir));
  if (why !== null) return 0;
  const { files } = world;
  await inPlace(world, item);
  const path = joinPath(item.dir, "collected.json");
  const text = tombstoneText({
    product: baseName(item.productDir),
    subject: item.subject,
    why: item.kind,
    at: new Date(world.clock.now()).toISOString(),
    files: item.files,
    made: await madeWith(world, item),
  });
  // One of a run that was cut off names the files that are left too.
  let tombstone = await tombstoneAt(world, item.dir);
  if (tombstone === null) {
    await publishFile(files, path, text, world.ids.uuid());
    tombstone = await tombstoneAt(world, item.dir);
  } else await files.syncDir(item.dir);
  const named = new Map(tombstone?.files.map((file) => [file.path, file.sha256]));
  if (item.files.some((file) => named.get(file.path) !== file.sha256))
    throw Object.assign(new Error(`${path} does not name what would go; nothing of it was taken`), { code: "EEXIST" });
  let gone = 0;
  const dirs = new Set<string>();
  for (const file of item.files) {
    const at = joinPath(item.dir, file.path);
    await files.unlink(at).then(() => (gone += 1), ignore("ENOENT"));
    dirs.add(parentDir(at));
  }
  for (const dir of dirs) await files.syncDir(dir);
  return gone;
}

/** A folder of a version that became a link would lead the deed to files that are none of its own: a plate's, for one. */
async function inPlace({ files }: RetentionWorld, item: Collectable): Promise<void> {
  const home = await files.realpath(item.productDir);
  for (const dir of new Set([item.dir, ...item.files.map((file) => parentDir(joinPath(item.dir, file.path)))])) {
    if ((await files.realpath(dir)) === joinPath(home, dir.slice(item.productDir.length + 1))) continue;
    throw Object.assign(new Error(`${dir} leads elsewhere by a link; nothing of ${item.subject} was taken`), {
      code: "EXDEV",
    });
  }
}

export async function tombstoneAt(world: Pick<LogWorld, "files">, dir: string): Promise<Tombstone | null> {
  const bytes = await world.files
    .read(joinPath(dir, "collected.json"), LIMITS.commitBytesMax)
    .catch(ignore("ENOENT", "ENOTDIR", "EINVAL", "ELOOP"));
  return bytes === undefined ? null : readTombstone(new TextDecoder().decode(bytes));
}

async function numbersOf(world: RetentionWorld, productDir: string): Promise<readonly number[]> {
  const quarantine = await versionNumbers(world.files, joinPath(productDir, ".hotplate/quarantine"));
  const all = new Set([...(await versionNumbers(world.files, productDir)), ...quarantine]);
  return [...all].sort((a, b) => a - b);
}

async function quarantined(
  world: RetentionWorld,
  of: {
    readonly productDir: string;
    readonly number: number;
    readonly version: ReadVersion | null;
    readonly rules: RetentionRules;
  },
): Promise<readonly Collectable[]> {
  const { rejectsMs } = of.rules;
  if (rejectsMs === null) return [];
  const home = joinPath(of.productDir, ".hotplate/quarantine", versionName(of.number));
  const out: Collectable[] = [];
  for (const { name, kind } of await listed(world, home)) {
    if (kind !== "directory" || !/^w\d{3,5}$/.test(name)) continue;
    const dir = joinPath(home, name);
    const files: Tombstone["files"] = [];
    let newest = 0;
    const entries = await listed(world, dir);
    const reasons = new Set(entries.map((entry) => entry.name));
    for (const entry of entries) {
      // Ours are those whose reason lies beside them.
      if (entry.kind !== "file" || !reasons.has(`${entry.name}.reason.txt`)) continue;
      const path = joinPath(dir, entry.name);
      const stat = await world.files.stat(path);
      newest = Math.max(newest, Number(BigInt(stat.mtimeNs) / 1_000_000n));
      files.push({ path: entry.name, bytes: stat.bytes, sha256: "" });
    }
    const since = of.version?.committedAt == null ? newest : Date.parse(of.version.committedAt);
    const item = itemOf(world, { productDir: of.productDir, subject: `${versionName(of.number)}/${name}`, dir }, since);
    if (item.ageMs < rejectsMs) continue;
    // Only what is old enough is read for its hash.
    const hashed: Tombstone["files"] = [];
    for (const file of files) hashed.push({ path: file.path, ...(await world.files.hash(joinPath(dir, file.path))) });
    out.push({ ...item, kind: "quarantine", files: hashed, bytes: sumOf(hashed) });
  }
  return out;
}

async function ofVersion(
  world: RetentionWorld,
  of: {
    readonly productDir: string;
    readonly version: ReadVersion;
    readonly rules: RetentionRules;
    readonly facts: Kept;
  },
): Promise<readonly Collectable[]> {
  const { productDir, version, rules, facts } = of;
  const name = versionName(version.number);
  const out: Collectable[] = [];
  if (rules.rejectsMs !== null) {
    for (const [subject, line] of facts.standing.last) {
      if (line.action !== "reject" || !subject.startsWith(`${name}/`)) continue;
      const dir = joinPath(productDir, subject);
      const item = itemOf(world, { productDir, subject, dir }, Date.parse(line.ts));
      const files = await present(world, dir, pixelsOf(version, subject.slice(name.length + 1)));
      if (item.ageMs >= rules.rejectsMs) out.push({ ...item, kind: "rejected", files, bytes: sumOf(files) });
    }
  }
  const since = Date.parse(version.committedAt ?? "");
  const whole = itemOf(world, { productDir, subject: name, dir: version.dir }, since);
  if (rules.wipMs !== null && whole.ageMs >= rules.wipMs) {
    const files = await present(world, version.dir, pixelsOf(version, null));
    if (files.length > 0) out.push({ ...whole, kind: "undecided", files, bytes: sumOf(files) });
  }
  return out;
}

/** A time that can't be read is no age at all. */
function itemOf(
  world: RetentionWorld,
  of: { readonly productDir: string; readonly subject: string; readonly dir: string },
  since: number,
): Pick<Collectable, "productDir" | "subject" | "dir" | "ageMs"> {
  return { ...of, ageMs: Number.isFinite(since) && since > 0 ? world.clock.now() - since : -1 };
}

/** Pixels of one wedge (paths inside its folder) or of the whole version; papers and sheets are none. */
function pixelsOf(version: ReadVersion, wedge: string | null): Tombstone["files"] {
  return version.commit.files.flatMap((file) => {
    if (file.path.startsWith(".hotplate/") || file.path.endsWith(".json") || /(^|\/)contact_/.test(file.path))
      return [];
    if (file.path.startsWith("/") || file.path.split("/").includes("..")) return [];
    if (wedge === null) return [file];
    return file.path.startsWith(`${wedge}/`) ? [{ ...file, path: file.path.slice(wedge.length + 1) }] : [];
  });
}

/** Those that are still there. */
async function present(world: RetentionWorld, dir: string, files: Tombstone["files"]): Promise<Tombstone["files"]> {
  const out: Tombstone["files"] = [];
  for (const file of files) if (await exists(world.files, joinPath(dir, file.path))) out.push(file);
  return out;
}

/** A file that is not what was committed is somebody's work by now. */
async function strangers(world: RetentionWorld, item: Collectable): Promise<readonly string[]> {
  const out: string[] = [];
  for (const file of item.files) {
    const path = joinPath(item.dir, file.path);
    const stat = await world.files.stat(path);
    if (stat.kind !== "file" || stat.bytes !== file.bytes)
      out.push(`${path} is not as it was committed; nothing of ${item.subject} is collected`);
  }
  return out;
}

async function listed(world: RetentionWorld, dir: string) {
  return (await world.files.list(dir, LIMITS.hotFolderEntriesMax).catch(ignore("ENOENT", "ENOTDIR"))) ?? [];
}

function sumOf(files: Tombstone["files"]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}
