/**
 * What is wrong with the QC that `hotplate.yaml` and recipes ask for, before any manifest meets it: checks, limits, profiles and
 * recipes that are not there, one place that says two things. For the doctor.
 */
import { nearestWord } from "./nearest.ts";
import type { CheckBook } from "./qc.ts";
import type { QcLayer } from "./qcChoice.ts";
import { layerFaults } from "./qcWishFaults.ts";
import { chosenGate } from "./qcGate.ts";
import { lostProfile } from "./qcProfile.ts";
import type { RecipeFile } from "./recipe.ts";
import type { QcSettings, QcWishes } from "./qcWishes.ts";

export interface SettingFault {
  /** `qc.shows.AGM of hotplate.yaml` */
  readonly place: string;
  readonly message: string;
  readonly nearest: string | null;
}

type AskingRecipe = Pick<RecipeFile, "name" | "version" | "parameters" | "qc">;

export function settingFaults(of: {
  readonly settings: QcSettings;
  readonly recipes: readonly AskingRecipe[];
  readonly book: CheckBook;
}): readonly SettingFault[] {
  const { settings, recipes, book } = of;
  const names = [...new Set(recipes.map(({ name }) => name))];
  const out: SettingFault[] = [];
  const look = (place: string, says: QcWishes, recipe: AskingRecipe | null): void => {
    const layer = { who: place, place, at: ["use"], says };
    out.push(...faultsOf(layer, book, recipe));
  };
  const known = (place: string, name: string): void => {
    if (!names.includes(name))
      out.push({ place, message: `There is no recipe "${name}".`, nearest: nearestWord(name, names) });
  };
  for (const recipe of recipes)
    if (recipe.qc !== undefined) look(`qc of recipe ${recipe.name} ${recipe.version}`, recipe.qc, recipe);
  for (const [name, says] of Object.entries(settings.recipes)) {
    known(`qc.recipes.${name} of hotplate.yaml`, name);
    look(`qc.recipes.${name} of hotplate.yaml`, says, null);
  }
  for (const [show, { recipes: inShow, ...says }] of Object.entries(settings.shows)) {
    look(`qc.shows.${show} of hotplate.yaml`, says, null);
    for (const [name, own] of Object.entries(inShow)) {
      known(`qc.shows.${show}.recipes.${name} of hotplate.yaml`, name);
      look(`qc.shows.${show}.recipes.${name} of hotplate.yaml`, own, null);
    }
  }
  return out;
}

function faultsOf(layer: QcLayer, book: CheckBook, recipe: AskingRecipe | null): readonly SettingFault[] {
  const { profile } = layer.says;
  const profiles = book.profiles.map(({ name }) => name);
  const wrong =
    profile === undefined || profiles.includes(profile)
      ? []
      : [
          {
            message: lostProfile(profile, book)?.message ?? `There is no QC profile "${profile}".`,
            nearest: nearestWord(profile, profiles),
          },
        ];
  const gate = chosenGate({ layers: [layer], recipe, checks: book.checks, rerun: false }).findings;
  // A limit by which nothing is found is no fault of the configuration: the plan of each job says it.
  const faults = layerFaults(layer, book).filter(({ severity }) => severity !== "warning");
  return [...wrong, ...faults, ...gate].map(({ message, nearest }) => ({
    place: layer.place,
    message,
    nearest: nearest ?? null,
  }));
}
