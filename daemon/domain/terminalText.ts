/**
 * Text as a terminal may have it. Names of files, notes and words of programs are strangers': an escape sequence in one would move the
 * cursor, colour the terminal or hide a line, and a mark that turns the reading direction makes a name look like another. Everything that
 * commands print goes through here; what we colour ourselves is coloured afterwards.
 */
import { shownName } from "./dropName.ts";

/** What shapes lines stays; other control characters (C0, C1, DEL) and what turns or hides text are spelled out. */
const HIDDEN = /[^\P{Cc}\n\t]|[\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/gu;

/** Of any number of lines. */
export function shownText(text: string): string {
  return text.replace(HIDDEN, shownName);
}

/** JSON of the same meaning: what a terminal would obey stands as \uXXXX. */
export function shownJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    HIDDEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
