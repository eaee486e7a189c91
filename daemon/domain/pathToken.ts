/**
 * What the tokens of path templates may be: every token has a type, for untyped tokens make parsing guess. A value is text:
 * what stands in the path, but a number's without prefix and padding (`v007` is 7), so that it can be printed at any width.
 */
import { z } from "zod";
import type { Language } from "./pathRegular.ts";
import { combined, hasWord, shortestWord, wordsLanguage } from "./pathRegular.ts";
import { readPattern } from "./pathPattern.ts";

export const tokenSchema = z
  .strictObject({
    type: z
      .enum(["text", "number", "frame"])
      .optional()
      .describe("Default: number where digits or prefix is given, else text."),
    match: z.string().min(1).optional().describe("Pattern of the whole token; never matches /. Default: anything."),
    choices: z.array(z.string().min(1)).min(1).optional().describe("One of these words, instead of a pattern."),
    case: z.enum(["upper", "lower"]).optional().describe("No letter a-z (upper) or A-Z (lower) in it."),
    forbid: z.array(z.string()).optional().describe("Words that it never is."),
    prefix: z.string().max(16).optional().describe("Of a number: v in v007."),
    digits: z.int().min(1).max(10).optional().describe("Of a number or frame: how many digits at least."),
    default: z.string().min(1).optional().describe("Its value where neither plate nor manifest says one."),
    says: z.string().optional().describe("What it is, for people."),
  })
  .describe("What a token may be.");
export type TokenText = z.infer<typeof tokenSchema>;

export interface TokenType {
  readonly name: string;
  readonly kind: "text" | "number" | "frame";
  readonly language: Language;
  readonly prefix: string;
  /** Least digits; null: a frame that keeps the digits it has. */
  readonly digits: number | null;
  readonly default: string | null;
}
export type TokenReading =
  | { readonly ok: true; readonly type: TokenType }
  | { readonly ok: false; readonly key: keyof TokenText; readonly message: string };

/** `x.####.exr` names every frame at once; these spellings are values of a frame too, and stay as they are. */
const FRAME_PATTERNS = String.raw`%0?\d*d|#+|@+|\$F\d*|<UDIM>|%\(UDIM\)d|\[\d+-\d+\]`;

export function readToken(name: string, of: TokenText): TokenReading {
  const kind = of.type ?? (of.digits !== undefined || of.prefix !== undefined ? "number" : "text");
  const wrong = misplaced(of, kind);
  if (wrong !== null) return wrong;
  const digits = of.digits ?? (kind === "number" ? 1 : null);
  const prefix = of.prefix ?? "";
  const base =
    kind === "text" ? textLanguage(of) : numberLanguage({ kind, prefix, digits, default: null, name }, digits);
  if (typeof base === "string")
    return { ok: false, key: of.choices === undefined ? "match" : "choices", message: base };
  const cased = of.case === undefined ? base : narrowed(base, of.case === "upper" ? "[^a-z]+" : "[^A-Z]+", "and");
  const language =
    of.forbid === undefined || cased === null ? cased : combined(cased, wordsLanguage(of.forbid), "minus");
  if (language === null) return { ok: false, key: "match", message: "it is too large" };
  if (shortestWord(language) === null) return { ok: false, key: "match", message: "no word is left that it could be" };
  const type: TokenType = { name, kind, language, prefix, digits, default: of.default ?? null };
  if (of.default !== undefined && !hasWord(language, encoded(type, of.default, null)))
    return { ok: false, key: "default", message: `"${of.default}" is not what the token may be` };
  return { ok: true, type };
}

/** Keys that mean nothing for this kind of token. */
function misplaced(of: TokenText, kind: TokenType["kind"]): Extract<TokenReading, { ok: false }> | null {
  if (kind !== "text")
    for (const key of ["match", "choices", "case", "forbid"] as const)
      if (of[key] !== undefined) return { ok: false, key, message: `a ${kind} has no ${key}` };
  if (kind === "text")
    for (const key of ["prefix", "digits"] as const)
      if (of[key] !== undefined) return { ok: false, key, message: `a text has no ${key}` };
  if (kind === "frame" && of.prefix !== undefined)
    return { ok: false, key: "prefix", message: "a frame has no prefix" };
  if (of.match !== undefined && of.choices !== undefined)
    return { ok: false, key: "choices", message: "it has match and choices; one says it all" };
  const slash = [...(of.choices ?? []), ...(of.forbid ?? []), of.prefix ?? ""].find((word) => word.includes("/"));
  return slash === undefined
    ? null
    : { ok: false, key: "choices", message: `"${slash}" holds a /, which is never part of a token` };
}

function textLanguage(of: TokenText): Language | string {
  if (of.choices !== undefined) return wordsLanguage(of.choices);
  const reading = readPattern(of.match ?? "[^/]+");
  return reading.ok ? reading.language : reading.message;
}

function narrowed(language: Language, pattern: string, how: "and" | "minus"): Language | null {
  const other = readPattern(pattern);
  return other.ok ? combined(language, other.language, how) : null;
}

function numberLanguage(type: Omit<TokenType, "language">, digits: number | null): Language | string {
  const prefix = type.prefix.replace(/[^A-Za-z0-9]/g, "\\$&");
  const plain = digits === null ? String.raw`\d+` : String.raw`\d{${digits}}|[1-9]\d{${digits},}`;
  // Zero fill counts the minus, as the field writes it: -1 at 4 is -001.
  const less = Math.max(1, (digits ?? 1) - 1);
  const minus = digits === null ? String.raw`-\d+` : String.raw`-\d{${less}}|-[1-9]\d{${less},}`;
  const reading = readPattern(type.kind === "number" ? `${prefix}(?:${plain})` : `${plain}|${minus}|${FRAME_PATTERNS}`);
  return reading.ok ? reading.language : reading.message;
}

/** What the token may be where its template says `{x:0>4}`. Only numbers have a width. */
export function languageAt(type: TokenType, width: number | null): Language | null {
  if (width === null || width === type.digits) return type.language;
  if (type.kind === "text") return null;
  const language = numberLanguage(type, width);
  return typeof language === "string" ? null : language;
}

/** The value that a piece of a path stands for. */
export function decoded(type: TokenType, text: string, width: number | null): string {
  if (type.kind === "number") return text.slice(type.prefix.length).replace(/^0+(?=\d)/, "");
  if (type.kind === "frame" && (width ?? type.digits) !== null && /^-?\d+$/.test(text))
    return text.replace(/^(-?)0+(?=\d)/, "$1");
  return text;
}

/** The piece of a path that a value is printed as. */
export function encoded(type: TokenType, value: string, width: number | null): string {
  const digits = width ?? type.digits ?? 0;
  if (type.kind === "number") return type.prefix + value.padStart(digits, "0");
  if (type.kind === "frame" && /^-?\d+$/.test(value)) return frameDigits(value, digits);
  return value;
}

function frameDigits(value: string, digits: number): string {
  if (!value.startsWith("-")) return value.padStart(digits, "0");
  return `-${value.slice(1).padStart(Math.max(0, digits - 1), "0")}`;
}
