/**
 * `hotplate recipe approve NAME@VERSION`: records what a recipe runs on now (model hashes, node packs, ComfyUI version) as
 * `approved.json` beside its recipe.yaml. It asks the slot's ComfyUI and reads the model files itself; no daemon is needed.
 */
import { createComfy } from "../adapters/comfyui/slot.ts";
import { loadConfig } from "../adapters/config.ts";
import { buildBase } from "../adapters/world.ts";
import type { BaseWorld } from "../adapters/world.ts";
import type { Approval } from "../domain/approval.ts";
import { APPROVAL_FILE, approvalText, packsOf } from "../domain/approval.ts";
import type { SlotConfig } from "../domain/config.ts";
import { HotplateError } from "../domain/errors.ts";
import { checkGraph } from "../domain/graphCheck.ts";
import { LIMITS } from "../domain/limits.ts";
import { modelFolders } from "../domain/modelFolders.ts";
import type { ModelUse } from "../domain/modelKnown.ts";
import { identityOf } from "../domain/modelKnown.ts";
import { allModelUses } from "../domain/modelSet.ts";
import { nearestWord } from "../domain/nearest.ts";
import type { Recipe } from "../domain/recipe.ts";
import { findRecipe } from "../domain/recipeVersions.ts";
import { safetyRules } from "../domain/safetyRules.ts";
import { replaceFile } from "../durable.ts";
import { findModel, keptHashes, modelHashPath } from "../modelFiles.ts";
import { configPath, userName } from "./context.ts";

export interface Approved {
  readonly path: string;
  readonly approval: Approval;
}

export interface ApproveRequest {
  readonly target: string;
  readonly slot: string | null;
  readonly config: string | undefined;
}

export async function approveRecipe(request: ApproveRequest): Promise<Approved> {
  const { config } = await loadConfig(configPath(request.config));
  const base = buildBase(config, "error");
  try {
    const recipe = await wantedRecipe(base, request.target);
    const slot = wantedSlot(base, request.slot);
    const approval = await approvalNow(base, { recipe, slot, by: userName() });
    const path = `${recipe.dir}/${APPROVAL_FILE}`;
    await replaceFile(base.files, path, approvalText(approval), base.ids.uuid());
    return { path, approval };
  } finally {
    await base.images.close();
  }
}

async function wantedRecipe(base: BaseWorld, target: string): Promise<Recipe> {
  const book = await base.recipes.book();
  const recipe = findRecipe(book, target);
  if (recipe !== null) return recipe;
  const names = book.recipes.map(({ file }) => `${file.name}@${file.version}`);
  const nearest = nearestWord(target, names);
  throw new HotplateError("HP-NOT-FOUND", `There is no usable recipe "${target}".`, {
    hint: nearest === null ? "hotplate recipe ls" : `Did you mean ${nearest}?`,
  });
}

function wantedSlot(base: BaseWorld, name: string | null): SlotConfig {
  const { slots } = base.config;
  const slot = name === null ? slots[0] : slots.find((one) => one.name === name);
  if (slot !== undefined) return slot;
  throw new HotplateError("HP-NOT-FOUND", `There is no slot "${name}".`, {
    hint: `Slots: ${slots.map((one) => one.name).join(", ")}.`,
  });
}

async function approvalNow(
  base: BaseWorld,
  of: { readonly recipe: Recipe; readonly slot: SlotConfig; readonly by: string },
): Promise<Approval> {
  const { recipe, slot } = of;
  const client = createComfy({ timeoutMs: LIMITS.comfyConnectTimeoutMs }).open(slot, () => undefined);
  try {
    const stats = await client.stats();
    const catalogue = await client.catalogue();
    const problems = checkGraph(recipe, catalogue, safetyRules(base.config)).filter((p) => p.severity === "error");
    const first = problems[0];
    // What can't run there can't be approved there.
    if (first !== undefined) throw new HotplateError(first.code, first.message, { problems });
    const models: Approval["models"] = [];
    for (const use of allModelUses(recipe, catalogue)) models.push(await modelNow(base, slot, use));
    return {
      hotplate: 1,
      recipe: `${recipe.file.name}@${recipe.file.version}`,
      sha256: recipe.sha256,
      approvedAt: new Date(base.clock.now()).toISOString(),
      approvedBy: of.by,
      slot: slot.name,
      comfyVersion: stats.version,
      nodePacks: [...packsOf(recipe.graph, catalogue)],
      models,
    };
  } finally {
    await client.close();
  }
}

async function modelNow(base: BaseWorld, slot: SlotConfig, use: ModelUse): Promise<Approval["models"][number]> {
  if (slot.models === undefined)
    return { folder: modelFolders(use.classType, use.input)?.[0] ?? "", file: use.file, sha256: null };
  const found = await findModel(base.files, use, { dirs: slot.models, rules: safetyRules(base.config) });
  if (found.kind === "refused")
    throw new HotplateError(found.code, `${found.message}.`, {
      hint: found.nearest === null ? "docs/safety.md" : `Nearest: ${found.nearest}.`,
    });
  const { path, folder } = found.file;
  // What the daemon hashed already is not read again: a model may be large.
  const kept = await keptHashes(base.files, modelHashPath(base.config.stateDir)).catch(() => []);
  const known = kept.find(([identity]) => identity === identityOf(found.file))?.[1];
  return { folder, file: use.file, sha256: known ?? (await base.files.hash(path)).sha256 };
}
