/**
 * Which versions of a show are meant by latest, approved, selects or all, read from their own folders and logs; and each of
 * them as clips of a timeline. It only reads. Versions whose record has the form of before are named, not taken.
 */
import { readApprovals } from "./approvalLog.ts";
import { standing, subjectParts } from "./domain/approvals.ts";
import { HotplateError } from "./domain/errors.ts";
import { parseFrames } from "./domain/frames.ts";
import { versionName, wedgeName } from "./domain/ids.ts";
import type { OtioClip } from "./domain/otio.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import type { Digest, Files } from "./ports.ts";
import { readVersion as readCommitted, versionNumbers } from "./productVersions.ts";
import type { VersionPapers } from "./readVersion.ts";
import { readVersion } from "./readVersion.ts";

export const WHICH = ["latest", "approved", "selects", "all"] as const;
export type Which = (typeof WHICH)[number];

export interface Exported {
  /** `wedge` of each: null for the whole version. */
  readonly versions: readonly VersionPapers[];
  /** What could not be taken, and why. */
  readonly left: readonly string[];
}

type ExportWorld = { readonly files: Files; readonly digest: Digest };

export async function versionsOf(world: ExportWorld, products: readonly string[], which: Which): Promise<Exported> {
  const versions: VersionPapers[] = [];
  const left: string[] = [];
  for (const dir of products) {
    for (const path of await pathsOf(world, dir, which)) {
      try {
        versions.push(await readVersion(world.files, path));
      } catch (error) {
        if (!(error instanceof HotplateError)) throw error;
        left.push(error.message);
      }
    }
  }
  return { versions, left };
}

async function pathsOf(world: ExportWorld, productDir: string, which: Which): Promise<readonly string[]> {
  if (which === "latest" || which === "all") {
    const paths: string[] = [];
    for (const number of await versionNumbers(world.files, productDir)) {
      if ((await readCommitted(world, productDir, number)) === null) continue;
      paths.push(joinPath(productDir, versionName(number)));
      if (which === "latest") break;
    }
    return paths.toSorted();
  }
  const { approvals, states } = standing((await readApprovals(world, productDir)).lines);
  const subjects =
    which === "approved"
      ? [...approvals]
      : [...states].flatMap(([subject, state]) => (state === "select" ? subject : []));
  return subjects.toSorted().map((subject) => {
    const { version, wedge } = subjectParts(subject);
    const dir = joinPath(productDir, versionName(version));
    return wedge === null ? dir : joinPath(dir, wedgeName(wedge));
  });
}

/** A clip per sequence of pictures, in the order of the record. */
export function clipsOf(version: VersionPapers): readonly OtioClip[] {
  const { asset, dir } = version;
  return asset.files.flatMap((set): readonly OtioClip[] => {
    const number = set["x-wedge"];
    const wedge = typeof number === "number" ? wedgeName(number) : null;
    if (set.role !== "beauty" || (version.wedge !== null && wedge !== null && wedge !== version.wedge)) return [];
    const path = joinPath(dir, set.path);
    const [prefix = "", suffix = ""] = baseName(path).split(/%0\d+d/);
    const frames = set.frames === "" ? null : parseFrames(set.frames);
    const folder = parentDir(path).split("/").map(encodeURIComponent).join("/");
    return [
      {
        name: baseName(path).replace(/\.(%0\d+d\.)?[A-Za-z0-9]+$/, ""),
        asset,
        wedge,
        base: `file://${folder}/`,
        prefix,
        suffix,
        frames: frames?.ok === true ? frames.frames : [],
        padding: Number(/%0(\d+)d/.exec(set.path)?.[1] ?? 0),
      },
    ];
  });
}
