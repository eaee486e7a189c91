/** What the doctor says of approved recipes: which has drifted on which slot. Nothing is hashed: what the daemon hashed counts. */
import type { BaseWorld } from "../adapters/world.ts";
import { driftOf, packsOf } from "../domain/approval.ts";
import type { Catalogue } from "../domain/catalogue.ts";
import type { SlotConfig } from "../domain/config.ts";
import { identityOf } from "../domain/modelKnown.ts";
import { allModelUses } from "../domain/modelSet.ts";
import type { Recipe } from "../domain/recipe.ts";
import { safetyRules } from "../domain/safetyRules.ts";
import { findModel, keptHashes, modelHashPath } from "../modelFiles.ts";

export interface DriftedRecipe {
  readonly recipe: string;
  readonly words: string;
}

export async function driftedRecipes(
  base: BaseWorld,
  slot: SlotConfig,
  said: { readonly version: string; readonly catalogue: Catalogue },
): Promise<readonly DriftedRecipe[]> {
  const out: DriftedRecipe[] = [];
  for (const recipe of (await base.recipes.book()).recipes) {
    if (recipe.approval === null) continue;
    const drift = driftOf(
      recipe.approval,
      { sha256: recipe.sha256, verb: "approved" },
      {
        comfyVersion: said.version,
        nodePacks: packsOf(recipe.graph, said.catalogue),
        models: await hashedModels(base, slot, { recipe, catalogue: said.catalogue }),
      },
    );
    if (drift.length > 0) out.push({ recipe: `${recipe.file.name}@${recipe.file.version}`, words: drift.join("; ") });
  }
  return out;
}

/** Models whose hash is known already; the others are hashed when work needs them. */
async function hashedModels(
  base: BaseWorld,
  slot: SlotConfig,
  of: { readonly recipe: Recipe; readonly catalogue: Catalogue },
): Promise<readonly { readonly file: string; readonly sha256: string }[]> {
  if (slot.models === undefined) return [];
  const kept = new Map(await keptHashes(base.files, modelHashPath(base.config.stateDir)).catch(() => []));
  const out: { readonly file: string; readonly sha256: string }[] = [];
  for (const use of allModelUses(of.recipe, of.catalogue)) {
    const found = await findModel(base.files, use, { dirs: slot.models, rules: safetyRules(base.config) });
    const sha256 = found.kind === "found" ? kept.get(identityOf(found.file)) : undefined;
    if (sha256 !== undefined) out.push({ file: use.file, sha256 });
  }
  return out;
}
