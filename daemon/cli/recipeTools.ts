/** What the recipe commands need: recipe folders, the recorded node catalogue, a live one. A configuration is optional. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createHttp } from "../adapters/comfyui/http.ts";
import { catalogue } from "../adapters/comfyui/parse.ts";
import { loadConfig } from "../adapters/config.ts";
import { createFiles } from "../adapters/files.ts";
import { HOME, recipeDirs } from "../adapters/world.ts";
import type { Config } from "../domain/config.ts";
import { HotplateError } from "../domain/errors.ts";
import { safetyRules } from "../domain/safetyRules.ts";
import type { Catalogue } from "../ports.ts";
import { configPath } from "./context.ts";
import type { RecipeTools } from "./recipeActions.ts";

export async function recipeTools(config: string | undefined): Promise<RecipeTools> {
  return {
    files: createFiles(),
    recipeDirs: async () => recipeDirs(await settings(config)),
    rules: async () => safetyRules(await settings(config)),
    recordedCatalogue: async () =>
      JSON.parse(await readFile(join(HOME, "config/comfyui/catalogue-0.19.json"), "utf8")) as Catalogue,
    liveCatalogue: async (url) => catalogue(await createHttp(url).json("/object_info")),
  };
}

async function settings(config: string | undefined): Promise<Pick<Config, "recipes" | "safety">> {
  try {
    return (await loadConfig(configPath(config))).config;
  } catch (error) {
    if (error instanceof HotplateError && error.code === "HP-CONFIG-MISSING" && config === undefined)
      return { recipes: [], safety: { allowClasses: [], modelTypes: [], drift: "route" } };
    throw error;
  }
}
