/**
 * A failure in words that a person can act on: the graph node by its title, the recipe's parameter, what was found and
 * the nearest right word. It reads ComfyUI's own sentence and may find nothing in it; then that sentence stands alone.
 */
import type { Trouble } from "./classify.ts";
import { LIMITS } from "./limits.ts";
import { nearestWord } from "./nearest.ts";
import type { Recipe } from "./recipe.ts";

/** `say` is the rule's sentence, put first. Line breaks and Python's tips are squeezed to one line. */
export function inWords(trouble: Trouble, say: string | null, recipe: Recipe | undefined): string {
  if (trouble.kind === "system") return joined([say, `${trouble.code}: ${oneLine(trouble.message)}`]);
  const { error } = trouble;
  const text = oneLine(error.message);
  const named =
    error.exceptionType === null || text.includes(error.exceptionType) ? text : `${text} (${error.exceptionType})`;
  const place = graphNodeName(error.graphNode, error.classType, recipe);
  const sentence = place === null ? closed(named) : closed(`${place}: ${named}`);
  return joined([say, sentence, boundParameter(text, error.graphNode, recipe), nearestOption(text)]);
}

/** `Graph node 4 "Key light" (ImageBlend)`; null when ComfyUI named none. */
export function graphNodeName(id: string | null, classType: string | null, recipe: Recipe | undefined): string | null {
  if (id === null) return null;
  const node = recipe !== undefined && Object.hasOwn(recipe.graph, id) ? recipe.graph[id] : undefined;
  const title = node?._meta?.title;
  const type = classType ?? node?.class_type ?? null;
  return `Graph node ${id}${title === undefined ? "" : ` "${title}"`}${type === null ? "" : ` (${type})`}`;
}

/** The parameter whose bound input the message names. */
function boundParameter(text: string, id: string | null, recipe: Recipe | undefined): string | null {
  if (id === null || recipe === undefined) return null;
  for (const [name, parameter] of Object.entries(recipe.file.parameters)) {
    if (parameter.bind.some((place) => place.node === id && hasWord(text, place.input))) return `Parameter: ${name}.`;
  }
  return null;
}

/** `x: 'bogus' not in ['area', 'lanczos']` -> the word that was meant. */
function nearestOption(text: string): string | null {
  const match = /'([^']{1,200})' not in \[([^\]]*)\]/.exec(text);
  if (match === null) return null;
  const options = [...(match[2] ?? "").matchAll(/'([^']{1,200})'/g)].map((option) => option[1] ?? "");
  const nearest = nearestWord(match[1] ?? "", options);
  return nearest === null ? null : `Nearest: ${nearest}.`;
}

function hasWord(text: string, word: string): boolean {
  return text.split(/[^A-Za-z0-9_.]+/).includes(word);
}

function oneLine(text: string): string {
  const flat = text.slice(0, LIMITS.failureMessageCharactersMax).replaceAll(/\s+/g, " ").trim();
  return flat.length > LIMITS.failureSentenceCharactersMax
    ? `${flat.slice(0, LIMITS.failureSentenceCharactersMax)}...`
    : flat;
}

function closed(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function joined(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join(" ");
}
