/**
 * A model by its hash, wherever it lies under the model directories and whatever it is called now. What was hashed before
 * counts while the file is the same; else only files of the recorded size are read. It only reads, each call bounded.
 */
import { systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import type { SafetyRules } from "./domain/safetyRules.ts";
import { isModelType } from "./domain/safetyRules.ts";
import { identityOf } from "./domain/modelKnown.ts";
import { baseName, joinPath } from "./domain/paths.ts";
import type { FileStat, Files } from "./ports.ts";

export interface WantedModel {
  readonly sha256: string;
  /** As the record names it: looked at first. */
  readonly name: string;
  /** null: not on record, so every model file may be it. */
  readonly bytes: number | null;
}
export interface LocalModel {
  readonly path: string;
  /** `checkpoints`. */
  readonly folder: string;
  /** As a graph names it, below its folder. */
  readonly file: string;
}

export interface ModelsByHash {
  find(wanted: WantedModel): Promise<LocalModel | null>;
}

interface Listed extends LocalModel {
  readonly stat: FileStat;
}

/** `kept`: identity -> sha256 of what was hashed before. */
export function modelsByHash(
  files: Pick<Files, "list" | "stat" | "realpath" | "hash">,
  of: { readonly dirs: readonly string[]; readonly rules: SafetyRules; readonly kept: ReadonlyMap<string, string> },
): ModelsByHash {
  const hashes = new Map(of.kept);
  let listed: Promise<readonly Listed[]> | null = null;
  const hashOf = async (model: Listed): Promise<string> => {
    const { bytes, mtimeNs, dev, ino } = model.stat;
    const identity = identityOf({ path: model.path, bytes, mtimeNs, dev, ino });
    const sha256 = hashes.get(identity) ?? (await files.hash(model.path)).sha256;
    hashes.set(identity, sha256);
    return sha256;
  };
  return {
    async find(wanted) {
      listed ??= listModels(files, of);
      const may = (await listed).filter(({ stat }) => wanted.bytes === null || stat.bytes === wanted.bytes);
      const named = (model: Listed): number => (baseName(model.file) === baseName(wanted.name) ? 0 : 1);
      for (const model of may.toSorted((a, b) => named(a) - named(b)))
        if ((await hashOf(model)) === wanted.sha256)
          return { path: model.path, folder: model.folder, file: model.file };
      return null;
    },
  };
}

async function listModels(
  files: Pick<Files, "list" | "stat" | "realpath">,
  of: { readonly dirs: readonly string[]; readonly rules: SafetyRules },
): Promise<readonly Listed[]> {
  const out: Listed[] = [];
  for (const dir of of.dirs) {
    let level = (await namesIn(files, dir)).map((folder) => ({ folder, at: joinPath(dir, folder), below: "" }));
    for (let depth = 0; depth < LIMITS.modelFolderDepthMax && level.length > 0; depth += 1) {
      const next: typeof level = [];
      for (const { folder, at, below } of level) {
        for (const name of await namesIn(files, at)) {
          if (out.length >= LIMITS.modelsListedMax) return out;
          const file = below === "" ? name : `${below}/${name}`;
          const found = await statOf(files, joinPath(at, name));
          if (found?.stat.kind === "directory") next.push({ folder, at: joinPath(at, name), below: file });
          else if (found?.stat.kind === "file" && isModelType(name, of.rules)) out.push({ ...found, folder, file });
        }
      }
      level = next;
    }
  }
  return out;
}

/** A folder that is none, or is not there, holds nothing. */
async function namesIn(files: Pick<Files, "list">, dir: string): Promise<readonly string[]> {
  try {
    return (await files.list(dir, LIMITS.modelsListedMax)).map(({ name }) => name);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EOVERFLOW"].includes(systemCode(error) ?? "")) return [];
    throw error;
  }
}

async function statOf(
  files: Pick<Files, "stat" | "realpath">,
  path: string,
): Promise<{ readonly path: string; readonly stat: FileStat } | null> {
  try {
    const real = await files.realpath(path);
    return { path: real, stat: await files.stat(real) };
  } catch (error) {
    if (["ENOENT", "ELOOP", "ENOTDIR"].includes(systemCode(error) ?? "")) return null;
    throw error;
  }
}
