/**
 * The text of `hotplate.yaml` -> a configuration, or every problem in it with its place and the nearest right word. Pure:
 * whether its paths exist is for `hotplate doctor`; whether the state directory lies on a local disk, for the start.
 */
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import { z } from "zod";
import type { Config, ConfigText } from "./config.ts";
import { configTextSchema, pictureConfigSchema } from "./config.ts";
import { completeSlots, slotProblems } from "./configSlots.ts";
import type { Problem } from "./errors.ts";
import { messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { nearestWord } from "./nearest.ts";
import type { BookSources } from "./pathBook.ts";
import { readBook } from "./pathBook.ts";
import { rootOf } from "./paths.ts";

export type ConfigReading =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Path = readonly (string | number)[];

interface Reading {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  readonly file: string;
}

/** `layouts`: what `paths` builds on; without, it is not looked at beyond its form. `pictures`: nothing runs but checks over pictures. */
export function readConfig(
  text: string,
  file: string,
  layouts?: BookSources,
  of: "node" | "pictures" = "node",
): ConfigReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const reading: Reading = { document, lines, file };
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    const problems = broken.map((error) => problem(reading, error.pos[0], { message: `${error.message}.` }));
    return { ok: false, problems: problems.slice(0, LIMITS.problemsMax) };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: LIMITS.yamlAliasesMax });
  } catch (error) {
    // Aliases that would unfold without end.
    return { ok: false, problems: [problem(reading, 0, { message: `${messageOf(error)}.` })] };
  }
  const parsed = (of === "pictures" ? pictureConfigSchema : configTextSchema).safeParse(value);
  const problems = parsed.success
    ? [...crossChecks(reading, parsed.data), ...layoutProblems(reading, parsed.data, layouts)]
    : parsed.error.issues.flatMap((issue) => schemaProblems(reading, issue));
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, LIMITS.problemsMax) };
  return parsed.success ? { ok: true, config: completeSlots(parsed.data) } : { ok: false, problems };
}

/** Every key of the schema as `hotFolders[].path`: what the annotated example must name. */
export function configKeys(): readonly string[] {
  const walk = (schema: Schema, prefix: string): readonly string[] => [
    ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
      `${prefix}${key}`,
      ...walk(inner, `${prefix}${key}.`),
    ]),
    ...(schema.items === undefined ? [] : walk(schema.items, `${prefix.replace(/\.$/, "")}[].`)),
  ];
  return walk(jsonSchema(), "");
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

function jsonSchema(): Schema {
  return z.toJSONSchema(configTextSchema, { io: "input" }) as Schema;
}

function keysAt(path: Path): readonly string[] {
  let at: Schema | undefined = jsonSchema();
  for (const part of path) {
    const others: Schema | boolean | undefined = at?.additionalProperties;
    at =
      typeof part === "number"
        ? at?.items
        : (at?.properties?.[part] ?? (typeof others === "object" ? others : undefined));
  }
  return Object.keys(at?.properties ?? {});
}

type Words = Partial<Pick<Problem, "code" | "found" | "expected" | "nearest" | "action">> & Pick<Problem, "message">;

function schemaProblems(reading: Reading, issue: z.core.$ZodIssue): readonly Problem[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(reading, path, key));
  const found = valueAt(reading, path);
  if (issue.code === "invalid_type" && found === null) {
    return [
      at(reading, path, {
        message: `${nameOf(path)} is missing.`,
        expected: wordFor(issue.expected),
        action: `Add ${String(path.at(-1))}.`,
      }),
    ];
  }
  return [at(reading, path, { message: `${nameOf(path)} can't be used.`, found, expected: expectedBy(issue) })];
}

function unknownKey(reading: Reading, path: Path, key: string): Problem {
  const known = keysAt(path);
  const nearest = nearestWord(key, known);
  const where = path.length === 0 ? "" : ` in ${nameOf(path)}`;
  return problem(reading, keyOffset(reading, path, key), {
    message: `"${key}" is no key${where}.`,
    found: key,
    expected: `one of ${known.join(", ")}`,
    nearest,
    action: nearest === null ? `Remove "${key}".` : `Write "${nearest}".`,
  });
}

function expectedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return wordFor(issue.expected);
  if (issue.code === "invalid_value") return issue.values.map(String).join(" or ");
  if (issue.code === "too_small")
    return `at least ${String(issue.minimum)}${issue.origin === "array" ? " in the list" : ""}`;
  if (issue.code === "too_big") return `at most ${String(issue.maximum)}`;
  if (issue.code !== "invalid_format") return issue.message;
  if (issue.format === "starts_with") return "an absolute path";
  if (issue.format === "url") return "an address like http://127.0.0.1:8188";
  return typeof issue.pattern === "string" ? `text like ${issue.pattern}` : issue.format;
}

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  array: "a list",
  object: "keys with values",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
};

function wordFor(type: string): string {
  return WORDS[type] ?? type;
}

/** What the schema can't see: names given twice, paths outside every root, paths that are not absolute. */
function crossChecks(reading: Reading, config: ConfigText): readonly Problem[] {
  const folders = config.hotFolders.map((folder) => folder.path);
  return [
    ...twice(
      reading,
      ["slots"],
      "name",
      config.slots.map((slot) => slot.name),
    ),
    ...twice(
      reading,
      ["roots"],
      "name",
      config.roots.map((root) => root.name),
    ),
    ...twice(
      reading,
      ["roots"],
      "linux",
      config.roots.map((root) => root.linux),
    ),
    ...twice(reading, ["hotFolders"], "path", folders),
    ...folders.flatMap((path, index) => outside(reading, ["hotFolders", index, "path"], path, config)),
    ...config.assetPaths.flatMap((asset, index) =>
      outside(reading, ["assetPaths", index, "glob"], staticPart(asset.glob), config),
    ),
    ...relativePaths(reading, config),
    ...droppablePlugins(reading, config, folders),
    ...gpuBounds(reading, config),
    ...slotProblems(config).map(({ path, ...words }) => at(reading, path, words)),
  ];
}

/** Nobody's layout is proven again while its configuration says nothing of paths. */
function layoutProblems(reading: Reading, { paths }: ConfigText, layouts: BookSources | undefined): readonly Problem[] {
  if (paths === undefined || layouts === undefined) return [];
  return readBook(paths, layouts).problems.map(({ at: place, message, found, expected, nearest }) =>
    at(reading, ["paths", ...place], {
      code: "HP-CONFIG-LAYOUT",
      message: `${message[0]?.toUpperCase()}${message.slice(1).replace(/\.$/, "")}.`,
      found: found ?? null,
      expected: expected ?? null,
      nearest: nearest ?? null,
      action:
        nearest === null || nearest === undefined
          ? "Fix the template or the token named; docs/paths.md explains the language."
          : `Write "${nearest}".`,
    }),
  );
}

/** Without a distance between the two a GPU would be drained and given work at every look. */
function gpuBounds(reading: Reading, { gpus }: ConfigText): readonly Problem[] {
  if (gpus.coolCelsius < gpus.hotCelsius) return [];
  const words = { message: "gpus.coolCelsius is not below gpus.hotCelsius.", found: String(gpus.coolCelsius) };
  return [at(reading, ["gpus", "coolCelsius"], { ...words, expected: `less than ${gpus.hotCelsius}` })];
}

function twice(reading: Reading, list: Path, key: string, values: readonly string[]): readonly Problem[] {
  return values.flatMap((value, index) => {
    if (values.indexOf(value) === index) return [];
    const path = [...list, index, key];
    return [
      at(reading, path, { message: `${nameOf(path)} stands twice.`, found: value, expected: "a name of its own" }),
    ];
  });
}

function outside(reading: Reading, path: Path, value: string, config: ConfigText): readonly Problem[] {
  if (rootOf(value, config.roots) !== null) return [];
  return [
    at(reading, path, {
      message: `${nameOf(path)} lies outside every root.`,
      found: value,
      expected: `a path inside ${config.roots.map((root) => root.linux).join(" or ")}`,
      action: "Move it into a root, or add its root to roots.",
    }),
  ];
}

/** `/mnt/x/plates/*` -> `/mnt/x/plates`: whole segments before the first that is a pattern. */
function staticPart(glob: string): string {
  const parts = glob.split("/");
  const first = parts.findIndex((part) => /[*?[\]{}()!]/.test(part));
  return parts.slice(0, first < 0 ? parts.length : first).join("/");
}

function relativePaths(reading: Reading, config: ConfigText): readonly Problem[] {
  const given: readonly (readonly [Path, string])[] = [
    ...config.recipes.map((path, index) => [["recipes", index], path] as const),
    ...config.plugins.map((path, index) => [["plugins", index], path] as const),
    ...(config.rules === undefined ? [] : [[["rules"], config.rules] as const]),
    ...(config.colour.ocio === undefined ? [] : [[["colour", "ocio"], config.colour.ocio] as const]),
    ...Object.entries(config.colour.shows).flatMap(([show, { ocio }]) =>
      ocio === undefined ? [] : [[["colour", "shows", show, "ocio"], ocio] as const],
    ),
    ...config.slots.flatMap((slot, index) =>
      slot.shared === undefined
        ? []
        : (["input", "output"] as const).map(
            (key) => [["slots", index, "shared", key], slot.shared?.[key] ?? ""] as const,
          ),
    ),
  ];
  return given.flatMap(([path, value]) =>
    value.startsWith("/")
      ? []
      : [at(reading, path, { message: `${nameOf(path)} can't be used.`, found: value, expected: "an absolute path" })],
  );
}

/** Plugins are code that runs with our rights: they never lie where people drop files. */
function droppablePlugins(reading: Reading, config: ConfigText, folders: readonly string[]): readonly Problem[] {
  return config.plugins.flatMap((plugins, index) => {
    const folder = folders.find((hot) => `${plugins}/`.startsWith(`${hot.replace(/\/$/, "")}/`));
    if (folder === undefined) return [];
    const message = `plugins[${index}] lies in the hot folder ${folder}.`;
    const expected = "a folder that only operators write";
    return [at(reading, ["plugins", index], { message, found: plugins, expected, action: "Move the plugins." })];
  });
}

/** `slots[0].url`. */
function nameOf(path: Path): string {
  if (path.length === 0) return "The file";
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${part}`))
    .join("");
}

function valueAt({ document }: Reading, path: Path): string | null {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isNode(node)) return null;
  const value: unknown = node.toJS(document);
  if (value === null || value === undefined) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.slice(0, LIMITS.checkMessageCharactersMax);
}

/** The problem at the value of a path, or at the nearest node above it that the file has. */
function at(reading: Reading, path: Path, words: Words): Problem {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node: unknown = reading.document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return problem(reading, node.range[0], words);
  }
  return problem(reading, reading.document.contents?.range?.[0] ?? 0, words);
}

function keyOffset({ document }: Reading, path: Path, key: string): number {
  const map: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return 0;
  const pair = map.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0;
}

function problem({ file, lines }: Reading, offset: number, words: Words): Problem {
  const { line, col } = lines.linePos(offset);
  return {
    code: "HP-CONFIG-INVALID",
    severity: "error",
    file,
    line: Math.max(1, line),
    col: Math.max(1, col),
    found: null,
    expected: null,
    nearest: null,
    action: "Fix the place named; config/hotplate.yaml shows every key.",
    ...words,
  };
}
