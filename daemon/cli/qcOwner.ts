/**
 * For whom the commands over pictures look: `--show` and `--recipe` say whose limits of hotplate.yaml, and of the recipe itself, are
 * in force, as they are for the daemon. A name that nobody knows is a wrong call, with the nearest right one.
 */
import { createDigest } from "../adapters/digest.ts";
import { createFiles } from "../adapters/files.ts";
import { createRecipes } from "../adapters/recipes.ts";
import { recipeDirs } from "../adapters/world.ts";
import type { PictureConfig } from "../domain/config.ts";
import { HotplateError } from "../domain/errors.ts";
import { nearestWord } from "../domain/nearest.ts";
import type { QcOwner } from "../domain/qcAsked.ts";
import type { RecipeFile } from "../domain/recipe.ts";
import { findRecipe } from "../domain/recipeVersions.ts";
import { safetyRules } from "../domain/safetyRules.ts";

export interface PictureOwner extends QcOwner {
  /** What the recipe promises of its results; null: nobody says. */
  readonly result: RecipeFile["result"] | null;
}

type KnownRecipe = NonNullable<QcOwner["recipe"]> & { readonly result?: RecipeFile["result"] };

/** `config` null: there is none, and only shipped recipes are known. Errors: HP-USAGE, HP-CONFIG-MISSING. */
export async function ownerOf(
  config: PictureConfig | null,
  wanted: { readonly show: string | null; readonly recipe: string | null },
): Promise<PictureOwner | null> {
  const { show, recipe } = wanted;
  if (show === null && recipe === null) return null;
  if (show !== null) refuseStrangeShow(config, show);
  const known = recipe === null ? null : await recipeNamed(config, recipe);
  return {
    settings: config?.qc ?? { recipes: {}, shows: {} },
    show,
    recipe: known,
    result: known?.result ?? null,
  };
}

function refuseStrangeShow(config: PictureConfig | null, show: string): void {
  if (config === null)
    throw new HotplateError("HP-CONFIG-MISSING", `--show ${show} means limits of hotplate.yaml, and there is none.`, {
      hint: "Name it: --config FILE, or HOTPLATE_CONFIG.",
    });
  const { qc, hotFolders, assetPaths, colour } = config;
  const known = new Set([
    ...Object.keys(qc.shows),
    ...Object.keys(colour.shows),
    ...[...hotFolders, ...assetPaths].map((each) => each.show),
  ]);
  if (!known.has(show)) throw unknown(`hotplate.yaml knows no show "${show}".`, show, [...known]);
}

async function recipeNamed(config: PictureConfig | null, name: string): Promise<KnownRecipe> {
  const book = await createRecipes({
    files: createFiles(),
    digest: createDigest(),
    dirs: recipeDirs(config ?? { recipes: [] }),
    ...(config === null ? {} : { rules: safetyRules(config) }),
  }).book();
  const found = findRecipe(book, name);
  if (found !== null) {
    const { file } = found;
    const { version, result, qc } = file;
    return { name: file.name, version, result, ...(qc === undefined ? {} : { qc }) };
  }
  const { recipes = {}, shows = {} } = config?.qc ?? {};
  const settled = [recipes, ...Object.values(shows).map((show) => show.recipes)].flatMap((each) => Object.keys(each));
  // Not installed here, and hotplate.yaml speaks of it: a build server need not have every recipe.
  if (settled.includes(name)) return { name, version: "" };
  const names = [...new Set([...book.recipes.map(({ file }) => file.name), ...settled])];
  throw unknown(`There is no recipe "${name}" on this node.`, name, names);
}

function unknown(message: string, word: string, known: readonly string[]): HotplateError {
  const nearest = nearestWord(word, known);
  const has = known.length === 0 ? "It knows none." : `Known: ${[...known].sort().join(", ")}.`;
  return new HotplateError("HP-USAGE", message, { hint: nearest === null ? has : `Did you mean ${nearest}? ${has}` });
}
