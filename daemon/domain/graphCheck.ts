/**
 * Is a recipe's graph sound, and does recipe.yaml bind what is really there? Everything that can be said without running
 * it: links, classes, load paths, models, bound places. With a node catalogue also types, options and ranges
 * (`catalogueCheck`). Finds all problems at once; never throws; assumes that `graphShape` accepted the graph's shape.
 */
import { catalogueProblems } from "./catalogueCheck.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Problem } from "./errors.ts";
import { deniedReason } from "./deniedClasses.ts";
import { framesProblems } from "./framesCheck.ts";
import { linkedPaths, strayPaths, strayWords } from "./graphPaths.ts";
import { isLink, isPrefixInput, loadPlaces, modelPlaces, placeName, samePlace } from "./graphPlaces.ts";
import type { Place } from "./graphPlaces.ts";
import { resultPrefix } from "./graph.ts";
import { recipeProblem, shapeOf } from "./graphShape.ts";
import { LIMITS } from "./limits.ts";
import { nearestWord } from "./nearest.ts";
import type { Graph, Recipe, RecipeFile } from "./recipe.ts";
import type { SafetyRules } from "./safetyRules.ts";
import { isModelType, modelTypeWords, STRICT_RULES } from "./safetyRules.ts";

export type CheckedRecipe = Pick<Recipe, "file" | "graph">;

/** Every problem of the graph and of the bindings into it; none: it can be sent to a ComfyUI that has its classes. */
export function checkGraph(
  recipe: CheckedRecipe,
  catalogue?: Catalogue,
  rules: SafetyRules = STRICT_RULES,
): readonly Problem[] {
  const shape = shapeOf(recipe.graph);
  if (shape.kind === "broken") return shape.problems;
  const problems = [
    ...classProblems(recipe, rules, catalogue),
    ...linkProblems(recipe.graph),
    ...cycleProblems(recipe.graph),
    ...bindingProblems(recipe),
    ...unboundPaths(recipe),
    ...modelProblems(recipe, rules),
    ...resultProblems(recipe),
    ...framesProblems(recipe),
    ...(catalogue === undefined ? [] : catalogueProblems(recipe, catalogue)),
  ];
  return problems.slice(0, LIMITS.problemsMax);
}

/** Every place that recipe.yaml puts a value into, with the word for what it puts there. */
export function boundPlaces(file: RecipeFile): readonly (Place & { readonly by: string })[] {
  return [
    ...Object.entries(file.parameters).flatMap(([name, { bind }]) =>
      bind.map((p) => ({ ...p, by: `parameter ${name}` })),
    ),
    ...(file.plate === undefined ? [] : [{ ...file.plate.bind, by: "the plate" }]),
    ...(file.plate?.width ?? []).map((p) => ({ ...p, by: "the plate's width" })),
    ...(file.plate?.height ?? []).map((p) => ({ ...p, by: "the plate's height" })),
    ...(file.frames?.count ?? []).map((p) => ({ ...p, by: "the number of frames" })),
    ...Object.entries(file.images).map(([name, { bind }]) => ({ ...bind, by: `image ${name}` })),
  ];
}

/** Classes of the graph that the recipe does not allow, or that nobody's recipe may. */
export function classProblems(
  { file, graph }: CheckedRecipe,
  rules: SafetyRules,
  catalogue?: Catalogue,
): readonly Problem[] {
  const allowed = new Set(file.allowedClasses);
  return Object.entries(graph).flatMap(([id, { class_type }]) => {
    const known = catalogue !== undefined && Object.hasOwn(catalogue, class_type) ? catalogue[class_type] : undefined;
    const reason = rules.allowClasses.has(class_type) ? null : deniedReason(class_type, known);
    if (reason !== null)
      return [
        recipeProblem(
          "HP-RECIPE-DENIED",
          `Class ${class_type} of ${placeName(graph, id)} never runs here: ${reason}.`,
          {
            found: class_type,
            action: "Remove the graph node; or the node's owner names it in safety.allowClasses of hotplate.yaml.",
          },
        ),
      ];
    if (allowed.has(class_type)) return [];
    return [
      recipeProblem("HP-RECIPE-CLASS", `Class ${class_type} of ${placeName(graph, id)} is not in allowedClasses.`, {
        found: class_type,
        nearest: nearestWord(class_type, allowed),
        action: "Add it to allowedClasses in recipe.yaml if it is safe.",
      }),
    ];
  });
}

/** Links that lead nowhere, or that are none. */
export function linkProblems(graph: Graph): readonly Problem[] {
  const ids = new Set(Object.keys(graph));
  return Object.entries(graph).flatMap(([id, { inputs }]) =>
    Object.entries(inputs).flatMap(([input, value]) => {
      const fault = (message: string, details: Partial<Problem> = {}): readonly Problem[] => [
        recipeProblem("HP-RECIPE-INVALID", message, {
          action: "Fix the link in ComfyUI and export again.",
          ...details,
        }),
      ];
      if (!Array.isArray(value)) return [];
      const where = `Input ${input} of ${placeName(graph, id)}`;
      if (!isLink(value))
        return value.length === 2 ? fault(`${where} is a two-element list, which ComfyUI takes for a link.`) : [];
      const [from, output] = value;
      if (!Number.isInteger(output) || output < 0) return fault(`${where} links to output ${output}, which can't be.`);
      if (ids.has(from)) return [];
      return fault(`${where} links to graph node ${from}, which is not in the graph.`, {
        found: from,
        nearest: nearestWord(from, ids),
      });
    }),
  );
}

/** One problem when the links form a ring; ComfyUI 0.19 calls such a run a success that made nothing. */
function cycleProblems(graph: Graph): readonly Problem[] {
  const waiting = new Map(Object.entries(graph).map(([id, node]) => [id, sourcesOf(node.inputs, graph).size]));
  const readers = new Map<string, string[]>();
  for (const [id, node] of Object.entries(graph)) {
    for (const from of sourcesOf(node.inputs, graph)) readers.set(from, [...(readers.get(from) ?? []), id]);
  }
  const free = [...waiting].filter(([, count]) => count === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    waiting.delete(id);
    for (const reader of readers.get(id) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) free.push(reader);
    }
  }
  const ring = [...waiting.keys()];
  if (ring.length === 0) return [];
  const message = `Graph nodes link to each other in a ring, or hang on one: ${ring.slice(0, 8).join(", ")}.`;
  return [recipeProblem("HP-RECIPE-INVALID", message, { action: "Cut the ring in ComfyUI and export again." })];
}

function sourcesOf(inputs: Readonly<Record<string, unknown>>, graph: Graph): ReadonlySet<string> {
  return new Set(
    Object.values(inputs).flatMap((value) => (isLink(value) && Object.hasOwn(graph, value[0]) ? [value[0]] : [])),
  );
}

function bindingProblems({ file, graph }: CheckedRecipe): readonly Problem[] {
  const fault = (message: string, details: Partial<Problem> = {}): Problem =>
    recipeProblem("HP-RECIPE-INVALID", message, {
      file: "recipe.yaml",
      action: "Fix the binding in recipe.yaml.",
      ...details,
    });
  const bound = boundPlaces(file);
  const prefix = resultPrefix({ file });
  const seen: Place[] = [];
  return bound.flatMap((place) => {
    const { by } = place;
    if (!Object.hasOwn(graph, place.node))
      return [
        fault(`The binding of ${by} names graph node ${place.node}, which is not in the graph.`, {
          found: place.node,
          nearest: nearestWord(place.node, Object.keys(graph)),
        }),
      ];
    const inputs = graph[place.node]?.inputs ?? {};
    const where = `input ${place.input} of ${placeName(graph, place.node)}`;
    if (!Object.hasOwn(inputs, place.input))
      return [
        fault(`The binding of ${by} names ${where}, which has none of that name.`, {
          found: place.input,
          nearest: nearestWord(place.input, Object.keys(inputs)),
        }),
      ];
    if (Array.isArray(inputs[place.input])) return [fault(`The binding of ${by} would cut a link: ${where}.`)];
    if (isPrefixInput(place.input) || samePlace(place, prefix))
      return [fault(`The binding of ${by} takes ${where}, which Hotplate writes itself.`)];
    if (seen.some((other) => samePlace(other, place))) return [fault(`${where} is bound twice; again by ${by}.`)];
    seen.push(place);
    return [];
  });
}

/** Only the plate and the images may say what is loaded; no literal may point out of ComfyUI's directories. */
function unboundPaths({ file, graph }: CheckedRecipe): readonly Problem[] {
  const images = [
    ...(file.plate === undefined ? [] : [file.plate.bind]),
    ...Object.values(file.images).map((i) => i.bind),
  ];
  const unbound = loadPlaces(graph).filter((place) => !images.some((image) => samePlace(image, place)));
  const named = (what: Place, message: string, details: { readonly found: string; readonly action: string }): Problem =>
    recipeProblem("HP-RECIPE-PATH", `Input ${what.input} of ${placeName(graph, what.node)} ${message}.`, details);
  return [
    ...unbound.map((place) =>
      named(place, "loads a file, but neither plate nor images bind it", {
        found: String(graph[place.node]?.inputs[place.input]),
        action: "Bind it under plate or images in recipe.yaml.",
      }),
    ),
    ...strayPaths(graph).map((stray) =>
      named(stray, `${stray.why}; a recipe reads only what is placed for it`, {
        found: stray.value.slice(0, 120),
        action: "Remove the path.",
      }),
    ),
    ...linkedPaths(graph, null).map((place) =>
      named(place, "takes a path over a link, which can't be made private", {
        found: "a link",
        action: "Put a LoadImage there and bind it under images.",
      }),
    ),
  ];
}

function modelProblems({ file, graph }: CheckedRecipe, rules: SafetyRules): readonly Problem[] {
  const listed = file.models.map((model) => model.file);
  const faults = (name: string, where: string): readonly Problem[] => {
    const fault = (message: string, nearest: string | null, action: string): readonly Problem[] => [
      recipeProblem("HP-RECIPE-MODEL", message, { found: name, nearest, action }),
    ];
    if (!isModelType(name, rules))
      return [
        recipeProblem("HP-MODEL-KIND", `${where} names "${name}", which is not a ${modelTypeWords(rules)} file.`, {
          found: name,
          action: "Use the model as .safetensors: other kinds may run code when they are loaded.",
        }),
      ];
    if (strayWords(name) !== null)
      return fault(`${where} names a model by a path.`, null, "Name it as ComfyUI lists it.");
    if (listed.includes(name)) return [];
    return fault(
      `${where} names "${name}", which is not under models.`,
      nearestWord(name, listed),
      "List it under models.",
    );
  };
  const places = modelPlaces(graph);
  const choices = Object.entries(file.parameters).flatMap(([name, parameter]) =>
    parameter.bind.some((bind) => places.some((place) => samePlace(bind, place)))
      ? (parameter.type === "choice" ? parameter.values : [String(parameter.default)]).flatMap((value) =>
          faults(value, `Parameter ${name}`),
        )
      : [],
  );
  return [
    ...places.flatMap((place) => faults(place.file, `Input ${place.input} of ${placeName(graph, place.node)}`)),
    ...choices,
    ...listed.filter((name) => !isModelType(name, rules)).flatMap((name) => faults(name, "models")),
  ];
}

function resultProblems({ file, graph }: CheckedRecipe): readonly Problem[] {
  const fault = (message: string, details: Partial<Problem> = {}): readonly Problem[] => [
    recipeProblem("HP-RECIPE-INVALID", message, {
      file: "recipe.yaml",
      action: "Fix result in recipe.yaml.",
      ...details,
    }),
  ];
  const place = resultPrefix({ file });
  if (!Object.hasOwn(graph, file.result.node))
    return fault(`The result's graph node ${file.result.node} is not in the graph.`, {
      found: file.result.node,
      nearest: nearestWord(file.result.node, Object.keys(graph)),
    });
  const inputs = Object.hasOwn(graph, place.node) ? (graph[place.node]?.inputs ?? {}) : {};
  if (typeof inputs[place.input] === "string") return [];
  return fault(`${placeName(graph, place.node)} has no text input ${place.input} for the private file name prefix.`);
}
