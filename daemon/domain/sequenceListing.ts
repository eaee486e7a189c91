/**
 * Names of files -> the sequences that they are (listing mode). Looser than what a person may write: the number before the
 * extension is the frame, dot or not (`file0001.ext`), because here the files are there and speak for each other. Mixed
 * paddings become separate sequences.
 *
 * Two numbers that are no frames: a version (`sh_v003.exr`) and a date (`sh_2025-05-13.exr`).
 */
import { isSign } from "./sequencePadding.ts";

export interface ListedSequence {
  /** With its separator; empty: the names have none. */
  readonly dir: string;
  readonly base: string;
  readonly ext: string;
  /** Digits; 0: one file without a frame. */
  readonly width: number;
  /** Ascending; each with the name that it has. Empty without a frame. */
  readonly frames: readonly { readonly frame: number; readonly name: string }[];
  /** Every name, in the order of `frames`. */
  readonly names: readonly string[];
}

/** Last part of a name, and those before it whose end has a letter: `.exr`, `.bgeo.sc`, `.7zip`, `.v2.exr`; not `.1001.exr`. */
const EXTENSION = /(?:\.\w*[A-Za-z]\w?)*\.[^./\\]+$/;

interface NameParts {
  readonly dir: string;
  readonly base: string;
  /** As written, with its sign; empty: none. */
  readonly frame: string;
  readonly ext: string;
}

export function nameParts(name: string): NameParts {
  const cut = Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1;
  const dir = name.slice(0, cut);
  const file = name.slice(cut);
  const ext = extensionOf(file);
  const stem = file.slice(0, file.length - ext.length);
  const digits = /\d+$/.exec(stem)?.[0] ?? "";
  let base = stem.slice(0, stem.length - digits.length);
  if (digits === "" || isVersion(base) || isDate(base, digits)) return { dir, base: stem, frame: "", ext };
  const signed = base.endsWith("-") && isSign(base.slice(0, -1)) && Number(digits) !== 0;
  if (signed) base = base.slice(0, -1);
  return { dir, base, frame: signed ? `-${digits}` : digits, ext };
}

function extensionOf(file: string): string {
  return EXTENSION.exec(file)?.[0] ?? "";
}

/** `sh_v` before its digits. */
function isVersion(base: string): boolean {
  return /(?:^|[._-])[vV]$/.test(base);
}

/** `x_2025-05-` before `13`. */
function isDate(base: string, digits: string): boolean {
  return digits.length === 2 && /\d{4}-\d{2}-$/.test(base);
}

/** In the order in which each sequence's first name stands. A name that stands twice counts once. */
export function sequencesIn(names: readonly string[]): readonly ListedSequence[] {
  const groups = new Map<string, { readonly parts: NameParts; readonly names: Map<string, string> }>();
  for (const name of names) {
    const parts = nameParts(name);
    const key = JSON.stringify([parts.dir, parts.base, parts.ext, parts.frame === ""]);
    const group = groups.get(key) ?? { parts, names: new Map<string, string>() };
    groups.set(key, group);
    group.names.set(parts.frame, name);
  }
  return [...groups.values()].flatMap(({ parts, names: of }) =>
    parts.frame === ""
      ? [{ dir: parts.dir, base: parts.base, ext: parts.ext, width: 0, frames: [], names: [...of.values()] }]
      : byWidth([...of]).map((some) => listed(parts, some)),
  );
}

type Numbered = readonly [text: string, name: string];

/** A number with leading zeros begins a sequence of its own width; one without them grew out of the width before it. */
function byWidth(numbered: readonly Numbered[]): readonly (readonly Numbered[])[] {
  const sorted = [...numbered].sort(
    ([a], [b]) => a.length - b.length || Number(isPadded(b)) - Number(isPadded(a)) || Number(a) - Number(b),
  );
  const out: Numbered[][] = [];
  for (const one of sorted) {
    const current = out.at(-1);
    const width = current?.[0]?.[0].length ?? -1;
    if (current !== undefined && (one[0].length === width || !isPadded(one[0]))) current.push(one);
    else out.push([one]);
  }
  return out;
}

function isPadded(text: string): boolean {
  return /^-?0\d/.test(text);
}

function listed(parts: NameParts, numbered: readonly Numbered[]): ListedSequence {
  const frames = numbered.map(([text, name]) => ({ frame: Number(text), name })).sort((a, b) => a.frame - b.frame);
  const width = numbered[0]?.[0].length ?? 0;
  return { dir: parts.dir, base: parts.base, ext: parts.ext, width, frames, names: frames.map((one) => one.name) };
}
