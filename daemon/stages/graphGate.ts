/**
 * May this graph go to this slot? Asked twice: with names in the place of files, before anything is made or placed, and once
 * more of the very graph that is about to be sent. What this slot lacks, another may have; what is wrong with the graph
 * itself is wrong everywhere, and the failure's class says which.
 */
import type { BoundGraph } from "../domain/boundCheck.ts";
import { checkBound } from "../domain/boundCheck.ts";
import { wiringProblems } from "../domain/catalogueCheck.ts";
import type { Problem } from "../domain/errors.ts";
import { bindGraph, placedOf } from "../domain/graph.ts";
import { checkGraph } from "../domain/graphCheck.ts";
import { chunkFrames } from "../domain/chunks.ts";
import { LIMITS } from "../domain/limits.ts";
import type { WedgePlan } from "../domain/plan.ts";
import type { Recipe } from "../domain/recipe.ts";
import type { Failure } from "../domain/retry.ts";
import { safetyRules } from "../domain/safetyRules.ts";
import type { Flight, SlotState, StageContext } from "../live.ts";
import type { ModelBook } from "./modelBook.ts";
import { standingOn } from "./standing.ts";

export interface Gated {
  readonly slot: SlotState;
  readonly flight: Flight;
  readonly recipe: Recipe;
  readonly wedge: WedgePlan;
}

/**
 * null: nothing speaks against it. A model may have been installed since the catalogue was read, so a missing one is asked
 * for again before it is said to be missing: once per job, or once in a while.
 */
export async function gate(context: StageContext, gated: Gated): Promise<Failure | null> {
  const { slot, flight, recipe } = gated;
  const rules = safetyRules(context.world.config);
  const itself = errorsOf(checkGraph(recipe, undefined, rules));
  if (itself.length > 0) return failureOf(itself, "bad_graph");
  const bound = rehearsed(gated);
  const found = (): readonly Problem[] => [
    ...checkBound(bound, slot.catalogue, rules),
    ...(slot.catalogue === null ? [] : errorsOf(wiringProblems(recipe, slot.catalogue))),
  ];
  let problems = found();
  if (problems.some((problem) => problem.code === "HP-RECIPE-MODEL")) {
    const job = flight.task.jobId;
    const at = context.world.clock.now();
    if (slot.asked?.job !== job || at - slot.asked.at >= LIMITS.catalogueAgainMs)
      slot.asked = { job, at, done: askAgain(slot, recipe) };
    await slot.asked.done;
    problems = found();
  }
  return problems.length === 0 ? null : failureOf(problems, classOf(problems));
}

/** The models as they are on this slot now, and the approval: the scheduler asked the same, a moment ago. */
export function standingFailure(context: StageContext, gated: Gated, book: ModelBook): Failure | null {
  const { slot, recipe, wedge } = gated;
  const { lack } = standingOn(context, book, { slot, recipe, wedge });
  if (lack === null) return null;
  const { code, message } = lack.reason;
  // What only has to be waited for uses no attempt.
  return { class: lack.final ? "missing_model" : "disk", code, message: `Slot ${slot.config.name}: ${message}.` };
}

/** The graph as it leaves. */
export function lastLook(context: StageContext, slot: SlotState, bound: BoundGraph): Failure | null {
  const problems = checkBound(bound, slot.catalogue, safetyRules(context.world.config));
  return problems.length === 0 ? null : failureOf(problems, classOf(problems));
}

/** The graph with this wedge's values, and names where files will be. */
function rehearsed({ flight, recipe, wedge }: Gated): BoundGraph {
  const { plate } = flight.plan;
  const fed = chunkFrames(flight.plan, flight.task.frame);
  const images = Object.keys(recipe.file.images).filter((name) => {
    const path = wedge.parameters[name];
    return typeof path === "string" && path !== "";
  });
  const values = {
    parameters: wedge.parameters,
    plateInput: plate === null ? null : "plate.png",
    plateMore:
      plate !== null && flight.plan.chunks?.how === "batch" ? fed.slice(1).map((_, n) => `plate-${n}.png`) : [],
    frameCount: fed.length,
    plateWidth: plate?.width ?? null,
    plateHeight: plate?.height ?? null,
    images: Object.fromEntries(images.map((name) => [name, `${name}.png`])),
    prefix: "hotplate/rehearsal",
  };
  return { recipe, graph: bindGraph(recipe, values), placed: placedOf(values) };
}

async function askAgain(slot: SlotState, recipe: Recipe): Promise<void> {
  const classes = Object.values(recipe.graph).map((node) => node.class_type);
  slot.catalogue = { ...slot.catalogue, ...(await slot.client.catalogue(classes)) };
}

function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter((problem) => problem.severity === "error");
}

/** Of a graph that is sound in itself: a class or a model that is missing is missing on this slot. */
function classOf(problems: readonly Problem[]): Failure["class"] {
  const codes = new Set(problems.map((problem) => problem.code));
  if (codes.has("HP-RECIPE-CLASS")) return "missing_node";
  return codes.has("HP-RECIPE-MODEL") ? "missing_model" : "bad_graph";
}

/** Each sentence with the nearest right word. */
function failureOf(problems: readonly Problem[], kind: Failure["class"]): Failure {
  const first = problems[0];
  const words = problems.map((one) => (one.nearest === null ? one.message : `${one.message} Nearest: ${one.nearest}.`));
  return { class: kind, code: first?.code ?? "HP-RECIPE-INVALID", message: words.join(" ") };
}
