/**
 * Which layout a show has: the shipped ones, what hotplate.yaml changes of them, for all shows and for one. Compiled when the
 * configuration loads; every problem is named at its place in the configuration.
 */
import { z } from "zod";
import { nearestWord } from "./nearest.ts";
import type { LayoutProblem, LayoutText, PathLayout } from "./pathLayout.ts";
import { layoutSchema } from "./pathLayout.ts";
import { compileLayout } from "./pathLayoutCompile.ts";
import type { TokenText } from "./pathToken.ts";
import { tokenSchema } from "./pathToken.ts";

const tokensSchema = z
  .record(z.string().regex(/^[a-z][a-z0-9_]*$/), tokenSchema)
  .describe("Token -> its type, over the layout's own.");
const showSchema = z.strictObject({
  layout: z.string().optional().describe("Default: paths.layout."),
  to: z
    .enum(["beside", "work"])
    .optional()
    .describe("Where results go when a manifest does not say. Default: paths.to."),
  base: z.string().optional().describe("Default: paths.base."),
  tokens: tokensSchema.optional(),
});
export const pathsSchema = z
  .strictObject({
    layout: z
      .string()
      .default("beside")
      .describe("beside, toolkit, ayon, vendor_series, vendor_feature or one of layouts."),
    to: z.enum(["beside", "work"]).default("beside").describe("Where results go when a manifest does not say."),
    base: z.string().default("").describe("The show's folder inside its root, such as {show}; templates start there."),
    tokens: tokensSchema.default({}),
    layouts: z
      .record(z.string().regex(/^[a-z][a-z0-9_]*$/), layoutSchema)
      .default({})
      .describe("Layouts of your own, or what you change of a shipped one."),
    shows: z.record(z.string(), showSchema).default({}).describe("What one show has otherwise."),
  })
  .describe("Where plates lie and results go (docs/paths.md).");
export type PathsText = z.infer<typeof pathsSchema>;

export interface ShowPaths {
  readonly layout: PathLayout;
  readonly to: "beside" | "work";
}
export interface PathBook {
  readonly every: ShowPaths;
  readonly shows: Readonly<Record<string, ShowPaths>>;
  /** What `output.to: beside` and `output.to: FOLDER` mean in every show. */
  readonly beside: PathLayout;
}

export interface BookSources {
  /** Name -> shipped layout; `shared` is what all have. */
  readonly shipped: Readonly<Record<string, LayoutText>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}
/** `at` is a place below `paths`. */
export interface BookReading {
  readonly book: PathBook | null;
  readonly problems: readonly LayoutProblem[];
}

export const SHARED = "shared";
const DEFAULTS = pathsSchema.parse({});

export function pathsOf(book: PathBook, show: string): ShowPaths {
  return book.shows[show] ?? book.every;
}

export function readBook(paths: PathsText | undefined, sources: BookSources): BookReading {
  const said = paths ?? DEFAULTS;
  const problems: LayoutProblem[] = [];
  const compiled = (
    name: string,
    of: { readonly base: string; readonly tokens: readonly TokenTexts[]; readonly at: readonly (string | number)[] },
  ): PathLayout | null => {
    const text = layoutText(name, said, { sources, at: of.at, problems });
    if (text === null) return null;
    const own = name in said.layouts;
    const tokens = of.tokens.reduce((all, more) => withTokens(all, more), text.tokens);
    const { layout, problems: found } = compileLayout(
      name,
      { ...text, tokens },
      {
        base: name === "beside" ? "" : of.base,
        env: sources.env,
        prove: own || of.tokens.some((more) => Object.keys(more).length > 0),
      },
    );
    problems.push(...found.map((problem) => placed(problem, { name, of, said })));
    return layout;
  };
  const every = compiled(said.layout, { base: said.base, tokens: [said.tokens], at: ["layout"] });
  const beside =
    said.layout === "beside" && every !== null
      ? every
      : compiled("beside", { base: "", tokens: [], at: ["layouts", "beside"] });
  const shows: Record<string, ShowPaths> = {};
  for (const [show, own] of Object.entries(said.shows)) {
    const layout = compiled(own.layout ?? said.layout, {
      base: own.base ?? said.base,
      tokens: [said.tokens, own.tokens ?? {}],
      at: ["shows", show, ...(own.layout === undefined ? [] : ["layout"])],
    });
    if (layout !== null) shows[show] = { layout, to: own.to ?? said.to };
  }
  // One that nobody uses yet is looked at all the same: it will be.
  const used = new Set([said.layout, "beside", ...Object.values(said.shows).map((own) => own.layout ?? said.layout)]);
  for (const name of Object.keys(said.layouts))
    if (!used.has(name)) compiled(name, { base: "", tokens: [said.tokens], at: ["layouts", name] });
  problems.push(...destinations(said, { every, shows }));
  if (problems.length > 0 || every === null || beside === null) return { book: null, problems: unique(problems) };
  return { book: { every: { layout: every, to: said.to }, shows, beside }, problems: [] };
}

type TokenTexts = Readonly<Record<string, TokenText>>;

/** A destination that the layout has not would be refused at every manifest: said once, at the start. */
function destinations(
  said: PathsText,
  of: { readonly every: PathLayout | null; readonly shows: Readonly<Record<string, ShowPaths>> },
): readonly LayoutProblem[] {
  const lacks = (layout: PathLayout | null, to: string): boolean =>
    to === "work" && layout !== null && layout.places.work === undefined;
  const problem = (at: readonly string[], layout: string): LayoutProblem => ({
    at,
    message: `layout ${layout} has no work: results can't go there`,
    found: "work",
    expected: "beside, or a layout with work",
  });
  return [
    ...(lacks(of.every, said.to) ? [problem(["to"], said.layout)] : []),
    ...Object.entries(of.shows).flatMap(([show, { layout, to }]) =>
      lacks(layout, to)
        ? [problem(["shows", show, said.shows[show]?.to === undefined ? "layout" : "to"], layout.name)]
        : [],
    ),
  ];
}

/** shared < what `like` names < the shipped layout of this name < the configuration's own. */
function layoutText(
  name: string,
  said: PathsText,
  of: { readonly sources: BookSources; readonly at: readonly (string | number)[]; readonly problems: LayoutProblem[] },
): LayoutText | null {
  const { shipped } = of.sources;
  const own = said.layouts[name];
  const known = [...new Set([...Object.keys(shipped), ...Object.keys(said.layouts)])].filter((key) => key !== SHARED);
  const unknown = (found: string, at: readonly (string | number)[]): null => {
    of.problems.push({
      at,
      message: `there is no layout "${found}"`,
      found,
      expected: `one of ${known.join(", ")}`,
      nearest: nearestWord(found, known),
    });
    return null;
  };
  if (!known.includes(name)) return unknown(name, of.at);
  const like = own?.like ?? (own === undefined ? shipped[name]?.like : undefined);
  if (like !== undefined && shipped[like] === undefined) return unknown(like, ["layouts", name, "like"]);
  const parts = [shipped[SHARED], like === undefined ? undefined : shipped[like], shipped[name], own].filter(
    (part) => part !== undefined,
  );
  return parts.reduce((all, part) => over(all, part));
}

function over(below: LayoutText, above: LayoutText): LayoutText {
  const examples = { ...below.examples };
  // Another template makes the examples of the one before meaningless; an alias may be part of any.
  const changed = Object.keys(above.templates);
  const alias = changed.some((key) => key in below.templates && !(key in below.examples));
  for (const key of Object.keys(examples))
    if (alias || changed.some((name) => key === name || key.startsWith(`${name}.`))) delete examples[key];
  return {
    tokens: withTokens(below.tokens, above.tokens),
    ambiguous: [...below.ambiguous, ...above.ambiguous],
    examples: { ...examples, ...above.examples },
    templates: { ...below.templates, ...above.templates },
  };
}

/** A default or a word forbidden is added to a type; a new pattern, list or number is another type. */
function withTokens(below: TokenTexts, above: TokenTexts): TokenTexts {
  const out: Record<string, TokenText> = { ...below };
  for (const [name, token] of Object.entries(above)) {
    const another = ["type", "match", "choices", "prefix", "digits"].some((key) => key in token);
    out[name] = another ? token : { ...below[name], ...token };
  }
  return out;
}

/** Where in the configuration: at the layout's own text when it stands there, else where the layout is asked for. */
function placed(
  problem: LayoutProblem,
  {
    name,
    of,
    said,
  }: { readonly name: string; readonly of: { readonly at: readonly (string | number)[] }; readonly said: PathsText },
): LayoutProblem {
  const [first, ...rest] = problem.at;
  const own = said.layouts[name];
  const message = `layout ${name}: ${problem.message}`;
  const [, show = ""] = of.at;
  if (first === "tokens") {
    const token = String(rest[0] ?? "");
    if (of.at[0] === "shows" && said.shows[show]?.tokens?.[token] !== undefined)
      return { ...problem, message, at: ["shows", show, ...problem.at] };
    if (said.tokens[token] !== undefined) return { ...problem, message, at: problem.at };
  }
  const inOwn =
    own !== undefined && (first === undefined || first in own.templates || (typeof first === "string" && first in own));
  return { ...problem, message, at: inOwn ? ["layouts", name, ...problem.at] : of.at };
}

/** Two shows with the same layout have the same problems. */
function unique(problems: readonly LayoutProblem[]): readonly LayoutProblem[] {
  const seen = new Map(problems.map((problem) => [`${problem.at.join(".")} ${problem.message}`, problem]));
  return [...seen.values()];
}
