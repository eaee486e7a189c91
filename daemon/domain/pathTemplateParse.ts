/**
 * A path by a template, and a template's path. `parsePath` finds every way to read a path, not the first one: none is
 * explained, one is taken, two are refused with the candidates. A reading counts only when printing it gives the path again.
 * Static text is compared without case and keeps the spelling on disk; token values are compared as they are.
 */
import { canonicalJson } from "./canonicalJson.ts";
import { LIMITS } from "./limits.ts";
import type { Language } from "./pathRegular.ts";
import { hasWord, prefixLengths } from "./pathRegular.ts";
import type { TokenType } from "./pathToken.ts";
import { decoded, encoded } from "./pathToken.ts";

export interface TypedToken {
  readonly kind: "token";
  readonly name: string;
  readonly type: TokenType;
  /** Of one folder's name, for `{x*}`. */
  readonly language: Language;
  readonly width: number | null;
  readonly many: boolean;
}
export type TypedFlat = { readonly kind: "text"; readonly text: string } | TypedToken;
export type TypedNode = TypedFlat | { readonly kind: "optional"; readonly nodes: readonly TypedFlat[] };

/** A template with its tokens' types: what paths are read by and printed by. */
export interface PathTemplate {
  readonly name: string;
  readonly text: string;
  readonly nodes: readonly TypedNode[];
}

export type Tokens = Readonly<Record<string, string>>;
export interface PathParse {
  readonly tokens: Tokens;
  /** Static text as the path spells it, piece by piece. */
  readonly spelling: readonly string[];
}
export interface ParseAnswer {
  /** Every reading; more than LIMITS.pathParsesMax are not told apart. */
  readonly parses: readonly PathParse[];
  /** Where reading failed for good: how far it came, what it looked for there, and how much of the template it had met. */
  readonly failure: { readonly at: number; readonly wanted: string; readonly met: number };
  /** Too many ways to try: the path was not read to its end, and counts as unreadable. */
  readonly capped: boolean;
}

interface State {
  readonly at: number;
  readonly tokens: Tokens;
  readonly spelling: readonly string[];
}

export function parsePath(template: PathTemplate, path: string): ParseAnswer {
  const found: PathParse[] = [];
  const raw: State[] = [];
  const order = new Map(
    template.nodes
      .flatMap((node) => (node.kind === "optional" ? node.nodes : [node]))
      .map((node, index) => [node, index]),
  );
  // A token that takes any word reads to the end by itself: what tells is how much of the template was met, then how far.
  const failure = { at: -1, wanted: "", met: -1 };
  let steps = 0;
  const failed = (at: number, wanted: string, node: TypedFlat | null): void => {
    const met = node === null ? order.size : (order.get(node) ?? 0);
    if (met > failure.met || (met === failure.met && at > failure.at)) Object.assign(failure, { at, wanted, met });
  };
  const walk = (nodes: readonly TypedNode[], state: State, end: (state: State) => void): void => {
    steps += 1;
    if (steps > LIMITS.pathParseStepsMax || raw.length > LIMITS.pathParsesMax) return;
    const [node, ...rest] = nodes;
    if (node === undefined) return end(state);
    if (node.kind === "optional") {
      walk(node.nodes, state, (after) => walk(rest, after, end));
      return walk(rest, state, end);
    }
    if (node.kind === "text") {
      const said = path.slice(state.at, state.at + node.text.length);
      if (!sameText(said, node.text)) return failed(state.at + commonStart(said, node.text), words(node.text), node);
      const after = { ...state, at: state.at + node.text.length, spelling: [...state.spelling, said] };
      return walk(rest, after, end);
    }
    const lengths = node.many ? folderLengths(node, path, state.at) : prefixLengths(node.language, path, state.at);
    if (lengths.length === 0) return failed(state.at, `{${node.name}}`, node);
    for (const length of lengths) {
      const value = decoded(node.type, path.slice(state.at, state.at + length), node.width);
      const before = state.tokens[node.name];
      if (before !== undefined && before !== value) {
        failed(state.at, `{${node.name}} to be ${encoded(node.type, before, node.width)} as before`, node);
        continue;
      }
      walk(rest, { ...state, at: state.at + length, tokens: { ...state.tokens, [node.name]: value } }, end);
    }
  };
  walk(template.nodes, { at: 0, tokens: {}, spelling: [] }, (state) => {
    if (state.at < path.length) return failed(state.at, "the end of the path", null);
    raw.push(state);
    const printed = formatPath(template, state.tokens, state.spelling);
    if (printed.ok && printed.path === path) found.push({ tokens: state.tokens, spelling: state.spelling });
    else failed(path.length, `one spelling of it: ${printed.ok ? printed.path : "a whole path"}`, null);
  });
  const capped = steps > LIMITS.pathParseStepsMax;
  return { parses: capped ? [] : distinct(found), failure, capped };
}

/** Two ways through a template that read the same are one reading. */
function distinct(parses: readonly PathParse[]): readonly PathParse[] {
  const seen = new Map(parses.map((parse) => [canonicalJson(parse.tokens), parse]));
  return [...seen.values()];
}

/** Ends of one, two, ... whole folder names from here on. */
function folderLengths(node: TypedToken, path: string, at: number): readonly number[] {
  const out: number[] = [];
  for (let from = at; ; ) {
    const slash = path.indexOf("/", from);
    const to = slash < 0 ? path.length : slash;
    if (!hasWord(node.language, path.slice(from, to))) return out;
    out.push(to - at);
    if (slash < 0) return out;
    from = slash + 1;
  }
}

function sameText(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase());
}

function commonStart(said: string, text: string): number {
  let at = 0;
  while (at < said.length && sameText(said[at] ?? "", text[at] ?? "")) at += 1;
  return at;
}

function words(text: string): string {
  return JSON.stringify(text);
}

export type FormatAnswer =
  | { readonly ok: true; readonly path: string }
  /** Tokens without a value, and values that are not what their tokens may be. */
  | { readonly ok: false; readonly missing: readonly string[]; readonly wrong: readonly string[] };

/** The path of these values. An optional part is there when all its tokens have one. `spelling` as a parse of it told. */
export function formatPath(template: PathTemplate, tokens: Tokens, spelling: readonly string[] = []): FormatAnswer {
  const missing = new Set<string>();
  const wrong = new Set<string>();
  let texts = 0;
  const printed = (node: TypedFlat): string => {
    if (node.kind === "text") {
      const spelled = spelling[texts] ?? node.text;
      texts += 1;
      return sameText(spelled, node.text) ? spelled : node.text;
    }
    const value = tokens[node.name];
    if (value === undefined) {
      missing.add(node.name);
      return "";
    }
    const text = encoded(node.type, value, node.width);
    if (!fits(node, text) || decoded(node.type, text, node.width) !== value) wrong.add(node.name);
    return text;
  };
  const path = template.nodes
    .map((node) => {
      if (node.kind !== "optional") return printed(node);
      return isThere(node.nodes, tokens) ? node.nodes.map(printed).join("") : "";
    })
    .join("");
  if (missing.size > 0 || wrong.size > 0) return { ok: false, missing: [...missing], wrong: [...wrong] };
  return { ok: true, path };
}

function isThere(nodes: readonly TypedFlat[], tokens: Tokens): boolean {
  return nodes.every((node) => node.kind === "text" || tokens[node.name] !== undefined);
}

function fits(node: TypedToken, text: string): boolean {
  const parts = node.many ? text.split("/") : [text];
  return parts.every((part) => part !== "." && part !== ".." && hasWord(node.language, part));
}
