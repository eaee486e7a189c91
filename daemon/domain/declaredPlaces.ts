/**
 * Every folder that Hotplate ever makes, as templates: results and reports by the show's layout, its own state below a product,
 * a hot folder and the state directory by the words here. `hotplate path explain` names a folder by them; a folder that none of
 * them declares is a defect, and the tests hold every folder that is made against this.
 */
import type { PathBook } from "./pathBook.ts";
import type { PathLayout } from "./pathLayout.ts";
import { isInside, relativePath, rootOf } from "./paths.ts";
import { templateText } from "./pathTemplate.ts";
import type { PathTemplate, Tokens, TypedFlat, TypedNode } from "./pathTemplateParse.ts";
import { parsePath } from "./pathTemplateParse.ts";
import { typedTemplate } from "./pathTemplateType.ts";
import type { TokenType } from "./pathToken.ts";
import { readToken } from "./pathToken.ts";

/** Below the folder of a product. `unit`: job and fence of one version that is being made. */
const PRODUCT = {
  claims: ".hotplate/claims/x",
  staging: ".hotplate/staging/{unit}/attempts/x",
  blended: ".hotplate/staging/{unit}/blended/x",
  stagedState: ".hotplate/staging/{unit}/tree/.hotplate/x",
  quarantine: ".hotplate/quarantine/{version}/{wedge}/x",
  approvals: ".hotplate/approvals/x",
  hero: "hero/[{wedge}/]x",
  heroMaking: ".hotplate/{hero}/[{wedge}/]x",
  versionState: "{version}/.hotplate/x",
};
const HOT = {
  claimed: ".hotplate/claimed/x",
  accepted: "accepted/{date}/x",
  done: "done/{date}/x",
  failed: "failed/{date}/x",
};
const STATE = {
  scratch: "scratch/[{unit}/]x",
  decoding: "decoding/[{unit}/]x",
  slots: "slots/{slot}/{kind}/[{unit}/]x",
};
const TYPES = typesOf({
  unit: "[A-Za-z0-9._-]+",
  slot: "[A-Za-z0-9_-]+",
  kind: "input|output|user|temp|log",
  hero: "hero|hero-before",
  date: "\\d{4}-\\d{2}-\\d{2}",
});

export interface DeclaredPlace {
  /** Of a layout `toolkit work`; of what is declared here `product claims`, `hot accepted`, `state scratch`. */
  readonly template: string;
  readonly tokens: Tokens;
}

export interface PlacesOf {
  readonly book: PathBook;
  readonly roots: readonly { readonly linux: string }[];
  readonly hotFolders: readonly string[];
  readonly stateDir: string;
}

/** Every template that has this folder on its way; none: nothing declares it. */
export function declaredPlaces(of: PlacesOf): (dir: string) => readonly DeclaredPlace[] {
  const layouts = [of.book.every.layout, of.book.beside, ...Object.values(of.book.shows).map((show) => show.layout)];
  const inRoot = foldersOf([...new Set(layouts)].flatMap(templatesOf));
  const inHot = foldersOf(fixed("hot", HOT));
  const inState = foldersOf(fixed("state", STATE));
  return (dir) => {
    const hot = of.hotFolders.find((folder) => isInside(dir, folder) && dir !== folder);
    if (hot !== undefined) {
      const found = matching(inHot, relativePath(dir, hot));
      if (found.length > 0) return found;
    }
    if (isInside(dir, of.stateDir))
      return dir === of.stateDir
        ? [{ template: "state", tokens: {} }]
        : matching(inState, relativePath(dir, of.stateDir));
    const root = rootOf(dir, of.roots);
    return root === null ? [] : matching(inRoot, relativePath(dir, root.linux));
  };
}

function matching(folders: readonly PathTemplate[], path: string): readonly DeclaredPlace[] {
  return folders.flatMap((folder) =>
    parsePath(folder, path).parses.map(({ tokens }) => ({ template: folder.name, tokens })),
  );
}

/** A layout's own, and below each of its products what every product has; results also while they are staged. */
function templatesOf(layout: PathLayout): readonly PathTemplate[] {
  const places = Object.values(layout.places);
  const own = layout.templates.filter((template) => !layout.plates.includes(template));
  const below = places.flatMap((place) => {
    const above: readonly TypedNode[] =
      place.product.nodes.length === 0 ? [] : [...place.product.nodes, { kind: "text", text: "/" }];
    const types = { ...layout.types, ...TYPES };
    const state = fixed("product", PRODUCT, types).map((template) => ({
      ...template,
      nodes: [...above, ...template.nodes],
    }));
    const inVersion = place.file.nodes.slice(place.version.nodes.length);
    const [tree] = fixed("product", { staged: ".hotplate/staging/{unit}/tree" }, types);
    const staged = { name: "product staged", text: "", nodes: [...above, ...(tree?.nodes ?? []), ...inVersion] };
    return [...state, staged];
  });
  return [...own.map((template) => ({ ...template, name: `${layout.name} ${template.name}` })), ...below];
}

function fixed(
  of: string,
  texts: Readonly<Record<string, string>>,
  types: Readonly<Record<string, TokenType>> = TYPES,
): readonly PathTemplate[] {
  return Object.entries(texts).map(([name, text]) => {
    const reading = typedTemplate(`${of} ${name}`, text, { types });
    if (!reading.ok) throw new Error(`${text}: ${reading.problems[0]?.message}`);
    return reading.template;
  });
}

function typesOf(patterns: Readonly<Record<string, string>>): Readonly<Record<string, TokenType>> {
  return Object.fromEntries(
    Object.entries(patterns).map(([name, match]) => {
      const reading = readToken(name, { match });
      if (!reading.ok) throw new Error(`${name}: ${reading.message}`);
      return [name, reading.type];
    }),
  );
}

/** The folders on the way to each template's file, optional parts there or not. Where a shot lies is no folder of ours. */
function foldersOf(templates: readonly PathTemplate[]): readonly PathTemplate[] {
  const out = new Map<string, PathTemplate>();
  for (const template of templates)
    for (const nodes of choices(template.nodes))
      for (const folder of cut(nodes)) {
        const last = folder.at(-1);
        if (last?.kind === "token" && last.many) continue;
        const text = templateText(
          folder.map((node) =>
            node.kind === "text" ? node : { kind: "token", name: node.name, width: node.width, many: node.many },
          ),
        );
        out.set(`${template.name} ${text}`, { name: template.name, text, nodes: folder });
      }
  return [...out.values()];
}

function choices(nodes: readonly TypedNode[]): readonly (readonly TypedFlat[])[] {
  return nodes.reduce<readonly (readonly TypedFlat[])[]>(
    (all, node) =>
      node.kind === "optional"
        ? all.flatMap((before) => [before, [...before, ...node.nodes]])
        : all.map((before) => [...before, node]),
    [[]],
  );
}

function cut(nodes: readonly TypedFlat[]): readonly (readonly TypedFlat[])[] {
  const out: (readonly TypedFlat[])[] = [];
  const before: TypedFlat[] = [];
  for (const node of nodes) {
    if (node.kind === "token") {
      before.push(node);
      continue;
    }
    node.text.split("/").forEach((text, index) => {
      if (index > 0) {
        if (before.length > 0) out.push([...before]);
        before.push({ kind: "text", text: "/" });
      }
      if (text !== "") before.push({ kind: "text", text });
    });
  }
  return out;
}
