/**
 * How a recipe stands on each slot: its models there, and whether the slot is still as it was when the recipe was approved.
 * One function for the scheduler, for `explain`, for the last look before a graph is sent, and for the record of what ran.
 */
import { setNewest } from "../domain/boundedMap.ts";
import { LIMITS } from "../domain/limits.ts";
import { driftOf, packsOf } from "../domain/approval.ts";
import type { Lack, ModelKnown, ModelUse } from "../domain/modelKnown.ts";
import { lackOf } from "../domain/modelKnown.ts";
import type { StepPlan, WedgePlan } from "../domain/plan.ts";
import type { RanOn } from "../domain/ranOn.ts";
import type { Recipe } from "../domain/recipe.ts";
import type { WaitReason } from "../domain/slotFit.ts";
import type { SlotState, StageContext } from "../live.ts";
import type { TaskRow } from "../storePort.ts";
import type { ModelBook } from "./modelBook.ts";
import type { RecipeShelf } from "./recipeShelf.ts";

export interface Standing {
  readonly models: readonly { readonly use: ModelUse; readonly known: ModelKnown }[];
  /** Differences from what was approved; null: not approved, or the slot was not read. */
  readonly drift: readonly string[] | null;
  readonly lack: Lack | null;
}

interface Asked {
  readonly recipe: Recipe;
  readonly wedge: WedgePlan;
}

export function standingOn(context: StageContext, book: ModelBook, of: Asked & { readonly slot: SlotState }): Standing {
  const { slot, recipe } = of;
  const models = book.uses(recipe, of.wedge, slot.catalogue).map((use) => ({ use, known: book.of(slot, use) }));
  const lacks = models.flatMap(({ use, known }) => lackOf(use, known) ?? []);
  const lack = lacks.find(({ final }) => final) ?? lacks[0] ?? null;
  const drift = lack === null ? driftOn(slot, recipe, models) : null;
  return { models, drift, lack: lack ?? driftLack(context, { slot, recipe, drift }) };
}

function driftOn(slot: SlotState, recipe: Recipe, models: Standing["models"]): readonly string[] | null {
  if (recipe.approval === null || slot.stats === null || slot.catalogue === null) return null;
  return driftOf(
    recipe.approval,
    { sha256: recipe.sha256, verb: recipe.rerun === undefined ? "approved" : "made" },
    {
      comfyVersion: slot.stats.version,
      nodePacks: packsOf(recipe.graph, slot.catalogue),
      models: models.map(({ use, known }) => ({ file: use.file, sha256: known.kind === "well" ? known.sha256 : null })),
    },
  );
}

/** For a person who looks at slots. Models are left out: they are hashed when work needs them, and `explain` tells then. */
export function driftedRecipes(slot: SlotState, recipes: readonly Recipe[]): readonly string[] {
  return recipes.flatMap((recipe) => {
    const drift = driftOn(slot, recipe, []) ?? [];
    return drift.length === 0 ? [] : [`${recipeName(recipe)} is not as it was approved: ${drift.join(", ")}`];
  });
}

function driftLack(
  context: StageContext,
  of: { readonly slot: SlotState; readonly recipe: Recipe; readonly drift: readonly string[] | null },
): Lack | null {
  const policy = policyOf(context, of.recipe);
  if (of.drift === null || of.drift.length === 0 || policy === "warn") return null;
  const name = recipeName(of.recipe);
  if (of.recipe.rerun !== undefined) return rerunLack(of.drift);
  const reason: WaitReason = {
    code: "HP-RECIPE-DRIFT",
    message: `${name} is not as it was approved: ${of.drift.join("; ")}`,
    action: `restore it, or approve it anew: hotplate recipe approve ${name} --slot ${of.slot.config.name}`,
  };
  return { reason, final: policy === "refuse" };
}

/** A rerun asks for what the old version ran on, whatever approvals may do; who allowed drift gets it recorded. */
function policyOf(context: StageContext, recipe: Recipe): "route" | "refuse" | "warn" {
  if (recipe.rerun === undefined) return context.world.config.safety.drift;
  return recipe.rerun.allowDrift ? "warn" : "refuse";
}

function rerunLack(drift: readonly string[]): Lack {
  const reason: WaitReason = {
    code: "HP-RERUN-DRIFT",
    message: `the slot is not what the version was made on: ${drift.join("; ")}`,
    action: "restore it, or say hotplate rerun --allow-drift: the differences are recorded",
  };
  return { reason, final: true };
}

/**
 * What keeps a task off which slot. When waiting could change nothing on any slot, nothing is said: then the task is given
 * anyway, is refused before it is sent, and ends with the nearest names.
 */
export function lacksOf(
  context: StageContext,
  shelf: RecipeShelf,
  of: { readonly plan: StepPlan; readonly wedge: number },
): ReadonlyMap<string, WaitReason> {
  const out = new Map<string, WaitReason>();
  const recipe = shelf.find(of.plan.recipe);
  const wedge = of.plan.wedges[of.wedge - 1];
  if (recipe === null || wedge === undefined || shelf.models === undefined) return out;
  const slots = [...context.live.slots.values()];
  // Asked for every task of every decision: where nothing is looked at, nothing is worked out.
  const looked = recipe.approval !== null || slots.some((slot) => slot.config.models !== undefined);
  if (!looked && slots.every((slot) => slot.missing.size === 0)) return out;
  let final = 0;
  for (const slot of slots) {
    const lack =
      missedBefore(context, { slot, plan: of.plan, wedge }) ??
      (looked ? standingOn(context, shelf.models, { slot, recipe, wedge }).lack : null);
    if (lack === null) continue;
    out.set(slot.config.name, lack.reason);
    if (lack.final) final += 1;
  }
  return final === slots.length ? new Map() : out;
}

/**
 * What one task was refused for holds for its likes: an idle slot takes no prompt back from the slot that can, only to refuse
 * it. For a bounded time, and only while the slot stays up.
 */
export function noteMissing(
  context: StageContext,
  of: { readonly slot: SlotState; readonly plan: StepPlan; readonly wedge: number; readonly reason: WaitReason },
): void {
  const wedge = of.plan.wedges[of.wedge - 1];
  if (wedge === undefined) return;
  const until = context.world.clock.now() + LIMITS.modelLookMs;
  setNewest(of.slot.missing, missingKey(of.plan, wedge), {
    value: { reason: of.reason, until },
    max: LIMITS.workKindsKept,
  });
}

function missedBefore(
  context: StageContext,
  of: { readonly slot: SlotState; readonly plan: StepPlan; readonly wedge: WedgePlan },
): Lack | null {
  const missing = of.slot.missing.get(missingKey(of.plan, of.wedge));
  if (missing === undefined || missing.until <= context.world.clock.now()) return null;
  return { reason: missing.reason, final: true };
}

/** The same graph nodes and the same models. */
function missingKey(plan: StepPlan, wedge: WedgePlan): string {
  return [plan.recipe.sha256, ...(wedge.models ?? [])].join("\n");
}

/** Written once per job and slot, and again when anything of it changed. */
export async function noteRan(
  context: StageContext,
  of: { readonly slot: SlotState; readonly task: TaskRow; readonly plan: StepPlan; readonly shelf: RecipeShelf },
): Promise<void> {
  const { slot, task, plan, shelf } = of;
  const recipe = shelf.find(plan.recipe);
  const wedge = plan.wedges[task.wedge - 1];
  if (recipe === null || wedge === undefined || shelf.models === undefined) return;
  const standing = standingOn(context, shelf.models, { slot, recipe, wedge });
  const ran = JSON.stringify(ranOn(slot, recipe, standing));
  const key = `${task.jobId}\n${ran}`;
  if (context.live.ran.has(key)) return;
  await context.world.store.note("job.ran", task.jobId, { slot: slot.config.name, ran });
  setNewest(context.live.ran, key, { value: true, max: LIMITS.workKindsKept });
  if (standing.drift !== null && standing.drift.length > 0)
    context.world.log.event("warn", "job.ran", {
      job: task.jobId,
      slot: slot.config.name,
      code: "HP-RECIPE-DRIFT",
      reason: standing.drift.join("; "),
    });
}

function ranOn(slot: SlotState, recipe: Recipe, standing: Standing): RanOn {
  return {
    slot: slot.config.name,
    comfyVersion: slot.stats?.version ?? null,
    nodePacks: slot.catalogue === null ? [] : packsOf(recipe.graph, slot.catalogue),
    models: standing.models.map(({ use, known }) =>
      known.kind === "well"
        ? {
            folder: known.file.folder,
            file: use.file,
            sha256: known.sha256,
            bytes: known.file.bytes,
            facts: known.file.facts,
          }
        : { folder: known.kind === "unchecked" ? known.folder : null, file: use.file, sha256: null, bytes: null },
    ),
    approval: approvalState(recipe, standing),
    drift: standing.drift ?? [],
  };
}

/** A rerun is held against a record, which is no approval. */
function approvalState(recipe: Recipe, standing: Standing): RanOn["approval"] {
  if (recipe.approval === null) return "none";
  if ((standing.drift ?? []).length > 0) return "drifted";
  return recipe.rerun === undefined ? "approved" : "none";
}

export function recipeName(recipe: Pick<Recipe, "file">): string {
  return `${recipe.file.name}@${recipe.file.version}`;
}
