/**
 * Names of dropped files: which can be taken as work, how they are shown to people, and under which name their answer
 * lies. A name is hostile until proven otherwise: it may hold line breaks, marks that turn the reading direction, bytes that
 * are no UTF-8, or fill all 255 bytes that a file system gives, so that no suffix fits behind it.
 */
import { LIMITS } from "./limits.ts";

/** Line breaks and other control characters, and what turns or hides text. */
const INVISIBLE = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/u;
const EACH_INVISIBLE = new RegExp(INVISIBLE, "gu");
/** Stands where a name's bytes are no UTF-8, before each such byte in two hex digits. It can't be spoken back to the disk. */
const NOT_TEXT = "\uFFFD";
const EACH_BYTE = /\uFFFD([0-9A-F]{2})/g;

/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** The disk does not know the name as we read it: nothing of it can be looked at. */
export function isUnspeakable(name: string): boolean {
  return name.includes(NOT_TEXT);
}

/** Why a name can't be taken as work; null: it can. */
export function nameTrouble(name: string): string | null {
  if (isUnspeakable(name)) return "it is not UTF-8 text";
  if (INVISIBLE.test(name)) return "it holds a line break or another invisible character";
  const bytes = utf8Bytes(name);
  return bytes > LIMITS.dropNameBytesMax
    ? `it has ${bytes} bytes; at most ${LIMITS.dropNameBytesMax} can be used`
    : null;
}

/** A name on one line, with nothing in it that hides: `a\nb.yaml` for a line break, `caf\xE9.png` for a byte that is no text. */
export function shownName(name: string): string {
  return name.replace(EACH_BYTE, "\\x$1").replace(EACH_INVISIBLE, escaped);
}

/**
 * A name of bytes as text, so that no two names become one: `\uFFFDE9` for a byte E9 that is no UTF-8. Text is itself.
 * `decode` says what bytes mean, or null.
 */
export function nameOfBytes(bytes: Uint8Array, decode: (bytes: Uint8Array) => string | null): string {
  let name = "";
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((some) => decode(bytes.subarray(at, at + some)) !== null);
    const byte = bytes[at] ?? 0;
    name +=
      length === undefined ? `${NOT_TEXT}${byte.toString(16).toUpperCase()}` : decode(bytes.subarray(at, at + length));
    at += length ?? 1;
  }
  return name;
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

/**
 * What stands before `.STATUS.txt`: the name itself wherever that is possible. Else as much of it as fits and can be read,
 * and eight digits that tell it from its likes.
 */
export function answerStem(name: string): string {
  if (!INVISIBLE.test(name) && utf8Bytes(name) <= LIMITS.answerStemBytesMax) return name;
  const mark = `~${fnv1a(name)}`;
  let stem = "";
  let bytes = mark.length;
  for (const character of name) {
    const readable = INVISIBLE.test(character) ? "_" : character;
    bytes += utf8Bytes(readable);
    if (bytes > LIMITS.answerStemBytesMax) break;
    stem += readable;
  }
  return `${stem}${mark}`;
}

/** FNV-1a, 32 bit, over UTF-16 units: tells names apart, promises nothing more. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
