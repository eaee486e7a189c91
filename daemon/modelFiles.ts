/**
 * A model by the name that a graph gives it -> the file that ComfyUI would load, found under the slot's configured directories
 * and judged by its head. Links that lead out of them are refused, as is what is not there. It only reads, each call bounded.
 * The daemon's model book and `hotplate recipe approve` look alike.
 */
import { systemCode } from "./domain/errors.ts";
import { strayWords } from "./domain/graphPaths.ts";
import { LIMITS } from "./domain/limits.ts";
import { modelFolders } from "./domain/modelFolders.ts";
import { modelFacts } from "./domain/modelFacts.ts";
import { headBytes, headTrouble, headValue, HEAD_SIZE_BYTES } from "./domain/modelHead.ts";
import type { ModelFile, ModelRefusal, ModelUse } from "./domain/modelKnown.ts";
import { nearestWord } from "./domain/nearest.ts";
import { joinPath } from "./domain/paths.ts";
import type { SafetyRules } from "./domain/safetyRules.ts";
import { isModelType, modelTypeWords } from "./domain/safetyRules.ts";
import type { Files } from "./ports.ts";

export type ModelFiles = Pick<Files, "list" | "stat" | "realpath" | "head">;
export type FoundModel =
  | { readonly kind: "found"; readonly file: ModelFile }
  | ({ readonly kind: "refused" } & ModelRefusal);

interface Where {
  readonly dirs: readonly string[];
  readonly rules: SafetyRules;
}

export async function findModel(files: ModelFiles, use: ModelUse, where: Where): Promise<FoundModel> {
  const name = use.file.replaceAll("\\", "/");
  if (!isModelType(name, where.rules))
    return refused("HP-MODEL-KIND", `the model ${use.file} is not a ${modelTypeWords(where.rules)} file`);
  if (strayWords(name) !== null) return refused("HP-MODEL-PLACE", `the model ${use.file} is named by a path`);
  for (const { folder, path } of await places(files, use, where.dirs)) {
    const real = await realpath(files, joinPath(path, name));
    if (real === null) continue;
    return judged(files, { use, folder, real, dirs: where.dirs });
  }
  const nearest = nearestWord(name, await listed(files, use, where.dirs));
  return refused("HP-MODEL-PLACE", `the model ${use.file} is not in ${where.dirs.join(", ")}`, nearest);
}

async function judged(
  files: ModelFiles,
  of: { readonly use: ModelUse; readonly folder: string; readonly real: string; readonly dirs: readonly string[] },
): Promise<FoundModel> {
  const { use, folder, real } = of;
  const inside = await Promise.all(of.dirs.map((dir) => realpath(files, dir)));
  if (!inside.some((dir) => dir !== null && real.startsWith(`${dir}/`)))
    return refused("HP-MODEL-PLACE", `the model ${use.file} is a link that leads out of the model directories`);
  const stat = await files.stat(real);
  if (stat.kind !== "file") return refused("HP-MODEL-KIND", `the model ${use.file} is not a file`);
  const first = await files.head(real, HEAD_SIZE_BYTES);
  const more = headBytes(real, first);
  const head = more === 0 ? first : await files.head(real, more);
  const text = textOf(head.subarray(HEAD_SIZE_BYTES));
  const trouble = headTrouble(real, { head, text }, stat.bytes);
  if (trouble !== null) return refused("HP-MODEL-KIND", `the model ${use.file} ${trouble}`);
  const { bytes, mtimeNs, dev, ino } = stat;
  const facts = modelFacts(headValue(real, text));
  return { kind: "found", file: { folder, path: real, bytes, mtimeNs, dev, ino, facts } };
}

/** null: no UTF-8. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // A decoder refuses by throwing; what is no text is no header.
    return null;
  }
}

interface FolderPlace {
  readonly folder: string;
  readonly path: string;
}

/** In ComfyUI's order: directory by directory, folder by folder. */
async function places(files: ModelFiles, use: ModelUse, dirs: readonly string[]): Promise<readonly FolderPlace[]> {
  const known = modelFolders(use.classType, use.input);
  const out: FolderPlace[] = [];
  for (const dir of dirs) {
    const folders = known ?? (await subfolders(files, dir));
    out.push(...folders.map((folder) => ({ folder, path: joinPath(dir, folder) })));
  }
  return out;
}

async function subfolders(files: ModelFiles, dir: string): Promise<readonly string[]> {
  const entries = await entriesOf(files, dir);
  return entries.filter(({ kind }) => kind === "directory" || kind === "link").map(({ name }) => name);
}

/** Names as ComfyUI lists them, for the nearest right word; bounded in number and depth. */
async function listed(files: ModelFiles, use: ModelUse, dirs: readonly string[]): Promise<readonly string[]> {
  const out: string[] = [];
  let level = (await places(files, use, dirs)).map(({ path }) => ({ path, name: "" }));
  for (let depth = 0; depth < LIMITS.modelFolderDepthMax && level.length > 0; depth += 1) {
    const next: { path: string; name: string }[] = [];
    for (const { path, name } of level) {
      if (out.length >= LIMITS.modelsListedMax) return out;
      for (const entry of await entriesOf(files, path)) {
        const whole = name === "" ? entry.name : `${name}/${entry.name}`;
        if (entry.kind === "directory") next.push({ path: joinPath(path, entry.name), name: whole });
        else out.push(whole);
      }
    }
    level = next.slice(0, LIMITS.modelsListedMax);
  }
  return out;
}

/** A folder that is not there holds nothing; a disk that fails is no answer. */
async function entriesOf(files: ModelFiles, dir: string): ReturnType<Files["list"]> {
  try {
    return await files.list(dir, LIMITS.modelsListedMax);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EOVERFLOW"].includes(systemCode(error) ?? "")) return [];
    throw error;
  }
}

async function realpath(files: ModelFiles, path: string): Promise<string | null> {
  try {
    return await files.realpath(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"].includes(systemCode(error) ?? "")) return null;
    throw error;
  }
}

function refused(code: ModelRefusal["code"], message: string, nearest: string | null = null): FoundModel {
  return { kind: "refused", code, message, nearest };
}

/** Hashes of the models of this node, by what identified the files when they were hashed. */
export function modelHashPath(stateDir: string): string {
  return joinPath(stateDir, "modelHashes.json");
}

/** Written by the daemon; anything else in it is left out, and hashed again. Throws when it can't be read. */
export async function keptHashes(
  files: Pick<Files, "read">,
  path: string,
): Promise<readonly (readonly [string, string])[]> {
  const value: unknown = JSON.parse(new TextDecoder().decode(await files.read(path, LIMITS.modelHashFileBytesMax)));
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown) => {
    if (!Array.isArray(pair)) return [];
    const [identity, sha256] = pair as readonly unknown[];
    return typeof identity === "string" && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)
      ? [[identity, sha256] as const]
      : [];
  });
}
