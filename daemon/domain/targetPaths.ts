/**
 * The part of a layout that a plan keeps: its templates with all that is known written into them, so that only version, wedge,
 * frame, file type and page are open. A plan never changes, so a layout that changes moves nothing that was accepted before.
 */
import type { Place } from "./pathLayout.ts";
import { namesIn } from "./pathLayoutPlaces.ts";
import { joinPath, parentDir } from "./paths.ts";
import type { FlatNode, TemplateNode } from "./pathTemplate.ts";
import { readTemplate, templateText } from "./pathTemplate.ts";
import type { PathTemplate, Tokens, TypedFlat } from "./pathTemplateParse.ts";
import { formatPath } from "./pathTemplateParse.ts";
import { encoded } from "./pathToken.ts";

export interface TargetPaths {
  /** Name of the layout. */
  readonly layout: string;
  readonly to: Place["to"];
  /** Relative to the version's folder: one result, and a page of its contact sheet. */
  readonly file: string;
  readonly sheet: string;
  /** Absolute: a proxy, a page of the contact sheet, and the QC report, for people. */
  readonly review: string;
  readonly contact: string;
  readonly qc: string;
  /** What the path of the plate, the manifest and the configuration said. */
  readonly tokens: Tokens;
}

/** What is open until a file is written. */
export interface LateValues {
  readonly version?: number;
  readonly wedge?: number;
  /** Digits as the plate has them; a template with a width of its own prints that. */
  readonly frame?: string;
  readonly ext?: string;
  readonly page?: number;
}
const LATE: ReadonlySet<string> = new Set(["version", "wedge", "frame", "ext", "page"]);

export type BoundPaths =
  | { readonly ok: true; readonly productDir: string; readonly reviewDir: string; readonly paths: TargetPaths }
  /** Tokens that nobody gave a value, and values that are not what their tokens may be. */
  | { readonly ok: false; readonly missing: readonly string[]; readonly wrong: readonly string[] };

/** `swept`: there are several wedges. `framed`: results have a frame number. */
export function boundPaths(
  place: Place,
  of: {
    readonly layout: string;
    readonly root: string;
    readonly tokens: Tokens;
    readonly swept: boolean;
    readonly framed: boolean;
  },
): BoundPaths {
  const { root, tokens } = of;
  const missing = new Set<string>();
  const wrong = new Set<string>();
  const bind = (template: PathTemplate): string => {
    const known = bound(template, of);
    for (const name of known.missing) missing.add(name);
    for (const name of known.wrong) wrong.add(name);
    return templateText(known.nodes);
  };
  const product = formatPath(place.product, tokens);
  if (!product.ok) {
    for (const name of product.missing) missing.add(name);
    for (const name of product.wrong) wrong.add(name);
  }
  const version = bind(place.version);
  const inVersion = (text: string): string => text.slice(version.length).replace(/^\//, "");
  const at = (text: string): string => `${templateText([{ kind: "text", text: root === "/" ? "" : root }])}/${text}`;
  const contact = at(bind(place.contact));
  const paths: TargetPaths = {
    layout: of.layout,
    to: place.to,
    file: inVersion(bind(place.file)),
    sheet: inVersion(bind(place.sheet)),
    review: at(bind(place.review)),
    contact,
    qc: at(bind(place.qc)),
    tokens,
  };
  if (missing.size > 0 || wrong.size > 0) return { ok: false, missing: [...missing], wrong: [...wrong] };
  return {
    ok: true,
    productDir: joinPath(root, product.ok ? product.path : ""),
    reviewDir: fixedFolder(contact),
    paths,
  };
}

/** Names that a place lacks and that this work needs: else two results would have one name. */
export function lacksNames(place: Place, of: { readonly swept: boolean; readonly framed: boolean }): readonly string[] {
  const names = namesIn(place.file);
  return [
    ...(of.swept && !names.includes("wedge") ? ["wedge"] : []),
    ...(of.framed && !names.includes("frame") ? ["frame"] : []),
  ];
}

interface Bound {
  readonly nodes: readonly TemplateNode[];
  readonly missing: readonly string[];
  readonly wrong: readonly string[];
}

function bound(
  template: PathTemplate,
  of: { readonly tokens: Tokens; readonly swept: boolean; readonly framed: boolean },
): Bound {
  const missing: string[] = [];
  const wrong: string[] = [];
  const open = (name: string): boolean =>
    LATE.has(name) && (name !== "wedge" || of.swept) && (name !== "frame" || of.framed);
  const flat = (node: TypedFlat): readonly FlatNode[] => {
    if (node.kind === "text") return [node];
    // A wedge that must be named is named even when there is one only.
    if (open(node.name) || node.name === "wedge") return lateNodes(node);
    const value = of.tokens[node.name];
    if (value === undefined) {
      missing.push(node.name);
      return [];
    }
    const printed = formatPath({ name: "", text: "", nodes: [node] }, of.tokens);
    if (!printed.ok) wrong.push(node.name);
    return [{ kind: "text", text: encoded(node.type, value, node.width) }];
  };
  const nodes = template.nodes.flatMap((node): readonly TemplateNode[] => {
    if (node.kind !== "optional") return flat(node);
    const names = node.nodes.flatMap((inner) => (inner.kind === "token" ? [inner.name] : []));
    if (!names.every((name) => open(name) || of.tokens[name] !== undefined)) return [];
    const inner = node.nodes.flatMap(flat);
    return names.some(open) ? [{ kind: "optional", nodes: inner }] : inner;
  });
  return { nodes, missing, wrong };
}

/** `v{version:0>3}`: prefix and digits of the type, written out. */
function lateNodes(node: Extract<TypedFlat, { kind: "token" }>): readonly FlatNode[] {
  const { type, name } = node;
  const token = { kind: "token", name, width: node.width ?? type.digits, many: false } as const;
  return type.prefix === "" ? [token] : [{ kind: "text", text: type.prefix }, token];
}

/** The folder in which all paths of a late template lie, whatever is open. */
function fixedFolder(text: string): string {
  const read = readTemplate(text);
  const [first] = read.ok ? read.nodes : [];
  return parentDir(first?.kind === "text" ? first.text : "/");
}

/** A late template with its values: an optional part is there when all of it has one. */
export function lateText(text: string, values: LateValues): string {
  const read = readTemplate(text);
  if (!read.ok) throw new Error(`a plan's path can't be read: ${text}`);
  const print = (node: FlatNode): string | null => {
    if (node.kind === "text") return node.text;
    const value = values[node.name as keyof LateValues];
    if (value === undefined) return null;
    return typeof value === "number" || (node.name === "frame" && node.width !== null)
      ? padded(String(value), node.width ?? 0)
      : value;
  };
  return read.nodes
    .map((node) => {
      if (node.kind !== "optional") return print(node) ?? "";
      const parts = node.nodes.map(print);
      return parts.includes(null) ? "" : parts.join("");
    })
    .join("");
}

/** Zero fill counts the minus: -1 at 4 is -001. */
function padded(value: string, digits: number): string {
  const number = value.replace(/^(-?)0+(?=\d)/, "$1");
  return number.startsWith("-")
    ? `-${number.slice(1).padStart(Math.max(0, digits - 1), "0")}`
    : number.padStart(digits, "0");
}
