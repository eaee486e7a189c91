/**
 * Texts of a header, gathered within bounds: a header is a stranger's, and what it says goes before checks. What is beyond the
 * bounds is counted, so that nobody takes what was read for all there is.
 */
import { LIMITS } from "../../domain/limits.ts";
import type { HeaderFacts } from "../../plugin.ts";

/** Of one text, bytes: enough for its characters in UTF-8. */
export const TEXT_BYTES_MAX: number = LIMITS.headerTextCharactersMax * 4;

export interface HeaderTexts {
  /** `bytes` is called only where there is room for the text. Null: it can't be read within bounds. */
  add(name: string, bytes: Uint8Array | (() => Uint8Array | null)): void;
  readonly said: Pick<HeaderFacts, "texts" | "textsUnread">;
}

export function headerTexts(): HeaderTexts {
  const all: { readonly name: string; readonly text: string }[] = [];
  let characters = 0;
  let unread = 0;
  return {
    get said() {
      return unread === 0 ? { texts: all } : { texts: all, textsUnread: unread };
    },
    add(name, given) {
      const full = all.length >= LIMITS.headerTextsMax || characters >= LIMITS.headerTextsCharactersMax;
      const bytes = full ? null : typeof given === "function" ? given() : given;
      if (bytes === null) {
        unread += 1;
        return;
      }
      const text = cut(Buffer.from(bytes.subarray(0, TEXT_BYTES_MAX)).toString("utf8").replace(/\0+$/, ""));
      characters += text.length;
      all.push({ name: cut(name), text });
    },
  };
}

function cut(text: string): string {
  return text.slice(0, LIMITS.headerTextCharactersMax);
}
