/**
 * The places of a layout where results go, each cut out of its file template: the version's folder (what appears whole), the
 * folder above it, the stream's own state, and what lies there for people.
 */
import type { Destination, LayoutProblem, LayoutText, Place } from "./pathLayout.ts";
import { TEMPLATE_NAMES } from "./pathLayout.ts";
import type { TemplateNode } from "./pathTemplate.ts";
import { readTemplate, templateText } from "./pathTemplate.ts";
import type { PathTemplate } from "./pathTemplateParse.ts";
import { typedTemplate } from "./pathTemplateType.ts";
import type { TokenType } from "./pathToken.ts";

export interface CompileOptions {
  /** Put before every template: the show's folder inside its root. */
  readonly base: string;
  readonly env: Readonly<Record<string, string | undefined>> | null;
  /** Are ambiguities and examples looked at? Shipped layouts are proven by the tests. */
  readonly prove: boolean;
}
/** A layout while it is compiled; problems are collected. */
export interface LayoutWork {
  readonly text: LayoutText;
  readonly options: CompileOptions;
  readonly aliases: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, TokenType>>;
  readonly problems: LayoutProblem[];
}

/** A template's text and what it extends, by its name. */
export function entry(text: LayoutText, name: string): { readonly path: string; readonly extends?: string } | null {
  const value = text.templates[name];
  if (value === undefined) return null;
  return typeof value === "string" ? { path: value } : value;
}

export const KNOWN: ReadonlySet<string> = new Set(TEMPLATE_NAMES);

/** The typed template at a key; none when it can't be read, and then the problem is told. */
export function one(
  work: LayoutWork,
  key: string,
  text: string | undefined,
  more: Readonly<Record<string, string>> = {},
): readonly PathTemplate[] {
  if (text === undefined) return [];
  const base = work.options.base === "" ? "" : `${work.options.base}/`;
  const typed = typedTemplate(
    key,
    text.startsWith("@version_dir") || text.startsWith("@product_dir") ? text : base + text,
    {
      types: work.types,
      aliases: { ...work.aliases, ...more },
      env: work.options.env,
    },
  );
  if (typed.ok) return [typed.template];
  const [at = key] = key.split(".").reverse();
  work.problems.push(
    ...typed.problems.map((problem) => ({
      ...problem,
      at: [key in work.text.templates ? key : at],
      message: `${key}: ${problem.message}`,
    })),
  );
  return [];
}

export function placeOf(work: LayoutWork, to: Destination): readonly Place[] {
  const { text, problems } = work;
  const path = entry(text, to)?.path;
  if (path === undefined) return [];
  const [file] = one(work, to, path);
  if (file === undefined) return [];
  const base = work.options.base === "" ? "" : `${work.options.base}/`;
  const read = readTemplate(base + path, { aliases: work.aliases, env: work.options.env });
  const split = read.ok ? versionFolder(read.nodes) : null;
  if (split === null) {
    problems.push({
      at: [to],
      message: `${to}: a version appears as one folder, and no folder here has {version}`,
      expected: ".../{version}/...",
    });
    return [];
  }
  const dirs = { version_dir: templateText(split.version), product_dir: templateText(split.product) };
  const stateKey = entry(text, `${to}_state`) === null ? "state" : `${to}_state`;
  const part = (name: string, key: string): readonly PathTemplate[] => {
    const found = entry(text, key)?.path;
    if (found === undefined) {
      const missing = {
        at: [],
        message: `${to} has no ${key}`,
        expected: `${key}: TEMPLATE, or like: a layout that has one`,
      };
      if (!problems.some((problem) => problem.message === missing.message)) problems.push(missing);
      return [];
    }
    // The same for every destination, unless it hangs on the version's folder.
    const own = found.startsWith("@version_dir") || found.startsWith("@product_dir");
    return one(work, own ? name : key, found, dirs);
  };
  const parts = [
    one(work, `${to}.version`, "@version_dir", dirs),
    dirs.product_dir === ""
      ? [{ name: `${to}.product`, text: "", nodes: [] }]
      : one(work, `${to}.product`, "@product_dir", dirs),
    part(`${to}.state`, stateKey),
    part(`${to}.sheet`, "sheet"),
    part(`${to}.review`, "review"),
    part(`${to}.contact`, "contact"),
    part(`${to}.qc`, "qc"),
  ].map(([template]) => template);
  const [version, product, state, sheet, review, contact, qc] = parts;
  if (!version || !product || !state || !sheet || !review || !contact || !qc) return [];
  if (!(entry(text, "sheet")?.path ?? "").startsWith("@version_dir/"))
    problems.push({
      at: ["sheet"],
      message: "sheet: it lies in the version's own folder",
      expected: "@version_dir/...",
    });
  const place: Place = { to, file, version, product, state, sheet, review, contact, qc };
  if (to !== "publish") problems.push(...ownNames(work, to, { dirs, state: entry(text, stateKey)?.path ?? "" }));
  problems.push(...namesEnough(place, stateKey));
  return [place];
}

/**
 * Versions that are made here are `v007` in a folder of their product, with its state beside them: pointers, references and
 * approvals find them there. Only what is published may be called as the client wants it.
 */
function ownNames(
  work: LayoutWork,
  to: Destination,
  of: { readonly dirs: { readonly version_dir: string; readonly product_dir: string }; readonly state: string },
): readonly LayoutProblem[] {
  const { version_dir: version, product_dir: product } = of.dirs;
  const out: LayoutProblem[] = [];
  if (version !== (product === "" ? "{version}" : `${product}/{version}`))
    out.push({
      at: [to],
      message: `${to}: the version's folder is called {version} and nothing else`,
      found: version,
      expected: ".../{version}/...",
    });
  if (of.state !== "@product_dir/.hotplate")
    out.push({
      at: [`${to}_state`],
      message: `${to}: its state lies in @product_dir/.hotplate`,
      found: of.state,
      expected: "@product_dir/.hotplate",
    });
  for (const [name, prefix] of [
    ["version", "v"],
    ["wedge", "w"],
  ] as const) {
    const type = work.types[name];
    if (type === undefined || (type.prefix === prefix && type.digits === 3)) continue;
    out.push({
      at: ["tokens", name],
      message: `token ${name}: they are called ${prefix}001, ${prefix}002, ... everywhere`,
      expected: `{prefix: ${prefix}, digits: 3}`,
    });
  }
  return out;
}

/** Two streams must never share one state folder, nor two versions one report. */
function namesEnough(place: Place, stateKey: string): readonly LayoutProblem[] {
  const needed = namesIn(place.version).filter((name) => name !== "version");
  const lacks = (template: PathTemplate, names: readonly string[]): readonly string[] =>
    names.filter((name) => !namesIn(template).includes(name));
  const out: LayoutProblem[] = [];
  const stateLacks = lacks(place.state, needed);
  if (stateLacks.length > 0)
    out.push({
      at: [stateKey],
      message: `${stateKey}: without ${stateLacks.map((name) => `{${name}}`).join(", ")} two streams of ${place.to} would share one state folder`,
      expected: `a folder with ${needed.map((name) => `{${name}}`).join(", ")}`,
    });
  for (const kind of ["review", "contact", "qc"] as const)
    if (!namesIn(place[kind]).includes("version"))
      out.push({ at: [kind], message: `${kind}: without {version} every version would overwrite the one before` });
  return out;
}

export function namesIn(template: PathTemplate): readonly string[] {
  const nodes = template.nodes.flatMap((node) => (node.kind === "optional" ? node.nodes : [node]));
  return [...new Set(nodes.flatMap((node) => (node.kind === "token" ? [node.name] : [])))];
}

/** Cuts a file's template at the first folder that has {version}: up to and with it, and up to it. */
function versionFolder(
  nodes: readonly TemplateNode[],
): { readonly version: readonly TemplateNode[]; readonly product: readonly TemplateNode[] } | null {
  const before: TemplateNode[] = [];
  let product: readonly TemplateNode[] = [];
  let seen = false;
  for (const node of nodes) {
    if (node.kind === "text") {
      const parts = node.text.split("/");
      for (const [index, part] of parts.entries()) {
        if (index > 0) {
          if (seen) return { version: before, product };
          product = [...before];
          before.push({ kind: "text", text: "/" });
        }
        if (part !== "") before.push({ kind: "text", text: part });
      }
      continue;
    }
    if (node.kind === "token" && node.name === "version") seen = true;
    const inside = node.kind === "optional" ? templateText(node.nodes) : "";
    // An optional folder behind the version ends it: {version}[/{wedge}]/...
    if (seen && inside.startsWith("/")) return { version: before, product };
    before.push(node);
    if (inside.endsWith("/")) product = [...before];
  }
  return null;
}
