/** The committed versions of a product, as its folder shows them: what has no commit.json is no version for anybody. */
import { z } from "zod";
import { versionName } from "./domain/ids.ts";
import { LIMITS } from "./domain/limits.ts";
import { joinPath } from "./domain/paths.ts";
import type { CommittedVersion } from "./domain/pointers.ts";
import { ignore } from "./durable.ts";
import type { Digest, Files } from "./ports.ts";

export interface VersionWorld {
  readonly files: Files;
  readonly digest: Digest;
}

const commitSchema = z.object({
  schema: z.literal("hotplate-commit/1"),
  product: z.string(),
  job: z.string().optional(),
  committedAt: z.string().optional(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
});
export type Commit = z.infer<typeof commitSchema>;

export interface ReadVersion extends CommittedVersion {
  readonly commit: Commit;
}

/** Numbers of the directories `v###`, newest first; a product that is not there has none. */
export async function versionNumbers(files: Files, productDir: string): Promise<readonly number[]> {
  const entries = await files.list(productDir, LIMITS.productVersionsMax).catch(ignore("ENOENT", "ENOTDIR"));
  return (entries ?? [])
    .flatMap(({ name, kind }) => (kind === "directory" && /^v\d{3,9}$/.test(name) ? [Number(name.slice(1))] : []))
    .filter((number, index, all) => all.indexOf(number) === index)
    .sort((a, b) => b - a);
}

/** null: it is absent, or not a version of ours. */
export async function readVersion(
  world: VersionWorld,
  productDir: string,
  number: number,
): Promise<ReadVersion | null> {
  const dir = joinPath(productDir, versionName(number));
  const bytes = await world.files
    .read(joinPath(dir, ".hotplate/commit.json"), LIMITS.commitBytesMax)
    .catch(ignore("ENOENT", "ENOTDIR", "EINVAL", "ELOOP"));
  const commit = bytes === undefined ? null : commitOf(bytes);
  if (bytes === undefined || commit === null) return null;
  return {
    number,
    dir,
    commitSha256: world.digest.sha256(bytes),
    committedAt: commit.committedAt ?? null,
    commit,
  };
}

export async function latestVersion(world: VersionWorld, productDir: string): Promise<ReadVersion | null> {
  for (const number of await versionNumbers(world.files, productDir)) {
    const version = await readVersion(world, productDir, number);
    if (version !== null) return version;
  }
  return null;
}

/** Is this folder a product of ours? Its claims say so. */
export async function isProduct(files: Files, dir: string): Promise<boolean> {
  const stat = await files.stat(joinPath(dir, ".hotplate/claims")).catch(ignore("ENOENT", "ENOTDIR"));
  return stat?.kind === "directory";
}

function commitOf(bytes: Uint8Array): Commit | null {
  try {
    const parsed = commitSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.data : null;
  } catch {
    // No JSON: nothing that we wrote.
    return null;
  }
}
