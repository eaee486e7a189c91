/**
 * A layout's text becomes templates that paths can be read by, or every problem in it: names that are not declared, types that
 * leave two readings, two templates that fit one path, a version that is no folder, examples that do not hold.
 */
import { nearestWord } from "./nearest.ts";
import type { LayoutProblem, LayoutText, PathLayout, Place } from "./pathLayout.ts";
import { DESTINATIONS, TEMPLATE_NAMES } from "./pathLayout.ts";
import { exampleProblems } from "./pathLayoutExamples.ts";
import type { CompileOptions, LayoutWork as Work } from "./pathLayoutPlaces.ts";
import { entry, KNOWN, one, placeOf } from "./pathLayoutPlaces.ts";
import { noProofs, sharedByBoth, templateProblems } from "./pathTemplateCheck.ts";
import type { PathTemplate } from "./pathTemplateParse.ts";
import type { TokenType } from "./pathToken.ts";
import { readToken } from "./pathToken.ts";

export interface Compiled {
  /** null: there are problems. */
  readonly layout: PathLayout | null;
  readonly problems: readonly LayoutProblem[];
}

export function compileLayout(name: string, text: LayoutText, options: CompileOptions): Compiled {
  if (options.prove && options.base !== "") {
    // Examples and proofs are about the layout itself, wherever in a root a show lies.
    const proven = compileLayout(name, text, { ...options, base: "" });
    return proven.layout === null ? proven : compileLayout(name, text, { ...options, prove: false });
  }
  const problems: LayoutProblem[] = [];
  const types = typesOf(text, problems);
  const work: Work = { text, options, aliases: aliasesOf(text), types, problems };
  problems.push(...unusedAliases(work), ...unknownReferences(work));
  if (problems.length > 0) return { layout: null, problems };
  const plain = [
    // A node works for many shows.
    ...one({ ...work, options: { ...options, base: "" } }, "node_report", entry(text, "node_report")?.path),
    ...one(work, "day_report", entry(text, "day_report")?.path),
  ];
  const plates = platesOf(work);
  const places = DESTINATIONS.flatMap((to) => placeOf(work, to));
  if (places.length === 0 && problems.length === 0)
    problems.push({
      at: [],
      message: "it has no work and no publish: results have nowhere to go",
      expected: "work: TEMPLATE",
    });
  const extended = Object.fromEntries(
    Object.keys(text.templates).flatMap((key) => {
      const above = entry(text, key)?.extends;
      return above === undefined ? [] : [[key, above]];
    }),
  );
  const others = Object.keys(extended)
    .filter((key) => !plates.some((plate) => plate.name === key))
    .flatMap((key) => one(work, key, entry(text, key)?.path));
  const templates = [...plates, ...places.flatMap(templatesOf), ...others, ...plain];
  if (problems.length === 0 && options.prove) prove(work, { templates, extended });
  if (problems.length > 0) return { layout: null, problems };
  return {
    layout: {
      name,
      types,
      plates,
      places: Object.fromEntries(places.map((place) => [place.to, place])),
      templates,
      extended,
    },
    problems: [],
  };
}

function templatesOf(place: Place): readonly PathTemplate[] {
  return [place.file, place.sheet, place.review, place.contact, place.qc];
}

function aliasesOf(text: LayoutText): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(text.templates).flatMap((key) => {
      const value = entry(text, key);
      return value === null || KNOWN.has(key) || value.extends !== undefined ? [] : [[key, value.path]];
    }),
  );
}

function typesOf(text: LayoutText, problems: LayoutProblem[]): Readonly<Record<string, TokenType>> {
  const out: Record<string, TokenType> = {};
  for (const [name, token] of Object.entries(text.tokens)) {
    const reading = readToken(name, token);
    if (reading.ok) out[name] = reading.type;
    else
      problems.push({
        at: ["tokens", name, reading.key],
        message: `token ${name}: ${reading.message}`,
        found: String(token[reading.key] ?? ""),
      });
  }
  return out;
}

/** An alias that nothing uses is most often a template's name with a slip in it. */
function unusedAliases({ text, aliases }: Work): readonly LayoutProblem[] {
  const texts = Object.keys(text.templates).flatMap((key) => entry(text, key)?.path ?? []);
  return Object.keys(aliases)
    .filter((name) => !texts.some((path) => path.includes(`@${name}`)))
    .map((name) => {
      const nearest = nearestWord(name, TEMPLATE_NAMES);
      return {
        at: [name],
        message: `"${name}" is no template, and as an alias (@${name}) nothing uses it`,
        found: name,
        expected: `one of ${TEMPLATE_NAMES.join(", ")}, or a use of @${name}`,
        nearest,
      };
    });
}

/** `extends`, `ambiguous` and `examples` name templates. */
function unknownReferences({ text }: Work): readonly LayoutProblem[] {
  const named = Object.keys(text.templates).filter((key) => entry(text, key) !== null);
  const inside = DESTINATIONS.flatMap((to) => ["sheet", "review", "contact", "qc"].map((kind) => `${to}.${kind}`));
  const check = (at: readonly (string | number)[], name: string, among: readonly string[]): readonly LayoutProblem[] =>
    among.includes(name)
      ? []
      : [
          {
            at,
            message: `there is no template "${name}" here`,
            found: name,
            expected: named.join(", "),
            nearest: nearestWord(name, named),
          },
        ];
  return [
    ...named.flatMap((key) => {
      const above = entry(text, key)?.extends;
      return above === undefined ? [] : check([key, "extends"], above, named);
    }),
    ...text.ambiguous.flatMap((name, index) => check(["ambiguous", index], name, platesIn(text))),
    ...Object.keys(text.examples).flatMap((name) => check(["examples", name], name, [...named, ...inside])),
  ];
}

function platesIn(text: LayoutText): readonly string[] {
  return Object.keys(text.templates).filter((key) => key === "plate" || entry(text, key)?.extends === "plate");
}

function platesOf(work: Work): readonly PathTemplate[] {
  // What extends it is the more particular one.
  return platesIn(work.text)
    .toSorted((a, b) => Number(a === "plate") - Number(b === "plate"))
    .flatMap((key) => one(work, key, entry(work.text, key)?.path));
}

function prove(
  work: Work,
  of: { readonly templates: readonly PathTemplate[]; readonly extended: Readonly<Record<string, string>> },
): void {
  const { text, problems } = work;
  const proofs = noProofs();
  const keyOf = (name: string): readonly string[] => [name in text.templates ? name : (name.split(".")[1] ?? name)];
  for (const template of of.templates) {
    if (text.ambiguous.includes(template.name)) continue;
    for (const problem of templateProblems(template, proofs))
      problems.push({ ...problem, at: keyOf(template.name), message: `${template.name}: ${problem.message}` });
  }
  const distinct = of.templates.filter(
    (template, index) =>
      of.templates.findIndex((other) => other.text === template.text && sameNodes(other, template)) === index,
  );
  for (const [index, a] of distinct.entries())
    for (const b of distinct.slice(index + 1)) {
      if (of.extended[a.name] === b.name || of.extended[b.name] === a.name) continue;
      const path = sharedByBoth(a, b, proofs);
      if (path !== null)
        problems.push({
          at: keyOf(b.name),
          message: `${a.name} and ${b.name} could both be a path like "${path}"`,
          found: path,
          expected: `templates that never fit the same path, or ${b.name}: {path: ..., extends: ${a.name}}`,
        });
    }
  if (problems.length === 0) problems.push(...exampleProblems(text, of));
}

/** review, contact and qc are written once and used by each destination. */
function sameNodes(a: PathTemplate, b: PathTemplate): boolean {
  return a === b || templateTextOf(a) === templateTextOf(b);
}

function templateTextOf(template: PathTemplate): string {
  return JSON.stringify(
    template.nodes.map((node) =>
      node.kind === "token"
        ? node.name
        : node.kind === "text"
          ? node.text
          : node.nodes.map((inner) => (inner.kind === "token" ? inner.name : inner.text)),
    ),
  );
}
