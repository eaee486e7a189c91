/**
 * One attempt on its way into ComfyUI: the plate is made into what the graph is fed, placed under a name of this attempt,
 * the graph is bound and checked, and POSTed under the id that was journalled with the fence. Every way this can end is a
 * value; `ended` turns it into the store's words.
 */
import type { ComfyError } from "../ports.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { bindGraph, placedOf } from "../domain/graph.ts";
import type { Recipe } from "../domain/recipe.ts";
import type { Failure } from "../domain/retry.ts";
import type { WedgePlan } from "../domain/plan.ts";
import type { Flight, SlotState, StageContext } from "../live.ts";
import { attemptFailed, givenBack } from "./attempts.ts";
import type { FeedCache } from "./feedCache.ts";
import { feedColor } from "./feedCache.ts";
import { placePlate } from "./placePlate.ts";
import { gate, lastLook, standingFailure } from "./graphGate.ts";
import { PlateUnsettled } from "./plateGuard.ts";
import type { RecipeShelf } from "./recipeShelf.ts";
import { slotDown } from "./slots.ts";
import { forgetKinds } from "./vramPeaks.ts";

type Submitted =
  | { readonly kind: "accepted"; readonly freed: boolean | null }
  | { readonly kind: "refused"; readonly error: ComfyError }
  | { readonly kind: "unusable"; readonly failure: Failure; readonly counts: boolean }
  /** The POST's answer never came: the prompt may or may not be there. */
  | { readonly kind: "ambiguous"; readonly error: unknown }
  | { readonly kind: "unreachable"; readonly error: unknown };

export interface SubmitParts {
  readonly slot: SlotState;
  readonly flight: Flight;
  readonly shelf: RecipeShelf & { readonly feeds?: FeedCache };
}

export function startSubmit(context: StageContext, parts: SubmitParts): void {
  const { slot, flight } = parts;
  const started = context.work.start<Submitted>({
    key: `submit:${flight.promptId}`,
    lane: `${slot.config.name}:submit`,
    run: () => submit(context, parts),
    done: async (outcome) => {
      try {
        await ended(context, parts, outcome.ok ? outcome.value : { kind: "unreachable", error: outcome.error });
      } catch (error) {
        // Its end could not be written down (a store or rule file that failed once): nothing waits for it, so it is sent again.
        if (!flight.settled && flight.submittedAt === null) flight.stopFor ??= "lost";
        throw error;
      }
    },
  });
  // The lane has as many places as a slot has flights, so there is always room; else the grant goes back.
  if (!started) flight.stopFor = "lost";
}

async function submit(context: StageContext, parts: SubmitParts): Promise<Submitted> {
  const { slot, flight, shelf } = parts;
  const recipe = shelf.find(flight.plan.recipe);
  if (recipe === null && shelf.mayComeBack(flight.plan.recipe))
    return unusable("disk", "HP-RECIPE-INVALID", `recipe ${recipeName(flight)} can't be read now`);
  if (recipe === null) return unusable("bad_graph", "HP-RECIPE-INVALID", recipeGone(flight));
  const wedge = flight.plan.wedges[flight.task.wedge - 1];
  if (wedge === undefined) return unusable("bad_graph", "HP-INTERNAL", `the plan has no wedge ${flight.task.wedge}`);
  let graph;
  try {
    // Before anything is made or placed for a graph that this ComfyUI can't run.
    const gated = { slot, flight, recipe, wedge };
    const refused =
      (await gate(context, gated)) ??
      (shelf.models === undefined ? null : standingFailure(context, gated, shelf.models));
    if (refused !== null) return { kind: "unusable", failure: refused, counts: true };
    const plate = await placePlate({ slot, flight, recipe, feeds: shelf.feeds });
    const images = await placeImages(context, { parts, recipe, wedge });
    const values = {
      parameters: wedge.parameters,
      plateInput: plate?.input ?? null,
      plateMore: plate?.more ?? [],
      frameCount: plate?.frames ?? 1,
      plateWidth: plate?.width ?? null,
      plateHeight: plate?.height ?? null,
      images,
      prefix: prefixOf(flight),
    };
    graph = bindGraph(recipe, values);
    // And once more as it leaves: with the size of what was placed, and only placed files in it.
    const late = lastLook(context, slot, { recipe, graph, placed: placedOf(values) });
    if (late !== null) return { kind: "unusable", failure: late, counts: true };
  } catch (error) {
    return prepareFailed(error);
  }
  let freed: boolean | null = null;
  try {
    if (flight.alone) freed = await slot.client.free();
  } catch (error) {
    return { kind: "unreachable", error };
  }
  try {
    const answer = await slot.client.submit({ id: flight.promptId, graph, jobId: flight.task.jobId });
    return answer.kind === "accepted" ? { kind: "accepted", freed } : { kind: "refused", error: answer.error };
  } catch (error) {
    return systemCode(error) === "ECONNREFUSED" ? { kind: "unreachable", error } : { kind: "ambiguous", error };
  }
}

/** `[A-Za-z0-9._/-]` only, unique per attempt: forces a real save and makes the names ours. */
export function prefixOf(flight: Pick<Flight, "promptId">): string {
  return `hotplate/${flight.promptId}`;
}

async function placeImages(
  context: StageContext,
  of: { readonly parts: SubmitParts; readonly recipe: Recipe; readonly wedge: WedgePlan },
): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const name of Object.keys(of.recipe.file.images)) {
    const path = of.wedge.parameters[name];
    if (typeof path !== "string" || path === "") continue;
    const feeds = of.parts.shelf.feeds;
    if (feeds === undefined) throw new HotplateError("HP-INTERNAL", "no feed cache");
    const stat = await context.files.stat(path);
    const frame = { frame: null, path, bytes: stat.bytes, mtimeNs: stat.mtimeNs, ino: stat.ino };
    const { plan } = of.parts.flight;
    // A mask is data: what a graph reads of it is what the file holds.
    const feed = await feeds.feed(frame, plan.color.mask?.from === name ? null : feedColor(plan, "image"));
    const input = await of.parts.slot.client.place(feed.path, `${of.parts.flight.promptId}-${name}.png`);
    out[name] = input;
  }
  return out;
}

function prepareFailed(error: unknown): Submitted {
  if (error instanceof PlateUnsettled) {
    const failure = { class: "disk", code: error.code, message: error.message } as const;
    return { kind: "unusable", failure, counts: false };
  }
  if (error instanceof HotplateError)
    return unusable(error.code === "HP-INTERNAL" ? "other" : "bad_input", error.code, error.message);
  const code = systemCode(error) ?? "";
  // A plate that is not there now: the mount may come back. Deferred, no attempt used.
  const disk = ["ENOENT", "EIO", "ESTALE", "ENOSPC", "EDQUOT", "ETIMEDOUT", "EACCES", "ENOTDIR"].includes(code);
  if (disk) {
    const failure = {
      class: "disk",
      code: code === "ENOSPC" ? "HP-DISK-FULL" : "HP-DISK-IO",
      message: messageOf(error),
    } as const;
    return { kind: "unusable", failure, counts: false };
  }
  if (code.startsWith("ECONN") || code === "EPIPE") return { kind: "unreachable", error };
  return unusable("other", "HP-INTERNAL", messageOf(error));
}

function unusable(kind: Failure["class"], code: string, message: string): Submitted {
  return { kind: "unusable", failure: { class: kind, code, message }, counts: true };
}

function recipeName(flight: Flight): string {
  return `${flight.plan.recipe.name}@${flight.plan.recipe.version}`;
}

function recipeGone(flight: Flight): string {
  return `recipe ${recipeName(flight)} changed or went away after the job was accepted; drop the manifest again`;
}

async function ended(context: StageContext, parts: SubmitParts, submitted: Submitted): Promise<void> {
  const { slot, flight } = parts;
  const now = context.world.clock.now();
  switch (submitted.kind) {
    case "accepted":
      flight.phase = "submitted";
      flight.submittedAt = now;
      if (submitted.freed !== null) {
        forgetKinds(slot);
        context.world.log.event(submitted.freed ? "info" : "warn", "slot.freed", {
          slot: slot.config.name,
          task: flight.taskId,
          seen: submitted.freed,
        });
      }
      context.world.log.event("debug", "task.submitted", {
        task: flight.taskId,
        slot: slot.config.name,
        prompt: flight.promptId,
      });
      return;
    case "ambiguous":
      // Settled by asking for the prompt: accepted after all, or unknown and given back.
      flight.phase = "submitted";
      flight.submittedAt = now;
      await slotDown(context, slot, submitted.error);
      return;
    case "refused":
      await attemptFailed(context, { slot, flight, trouble: { kind: "comfy", error: submitted.error } });
      return;
    case "unusable":
      await attemptFailed(context, { slot, flight, failure: submitted.failure });
      return;
    case "unreachable":
      await givenBack(context, { slot, flight, how: "released" });
      await slotDown(context, slot, submitted.error);
      return;
  }
}
