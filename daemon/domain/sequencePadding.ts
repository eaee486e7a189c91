/**
 * How a name says "here stands the frame number": `####`, `@@@`, `%04d`, `$F4`, `<UDIM>`; how many digits that means, and
 * which numbers are written so. `####` means four digits, as artists mean it; the pad style changes what `#` means.
 */
import { frameText } from "./naming.ts";

/**
 * What `#` stands for. `artist`: a single `#` is four digits, two or more are one digit each, as in Nuke. `hash1`: one digit
 * each, always. `hash4`: four digits each. `@` is one digit in all of them.
 */
export const PAD_STYLES = ["artist", "hash1", "hash4"] as const;
export type PadStyle = (typeof PAD_STYLES)[number];

export interface Padding {
  /** As written. */
  readonly text: string;
  /** Digits at least; 1: numbers without leading zeros. */
  readonly width: number;
  readonly kind: "marks" | "printf" | "houdini" | "udim";
}

const TOKEN = /[#@]+|%\d*d|\$F\d*|<UDIM>|%\(UDIM\)d/g;
const UDIM_DIGITS = 4;

/**
 * The padding of a name, and where it begins: the last one, for a name may hold stray `#` and `@` before it. A number right
 * behind it would run into the frame's own digits, so that is none.
 */
export function paddingIn(name: string, style: PadStyle): { readonly at: number; readonly padding: Padding } | null {
  const tokens = [...name.matchAll(TOKEN)].filter((token) => !/^-?\d/.test(name.slice(token.index + token[0].length)));
  const last = tokens.at(-1);
  return last === undefined ? null : { at: last.index, padding: paddingOf(last[0], style) };
}

function paddingOf(text: string, style: PadStyle): Padding {
  if (text.includes("UDIM")) return { text, width: UDIM_DIGITS, kind: "udim" };
  if (text.startsWith("%")) return { text, width: atLeastOne(text.slice(1, -1)), kind: "printf" };
  if (text.startsWith("$")) return { text, width: atLeastOne(text.slice(2)), kind: "houdini" };
  return { text, width: marksWidth(text, style), kind: "marks" };
}

function atLeastOne(digits: string): number {
  return Math.max(1, Number(digits));
}

function marksWidth(marks: string, style: PadStyle): number {
  if (style === "artist" && marks === "#") return 4;
  const hash = style === "hash4" ? 4 : 1;
  const hashes = marks.replaceAll("@", "").length;
  return hashes * hash + (marks.length - hashes);
}

/** Digits -> the marks that a person of that style writes for them. */
export function paddingMarks(width: number, style: PadStyle): string {
  if (style === "hash4") return width % 4 === 0 ? "#".repeat(width / 4) : "@".repeat(width);
  return style === "artist" && width === 1 ? "@" : "#".repeat(width);
}

/** Is it a frame's number at this width, and no other's? `0999`, `1000` at 4, and `10000`, which grew out of it. */
export function isFrameText(text: string, width: number): boolean {
  return /^-?\d+$/.test(text) && frameText(Number(text), width) === text;
}

/**
 * Is a minus behind this text a sign? After a letter, a digit or a closing bracket it is a separator: `take-0001` is frame 1,
 * and the date `2025-05-13` holds no frame -13.
 */
export function isSign(before: string): boolean {
  return !/[\p{L}\p{N})\]]$/u.test(before);
}
