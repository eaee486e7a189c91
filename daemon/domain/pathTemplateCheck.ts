/**
 * What must be true of a template before any path is read by it, decided by automata over the tokens' types: neighbouring
 * optional parts can't be taken for each other, and no path can be read in two ways. A product's name may hold `_` only
 * where the rest of the path fixes it, which is the same question. Sound: what passes is never ambiguous; a template whose
 * one meaning hangs on more than this looks at is refused with a path to think about.
 */
import { LIMITS } from "./limits.ts";
import type { Chain } from "./pathChain.ts";
import { ambiguousWord, chainOf, endsItself, reversed, sharedWord, textLanguage } from "./pathChain.ts";
import type { TemplateProblem } from "./pathTemplate.ts";
import type { PathTemplate, TypedFlat, TypedNode } from "./pathTemplateParse.ts";
import { parsePath } from "./pathTemplateParse.ts";

/** One folder's or file's name, without its slashes. */
type Segment = readonly TypedFlat[];

/** A template with its optional parts settled: some there, the others not. */
interface Choice {
  readonly present: readonly string[];
  readonly segments: readonly Segment[];
}

/** Answers given already: templates of one layout share most of their folder names. Never for two layouts: types differ. */
export interface Proofs {
  readonly chains: Map<string, Chain>;
  readonly shared: Map<string, string | null>;
  readonly twice: Map<string, string | null>;
  readonly choices: Map<PathTemplate, readonly Choice[]>;
}

export function noProofs(): Proofs {
  return { chains: new Map(), shared: new Map(), twice: new Map(), choices: new Map() };
}

export function templateProblems(template: PathTemplate, proofs: Proofs = noProofs()): readonly TemplateProblem[] {
  const shape = shapeProblem(template);
  if (shape !== null) return [shape];
  const neighbours = neighbourProblem(template.nodes);
  if (neighbours !== null) return [neighbours];
  const choices = knownChoices(template, proofs);
  for (const choice of choices) {
    const twice = twoReadings(template, choice, proofs);
    if (twice !== null) return [twice];
  }
  for (const [index, one] of choices.entries())
    for (const other of choices.slice(index + 1)) {
      const both = sharedPath(one, other, proofs);
      if (both !== null) return [eitherProblem(template, [one, other], both)];
    }
  return [];
}

/** A path that both templates could read, or null: two templates of a layout must never both fit. */
export function sharedByBoth(a: PathTemplate, b: PathTemplate, proofs: Proofs = noProofs()): string | null {
  for (const one of knownChoices(a, proofs))
    for (const other of knownChoices(b, proofs)) {
      const path = sharedPath(one, other, proofs);
      if (path !== null) return path;
    }
  return null;
}

function shapeProblem({ nodes, text }: PathTemplate): TemplateProblem | null {
  const names = optionalNames(nodes);
  if (names.length > LIMITS.pathOptionalsMax)
    return { message: `it has ${names.length} optional tokens; at most ${LIMITS.pathOptionalsMax} can be told apart` };
  for (const { segments } of choicesOf({ name: "", text, nodes })) {
    const many = segments.filter((segment) => segment.some((node) => node.kind === "token" && node.many));
    if (many.length > 1) return { message: "two tokens that span folders ({x*}) can't be told apart" };
    const alone = many.every((segment) => segment.length === 1);
    if (!alone) return { message: "a token that spans folders ({x*}) must stand alone between two /" };
    if (segments.some((segment) => segment.length === 0))
      return { message: "it has an empty folder name: it begins or ends with a /, or has two in a row" };
    const dots = segments.some(
      ([only, more]) => only?.kind === "text" && more === undefined && /^\.\.?$/.test(only.text),
    );
    if (dots) return { message: "it holds a . or .. as a folder" };
  }
  return null;
}

/** Optional parts without anything between them: what one may be, the other must not. */
function neighbourProblem(nodes: readonly TypedNode[]): TemplateProblem | null {
  for (let at = 0; at < nodes.length; at += 1) {
    const one = nodes[at];
    if (one?.kind !== "optional") continue;
    for (let next = at + 1; next < nodes.length; next += 1) {
      const other = nodes[next];
      if (other?.kind !== "optional") break;
      const word = sharedWord(chain(one.nodes), chain(other.nodes));
      if (word === null) continue;
      return {
        message: `${shown(one.nodes)} and ${shown(other.nodes)} are optional neighbours and may both be "${word}": one of two there could be either`,
        found: word,
        expected: "tokens whose types share no word",
      };
    }
  }
  return null;
}

function shown(nodes: readonly TypedFlat[]): string {
  return `[${nodes.map((node) => (node.kind === "text" ? node.text : `{${node.name}}`)).join("")}]`;
}

function chain(nodes: readonly TypedFlat[]): Chain {
  return chainOf(nodes.map((node) => (node.kind === "text" ? textLanguage(node.text) : node.language)));
}

function optionalNames(nodes: readonly TypedNode[]): readonly string[] {
  const inside = nodes.flatMap((node) => (node.kind === "optional" ? node.nodes : []));
  const outside = new Set(nodes.flatMap((node) => (node.kind === "token" ? [node.name] : [])));
  return [...new Set(inside.flatMap((node) => (node.kind === "token" && !outside.has(node.name) ? [node.name] : [])))];
}

/** Every way to have its optional parts: a part is there when all its tokens have values, wherever else they stand. */
function choicesOf(template: PathTemplate): readonly Choice[] {
  const names = optionalNames(template.nodes).slice(0, LIMITS.pathOptionalsMax);
  const out = new Map<string, Choice>();
  for (let bits = 0; bits < 1 << names.length; bits += 1) {
    const absent = new Set(names.filter((_, index) => (bits & (1 << index)) === 0));
    const nodes = template.nodes.flatMap((node): readonly TypedFlat[] => {
      if (node.kind !== "optional") return [node];
      return node.nodes.some((inner) => inner.kind === "token" && absent.has(inner.name)) ? [] : node.nodes;
    });
    const present = [...new Set(nodes.flatMap((node) => (node.kind === "token" ? [node.name] : [])))];
    out.set(present.join(","), { present, segments: segmentsOf(nodes) });
  }
  return [...out.values()];
}

function segmentsOf(nodes: readonly TypedFlat[]): readonly Segment[] {
  const out: TypedFlat[][] = [[]];
  for (const node of nodes) {
    if (node.kind === "token") {
      out.at(-1)?.push(node);
      continue;
    }
    node.text.split("/").forEach((text, index) => {
      if (index > 0) out.push([]);
      const last = out.at(-1);
      const before = last?.at(-1);
      if (text === "") return;
      if (before?.kind === "text") last?.splice(-1, 1, { kind: "text", text: before.text + text });
      else last?.push({ kind: "text", text });
    });
  }
  return out;
}

/**
 * Can one path be read in two ways with the same optional parts there? Folder names are read one by one. What a name that
 * reads only one way says is fixed for the others: a repeated token has the same text, and so the same length, in both
 * readings. A name with fixed tokens reads one way when the pieces between them do and each piece's end is known, from the
 * left or from the right.
 */
function twoReadings(template: PathTemplate, { segments }: Choice, proofs: Proofs): TemplateProblem | null {
  const fixed = new Set<string>();
  const open = new Set(segments.filter((segment) => !segment.some((node) => node.kind === "token" && node.many)));
  for (let moved = true; moved; ) {
    moved = false;
    for (const segment of open) {
      if (!readsOneWay(segment, fixed, proofs)) continue;
      open.delete(segment);
      moved = true;
      for (const node of segment) if (node.kind === "token") fixed.add(node.name);
    }
  }
  const [first] = open;
  if (first === undefined) return null;
  return nameProblem(template, first);
}

function readsOneWay(segment: Segment, fixed: ReadonlySet<string>, proofs: Proofs): boolean {
  if (knownTwice(segment, proofs) === null) return true;
  const parts: TypedFlat[][] = [[]];
  for (const node of segment) {
    if (node.kind === "token" && fixed.has(node.name)) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  const some = parts.filter((part) => part.length > 0);
  if (parts.length === 1 || some.some((part) => knownTwice(part, proofs) !== null)) return false;
  const chains = some.map(chain);
  const fromLeft = chains.findIndex((part) => !endsItself(part));
  if (fromLeft < 0) return true;
  return chains.slice(fromLeft + 1).every((part) => endsItself(reversed(part)));
}

function nameProblem(template: PathTemplate, segment: Segment): TemplateProblem {
  const word = ambiguousWord(chain(segment)) ?? "";
  const alone: PathTemplate = { name: template.name, text: "", nodes: segment };
  const readings = parsePath(alone, word).parses.map((parse) =>
    Object.entries(parse.tokens)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
  );
  const underscore = segment.some((node) => node.kind === "token" && node.name === "product" && hasUnderscore(node));
  const hint = underscore ? " A product's name may hold _ only where it is a folder of its own, too." : "";
  return {
    message: `a name like "${word}" could be read in ${Math.max(2, readings.length)} ways.${hint}`,
    found: readings.slice(0, 3).join(" or ") || word,
    expected: "types that leave one reading",
  };
}

function hasUnderscore(node: TypedFlat): boolean {
  return node.kind === "token" && node.language.edges.some((row) => row.some(({ lo, hi }) => lo <= 95 && 95 <= hi));
}

function knownChoices(template: PathTemplate, proofs: Proofs): readonly Choice[] {
  const known = proofs.choices.get(template) ?? choicesOf(template);
  proofs.choices.set(template, known);
  return known;
}

function knownShared(one: Segment, other: Segment, proofs: Proofs): string | null {
  const left = signature(one);
  const right = signature(other);
  const key = left < right ? `${left}\0${right}` : `${right}\0${left}`;
  const before = proofs.shared.get(key);
  if (before !== undefined) return before;
  const word = sharedWord(knownChain(one, left, proofs), knownChain(other, right, proofs));
  proofs.shared.set(key, word);
  return word;
}

function knownTwice(segment: Segment, proofs: Proofs): string | null {
  const key = signature(segment);
  const known = proofs.twice.get(key);
  if (known !== undefined) return known;
  const word = ambiguousWord(knownChain(segment, key, proofs));
  proofs.twice.set(key, word);
  return word;
}

function knownChain(segment: Segment, key: string, { chains }: Proofs): Chain {
  const known = chains.get(key) ?? chain(segment);
  chains.set(key, known);
  return known;
}

function signature(segment: Segment): string {
  return segment.map((node) => (node.kind === "text" ? node.text : `{${node.name}:${node.width}}`)).join("");
}

/** A path (its telling name) that both could read: no two folder names in the same place are disjoint. */
function sharedPath(a: Choice, b: Choice, proofs: Proofs): string | null {
  const isMany = (segment: Segment): boolean => segment.some((node) => node.kind === "token" && node.many);
  const manyA = a.segments.findIndex(isMany);
  const manyB = b.segments.findIndex(isMany);
  if (manyA < 0 && manyB < 0 && a.segments.length !== b.segments.length) return null;
  const least = (choice: Choice, many: number, other: Choice): boolean =>
    many < 0 && choice.segments.length < other.segments.length;
  if (least(a, manyA, b) || least(b, manyB, a)) return null;
  const words: string[] = [];
  const disjoint = (one: Segment | undefined, other: Segment | undefined): boolean => {
    if (one === undefined || other === undefined || isMany(one) || isMany(other)) return false;
    const word = knownShared(one, other, proofs);
    if (word !== null) words.push(word);
    return word === null;
  };
  const fromLeft = Math.min(manyA < 0 ? a.segments.length : manyA, manyB < 0 ? b.segments.length : manyB);
  for (let i = 0; i < fromLeft; i += 1) if (disjoint(a.segments[i], b.segments[i])) return null;
  if (manyA >= 0 || manyB >= 0) {
    const tail = (choice: Choice, many: number): number => choice.segments.length - many - 1;
    const fromRight = Math.min(tail(a, manyA), tail(b, manyB));
    words.push("...");
    for (let i = fromRight; i >= 1; i -= 1) if (disjoint(a.segments.at(-i), b.segments.at(-i))) return null;
  }
  return words.join("/");
}

function eitherProblem(template: PathTemplate, [one, other]: readonly [Choice, Choice], path: string): TemplateProblem {
  const only = (choice: Choice, than: Choice): string =>
    choice.present
      .filter((name) => !than.present.includes(name))
      .map((name) => `{${name}}`)
      .join(" ") || "neither";
  return {
    message: `a path like "${path}" could hold ${only(one, other)} or ${only(other, one)} in ${template.name}`,
    found: path,
    expected: "types that tell the optional parts apart",
  };
}
