/**
 * Which channels of an OpenEXR are its picture. By OpenEXR's own convention (and in Nuke, whose "rgba" they are) those without
 * a layer: R, G, B, else Y, with A. A file that has none keeps its colours in layers ("beauty.R", "beauty.red"): a layer of the
 * name rgba or rgb counts, else the only one that has red, green and blue. Of several nobody says which is meant, and alpha, a depth or
 * normals are no colours: such files have no picture, and are refused by the names that they have.
 */
import type { HotplateError } from "../../domain/errors.ts";
import { notReadable } from "./byteSource.ts";
import type { Exr, Plane } from "./exrRead.ts";

type Bare = "R" | "G" | "B" | "A" | "Y";

export interface ExrColours {
  /** null: the channels have none. */
  readonly layer: string | null;
  /** What the picture's channels are called in the file. */
  readonly names: Readonly<Partial<Record<Bare, string>>>;
}

const LEAVES: Readonly<Record<string, Bare>> = {
  r: "R",
  red: "R",
  g: "G",
  green: "G",
  b: "B",
  blue: "B",
  a: "A",
  alpha: "A",
};
/** Nuke's name for what OpenEXR gives no layer. */
const NUKES_PICTURE = /^rgba?$/i;

/** null: no picture, or several. */
export function coloursOf(names: readonly string[]): ExrColours | null {
  const bare = new Set(names);
  const alpha = bare.has("A") ? { A: "A" } : {};
  if (["R", "G", "B"].every((name) => bare.has(name)))
    return { layer: null, names: { R: "R", G: "G", B: "B", ...alpha } };
  if (bare.has("Y")) return { layer: null, names: { Y: "Y", ...alpha } };
  const layers = colourLayers(names);
  const found = layers.find(({ layer }) => NUKES_PICTURE.test(layer)) ?? (layers.length === 1 ? layers[0] : undefined);
  return found === undefined ? null : { layer: found.layer, names: { ...alpha, ...found.names } };
}

/** Those that have red, green and blue. */
function colourLayers(names: readonly string[]): readonly (ExrColours & { readonly layer: string })[] {
  const layers = new Map<string, Partial<Record<Bare, string>>>();
  for (const name of names) {
    const dot = name.lastIndexOf(".");
    const leaf = LEAVES[name.slice(dot + 1).toLowerCase()];
    if (dot < 1 || leaf === undefined) continue;
    const layer = name.slice(0, dot);
    const known = layers.get(layer) ?? {};
    layers.set(layer, { ...known, [leaf]: known[leaf] ?? name });
  }
  return [...layers]
    .map(([layer, of]) => ({ layer, names: of }))
    .filter(({ names: of }) => of.R !== undefined && of.G !== undefined && of.B !== undefined);
}

const NAMED = 12;

/** Why a file of these channels has no picture (HP-PLATE-KIND). */
export function noColours(names: readonly string[]): HotplateError {
  const layers = colourLayers(names).map(({ layer }) => layer);
  const listed =
    names.length <= NAMED ? names.join(", ") : `${names.slice(0, NAMED).join(", ")} and ${names.length - NAMED} more`;
  return layers.length > 1
    ? notReadable(
        `the EXR has no R, G, B; its colours lie in the layers ${layers.join(", ")}, and nothing says which of them is the picture`,
        "Write the picture into R, G and B (Nuke: rgba), or into one layer alone.",
      )
    : notReadable(
        `the EXR has no R, G, B and no Y, and no layer with them (it has ${listed}): there are no colours to look at`,
        "Write the picture into R, G and B (Nuke: rgba).",
      );
}

export interface Pictured {
  /** Its picture's channels are called R, G, B, A, or Y. */
  readonly exr: Exr;
  /** Such a name -> what it is in the file. */
  readonly nameOf: (bare: string) => string;
}

/** The same samples by the names that everybody expects. A channel without a layer beside a picture in one is called rgba.A. */
export function pictured(exr: Exr): Pictured {
  const colours = coloursOf(exr.planes.map(({ name }) => name));
  const layer = colours?.layer ?? null;
  if (colours === null || layer === null) return { exr, nameOf: (bare) => bare };
  const bareOf = new Map(Object.entries(colours.names).map(([bare, name]) => [name, bare]));
  const rename = (name: string): string => bareOf.get(name) ?? (BARE.has(name) ? `rgba.${name}` : name);
  const nameOf = (bare: string): string => {
    const own = colours.names[bare as Bare];
    if (own !== undefined) return own;
    if (BARE.has(bare)) return `${layer}.${bare}`;
    return /^rgba\.[RGBAY]$/.test(bare) && !exr.planes.some(({ name }) => name === bare) ? bare.slice(5) : bare;
  };
  return {
    exr: { ...exr, planes: exr.planes.map((plane): Plane => ({ ...plane, name: rename(plane.name) })) },
    nameOf,
  };
}

const BARE: ReadonlySet<string> = new Set(["R", "G", "B", "A", "Y"]);
