/**
 * Everything in a graph that a graph node could take for a path: what it would load, where it would save, what it would fetch.
 * A place is private to the attempt (a placed file, our prefix) or it is refused; there is no third way. It judges text and
 * never the disk, and it can't know what a node pack does with a word: that is what `allowedClasses` is for.
 */
import type { Catalogue } from "./catalogue.ts";
import type { Problem } from "./errors.ts";
import { inputKind, isFreeText, isLink, isPathInput, loadPlaces, looksLikeMedia, placeName } from "./graphPlaces.ts";
import type { Place } from "./graphPlaces.ts";
import { recipeProblem } from "./graphShape.ts";
import { LIMITS } from "./limits.ts";
import type { Graph } from "./recipe.ts";

/** A place whose text leads out of what is private, and why. */
export interface StrayPath extends Place {
  readonly value: string;
  readonly why: string;
}

const SUFFIX_PATTERN = /\[(input|output|temp)\]\s*$/i;
const ADDRESS_PATTERN = /^[a-z][a-z0-9+.-]{1,20}:\/\//i;

/** Why a text must not be handed to a graph node that might open it; null: it leads nowhere. */
export function strayWords(text: string): string | null {
  const value = text.trim();
  if (text.includes("\u0000")) return "holds a NUL byte";
  if (ADDRESS_PATTERN.test(value)) return "is an address";
  if (SUFFIX_PATTERN.test(value)) return "names one of ComfyUI's own directories";
  if (leadsOut(value)) return "is a path";
  return null;
}

/** Absolute (POSIX, Windows, UNC, home, variables), or up and out. */
function leadsOut(value: string): boolean {
  return (
    /^(\/|\\|~[\w-]*[\\/]|[A-Za-z]:[\\/.])/.test(value) ||
    /^[A-Za-z]:\S+\.\w{1,5}$/.test(value) ||
    /^(\$\w+|\$\{\w+\}|%\w+%)[\\/]/.test(value) ||
    /(^|[\\/])\.\.([\\/]|$)/.test(value)
  );
}

/** Literals, nested ones too, that would lead out of ComfyUI's directories. Load places are judged by `unplaced`. */
export function strayPaths(graph: Graph): readonly StrayPath[] {
  const loads = new Set(loadPlaces(graph).map(({ node, input }) => `${node}\n${input}`));
  return Object.entries(graph).flatMap(([node, { class_type, inputs }]) =>
    Object.entries(inputs).flatMap(([input, value]): readonly StrayPath[] => {
      if (typeof value === "string") {
        if (loads.has(`${node}\n${input}`) || isFreeText(class_type, input)) return [];
        const why = strayWords(value);
        return why === null ? [] : [{ node, input, value, why }];
      }
      if (typeof value !== "object" || value === null || isLink(value)) return [];
      return textsOf(value, 0).flatMap((text) => {
        const why =
          strayWords(text) ?? (looksLikeMedia(text) ? "names a file inside a list, which can't be placed" : null);
        return why === null ? [] : [{ node, input, value: text, why }];
      });
    }),
  );
}

/** Texts of a nested value, keys included. */
function textsOf(value: unknown, depth: number): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || depth > LIMITS.graphDepthMax) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...(Array.isArray(value) ? [] : [key]),
    ...textsOf(item, depth + 1),
  ]);
}

/** Load paths that come over a link: whatever computes them, nobody has placed them. */
export function linkedPaths(graph: Graph, catalogue: Catalogue | null): readonly Place[] {
  return Object.entries(graph).flatMap(([node, { class_type, inputs }]) =>
    Object.entries(inputs).flatMap(([input, value]) => {
      if (!isLink(value) || !isPathInput(class_type, input, catalogue)) return [];
      const type = inputKind(class_type, input, catalogue)?.type;
      // A picture or a video that arrives over a link is no path.
      return type === undefined || type === "STRING" || type === "COMBO" ? [{ node, input }] : [];
    }),
  );
}

/** All of it for a graph that is about to be sent: only these texts were placed for it. */
export function pathProblems(
  graph: Graph,
  of: { readonly placed: readonly (string | null)[]; readonly catalogue: Catalogue | null },
): readonly Problem[] {
  const unplaced = loadPlaces(graph, of.catalogue).flatMap((place) => {
    const value = graph[place.node]?.inputs[place.input];
    if (typeof value === "string" && of.placed.includes(value)) return [];
    const found = (JSON.stringify(value) ?? "nothing").slice(0, 120);
    return [
      invalid(
        `${upper(placeName(graph, place.node))} would load ${found}, which was not placed for this attempt.`,
        found,
      ),
    ];
  });
  const stray = strayPaths(graph).map(({ node, input, value, why }) =>
    invalid(`Input ${input} of ${placeName(graph, node)} ${why}, and can't be made private.`, value.slice(0, 120)),
  );
  const linked = linkedPaths(graph, of.catalogue).map(({ node, input }) =>
    invalid(
      `Input ${input} of ${placeName(graph, node)} takes a path over a link, which can't be made private.`,
      "a link",
    ),
  );
  return [...unplaced, ...stray, ...linked];
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function invalid(message: string, found: string): Problem {
  return recipeProblem("HP-RECIPE-PATH", message, {
    found,
    action: "Let the plate or an image of recipe.yaml say what is loaded; remove the path.",
  });
}
