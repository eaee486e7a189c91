/**
 * Paths that a manifest names: relative to it or absolute, on this node's own form, and, links resolved, inside a
 * configured root. A manifest comes from a shared folder, so a path is hostile until proven otherwise.
 */
import { systemCode } from "./domain/errors.ts";
import type { RootForms } from "./domain/pathForms.ts";
import { fromForeign, isDriveRelative, isWindowsPath, windowsForms } from "./domain/pathForms.ts";
import { isInside, joinPath, normalPath, parentDir, rootOf } from "./domain/paths.ts";
import type { Finding, PathWorld } from "./planFinding.ts";

export type PathAnswer =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly finding: Finding };

/** Text only: is it a path of this node, and where does it point? */
export function pathIn(
  world: PathWorld,
  written: string,
  of: { readonly dir: string; readonly at: readonly (string | number)[] },
): PathAnswer {
  const { roots } = world.config;
  const foreign = rootOf(normalPath(written), roots) === null ? fromForeign(written, roots) : null;
  if (isDriveRelative(written)) return no(driveRelative(written, of.at));
  if (foreign === null && isWindowsPath(written)) return no(unmapped(written, { roots, at: of.at }));
  if (foreign === null && written.includes("\\")) {
    return no({
      code: "HP-PATH-WINDOWS",
      path: of.at,
      message: `"${written}" has backslashes.`,
      found: written,
      expected: written.replaceAll("\\", "/"),
      action: `Write ${written.replaceAll("\\", "/")}`,
    });
  }
  // Control characters and bidirectional marks have no business in a path that people read.
  if (/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(written)) {
    return no({
      code: "HP-PATH-ROOT",
      path: of.at,
      message: "The path holds invisible characters.",
      found: JSON.stringify(written),
      expected: "letters, digits and / . _ -",
      action: "Type the path anew.",
    });
  }
  const path = foreign ?? (written.startsWith("/") ? normalPath(written) : joinPath(of.dir, written));
  return rootOf(path, world.config.roots) === null ? outside(world, { written, path, at: of.at }) : { ok: true, path };
}

function driveRelative(written: string, at: Finding["path"]): Finding {
  const whole = `${written.slice(0, 2)}\\${written.slice(2)}`;
  return {
    code: "HP-PATH-WINDOWS",
    path: at,
    message: `"${written}" starts wherever drive ${written.slice(0, 2).toUpperCase()} stands on one machine.`,
    found: written,
    expected: whole,
    action: `Write ${whole}`,
  };
}

function unmapped(
  written: string,
  of: { readonly roots: readonly RootForms[]; readonly at: readonly (string | number)[] },
): Finding {
  const known = of.roots.flatMap(windowsForms);
  const drive = /^[A-Za-z]:/.exec(written)?.[0];
  const what = drive === undefined ? `"${written}"` : `drive ${drive.toUpperCase()}`;
  const knownWords = known.length === 0 ? "" : ` Known: ${known.join(", ")}.`;
  return {
    code: "HP-PATH-WINDOWS",
    path: of.at,
    message: `No mapping for ${what}.${knownWords}`,
    found: written,
    expected: known.length === 0 ? "a path relative to the manifest" : `a path on ${known.join(" or ")}`,
    action: "Write the path relative to the manifest, or ask the TD to add the drive to roots.",
  };
}

/**
 * Disk: does it, links resolved, still lie inside a root? The nearest existing ancestor decides for what is not there yet.
 * Its own root is asked first, and other roots only for a path that links lead out of it: a root that hangs must hold up
 * nobody else's manifests.
 */
export async function realInside(
  world: PathWorld,
  path: string,
  of: { readonly written: string; readonly at: readonly (string | number)[] },
): Promise<PathAnswer> {
  try {
    return await resolvedInside(world, path, of);
  } catch (error) {
    const finding = brokenPath(path, of, systemCode(error));
    if (finding === null) throw error;
    return no(finding);
  }
}

/** What is wrong with the path itself, and with no mount: it would fail for ever. */
function brokenPath(
  path: string,
  of: { readonly written: string; readonly at: readonly (string | number)[] },
  code: string | null,
): Finding | null {
  if (code === "EACCES" || code === "EPERM")
    return {
      code: "HP-PATH-PERMISSION",
      path: of.at,
      message: `Hotplate may not read ${path}.`,
      action: "Ask IT for read access.",
    };
  const why =
    code === "ENOENT"
      ? "a link whose target is not there"
      : code === "ELOOP"
        ? "links that lead in a circle"
        : code === "ENAMETOOLONG"
          ? "a name that is longer than a disk takes"
          : null;
  if (why === null) return null;
  const shown = of.written.length > 120 ? `${of.written.slice(0, 120)}...` : of.written;
  return {
    code: "HP-PATH-BROKEN",
    path: of.at,
    message: `"${shown}" leads nowhere: it holds ${why}.`,
    found: shown,
    action: code === "ENAMETOOLONG" ? "Write a shorter path." : "Mend the link, or name the file itself.",
  };
}

async function resolvedInside(
  world: PathWorld,
  path: string,
  of: { readonly written: string; readonly at: readonly (string | number)[] },
): Promise<PathAnswer> {
  const { roots } = world.config;
  const existing = await nearestExisting(world, path);
  const real = await world.files.realpath(existing);
  const own = rootOf(path, roots);
  for (const root of [...roots].sort((a, b) => Number(b === own) - Number(a === own))) {
    // A root that can't be resolved still has its own name.
    const realRoot = await world.files.realpath(root.linux).catch(() => root.linux);
    if (isInside(real, realRoot)) return { ok: true, path };
  }
  return outside(world, { ...of, path: real });
}

export async function nearestExisting(world: PathWorld, path: string): Promise<string> {
  for (let at = path; ; at = parentDir(at)) {
    try {
      await world.files.stat(at);
      return at;
    } catch (error) {
      const code = systemCode(error);
      if ((code !== "ENOENT" && code !== "ENOTDIR") || at === "/") throw error;
    }
  }
}

function outside(
  world: PathWorld,
  of: { readonly written: string; readonly path: string; readonly at: readonly (string | number)[] },
): PathAnswer {
  const roots = world.config.roots.map((root) => root.linux).join(", ");
  return no({
    code: "HP-PATH-ROOT",
    path: of.at,
    message: `"${of.written}" leads to ${of.path}, outside every configured root.`,
    found: of.path,
    expected: `a path inside ${roots}`,
    action: "Use a path inside a root, or ask the TD.",
  });
}

function no(finding: Finding): PathAnswer {
  return { ok: false, finding };
}
