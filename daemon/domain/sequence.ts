/**
 * The plate that a manifest names, as a pattern, and the files of a listing that it means. Matching looks through Unicode's
 * normal forms: a Mac writes `é` as two characters, everybody else as one, and nobody sees the difference. What is handed on
 * is always the name that the disk has.
 */
import type { Padding, PadStyle } from "./sequencePadding.ts";
import { isFrameText, paddingMarks } from "./sequencePadding.ts";
import type { SequencePath, SequencePathAnswer } from "./sequencePath.ts";
import { parseSequencePath } from "./sequencePath.ts";
import type { SequenceRange } from "./sequenceRange.ts";

export interface PlatePattern {
  /** Name before the frame, with its separator. */
  readonly prefix: string;
  readonly suffix: string;
  /** Digits; 0: a name without a frame. */
  readonly padding: number;
  /** As people write it: `x.####.exr`. */
  readonly text: string;
  /** Frames that the name itself gives (`x.1001-1058####.exr`, `x.1001.exr`); null: all that are there. */
  readonly range: SequenceRange | null;
  /** One frame, named by its number: `x.1001.exr`. */
  readonly single: boolean;
  readonly kind: Padding["kind"] | "still";
}

export type PatternAnswer =
  | { readonly ok: true; readonly pattern: PlatePattern }
  | Extract<SequencePathAnswer, { readonly ok: false }>;

/** A file name; no folders. Errors: HP-PLATE-PATTERN, HP-PLATE-TOO-MANY. */
export function parsePattern(name: string, style: PadStyle = "artist"): PatternAnswer {
  const parsed = parseSequencePath(name, style);
  return parsed.ok ? { ok: true, pattern: patternOf(parsed.path, name, style) } : parsed;
}

function patternOf(of: SequencePath, name: string, style: PadStyle): PlatePattern {
  if (of.padding === null) return still(name);
  const width = of.padding.width;
  return {
    prefix: of.base,
    suffix: of.ext,
    padding: width,
    text: `${of.base}${marksFor(width, style)}${of.ext}`,
    range: of.range,
    single: of.single,
    kind: of.padding.kind,
  };
}

export function still(name: string): PlatePattern {
  return { prefix: name, suffix: "", padding: 0, text: name, range: null, single: false, kind: "still" };
}

/** `%d` for numbers without leading zeros: a lone `#` would be read as four digits. */
export function marksFor(width: number, style: PadStyle): string {
  return width === 1 && style !== "hash1" ? "%d" : paddingMarks(width, style);
}

/** The pattern at another padding: what a person should have written. */
export function withPadding(of: PlatePattern, width: number, style: PadStyle): string {
  return `${of.prefix}${marksFor(width, style)}${of.suffix}`;
}

/** The stem without the separator before the frame: `AGM_PL01_v001.` -> `AGM_PL01_v001`. */
export function stemOf(of: PlatePattern): string {
  if (of.padding === 0) return of.prefix.replace(/\.[^.]+$/, "");
  return of.prefix.replace(/[._-]$/, "");
}

export interface MatchedFrame {
  readonly frame: number | null;
  readonly name: string;
}
export interface Matched {
  /** Ascending. */
  readonly frames: readonly MatchedFrame[];
  /** Of those, how many are spelled in another normal form than the pattern. */
  readonly otherForm: number;
  /** Names of one frame that differ in nothing but their normal form; empty: none. */
  readonly twins: readonly string[];
}

/**
 * Files of a listing that the pattern means, whatever its range. A sequence may grow out of its padding (9999, 10000), and one of printf or of no
 * padding has no upper width at all. Where people count marks, longer numbers belong to it only where shorter ones are too:
 * `###` beside files of four digits is a mistake that the answer names.
 */
export function matchFrames(names: readonly string[], of: PlatePattern): Matched {
  const found: MatchedFrame[] = [];
  let fits = of.padding <= 1 || of.kind !== "marks";
  const read = reader(of);
  for (const name of names) {
    const text = read(name);
    if (text === null || (of.padding > 0 && !isFrameText(text, of.padding))) continue;
    if (text.length === of.padding) fits = true;
    found.push({ frame: of.padding === 0 ? null : Number(text), name });
  }
  const frames = fits || of.padding === 0 ? found : [];
  const twins = twinsOf(frames);
  const otherForm = frames.filter(({ name }) => !name.startsWith(of.prefix) || !name.endsWith(of.suffix)).length;
  return { frames: [...frames].sort((a, b) => (a.frame ?? 0) - (b.frame ?? 0)), otherForm, twins };
}

function twinsOf(frames: readonly MatchedFrame[]): readonly string[] {
  const byFrame = new Map<number | null, string>();
  for (const { frame, name } of frames) {
    const other = byFrame.get(frame);
    if (other !== undefined) return [other, name];
    byFrame.set(frame, name);
  }
  return [];
}

/** Paddings that files of this name really have: for "files on disk use 4 digits". */
export function paddingsOnDisk(names: readonly string[], of: PlatePattern): readonly number[] {
  const found = new Set<number>();
  const read = reader(of);
  for (const name of names) {
    const text = read(name);
    if (text !== null && /^-?\d+$/.test(text)) found.add(text.length);
  }
  return [...found].sort((a, b) => a - b);
}

/** Name -> what stands at the frame's place, or null: another name. Of a still: the empty text. */
function reader(of: PlatePattern): (name: string) => string | null {
  const form = isPlain(of.prefix + of.suffix) ? (name: string) => name : (name: string) => name.normalize("NFC");
  const prefix = form(of.prefix);
  const suffix = form(of.suffix);
  return (written) => {
    const name = form(written);
    if (of.padding === 0) return name === prefix ? "" : null;
    if (name.length <= prefix.length + suffix.length) return null;
    return name.startsWith(prefix) && name.endsWith(suffix)
      ? name.slice(prefix.length, name.length - suffix.length)
      : null;
  };
}

/** Without a character that has more than one form. */
function isPlain(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
