/**
 * A version named by its product: `envTunnel@v007`, `envTunnel@v007/w032`, `envTunnel@approved`, `envTunnel@latest`, with as
 * much of its place before it as is needed (`AGM/104_065_010/envTunnel@v007`). Text only; what it means now is found on the
 * disk, once, when a manifest is accepted.
 */
import { nearestWord } from "./nearest.ts";

export interface VersionRef {
  /** As written. */
  readonly text: string;
  /** Segments before the product: show, shot, or folders. */
  readonly place: readonly string[];
  /** The place starts at the root of the file system. */
  readonly absolute: boolean;
  readonly product: string;
  readonly which: "latest" | "approved" | number;
  readonly wedge: number | null;
}

export type RefReading =
  | { readonly kind: "ref"; readonly ref: VersionRef }
  /** Meant as a reference, and none. `nearest`: the whole text put right. */
  | { readonly kind: "mistake"; readonly message: string; readonly nearest: string | null };

/** null: no reference but a path. Behind the `@` of a reference stands no dot and no mark of a frame. */
export function readRef(text: string): RefReading | null {
  const match = /^([^@]*)@([^@.#%$\\]*)$/.exec(text.trim());
  if (match === null) return null;
  const [, before = "", after = ""] = match;
  const parts = before.split("/");
  const product = parts.at(-1) ?? "";
  if (product === "") {
    const example = `envTunnel@${after === "" ? "v007" : after}`;
    return {
      kind: "mistake",
      message: `"${text}" names no product: the product comes first, as in ${example}.`,
      nearest: null,
    };
  }
  const [word = "", wedgeText, ...more] = after.split("/");
  const which = whichOf(word);
  const wedge = wedgeText === undefined ? null : wedgeOf(wedgeText);
  if (which !== null && wedge !== undefined && more.length === 0) {
    const place = parts.slice(0, -1).filter((part) => part !== "" && part !== ".");
    return {
      kind: "ref",
      ref: { text: text.trim(), place, absolute: before.startsWith("/"), product, which, wedge },
    };
  }
  const right = which === null ? rightWord(word) : word;
  const rightWedge = wedgeText === undefined ? "" : `/${wedge === undefined ? rightWedgeName(wedgeText) : wedgeText}`;
  return {
    kind: "mistake",
    message: `"@${after}" names no version: write @v007, @v007/w032, @latest or @approved.`,
    nearest: right === null || rightWedge === "/" ? null : `${before}@${right}${rightWedge}`,
  };
}

function whichOf(word: string): VersionRef["which"] | null {
  if (word === "latest" || word === "approved") return word;
  const number = /^v(\d{1,9})$/.exec(word)?.[1];
  return number === undefined ? null : Number(number);
}

/** undefined: no wedge. */
function wedgeOf(text: string): number | undefined {
  const number = /^w(\d{1,5})$/.exec(text)?.[1];
  return number === undefined ? undefined : Number(number);
}

function rightWord(word: string): string | null {
  if (/^V?\d{1,9}$/.test(word)) return `v${word.replace("V", "").padStart(3, "0")}`;
  return nearestWord(word, ["latest", "approved"]);
}

function rightWedgeName(word: string): string {
  return /^W?\d{1,5}$/.test(word) ? `w${word.replace("W", "").padStart(3, "0")}` : "";
}
