/**
 * The language of path templates: `{token}  {token:0>4}  [optional {seq}_]  @alias  {folders*}  {env.X}  literal`; `\` before
 * a sign makes it a literal. A template is relative to a root; `/` parts folders. Reading only: what tokens may be is
 * `pathToken`, what a path means by a template is `pathTemplateParse`.
 */
import { LIMITS } from "./limits.ts";
import { nearestWord } from "./nearest.ts";

export interface TokenNode {
  readonly kind: "token";
  readonly name: string;
  /** `{x:0>4}`: least digits at this place; null: as its type says. */
  readonly width: number | null;
  /** `{x*}`: one or more whole folders. */
  readonly many: boolean;
}
export type FlatNode = { readonly kind: "text"; readonly text: string } | TokenNode;
export type TemplateNode = FlatNode | { readonly kind: "optional"; readonly nodes: readonly FlatNode[] };

export interface TemplateProblem {
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  readonly nearest?: string | null;
}
export type TemplateReading =
  | { readonly ok: true; readonly nodes: readonly TemplateNode[] }
  | { readonly ok: false; readonly problem: TemplateProblem };

export interface TemplateWords {
  /** Alias name -> its template text. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** null: `{env.X}` may not stand here (only hotplate.yaml is trusted with it). */
  readonly env?: Readonly<Record<string, string | undefined>> | null;
}

class TemplateError extends Error {
  readonly problem: TemplateProblem;
  constructor(problem: TemplateProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

export function readTemplate(text: string, words: TemplateWords = {}): TemplateReading {
  try {
    return { ok: true, nodes: merged(nodesOf(text, words, [])) };
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, problem: error.problem };
    throw error;
  }
}

function fail(problem: TemplateProblem): never {
  throw new TemplateError(problem);
}

/** `within`: the aliases that are being written out, so that none holds itself. */
function nodesOf(text: string, words: TemplateWords, within: readonly string[]): readonly TemplateNode[] {
  if (text.length > LIMITS.pathTemplateCharactersMax)
    fail({ message: `a template has at most ${LIMITS.pathTemplateCharactersMax} characters` });
  const out: TemplateNode[] = [];
  let group: FlatNode[] | null = null;
  const put = (nodes: readonly TemplateNode[]): void => {
    for (const node of nodes) {
      if (group === null) out.push(node);
      else if (node.kind === "optional") fail({ message: "an optional part [ ] holds another one" });
      else group.push(node);
    }
  };
  for (let at = 0; at < text.length; ) {
    const char = text[at] ?? "";
    if (char === "{") {
      const close = text.indexOf("}", at);
      if (close < 0) fail({ message: "a { is not closed", found: text.slice(at) });
      put(braces(text.slice(at + 1, close), words));
      at = close + 1;
    } else if (char === "@") {
      const name = aliasAt(text.slice(at + 1), words.aliases ?? {});
      if (within.includes(name)) fail({ message: `@${name} holds itself`, found: [...within, name].join(" -> ") });
      put(nodesOf(words.aliases?.[name] ?? "", words, [...within, name]));
      at += name.length + 1;
    } else if (char === "[") {
      if (group !== null) fail({ message: "an optional part [ ] holds another one" });
      group = [];
      at += 1;
    } else if (char === "]") {
      if (group === null) fail({ message: "a ] closes nothing", found: text.slice(0, at + 1) });
      const nodes: readonly FlatNode[] = group;
      if (!nodes.some((node) => node.kind === "token"))
        fail({ message: "an optional part [ ] holds no token: nothing could say when it is there" });
      group = null;
      out.push({ kind: "optional", nodes });
      at += 1;
    } else if (char === "}") fail({ message: "a } closes nothing", found: text.slice(0, at + 1) });
    else {
      const literal = char === "\\" ? (text[at + 1] ?? "") : char;
      if (literal === "") fail({ message: "it ends in a backslash" });
      put([{ kind: "text", text: literal }]);
      at += char === "\\" ? 2 : 1;
    }
  }
  if (group !== null) fail({ message: "a [ is not closed" });
  return out;
}

/** The longest declared name wins: `@shot_root` is not `@shot` with `_root` behind it, where both are declared. */
function aliasAt(rest: string, aliases: Readonly<Record<string, string>>): string {
  const names = Object.keys(aliases);
  const best = names.filter((name) => rest.startsWith(name)).sort((a, b) => b.length - a.length)[0];
  if (best !== undefined) return best;
  const found = /^[A-Za-z_]\w*/.exec(rest)?.[0] ?? "";
  const nearest = nearestWord(found, names);
  return fail({
    message: `@${found} is not declared`,
    found: `@${found}`,
    expected: names.length === 0 ? "a name declared in this layout" : names.map((name) => `@${name}`).join(", "),
    nearest: nearest === null ? null : `@${nearest}`,
  });
}

function braces(inside: string, words: TemplateWords): readonly FlatNode[] {
  const env = /^env\.([A-Za-z_]\w*)$/.exec(inside)?.[1];
  if (env !== undefined) {
    if (words.env === null || words.env === undefined)
      fail({ message: `{env.${env}} may stand in hotplate.yaml only`, found: `{${inside}}` });
    const value = words.env[env];
    if (value === undefined || value === "")
      fail({ message: `{env.${env}}: the environment has no ${env}`, found: `{${inside}}` });
    return [{ kind: "text", text: value }];
  }
  const token = /^([a-z][a-z0-9_]*)(\*)?(?::0>(\d{1,2}))?$/.exec(inside);
  if (token === null)
    fail({
      message: `{${inside}} is no token`,
      found: `{${inside}}`,
      expected: "{name}, {name:0>4} or {name*}, in small letters, digits and _",
    });
  return [
    {
      kind: "token",
      name: token[1] ?? "",
      width: token[3] === undefined ? null : Number(token[3]),
      many: token[2] !== undefined,
    },
  ];
}

function merged(nodes: readonly TemplateNode[]): readonly TemplateNode[] {
  const flat = (of: readonly TemplateNode[]): readonly TemplateNode[] =>
    of.reduce<TemplateNode[]>((out, node) => {
      const last = out.at(-1);
      if (node.kind === "text" && last?.kind === "text")
        out[out.length - 1] = { kind: "text", text: last.text + node.text };
      else out.push(node);
      return out;
    }, []);
  return flat(nodes).map((node) =>
    node.kind === "optional" ? { kind: "optional", nodes: flat(node.nodes) as readonly FlatNode[] } : node,
  );
}

/** The template's text again, with nothing left to declare: what plans keep. */
export function templateText(nodes: readonly TemplateNode[]): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case "text":
          return node.text.replace(/[\\{}[\]@]/g, "\\$&");
        case "token":
          return `{${node.name}${node.many ? "*" : ""}${node.width === null ? "" : `:0>${node.width}`}}`;
        case "optional":
          return `[${templateText(node.nodes)}]`;
      }
    })
    .join("");
}
