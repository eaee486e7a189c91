/**
 * What a path is by a show's templates, and where every other one failed: `hotplate path explain`. The show's own layout comes
 * first; `beside` is what remains when nothing of it fits.
 */
import type { PathBook, ShowPaths } from "./pathBook.ts";
import type { PathLayout } from "./pathLayout.ts";
import { relativePath, rootOf } from "./paths.ts";
import type { PathTemplate, Tokens } from "./pathTemplateParse.ts";
import { parsePath } from "./pathTemplateParse.ts";

export interface PathMatch {
  readonly layout: string;
  readonly template: string;
  readonly text: string;
  readonly tokens: Tokens;
}
export interface PathMiss {
  readonly layout: string;
  readonly template: string;
  readonly text: string;
  /** What it read, and what it stopped at. */
  readonly read: string;
  readonly at: string;
  readonly wanted: string;
}
export type PathExplanation = {
  /** The root that it was read in, and the path inside it. */
  readonly root: string;
  readonly path: string;
  readonly others: readonly PathMiss[];
} & (
  | { readonly kind: "match"; readonly match: PathMatch }
  /** Every reading; a template that could be read in two ways is refused. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly PathMatch[] }
  | { readonly kind: "none" }
);

/** null: the path lies in no root. */
export function explainPath(
  book: PathBook,
  show: ShowPaths,
  of: { readonly path: string; readonly roots: readonly { readonly name: string; readonly linux: string }[] },
): PathExplanation | null {
  const root = rootOf(of.path, of.roots);
  if (root === null) return null;
  const path = relativePath(of.path, root.linux);
  const where = { root: root.name, path };
  const layouts = show.layout.name === "beside" ? [show.layout] : [show.layout, book.beside];
  const others: PathMiss[] = [];
  let matches: readonly PathMatch[] = [];
  for (const layout of layouts)
    for (const template of once(layout)) {
      const answer = parsePath(template, path);
      const found = answer.parses.map(({ tokens }) => ({ ...named(layout, template), tokens }));
      if (matches.length === 0 && found.length > 0) matches = found;
      else if (found.length === 0) others.push(missOf(layout, template, { path, ...answer }));
      else
        others.push({
          ...named(layout, template),
          read: path,
          at: "",
          wanted: `${matches[0]?.template ?? ""} fits, and comes first`,
        });
    }
  const [match, second] = matches;
  if (match === undefined) return { ...where, others, kind: "none" };
  return second === undefined
    ? { ...where, others, kind: "match", match }
    : { ...where, others, kind: "ambiguous", candidates: matches };
}

function named(
  layout: PathLayout,
  template: PathTemplate,
): { readonly layout: string; readonly template: string; readonly text: string } {
  return { layout: layout.name, template: template.name, text: template.text };
}

/** review, contact and qc stand once in a layout, whatever the destination. */
function once(layout: PathLayout): readonly PathTemplate[] {
  const seen = new Set<string>();
  return layout.templates.filter(({ text, name }) => {
    const key = text.startsWith("@version_dir") ? name : text;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function missOf(
  layout: PathLayout,
  template: PathTemplate,
  of: {
    readonly path: string;
    readonly failure: { readonly at: number; readonly wanted: string };
    readonly capped: boolean;
  },
): PathMiss {
  const cut = Math.max(0, of.failure.at);
  const wanted = of.capped ? "fewer ways to read it" : of.failure.wanted;
  return { ...named(layout, template), read: of.path.slice(0, cut), at: of.path.slice(cut), wanted };
}
