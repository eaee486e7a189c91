/**
 * A recipe's two texts -> a recipe, or every problem with its line. Reading the files is `adapters/recipes`. It assumes
 * nothing of the texts (they may come from a shared folder) and never throws.
 */
import { isAlias, isNode, LineCounter, parseDocument, visit } from "yaml";
import type { Document } from "yaml";
import type { Problem } from "./errors.ts";
import { checkGraph } from "./graphCheck.ts";
import { GRAPH_FILE, readGraph, recipeProblem } from "./graphShape.ts";
import { LIMITS } from "./limits.ts";
import { checkParameters } from "./recipeCheck.ts";
import { recipeSchema } from "./recipe.ts";
import type { Graph, RecipeFile } from "./recipe.ts";
import type { SafetyRules } from "./safetyRules.ts";
import { STRICT_RULES } from "./safetyRules.ts";

export const RECIPE_FILE = "recipe.yaml";

export type RecipeReading =
  | { readonly kind: "recipe"; readonly file: RecipeFile; readonly graph: Graph; readonly warnings: readonly Problem[] }
  | { readonly kind: "broken"; readonly problems: readonly Problem[] };

export function readRecipe(
  texts: { readonly recipe: string; readonly graph: string },
  rules: SafetyRules = STRICT_RULES,
): RecipeReading {
  const file = readRecipeFile(texts.recipe);
  const graph = readGraph(texts.graph);
  const problems = [...("problems" in file ? file.problems : []), ...(graph.kind === "broken" ? graph.problems : [])];
  if ("problems" in file || graph.kind === "broken") return { kind: "broken", problems };
  const read = { file: file.file, graph: graph.graph };
  const found = [...checkParameters(file.file), ...checkGraph(read, undefined, rules)].map((problem) =>
    problem.line === null && problem.file === RECIPE_FILE ? file.placed(problem) : problem,
  );
  if (found.some((problem) => problem.severity === "error")) return { kind: "broken", problems: found };
  return { kind: "recipe", file: file.file, graph: graph.graph, warnings: found };
}

type FileReading =
  | { readonly file: RecipeFile; readonly placed: (problem: Problem) => Problem }
  | { readonly problems: readonly Problem[] };

/** recipe.yaml alone: YAML, then the schema; each problem at its line and column. */
export function readRecipeFile(text: string): FileReading {
  if (text.length > LIMITS.recipeFileBytesMax)
    return { problems: [fault(`recipe.yaml is larger than ${LIMITS.recipeFileBytesMax} bytes.`, "Shorten it.")] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number | undefined): Partial<Problem> => {
    if (offset === undefined) return {};
    const { line, col } = lines.linePos(offset);
    return { line, col };
  };
  if (document.errors.length > 0)
    return {
      problems: document.errors
        .slice(0, LIMITS.problemsMax)
        .map((error) => fault(`Not valid YAML: ${error.message}`, "Fix the place named.", at(error.pos[0]))),
    };
  if (aliasCount(document) > LIMITS.yamlAliasesMax)
    return { problems: [fault(`More than ${LIMITS.yamlAliasesMax} aliases.`, "Write the values out.")] };
  const parsed = recipeSchema.safeParse(document.toJS({ maxAliasCount: LIMITS.yamlAliasesMax }));
  if (parsed.success)
    return {
      file: parsed.data,
      placed: (problem) => ({ ...problem, ...at(offsetOf(document, wordPath(document, problem.message))) }),
    };
  const problems = parsed.error.issues.slice(0, LIMITS.problemsMax).map((issue) => {
    const path = issue.path.map(String);
    const place = issue.code === "unrecognized_keys" ? [...path, issue.keys[0] ?? ""] : path;
    return fault(
      `${path.join(".") || "recipe.yaml"}: ${issue.message}`,
      "Fix the place named; docs/recipes.md says how.",
      {
        ...at(offsetOf(document, place)),
      },
    );
  });
  return { problems };
}

/** Where a sentence about a parameter or an image stands: its key in the file. */
function wordPath(document: Document, message: string): readonly string[] {
  const word = /\b(?:parameter|image) ([A-Za-z0-9_]+)/i.exec(message)?.[1];
  if (word === undefined) return [];
  return document.hasIn(["images", word]) ? ["images", word] : ["parameters", word];
}

/** Offset of the deepest node on the path that exists; undefined for the document itself. */
function offsetOf(document: Document, path: readonly string[]): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const keys = path.slice(0, length).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    const node = document.getIn(keys, true);
    if (isNode(node) && node.range != null) return node.range[0];
  }
  return undefined;
}

function aliasCount(document: Document): number {
  let count = 0;
  visit(document, (_key, node) => {
    if (isAlias(node)) count += 1;
  });
  return count;
}

function fault(message: string, action: string, place: Partial<Problem> = {}): Problem {
  return recipeProblem("HP-RECIPE-INVALID", message, { action, file: RECIPE_FILE, ...place });
}

/** One line per problem, for lists and logs: `recipe.yaml:12:3 message`. */
export function problemLine(problem: Problem): string {
  const place = problem.line === null ? "" : `:${problem.line}${problem.col === null ? "" : `:${problem.col}`}`;
  const nearest = problem.nearest === null ? "" : ` Nearest: ${problem.nearest}.`;
  return `${problem.file ?? GRAPH_FILE}${place} ${problem.message}${nearest}`;
}
