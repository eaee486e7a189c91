/**
 * A published version by its folder, by one wedge's folder in it, or by its asset.json: its record, its wedges, its files.
 * For rerun, diff and export. It reads three papers, bounded, and believes no path in them that leads out of the version.
 */
import { z } from "zod";
import type { AssetRecord } from "./domain/assetRecord.ts";
import { readAsset } from "./domain/assetRecord.ts";
import { HotplateError, systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import type { Files } from "./ports.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const wedgesSchema = z.looseObject({
  schema: z.literal("hotplate-wedges/1"),
  wedges: z.array(
    z.looseObject({
      wedge: z.string().regex(/^w\d{3,5}$/),
      axes: z.record(z.string(), z.string()),
      parameters: z.record(z.string(), scalar),
      seed: z.string(),
      state: z.string(),
      qc: z.enum(["pass", "warn", "fail", "error"]).nullable(),
      files: z.array(z.string()),
    }),
  ),
});
export type WedgePaper = z.infer<typeof wedgesSchema>["wedges"][number];

export interface FramePaper {
  /** Below the version's folder. */
  readonly path: string;
  readonly wedge: string;
  /** null: a still. */
  readonly frame: number | null;
  readonly sha256: string;
}

export interface VersionPapers {
  readonly dir: string;
  readonly asset: AssetRecord;
  readonly wedges: readonly WedgePaper[];
  /** The wedge that the path names; null: the whole version. */
  readonly wedge: string | null;
  readonly frames: readonly FramePaper[];
}

/** Throws HP-VERSION-PAPERS when it is no version of ours, or one whose record has the form of before. */
export async function readVersion(files: Pick<Files, "read">, path: string): Promise<VersionPapers> {
  const { dir, wedge } = placeOf(path);
  const reading = readAsset(await textOf(files, joinPath(dir, ".hotplate/asset.json")));
  if (reading.kind === "old")
    throw refused(dir, "its record has the form of before, which says too little. hotplate verify still checks it");
  if (reading.kind === "broken") throw refused(dir, `asset.json: ${reading.message}`);
  const wedges = wedgesOf(dir, await textOf(files, joinPath(dir, "wedges.json")));
  if (wedge !== null && !wedges.some((one) => one.wedge === wedge)) throw refused(dir, `it has no wedge ${wedge}`);
  const frames = framesOf(wedges, await textOf(files, joinPath(dir, ".hotplate/frames.sha256")));
  return { dir, asset: reading.asset, wedges, wedge, frames };
}

/** `.../v007`, `.../v007/w032`, `.../v007/.hotplate/asset.json`. */
function placeOf(path: string): { readonly dir: string; readonly wedge: string | null } {
  if (baseName(path) === "asset.json") return { dir: parentDir(parentDir(path)), wedge: null };
  const name = baseName(path);
  return /^w\d{3,5}$/.test(name) ? { dir: parentDir(path), wedge: name } : { dir: path, wedge: null };
}

async function textOf(files: Pick<Files, "read">, path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await files.read(path, LIMITS.assetBytesMax));
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    throw refused(path, code === "ENOENT" || code === "ENOTDIR" ? "it is not there" : `it can't be read (${code})`);
  }
}

function wedgesOf(dir: string, text: string): readonly WedgePaper[] {
  try {
    return wedgesSchema.parse(JSON.parse(text)).wedges;
  } catch {
    // Whatever is wrong with it, it is not as we write it.
    throw refused(dir, "wedges.json is not as we write it");
  }
}

function framesOf(wedges: readonly WedgePaper[], list: string): readonly FramePaper[] {
  const wedgeOf = new Map(wedges.flatMap(({ wedge, files }) => files.map((path) => [path, wedge] as const)));
  return list.split("\n").flatMap((line) => {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(line);
    const [, sha256 = "", path = ""] = match ?? [];
    const wedge = wedgeOf.get(path);
    if (wedge === undefined || path.startsWith("/") || path.split("/").includes("..")) return [];
    const number = /\.(-?\d+)\.[A-Za-z0-9]+$/.exec(path)?.[1];
    return [{ path, wedge, frame: number === undefined ? null : Number(number), sha256 }];
  });
}

function refused(path: string, why: string): HotplateError {
  return new HotplateError("HP-VERSION-PAPERS", `${path}: ${why}.`);
}
