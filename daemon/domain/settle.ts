/**
 * When is a dropped file complete? Decided here from observations alone; the evidence is in docs/intake.md. A watcher's
 * event never decides: it only brings the next observation sooner. "It parses" proves nothing: 91 % of the prefixes of a
 * YAML manifest parse.
 */
import { LIMITS } from "./limits.ts";
import { extension } from "./paths.ts";

export interface Observation {
  readonly at: number;
  readonly dev: string;
  readonly ino: string;
  readonly bytes: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  /** sha256 of the content; null for files that are not read (media). */
  readonly sha256: string | null;
  readonly hasNul: boolean;
  readonly endsWithNewline: boolean;
  /** The last line is `...`, YAML's end mark. */
  readonly endsWithMark: boolean;
}

export interface SettleRule {
  readonly settleMs: number;
  readonly local: boolean;
  readonly json: boolean;
}

export type Settling =
  | { readonly kind: "growing"; readonly checkInMs: number }
  /** `renamed`: it came whole by a rename, so a syntax error in it is final at once. */
  | { readonly kind: "settled"; readonly renamed: boolean };

/**
 * @param first the oldest observation equal to `now` in everything but time; null when this is the first of its kind.
 */
export function settle(first: Observation | null, now: Observation, rule: SettleRule): Settling {
  // A preallocated copy: its tail, or all of it, is still to come. What stays so is an error, said in the end.
  if (now.bytes === 0 || now.hasNul) {
    const left = first === null ? LIMITS.manifestGraceMs : LIMITS.manifestGraceMs - (now.at - first.at);
    return left <= 0 ? { kind: "settled", renamed: true } : { kind: "growing", checkInMs: Math.min(left, 1_000) };
  }
  if (rule.local && arrivedByRename(now)) return { kind: "settled", renamed: true };
  if (now.endsWithMark) return { kind: "settled", renamed: false };
  const needed = now.endsWithNewline || rule.json ? rule.settleMs : Math.max(rule.settleMs, LIMITS.settleNoNewlineMs);
  if (first === null) return { kind: "growing", checkInMs: needed };
  const quiet = now.at - first.at;
  return quiet >= needed ? { kind: "settled", renamed: false } : { kind: "growing", checkInMs: needed - quiet };
}

/** A rename (or a finished `cp -p`) changes the inode after the last write: ctime > mtime. Writing sets both alike. */
export function arrivedByRename(o: Pick<Observation, "mtimeNs" | "ctimeNs">): boolean {
  return BigInt(o.ctimeNs) > BigInt(o.mtimeNs);
}

export function sameObservation(a: Observation, b: Observation): boolean {
  return (
    a.dev === b.dev &&
    a.ino === b.ino &&
    a.bytes === b.bytes &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.sha256 === b.sha256
  );
}

/** Why a name is none of our business; null when it is. Ignored names are counted by reason. */
export function ignoredBecause(name: string): string | null {
  if (/\.(STATUS|ERROR)\.txt$/.test(name) || name === "STATUS.txt") return "our own answer";
  if (name.startsWith("._")) return "AppleDouble";
  if (/^\.(nfs|smbdelete|fuse_hidden)/.test(name)) return "deleted but open";
  if (name.startsWith(".hotplate")) return "our own state";
  if (name.startsWith(".")) return "hidden";
  if (/^~\$|~$|^~|^#.*#$/.test(name) || name === "4913") return "editor's probe";
  if (/\.(tmp|temp|part|partial|filepart|inprogress|crdownload|download|swp|swx|swo|bak|lock)$/i.test(name))
    return "temporary";
  if (/^(Thumbs\.db|desktop\.ini|Icon\r?|ehthumbs\.db)$/i.test(name)) return "system file";
  return null;
}

export type DropKind = "manifest" | "image" | "other";

const IMAGES: ReadonlySet<string> = new Set(["png", "tif", "tiff", "jpg", "jpeg", "webp", "exr", "dpx"]);

export function dropKind(name: string): DropKind {
  const ext = extension(name);
  if (ext === "yaml" || ext === "yml" || ext === "json") return "manifest";
  return IMAGES.has(ext) ? "image" : "other";
}
