/**
 * The last check before a graph is sent: not the recipe's graph but the bound one, with this wedge's values in it, against
 * the recipe's allowed classes and what this slot's ComfyUI says of them. Finds all problems at once; never throws.
 */
import type { Catalogue } from "./catalogue.ts";
import { graphProblems } from "./catalogueCheck.ts";
import type { Problem } from "./errors.ts";
import { boundPlaces, classProblems, linkProblems } from "./graphCheck.ts";
import type { CheckedRecipe } from "./graphCheck.ts";
import { pathProblems } from "./graphPaths.ts";
import { modelPlaces, placeName, samePlace } from "./graphPlaces.ts";
import { recipeProblem, shapeOf } from "./graphShape.ts";
import { LIMITS } from "./limits.ts";
import type { Graph } from "./recipe.ts";
import type { SafetyRules } from "./safetyRules.ts";
import { isModelType, modelTypeWords } from "./safetyRules.ts";

export interface BoundGraph {
  readonly recipe: CheckedRecipe;
  /** What would be sent. */
  readonly graph: Graph;
  /** Texts that a loader may hold: the files placed for this attempt. */
  readonly placed: readonly (string | null)[];
}

/** Errors only: what ComfyUI would ignore is no reason to refuse. `catalogue` null: the slot has not said yet. */
export function checkBound(bound: BoundGraph, catalogue: Catalogue | null, rules: SafetyRules): readonly Problem[] {
  const { recipe, graph } = bound;
  const shape = shapeOf(graph);
  if (shape.kind === "broken") return shape.problems;
  const length = JSON.stringify(graph).length;
  if (length > LIMITS.graphBytesMax)
    return [
      recipeProblem("HP-RECIPE-INVALID", "With its values the graph is larger than a graph can be.", {
        found: String(length),
        expected: `at most ${LIMITS.graphBytesMax} characters`,
        action: "Write shorter texts.",
      }),
    ];
  const places = boundPlaces(recipe.file);
  const problems = [
    ...classProblems({ file: recipe.file, graph }, rules, catalogue ?? undefined),
    ...linkProblems(graph),
    ...pathProblems(graph, { placed: bound.placed, catalogue }),
    ...modelKinds(graph, rules),
    ...(catalogue === null
      ? []
      : graphProblems(graph, catalogue, (place) => places.find((one) => samePlace(one, place))?.by ?? null)),
  ];
  return problems.filter((problem) => problem.severity === "error").slice(0, LIMITS.problemsMax);
}

/** A model that a parameter names is seen only now. */
function modelKinds(graph: Graph, rules: SafetyRules): readonly Problem[] {
  return modelPlaces(graph)
    .filter(({ file }) => !isModelType(file, rules))
    .map(({ node, input, file }) =>
      recipeProblem(
        "HP-MODEL-KIND",
        `Input ${input} of ${placeName(graph, node)} names "${file}", which is not a ${modelTypeWords(rules)} file.`,
        { found: file, action: "Use the model as .safetensors: other kinds may run code when they are loaded." },
      ),
    );
}
