/**
 * The code map of ARCHITECTURE.md: every source file once, by folder, with the first sentence of its opening comment. Made
 * from the files, so that it can't name one that is gone, miss one that is new, or say what the file does not say itself.
 */
import { readdirSync, readFileSync } from "node:fs";

const HEADING = "## Code map";

/** The text of ARCHITECTURE.md with its code map as the files say now. */
export function withCodeMap(architecture: string, root: string): string {
  const cut = architecture.indexOf(`\n${HEADING}\n`);
  const before = cut < 0 ? `${architecture.trimEnd()}\n` : architecture.slice(0, cut);
  return `${before}\n${HEADING}\n\n${codeMap(root)}`;
}

export const MAPPED_FOLDERS = ["daemon", "plugins", "scripts"] as const;

function codeMap(root: string): string {
  const made = "<!-- Made by scripts/generateDocs.ts from the first sentence of each file's opening comment. -->\n";
  return (
    made +
    MAPPED_FOLDERS.flatMap((folder) => folders(root, folder))
      .map((dir) => section(root, dir))
      .join("")
  );
}

function folders(root: string, dir: string): readonly string[] {
  const inner = readdirSync(root + dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [
    dir,
    ...inner
      .map((entry) => entry.name)
      .toSorted()
      .flatMap((name) => folders(root, `${dir}/${name}`)),
  ];
}

function section(root: string, dir: string): string {
  const files = readdirSync(root + dir, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|sh)$/.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
  if (files.length === 0) return "";
  const lines = files.map((name) => `- \`${name}\` ${openingSentence(readFileSync(`${root}${dir}/${name}`, "utf8"))}`);
  return `\n### ${dir}/\n\n${lines.join("\n")}\n`;
}

/** The first sentence of a file's opening comment, on one line; empty when the file opens with something else. */
export function openingSentence(text: string): string {
  const words = openingComment(text).replaceAll(/\s+/g, " ").trim();
  return /^.*?[.!?](?= |$)/.exec(words)?.[0] ?? words;
}

export function openingComment(text: string): string {
  const block = /^(?:#![^\n]*\n)?\/\*\*?([\s\S]*?)\*\//.exec(text)?.[1];
  if (block !== undefined) return block.replaceAll(/^[ \t]*\*[ \t]?/gm, "");
  const lines = /^(?:#![^\n]*\n)?((?:(?:#|\/\/)[^\n]*\n)+)/.exec(text)?.[1] ?? "";
  return lines.replaceAll(/^(#|\/\/) ?/gm, "");
}
