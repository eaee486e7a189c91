/** Proves that a version is what its commit says: promise 4. Reads only; says of every file what it found. */
import { z } from "zod";
import type { ErrorCode } from "./domain/errors.ts";
import { systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import { joinPath } from "./domain/paths.ts";
import { tombstoneAt } from "./retention.ts";
import type { Files } from "./ports.ts";
import type { RecordLine, RecordWorld } from "./verifyRecord.ts";
import { verifyRecord } from "./verifyRecord.ts";

const commitSchema = z.object({
  schema: z.literal("hotplate-commit/1"),
  files: z.array(z.object({ path: z.string(), bytes: z.number().int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

export interface VerifyReport {
  readonly dir: string;
  readonly verdict: "intact" | "changed" | "not checkable";
  /** HP-VERIFY-CHANGED when it changed. */
  readonly code: ErrorCode | null;
  readonly lines: readonly RecordLine[];
}

/** With its record, when it has one: `verifyRecord`. */
export async function verifyVersion(world: RecordWorld, dir: string): Promise<VerifyReport> {
  const { files } = world;
  const commitPath = ".hotplate/commit.json";
  let commit;
  try {
    commit = commitSchema.parse(
      JSON.parse(
        new TextDecoder().decode(await files.read(joinPath(dir, commitPath), LIMITS.commitBytesMax)),
      ) as unknown,
    );
  } catch (error) {
    const why =
      systemCode(error) === "ENOENT"
        ? "it is absent: this is no committed version"
        : `it can't be read: ${error instanceof Error ? error.message : String(error)}`;
    return { dir, verdict: "not checkable", code: null, lines: [{ path: commitPath, state: "not checkable", why }] };
  }
  const lines: RecordLine[] = [];
  const gone = await collectedPaths(world, dir, commit.files);
  for (const file of commit.files) lines.push(collectedLine(await verifyFile(files, dir, file), gone, file.sha256));
  const named = new Set([...commit.files.map((file) => file.path), commitPath]);
  for (const path of await walk(files, dir, ""))
    if (!named.has(path) && !gone.tombstones.has(path))
      lines.push({ path, state: "extra", why: "commit.json does not name it" });
  lines.push(...(await verifyRecord(world, dir)));
  const bad = lines.some((line) => line.state === "changed" || line.state === "missing" || line.state === "extra");
  const blind = lines.some((line) => line.state === "not checkable" && line.outside !== true);
  if (bad) return { dir, verdict: "changed", code: "HP-VERIFY-CHANGED", lines };
  return { dir, verdict: blind ? "not checkable" : "intact", code: null, lines };
}

interface Gone {
  readonly tombstones: ReadonlySet<string>;
  /** Path -> the sha256 that its tombstone keeps. */
  readonly paths: ReadonlyMap<string, string>;
}

/** What retention took, by the tombstones in the version's folder and in those of its wedges. */
async function collectedPaths(
  world: RecordWorld,
  dir: string,
  files: readonly { readonly path: string }[],
): Promise<Gone> {
  const wedges = new Set(files.flatMap(({ path }) => /^w\d{3,5}(?=\/)/.exec(path)?.[0] ?? []));
  const tombstones = new Set<string>();
  const paths = new Map<string, string>();
  for (const place of ["", ...wedges]) {
    const tombstone = await tombstoneAt(world, joinPath(dir, place));
    if (tombstone === null) continue;
    const at = (path: string): string => (place === "" ? path : `${place}/${path}`);
    tombstones.add(at("collected.json"));
    for (const file of tombstone.files) paths.set(at(file.path), file.sha256);
  }
  return { tombstones, paths };
}

/** The tombstone must name the file that was committed: else it is missing, whatever somebody wrote beside it. */
function collectedLine(line: RecordLine, gone: Gone, sha256: string): RecordLine {
  if (line.state !== "missing" || gone.paths.get(line.path) !== sha256) return line;
  return { ...line, state: "collected", why: "by retention; collected.json says what it was" };
}

async function verifyFile(
  files: Files,
  dir: string,
  file: { readonly path: string; readonly bytes: number; readonly sha256: string },
): Promise<RecordLine> {
  if (file.path.startsWith("/") || file.path.split("/").includes(".."))
    return { path: file.path, state: "not checkable", why: "it leads out of the version" };
  try {
    const there = await files.hash(joinPath(dir, file.path));
    if (there.bytes !== file.bytes)
      return { path: file.path, state: "changed", why: `${there.bytes} bytes, committed with ${file.bytes}` };
    if (there.sha256 !== file.sha256) return { path: file.path, state: "changed", why: "its sha256 is another one" };
    return { path: file.path, state: "ok", why: null };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return { path: file.path, state: "missing", why: null };
    return { path: file.path, state: "not checkable", why: systemCode(error) ?? "error" };
  }
}

async function walk(files: Files, dir: string, at: string): Promise<readonly string[]> {
  const out: string[] = [];
  for (const entry of await files.list(joinPath(dir, at), LIMITS.hotFolderEntriesMax)) {
    const path = at === "" ? entry.name : `${at}/${entry.name}`;
    if (entry.kind === "directory") out.push(...(await walk(files, dir, path)));
    else out.push(path);
  }
  return out;
}
