/**
 * The shape of a graph: ComfyUI's API format and nothing else. It takes text from a shared folder, so it assumes nothing:
 * size, depth, keys and numbers are bounded before anything looks at the meaning. What the graph means is `graphCheck`.
 */
import type { ErrorCode, Problem } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { Graph } from "./recipe.ts";

export const GRAPH_FILE = "graph.api.json";

export type GraphReading =
  | { readonly kind: "graph"; readonly graph: Graph }
  | { readonly kind: "broken"; readonly problems: readonly Problem[] };

/** Keys that reach an object's own machinery in one language or another. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set([
  "__proto__",
  "constructor",
  "prototype",
  "__class__",
  "__globals__",
]);

/** A problem of a recipe; the place is the file, the sentence names the graph node. */
export function recipeProblem(
  code: ErrorCode,
  message: string,
  details: Partial<Omit<Problem, "code" | "message">> & { readonly action: string },
): Problem {
  return {
    code,
    message,
    severity: "error",
    file: GRAPH_FILE,
    line: null,
    col: null,
    found: null,
    expected: null,
    nearest: null,
    ...details,
  };
}

/** Reads a graph as exported; a `{"prompt": {...}}` wrapper, as ComfyUI's own calls have it, is taken off. */
export function readGraph(text: string): GraphReading {
  if (text.length > LIMITS.graphBytesMax)
    return broken("HP-RECIPE-INVALID", "The graph is larger than a graph can be.", "Export a smaller graph.");
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch (error) {
    // The parser's sentence is the finding.
    return brokenJson(text, error instanceof Error ? error.message : String(error));
  }
  return shapeOf(unwrapped(value));
}

function unwrapped(value: unknown): unknown {
  if (!isObject(value) || !isObject(value["prompt"]) || "class_type" in value) return value;
  return Object.hasOwn(value["prompt"], "class_type") ? value : value["prompt"];
}

/** Checks a parsed value; every problem at once, up to the limit. */
export function shapeOf(value: unknown): GraphReading {
  if (!isObject(value))
    return broken("HP-RECIPE-INVALID", "The graph is not a JSON object.", "Export it with File > Export (API).");
  if (Array.isArray(value["nodes"]))
    return broken(
      "HP-RECIPE-UI-GRAPH",
      "The graph is in the format of ComfyUI's page, which can't be run.",
      "In ComfyUI choose File > Export (API), and use that file.",
    );
  const ids = Object.keys(value);
  if (ids.length === 0)
    return broken("HP-RECIPE-INVALID", "The graph is empty.", "Export it with File > Export (API).");
  if (ids.length > LIMITS.graphNodesMax)
    return broken(
      "HP-RECIPE-INVALID",
      `The graph has ${ids.length} graph nodes; at most ${LIMITS.graphNodesMax} are taken.`,
      "Split the graph.",
    );
  const problems = ids.flatMap((id) => nodeShape(id, value[id])).slice(0, LIMITS.problemsMax);
  return problems.length > 0 ? { kind: "broken", problems } : { kind: "graph", graph: value as Graph };
}

function nodeShape(id: string, node: unknown): readonly Problem[] {
  const fault = (message: string, action: string): Problem => recipeProblem("HP-RECIPE-INVALID", message, { action });
  const again = "Export the graph again with File > Export (API).";
  if (FORBIDDEN_KEYS.has(id) || id === "" || id.length > 200)
    return [fault(`${JSON.stringify(id.slice(0, 40))} can't be the id of a graph node.`, again)];
  if (!isObject(node)) return [fault(`Graph node ${id} is not an object.`, again)];
  if (typeof node["class_type"] !== "string" || node["class_type"] === "")
    return [fault(`Graph node ${id} has no class_type.`, again)];
  if (!isObject(node["inputs"])) return [fault(`Graph node ${id} has no inputs.`, again)];
  const extra = Object.keys(node).find((key) => !["class_type", "inputs", "_meta", "is_changed"].includes(key));
  if (extra !== undefined) return [fault(`Graph node ${id} has a key ${JSON.stringify(extra.slice(0, 40))}.`, again)];
  const title = isObject(node["_meta"]) ? node["_meta"]["title"] : undefined;
  if (title !== undefined && typeof title !== "string")
    return [fault(`The title of graph node ${id} is not text.`, again)];
  const trouble = valueTrouble(node, 0);
  return trouble === null ? [] : [fault(`Graph node ${id} ${trouble}.`, "Change it in ComfyUI and export again.")];
}

/** What keeps a value from being sent exactly as it stands, or null. */
function valueTrouble(value: unknown, depth: number): string | null {
  if (depth > LIMITS.graphDepthMax) return `is nested deeper than ${LIMITS.graphDepthMax} levels`;
  if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    return "holds a number above 2^53-1, which can't be kept exactly";
  if (typeof value === "string" && value.length > LIMITS.graphTextCharactersMax)
    return `holds a text longer than ${LIMITS.graphTextCharactersMax} characters`;
  if (typeof value !== "object" || value === null) return null;
  for (const [key, item] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.has(key)) return `has a key "${key}"`;
    const trouble = valueTrouble(item, depth + 1);
    if (trouble !== null) return trouble;
  }
  return null;
}

function brokenJson(text: string, message: string): GraphReading {
  const at = /position (\d+)/.exec(message)?.[1];
  const before = at === undefined ? null : text.slice(0, Number(at));
  const problem = recipeProblem("HP-RECIPE-INVALID", `The graph is not valid JSON: ${message.slice(0, 200)}.`, {
    line: before === null ? null : before.split("\n").length,
    col: before === null ? null : before.length - before.lastIndexOf("\n"),
    action: "Export the graph again with File > Export (API).",
  });
  return { kind: "broken", problems: [problem] };
}

function broken(code: ErrorCode, message: string, action: string): GraphReading {
  return { kind: "broken", problems: [recipeProblem(code, message, { action })] };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
