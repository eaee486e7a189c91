/**
 * A path as a person writes a sequence (string mode): `/x/sh010.1001-1058####.exr` -> folder, base, range, padding,
 * extension. Pure text: what lies on disk is another function (domain/sequenceListing.ts), and looser. Folders survive as they
 * came: drive letters, UNC, mixed separators, dots.
 *
 * A bare number is a frame only between a dot and an extension: `sh_v003.1001.exr` is one, `sh_v003_1001.exr` is a still.
 */
import type { ErrorCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { Padding, PadStyle } from "./sequencePadding.ts";
import { isSign, paddingIn, paddingMarks } from "./sequencePadding.ts";
import type { SequenceRange } from "./sequenceRange.ts";
import { parseRange } from "./sequenceRange.ts";

export interface SequencePath {
  /** With its last separator; empty: none is written. */
  readonly dir: string;
  readonly base: string;
  /** null: none is written; the disk says which frames there are. */
  readonly range: SequenceRange | null;
  /** null: a still, a name without a frame. */
  readonly padding: Padding | null;
  /** With its dots, all of them (`.bgeo.sc`); of a pattern: all that follows the padding. */
  readonly ext: string;
  /** One frame of a sequence, named by its number: `x.1001.exr`. */
  readonly single: boolean;
}

export type SequencePathAnswer =
  | { readonly ok: true; readonly path: SequencePath }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly fix: string };

/** Letters, digits and `_` with a letter among them, maybe a number behind a dash: `exr`, `7zip`, `ext-1`. */
const PART = String.raw`\.(?:\d*[\p{L}_][\p{L}\p{N}_]*)(?:-\d+)?`;
const EXTENSION = String.raw`(?:${PART})*(?:${PART}|\.-?\d+)`;
/** A word behind the number names an eye or a pass: `x.1001_left.exr`. */
const SINGLE = new RegExp(String.raw`^(.*\.)(-?\d+)(${EXTENSION}|_[\p{L}_]*(?:${EXTENSION})?)$`, "su");
const STILL = new RegExp(String.raw`^(.*?)(${EXTENSION})?$`, "su");
/** What may be a range at the end of a text; whether it is one, `parseRange` tells. */
const RANGE_TAIL = /-?\d+(?:[,:-][\d,:xy-]*)?$/;
const SUBFRAME_TAIL = /(?:\d-\d+|[xy:]-?\d*)\.\d+$/;
/** Other programs' way to write frames: `[1001-1058]`, `[####]`. Read, never written. */
const BRACKETS = /\[(-?\d+)-(-?\d+)\]|\[(#+|@+)\]/g;

/** Errors: HP-PLATE-PATTERN, HP-PLATE-TOO-MANY. */
export function parseSequencePath(text: string, style: PadStyle = "artist"): SequencePathAnswer {
  if (text.length > LIMITS.pathCharactersMax)
    return refused(`the path has more than ${LIMITS.pathCharactersMax} characters`, "write a shorter path");
  const cut = Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1;
  const dir = text.slice(0, cut);
  const name = withoutBrackets(text.slice(cut));
  const found = paddingIn(name, style);
  if (found === null) return { ok: true, path: withoutPadding(dir, name, style) };
  const before = name.slice(0, found.at);
  const ext = name.slice(found.at + found.padding.text.length);
  if (SUBFRAME_TAIL.test(before) || hasTwoPaddings(before, style))
    return refused(`"${name}" means parts of frames; only whole frames are supported`, "write whole frames");
  const tail = rangeTail(before);
  if (tail === "")
    return { ok: true, path: { dir, base: before, range: null, padding: found.padding, ext, single: false } };
  const range = parseRange(tail);
  if (!range.ok) return range;
  const base = before.slice(0, before.length - tail.length);
  return { ok: true, path: { dir, base, range: range.range, padding: found.padding, ext, single: false } };
}

function refused(message: string, fix: string): SequencePathAnswer {
  return { ok: false, code: "HP-PLATE-PATTERN", message, fix };
}

/** `x.#.#.exr`: the second one would be a part of a frame. A stray mark behind a letter (`take#.####.exr`) is a letter. */
function hasTwoPaddings(before: string, style: PadStyle): boolean {
  const other = paddingIn(before, style);
  if (other === null || before.slice(other.at + other.padding.text.length) !== ".") return false;
  return other.at === 0 || /[.\d]$/.test(before.slice(0, other.at));
}

function rangeTail(before: string): string {
  const tail = RANGE_TAIL.exec(before)?.[0] ?? "";
  return tail.startsWith("-") && !isSign(before.slice(0, before.length - tail.length)) ? tail.slice(1) : tail;
}

function withoutPadding(dir: string, name: string, style: PadStyle): SequencePath {
  const single = SINGLE.exec(name);
  // A number that long is a name (a date with a time, an id), and could not be counted with.
  if (single === null || !Number.isSafeInteger(Number(single[2]))) {
    const [, base = name, ext = ""] = STILL.exec(name) ?? [];
    return { dir, base, range: null, padding: null, ext, single: false };
  }
  const [, base = "", number = "", ext = ""] = single;
  const frame = Number(number);
  const range = { text: number, elements: [{ first: frame, last: frame, step: 1, kind: "step" as const }] };
  const padding = { text: paddingMarks(number.length, style), width: number.length, kind: "marks" as const };
  return { dir, base, range, padding, ext, single: true };
}

/** The last brackets become a range and a padding as we write them; `[0001-0058]` is four digits wide. */
function withoutBrackets(name: string): string {
  const last = [...name.matchAll(BRACKETS)].at(-1);
  if (last === undefined) return name;
  const [whole, first, to, marks] = last;
  const head = name.slice(0, last.index);
  const rest = name.slice(last.index + whole.length);
  if (marks !== undefined) return `${head}${marks}${rest}`;
  const range = `${first}-${to}`;
  return /^[#@%$<]/.test(rest) ? `${head}${range}${rest}` : `${head}${range}%0${first?.length ?? 1}d${rest}`;
}

/** The path as it is written: what was parsed, brackets as the pattern that they mean. */
export function sequencePathText(of: SequencePath): string {
  const frame = of.single ? (of.range?.text ?? "") : `${of.range?.text ?? ""}${of.padding?.text ?? ""}`;
  return `${of.dir}${of.base}${frame}${of.ext}`;
}
