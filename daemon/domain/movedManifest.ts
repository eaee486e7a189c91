/**
 * A manifest that is dropped from elsewhere: its relative paths start at its own folder, and must still mean the same after
 * the move. Everything else of its text stays, comments and order too. What is no path is never touched.
 */
import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node } from "yaml";
import { readRef } from "./versionRef.ts";
import type { RecipeBook } from "./recipe.ts";

/** Names under which any recipe takes a further image: their values are paths. */
export function recipeImages(book: RecipeBook): ReadonlySet<string> {
  return new Set(book.recipes.flatMap((recipe) => Object.keys(recipe.file.images)));
}

export interface Move {
  readonly images: ReadonlySet<string>;
  /** From the manifest's folder. */
  readonly absolute: (path: string) => string;
}

/** A text that does not parse is given back as it is: the folder says what is wrong with it. YAML gets its end mark. */
export function withAbsolutePaths(text: string, move: Move): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return text;
  const nodes = [["plate"], ["plate", "path"], ["output", "to"], ["rerun", "of"]].map((path) =>
    document.getIn(path, true),
  );
  for (const name of move.images) {
    nodes.push(document.getIn(["parameters", name], true));
    nodes.push(...valuesOf(document, ["sweep", "axes", name]));
  }
  const changes = nodes.flatMap((node) => changeOf(node, move)).toSorted((a, b) => b.from - a.from);
  let out = text;
  for (const { from, to, value } of changes) out = out.slice(0, from) + value + out.slice(to);
  return text.trimStart().startsWith("{") || /(^|\n)\.\.\.\s*$/.test(out) ? out : `${out.trimEnd()}\n...\n`;
}

/** An axis is a list of values, or a map of names to values. */
function valuesOf(document: Document, path: readonly string[]): readonly unknown[] {
  const axis = document.getIn(path, true);
  if (isSeq(axis)) return axis.items;
  return isMap<Node, Node>(axis) ? axis.items.map((pair) => pair.value) : [];
}

interface Change {
  readonly from: number;
  readonly to: number;
  /** In double quotes, which JSON and YAML read alike. */
  readonly value: string;
}

/** `beside` is a word of output.to; an absolute path of any system stays. */
function changeOf(node: unknown, move: Move): readonly Change[] {
  if (!isScalar(node) || typeof node.value !== "string" || !node.range) return [];
  if (node.value === "" || node.value === "beside" || /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(node.value)) return [];
  if (readRef(node.value) !== null) return [];
  const [from, to] = node.range;
  return [{ from, to, value: JSON.stringify(move.absolute(node.value)) }];
}
