/**
 * A path as the disk spells it. `é` is one character or two, in one name on a Mac and in the other on a PC; nobody sees the
 * difference, so a person's path is found whichever it is, and the disk's own spelling is what is used from here on. Only
 * names with an accent are looked for; all others are what they say.
 */
import { utf8Bytes } from "./domain/dropName.ts";
import { systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import { joinPath, relativePath, rootOf } from "./domain/paths.ts";
import type { Finding, PathWorld } from "./planFinding.ts";

export type Spelled =
  /** `other`: the disk spells a part of it otherwise. What is not there stays as it was written. */
  | { readonly ok: true; readonly path: string; readonly other: boolean }
  /** Names in one folder that look the same. */
  | { readonly ok: false; readonly twins: readonly string[] };

export async function spelledOnDisk(world: Pick<PathWorld, "files" | "config">, path: string): Promise<Spelled> {
  const root = rootOf(path, world.config.roots)?.linux;
  if (root === undefined || isAscii(path)) return { ok: true, path, other: false };
  let at = root;
  for (const part of relativePath(path, root).split("/")) {
    const same = isAscii(part) ? [part] : await sameNames(world, at, part);
    if (same.length > 1) return { ok: false, twins: same };
    at = joinPath(at, same[0] ?? part);
  }
  return { ok: true, path: at, other: at !== path };
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** A folder that can't be listed says nothing here: whoever reads it next says why. */
async function sameNames(world: Pick<PathWorld, "files">, dir: string, name: string): Promise<readonly string[]> {
  const entries = await world.files.list(dir, LIMITS.framesMax).catch((error: unknown) => {
    if (UNTOLD.has(systemCode(error) ?? "")) return [];
    throw error;
  });
  const wanted = name.normalize("NFC");
  return entries.map((entry) => entry.name).filter((one) => one.normalize("NFC") === wanted);
}

const UNTOLD: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "EACCES",
  "EPERM",
  "EOVERFLOW",
  "ENAMETOOLONG",
  "ELOOP",
]);

export function lookAlike(
  twins: readonly string[],
  of: { readonly written: string; readonly at: readonly (string | number)[] },
): Finding {
  const spelled = twins.map((name) => `${name} (${utf8Bytes(name)} bytes)`).join(" and ");
  return {
    code: "HP-PLATE-AMBIGUOUS",
    path: of.at,
    message: `Two names look the same and differ only in how an accent is stored: ${spelled}.`,
    found: of.written,
    action: "Remove or rename one of them.",
  };
}

/** Said, not refused. */
export function otherForm(
  name: string,
  of: { readonly written: string; readonly at: readonly (string | number)[] },
): Finding {
  return {
    code: "HP-PLATE-MISSING",
    severity: "warning",
    path: of.at,
    message: `"${of.written}" is stored on disk with its accents in another form; what is used is ${name}.`,
  };
}
