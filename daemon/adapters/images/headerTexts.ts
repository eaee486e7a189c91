/** Texts of a header, gathered within bounds: a header is a stranger's, and what it says goes before checks. */
import { LIMITS } from "../../domain/limits.ts";
import type { HeaderFacts } from "../../plugin.ts";

export interface HeaderTexts {
  add(name: string, bytes: Uint8Array): void;
  readonly all: HeaderFacts["texts"];
}

export function headerTexts(): HeaderTexts {
  const all: { readonly name: string; readonly text: string }[] = [];
  return {
    all,
    add(name, bytes) {
      if (all.length >= LIMITS.headerTextsMax) return;
      const text = Buffer.from(bytes.subarray(0, LIMITS.headerTextCharactersMax * 4)).toString("utf8");
      all.push({ name: name.slice(0, LIMITS.headerTextCharactersMax), text: cut(text.replace(/\0+$/, "")) });
    },
  };
}

function cut(text: string): string {
  return text.slice(0, LIMITS.headerTextCharactersMax);
}
