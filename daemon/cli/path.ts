/**
 * `hotplate path FILE`: one place as every machine spells it. `hotplate path explain FILE`: which template it is, its tokens,
 * and for every other template where it failed. The path need not exist.
 */
import { resolve } from "node:path";
import { loadBook } from "../adapters/layouts.ts";
import type { Config } from "../domain/config.ts";
import type { DeclaredPlace } from "../domain/declaredPlaces.ts";
import { declaredPlaces } from "../domain/declaredPlaces.ts";
import { EXIT, HotplateError } from "../domain/errors.ts";
import type { PathBook, ShowPaths } from "../domain/pathBook.ts";
import type { PathExplanation, PathMatch } from "../domain/pathExplain.ts";
import { explainPath } from "../domain/pathExplain.ts";
import { fromForeign, inForm, isDriveRelative, isWindowsPath, storedPath, windowsForms } from "../domain/pathForms.ts";
import { relativePath, rootOf } from "../domain/paths.ts";
import type { Context } from "./context.ts";

export async function action(
  context: Context,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { config } = await context.config();
  const explain = args[0] === "explain" && args.length > 1;
  const [file, more] = explain ? args.slice(1) : args;
  if (file === undefined || more !== undefined) throw new HotplateError("HP-USAGE", "One path is asked for at a time.");
  const path = localPath(file, config);
  if (explain) return explainOne(context, path, { config, options });
  const forms = formsOf(path, config);
  if (forms === null)
    throw new HotplateError("HP-PATH-ROOT", `${path} lies outside every root (${rootNames(config)}).`);
  const wanted = options["to"];
  if (wanted !== undefined) {
    const machine = typeof wanted === "string" ? wanted : "";
    const one = ["linux", "macos", "windows"].includes(machine)
      ? forms[machine as "linux" | "macos" | "windows"]
      : undefined;
    if (one === undefined) throw new HotplateError("HP-USAGE", "--to is one of linux, macos, windows.");
    const known = Array.isArray(one) ? one[0] : one;
    if (known === null || known === undefined)
      throw new HotplateError("HP-PATH-WINDOWS", `Root ${forms.root} has no name on ${machine}; add one to roots.`);
    context.print({ path: known }, () => known);
    return;
  }
  context.print(forms, () =>
    [
      forms.linux,
      ...forms.windows,
      ...(forms.macos === null ? [] : [forms.macos]),
      `stored:  ${forms.root}:${forms.relative}`,
    ].join("\n"),
  );
}

/** Whatever machine's spelling it is, the place on this node. */
function localPath(written: string, config: Config): string {
  if (isDriveRelative(written))
    throw new HotplateError("HP-PATH-WINDOWS", `"${written}" starts wherever that drive stands on one machine.`);
  const foreign =
    rootOf(resolve(written), config.roots) === null || isWindowsPath(written)
      ? fromForeign(written, config.roots)
      : null;
  if (foreign !== null) return foreign;
  if (isWindowsPath(written)) {
    const known = config.roots.flatMap(windowsForms).join(", ");
    throw new HotplateError(
      "HP-PATH-WINDOWS",
      `No mapping for "${written}".${known === "" ? "" : ` Known: ${known}.`}`,
    );
  }
  return resolve(written);
}

interface Forms {
  readonly linux: string;
  readonly macos: string | null;
  readonly windows: readonly string[];
  readonly root: string;
  readonly relative: string;
}

function formsOf(path: string, config: Config): Forms | null {
  const root = rootOf(path, config.roots);
  if (root === null) return null;
  const rest = relativePath(path, root.linux);
  return {
    linux: path,
    macos: root.macos === undefined ? null : inForm(path, "macos", config.roots),
    windows: windowsForms(root).map(
      (form) => [form, ...rest.split("/")].filter(Boolean).join("\\") + (rest === "" && form.length === 2 ? "\\" : ""),
    ),
    root: root.name,
    relative: storedPath(path, config.roots).path,
  };
}

function rootNames(config: Config): string {
  return config.roots.map((root) => root.linux).join(", ");
}

function explainOne(
  context: Context,
  path: string,
  of: { readonly config: Config; readonly options: Readonly<Record<string, unknown>> },
): void {
  const { config, options } = of;
  const book = loadBook(config.paths);
  const show = showOf(book, { path, config, show: options["show"] });
  const answer = explainPath(book, show, { path, roots: config.roots });
  if (answer === null)
    throw new HotplateError("HP-PATH-ROOT", `${path} lies outside every root (${rootNames(config)}).`);
  const folders = answer.kind === "none" ? foldersAt(path, { book, config }) : [];
  context.print({ ...answer, folders }, () => [...folders.map(folderLine), text(answer, show)].join("\n"));
  if (answer.kind === "none" && folders.length === 0) context.exit(EXIT.no);
  if (answer.kind === "ambiguous") context.exit(EXIT.invalid);
}

/** Of a folder: the templates that have it on their way. Beside the plate any folder would do, so that says nothing. */
function foldersAt(path: string, of: { readonly book: PathBook; readonly config: Config }): readonly DeclaredPlace[] {
  const { book, config } = of;
  const hotFolders = config.hotFolders.map((folder) => folder.path);
  const places = declaredPlaces({ book, roots: config.roots, hotFolders, stateDir: config.stateDir })(path);
  const telling = places.filter(({ tokens }) => tokens["beside"] === undefined);
  return [...new Map(telling.map((place) => [place.template, place])).values()];
}

function folderLine({ template, tokens }: DeclaredPlace): string {
  const values = Object.entries(tokens).map(([name, value]) => `${name} ${value}`);
  return `FOLDER of ${template}${values.length === 0 ? "" : `: ${values.join(", ")}`}`;
}

/** --show, or the show with a layout of its own in whose templates the path fits; else what all shows have. */
function showOf(
  book: PathBook,
  of: { readonly path: string; readonly config: Config; readonly show: unknown },
): ShowPaths {
  if (typeof of.show === "string") return book.shows[of.show] ?? book.every;
  const own = Object.values(book.shows).find((show) => {
    const answer = explainPath(book, show, { path: of.path, roots: of.config.roots });
    return answer !== null && answer.kind !== "none" && layoutOf(answer) === show.layout.name;
  });
  return own ?? book.every;
}

function layoutOf(answer: PathExplanation): string | null {
  if (answer.kind === "none") return null;
  return answer.kind === "match" ? answer.match.layout : (answer.candidates[0]?.layout ?? null);
}

function text(answer: PathExplanation, show: ShowPaths): string {
  const lines = [`${answer.root}: ${answer.path}`, ""];
  if (answer.kind === "none") lines.push(`NO TEMPLATE of ${show.layout.name} fits.`);
  if (answer.kind === "match") lines.push(...matchLines(answer.match));
  if (answer.kind === "ambiguous") {
    lines.push(`REFUSED: it can be read in ${answer.candidates.length} ways.`);
    for (const candidate of answer.candidates) lines.push("", ...matchLines(candidate));
  }
  lines.push("", "The others:");
  for (const other of answer.others) {
    lines.push(`  ${other.layout} ${other.template}  ${other.text}`);
    lines.push(
      other.at === ""
        ? `    reads it all${other.wanted.endsWith("comes first") ? "; " : ", then wants more: "}${other.wanted}`
        : `    reads "${other.read}", then finds "${other.at}" and wants ${other.wanted}`,
    );
  }
  return lines.join("\n");
}

function matchLines(match: PathMatch): readonly string[] {
  const width = Math.max(0, ...Object.keys(match.tokens).map((name) => name.length));
  return [
    `${match.layout} ${match.template}  ${match.text}`,
    ...Object.entries(match.tokens).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
  ];
}
