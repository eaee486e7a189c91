/** Which loader of an exported graph takes the plate, or its frames as a clip, and which are further images. */
import type { Problem } from "./errors.ts";
import { loadPlaces, placeName } from "./graphPlaces.ts";
import type { Place } from "./graphPlaces.ts";
import { recipeProblem } from "./graphShape.ts";
import { Names, slug, titleOf } from "./importNames.ts";
import type { Graph } from "./recipe.ts";

/** Takes the frames of the plate as one file. */
const CLIP_LOADER = "LoadVideo";
/** What a TD should change: nothing in a graph says how many frames its model wants. */
export const CLIP_FRAMES = { perTask: 16, overlap: 0, how: "clip" } as const;
const IMAGE_LOADERS: ReadonlySet<string> = new Set(["LoadImage", "LoadImageMask"]);

/** Does the graph work on frames together? */
export function takesClip(graph: Graph): boolean {
  return Object.values(graph).some((node) => node.class_type === CLIP_LOADER);
}

export type ImportedImages =
  | {
      readonly plate: Place | null;
      readonly images: Record<string, { readonly bind: Place; readonly description: string }>;
    }
  | { readonly problems: readonly Problem[] };

/** The plate and the further images, or what can't be fed. */
export function imagesOf(graph: Graph, notes: string[]): ImportedImages {
  const places = loadPlaces(graph);
  const isClip = (place: Place): boolean => graph[place.node]?.class_type === CLIP_LOADER;
  const [, second] = places.filter(isClip);
  const strange = places.filter(
    (place) => place === second || !(isClip(place) || IMAGE_LOADERS.has(graph[place.node]?.class_type ?? "")),
  );
  if (strange.length > 0)
    return {
      problems: strange.map((place) =>
        recipeProblem("HP-RECIPE-INVALID", `${placeName(graph, place.node)} loads what can't be fed yet.`, {
          action: "Load stills with LoadImage, and the frames of the plate with one LoadVideo.",
        }),
      ),
    };
  const titled = (place: Place): string => titleOf(graph[place.node]) ?? "";
  const plate =
    places.find(isClip) ??
    places.find((place) => /plate/i.test(titled(place))) ??
    places.find((place) => /\b(bg|background|source|input)\b/i.test(titled(place))) ??
    places[0] ??
    null;
  if (plate !== null && places.length > 1)
    notes.push(`${placeName(graph, plate.node)} is taken as the plate; the others are images.`);
  const names = new Names(["plate"]);
  const images: Record<string, { bind: Place; description: string }> = {};
  for (const place of places) {
    if (place === plate) continue;
    const title = titled(place);
    images[names.take(slug(title) || "image")] = { bind: place, description: title };
  }
  return { plate, images };
}
