/**
 * What `hotplate recipe ...` does, apart from how it is typed and printed: reading recipe folders, checking them against a
 * node catalogue, writing an imported one. Works without a daemon. It never overwrites anything.
 */
import { basename, dirname, resolve } from "node:path";
import { approvalOf, recipeDirs } from "../adapters/recipes.ts";
import type { ReadingFiles } from "../adapters/recipes.ts";
import type { Catalogue } from "../domain/catalogue.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import type { Problem } from "../domain/errors.ts";
import { checkGraph } from "../domain/graphCheck.ts";
import { GRAPH_FILE } from "../domain/graphShape.ts";
import { LIMITS } from "../domain/limits.ts";
import { nearestWord } from "../domain/nearest.ts";
import { importRecipe, IMPORT_VERSION } from "../domain/recipeImport.ts";
import type { RecipeFile } from "../domain/recipe.ts";
import { readRecipe, RECIPE_FILE } from "../domain/recipeText.ts";
import type { SafetyRules } from "../domain/safetyRules.ts";
import type { Files } from "../ports.ts";

export interface RecipeTools {
  readonly files: ReadingFiles & Pick<Files, "mkdir" | "create">;
  /** The shipped recipe folder and those of the configuration. */
  readonly recipeDirs: () => Promise<readonly string[]>;
  /** What this node's configuration allows beyond the default. */
  readonly rules: () => Promise<SafetyRules>;
  /** The recorded catalogue that ships (ComfyUI 0.19 without packs). */
  readonly recordedCatalogue: () => Promise<Catalogue>;
  /** What a running ComfyUI offers. */
  readonly liveCatalogue: (url: string) => Promise<Catalogue>;
}

/** One recipe folder as a person or a program wants to see it. */
export interface RecipeView {
  readonly dir: string;
  readonly name: string;
  readonly version: string;
  readonly state: "usable" | "broken";
  readonly title: string | null;
  readonly needs: string | null;
  readonly parameters: readonly string[];
  /** When it was approved, and on which slot and ComfyUI; null: it was not. */
  readonly approvedAt: string | null;
  readonly approvedOn: string | null;
  /** File paths are whole. */
  readonly problems: readonly Problem[];
}

export async function listRecipes(tools: RecipeTools): Promise<readonly RecipeView[]> {
  const views: RecipeView[] = [];
  for (const root of await tools.recipeDirs()) views.push(...(await viewsBelow(tools, root, null)));
  return views;
}

/**
 * Checks one recipe folder, a folder of recipes, a recipe by name, or all. Throws HP-NOT-FOUND when the target is neither.
 * Without a url the recorded catalogue is used; a class that it lacks may come from a pack, so that is a warning then.
 */
export async function checkRecipes(
  tools: RecipeTools,
  { target, url }: { readonly target: string | null; readonly url: string | null },
): Promise<readonly RecipeView[]> {
  const catalogue = url === null ? await tools.recordedCatalogue() : await tools.liveCatalogue(url);
  const against: Against = { catalogue, live: url !== null };
  if (target === null) {
    const views: RecipeView[] = [];
    for (const root of await tools.recipeDirs()) views.push(...(await viewsBelow(tools, root, against)));
    return views;
  }
  const dir = resolve(target);
  const names = await namesIn(tools.files, dir);
  if (names === null) return byName(tools, target, against);
  if (!names.includes(RECIPE_FILE) && !names.includes(GRAPH_FILE)) return viewsBelow(tools, dir, against);
  return [await viewOf(tools, { dir, name: basename(dirname(dir)), version: basename(dir) }, against)];
}

interface Against {
  readonly catalogue: Catalogue;
  readonly live: boolean;
}

async function byName(tools: RecipeTools, target: string, against: Against): Promise<readonly RecipeView[]> {
  const [wanted = "", version] = target.split("@");
  const found: RecipeView[] = [];
  const names = new Set<string>();
  for (const root of await tools.recipeDirs()) {
    for (const place of (await recipeDirs(tools.files, root)).found) {
      names.add(place.name);
      const right = place.name === wanted && (version === undefined || `${place.version}.`.startsWith(`${version}.`));
      if (right) found.push(await viewOf(tools, place, against));
    }
  }
  if (found.length > 0) return found;
  const nearest = nearestWord(wanted, names);
  throw new HotplateError("HP-NOT-FOUND", `There is no recipe and no folder "${target}".`, {
    hint: nearest === null ? "hotplate recipe ls" : `Did you mean ${nearest}?`,
  });
}

async function namesIn(files: ReadingFiles, dir: string): Promise<readonly string[] | null> {
  try {
    return (await files.list(dir, LIMITS.recipeNamesMax)).map((entry) => entry.name);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error) ?? "")) return null;
    throw error;
  }
}

async function viewsBelow(tools: RecipeTools, root: string, against: Against | null): Promise<readonly RecipeView[]> {
  const { found, broken } = await recipeDirs(tools.files, root);
  const views: RecipeView[] = [];
  for (const place of found) views.push(await viewOf(tools, place, against));
  for (const { dir, message } of broken) views.push(brokenView({ dir, name: "", version: "" }, [plain(dir, message)]));
  return views;
}

interface Place {
  readonly dir: string;
  readonly name: string;
  readonly version: string;
}

async function viewOf(tools: RecipeTools, place: Place, against: Against | null): Promise<RecipeView> {
  let texts: { recipe: string; graph: string };
  try {
    texts = {
      recipe: await text(tools.files, `${place.dir}/${RECIPE_FILE}`, LIMITS.recipeFileBytesMax),
      graph: await text(tools.files, `${place.dir}/${GRAPH_FILE}`, LIMITS.graphBytesMax),
    };
  } catch (error) {
    return brokenView(place, [plain(place.dir, `Can't be read: ${messageOf(error)}`)]);
  }
  const rules = await tools.rules();
  const reading = readRecipe(texts, rules);
  if (reading.kind === "broken") return brokenView(place, placed(place.dir, reading.problems));
  const { file } = reading;
  const approval = await approvalOf(tools.files, place.dir);
  if (approval?.kind === "broken") return brokenView(place, [plain(place.dir, approval.message)]);
  const approved = approval?.approval ?? null;
  const named = namesAgree(place, file);
  const problems = [
    ...(named === null ? [] : [plain(place.dir, named)]),
    ...placed(place.dir, [
      ...reading.warnings,
      ...(against === null ? [] : catalogueProblems(reading, against, rules)),
    ]),
  ];
  return {
    ...place,
    name: file.name,
    version: file.version,
    state: problems.some((problem) => problem.severity === "error") ? "broken" : "usable",
    title: file.title,
    needs: file.needs,
    parameters: Object.keys(file.parameters),
    approvedAt: approved?.approvedAt ?? null,
    approvedOn: approved === null ? null : `slot ${approved.slot}, ComfyUI ${approved.comfyVersion}`,
    problems,
  };
}

function namesAgree(place: Place, file: RecipeFile): string | null {
  if (file.name === place.name && file.version === place.version) return null;
  return `The folder says ${place.name}/${place.version}, recipe.yaml says ${file.name} ${file.version}.`;
}

function catalogueProblems(
  recipe: Parameters<typeof checkGraph>[0],
  { catalogue, live }: Against,
  rules: SafetyRules,
): readonly Problem[] {
  return checkGraph(recipe, catalogue, rules).map((problem) =>
    live || problem.code !== "HP-RECIPE-CLASS"
      ? problem
      : {
          ...problem,
          severity: "warning",
          action: "If a node pack has it, check against your ComfyUI: --url http://...",
        },
  );
}

function brokenView(place: Place, problems: readonly Problem[]): RecipeView {
  return {
    ...place,
    state: "broken",
    title: null,
    needs: null,
    parameters: [],
    approvedAt: null,
    approvedOn: null,
    problems,
  };
}

function placed(dir: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => ({ ...problem, file: problem.file === null ? dir : `${dir}/${problem.file}` }));
}

function plain(dir: string, message: string): Problem {
  const nowhere = { line: null, col: null, found: null, expected: null, nearest: null };
  return { code: "HP-RECIPE-INVALID", severity: "error", file: dir, message, action: "Fix the folder.", ...nowhere };
}

async function text(files: ReadingFiles, path: string, bytesMax: number): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true }).decode(await files.read(await files.realpath(path), bytesMax));
}

export type ImportOutcome =
  | {
      readonly kind: "written";
      readonly dir: string;
      readonly notes: readonly string[];
      readonly parameters: readonly string[];
    }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/** Writes `<out>/<name>/0.1.0/`; a folder that is already there is never touched (HP-STATE-REFUSED). */
export async function importFile(
  tools: RecipeTools,
  request: { readonly file: string; readonly name: string; readonly out: string; readonly url: string | null },
): Promise<ImportOutcome> {
  const catalogue = request.url === null ? await tools.recordedCatalogue() : await tools.liveCatalogue(request.url);
  if (await isPicture(tools, request.file)) return { kind: "refused", problems: [picture(request.file)] };
  const graphText = await graphOf(tools, request.file);
  const answer = importRecipe({ graphText, name: request.name, catalogue });
  if (answer.kind === "broken")
    return { kind: "refused", problems: answer.problems.map((problem) => ({ ...problem, file: request.file })) };
  const dir = `${request.out}/${request.name}/${IMPORT_VERSION}`;
  await made(tools, request.out);
  await made(tools, `${request.out}/${request.name}`);
  try {
    await tools.files.mkdir(dir);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    throw new HotplateError("HP-STATE-REFUSED", `${dir} is already there; nothing was written.`, {
      cause: error,
      hint: "Choose another --name, or move the folder away.",
    });
  }
  await tools.files.create(`${dir}/${GRAPH_FILE}`, answer.graphText);
  await tools.files.create(`${dir}/${RECIPE_FILE}`, answer.recipeText);
  return { kind: "written", dir, notes: answer.notes, parameters: Object.keys(answer.file.parameters) };
}

/** ComfyUI's pictures carry their graph, so people try them; only the exported file is one that somebody meant to share. */
async function isPicture(tools: RecipeTools, file: string): Promise<boolean> {
  const bytes = await tools.files.read(await tools.files.realpath(file), LIMITS.pictureTriedBytesMax).catch(() => null);
  return bytes !== null && /^(\x89PNG|\xff\xd8\xff|RIFF....WEBP)/s.test(String.fromCharCode(...bytes.slice(0, 12)));
}

function picture(file: string): Problem {
  return {
    ...plain(file, "This is a picture, not an exported graph."),
    expected: "the JSON file that ComfyUI exports",
    action: "Open the picture in ComfyUI, then choose File > Export (API).",
  };
}

async function graphOf(tools: RecipeTools, file: string): Promise<string> {
  try {
    return await text(tools.files, file, LIMITS.graphBytesMax);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new HotplateError("HP-NOT-FOUND", `There is no file ${file}.`, { cause: error, hint: "Check the path." });
    throw new HotplateError("HP-RECIPE-INVALID", `${file} can't be read as a graph: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

async function made(tools: RecipeTools, dir: string): Promise<void> {
  try {
    await tools.files.mkdir(dir);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}
