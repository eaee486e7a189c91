/**
 * Plate names in a manifest and the files they mean: `####`, `%04d`, `$F4`, `[1001-1058]`, or one still. `####` means four
 * digits, as artists mean it; a single `#` means four too. Matching is against a listing; gaps are reported as ranges.
 */
import { formatFrames } from "./frames.ts";

export interface PlatePattern {
  /** Name before the frame, with its separator. */
  readonly prefix: string;
  readonly suffix: string;
  /** Digits; 0: a name without a frame. */
  readonly padding: number;
  /** As written in people's files: `x.####.exr`. */
  readonly text: string;
}

export function parsePattern(name: string): PlatePattern {
  const hash = /^(.*?)(#+|@+)(\.[A-Za-z0-9]+)$/.exec(name);
  if (hash !== null) {
    const marks = hash[2] ?? "#";
    return pattern(hash[1] ?? "", hash[3] ?? "", marks === "#" ? 4 : marks.length);
  }
  const printf = /^(.*?)%0?(\d*)d(\.[A-Za-z0-9]+)$/.exec(name);
  if (printf !== null) return pattern(printf[1] ?? "", printf[3] ?? "", printf[2] === "" ? 1 : Number(printf[2]));
  const houdini = /^(.*?)\$F(\d*)(\.[A-Za-z0-9]+)$/.exec(name);
  if (houdini !== null) return pattern(houdini[1] ?? "", houdini[3] ?? "", houdini[2] === "" ? 1 : Number(houdini[2]));
  const range = /^(.*?)\[(-?\d+)-(-?\d+)\](\.[A-Za-z0-9]+)$/.exec(name);
  if (range !== null) return pattern(range[1] ?? "", range[4] ?? "", (range[2] ?? "").replace("-", "").length);
  return { prefix: name, suffix: "", padding: 0, text: name };
}

function pattern(prefix: string, suffix: string, padding: number): PlatePattern {
  return { prefix, suffix, padding, text: `${prefix}${"#".repeat(padding)}${suffix}` };
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

/** Files of a listing that the pattern means; a sequence may grow out of its padding (9999, 10000). */
export function matchFrames(names: readonly string[], of: PlatePattern): readonly MatchedFrame[] {
  if (of.padding === 0) return names.includes(of.prefix) ? [{ frame: null, name: of.prefix }] : [];
  const exact: MatchedFrame[] = [];
  const longer: MatchedFrame[] = [];
  for (const name of names) {
    const frame = frameIn(name, of);
    if (frame === null) continue;
    if (frame.length === of.padding) exact.push({ frame: Number(frame), name });
    else if (frame.length > of.padding && !/^-?0/.test(frame)) longer.push({ frame: Number(frame), name });
  }
  // Longer numbers belong to the sequence only where it grew out of its padding.
  const all = exact.length === 0 ? [] : [...exact, ...longer];
  return all.sort((a, b) => (a.frame ?? 0) - (b.frame ?? 0));
}

/** Paddings that files of this name really have: for "files on disk use 4 digits". */
export function paddingsOnDisk(names: readonly string[], of: PlatePattern): readonly number[] {
  const found = new Set<number>();
  for (const name of names) {
    const frame = frameIn(name, of);
    if (frame !== null) found.add(frame.length);
  }
  return [...found].sort((a, b) => a - b);
}

function frameIn(name: string, of: PlatePattern): string | null {
  if (!name.startsWith(of.prefix) || !name.endsWith(of.suffix) || name.length <= of.prefix.length + of.suffix.length)
    return null;
  const middle = name.slice(of.prefix.length, name.length - of.suffix.length);
  return /^-?\d+$/.test(middle) ? middle : null;
}

/** Frames between first and last that are not there, as a range; empty: none. */
export function gapsIn(frames: readonly number[]): readonly number[] {
  const there = new Set(frames);
  const out: number[] = [];
  const first = frames[0];
  const last = frames.at(-1);
  if (first === undefined || last === undefined) return out;
  for (let frame = first; frame <= last && out.length <= 10_000; frame += 1) if (!there.has(frame)) out.push(frame);
  return out;
}

export function rangeText(frames: readonly number[]): string {
  return formatFrames(frames);
}
