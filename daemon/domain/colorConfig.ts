/**
 * The OCIO config that a show's names are resolved against, and which of its spaces are worked out here. The studio's own
 * config goes first (`colour.ocio`, then `$OCIO`); without one, ours. Reading the file is adapters/colours.
 */
import type { ColorSpace } from "./colorSpaces.ts";
import { ACES2065_1, ACESCG, builtInSpace, RAW } from "./colorSpaces.ts";
import type { FoundName, OcioNames } from "./ocioConfig.ts";
import { findName, roleSpace } from "./ocioConfig.ts";

export interface ColorConfig {
  /** Its file's name: `config.ocio`. */
  readonly name: string;
  /** Absolute: what oiiotool is given. */
  readonly path: string;
  /** Hex sha256 of the file. */
  readonly sha256: string;
  /** Ours, not a studio's. */
  readonly own: boolean;
  readonly names: OcioNames;
}
export type ColorConfigReading =
  | { readonly kind: "config"; readonly config: ColorConfig }
  /** It is named but can't be used: nothing is done in another one's name. */
  | { readonly kind: "broken"; readonly path: string; readonly why: string };

/** A space of a config as the plan keeps it. */
export interface PlannedSpace {
  /** The config's own name. */
  readonly name: string;
  /** The built-in space that it is; null: only OCIO can work it out. */
  readonly builtIn: string | null;
  /** Where OCIO does it: the config's own name of the space that its values are turned into, and which built-in that is. */
  readonly via: { readonly name: string; readonly builtIn: string } | null;
}

/** null: OCIO would have to do it, and the config has no space that both sides know. */
export function plannedSpace(name: string, config: ColorConfig): PlannedSpace | null {
  const space = config.names.spaces.find((one) => one.name === name);
  if (space?.data === true) return { name, builtIn: RAW.name, via: null };
  const known = [name, ...(space?.aliases ?? [])].map(builtInSpace).find((one) => one !== null && one.kind !== "data");
  if (known !== undefined && known !== null) return { name, builtIn: known.name, via: null };
  const via = interchange(config);
  return via === null ? null : { name, builtIn: null, via };
}

/** ACES2065-1 or another linear space of ours in their config: by role where they name one, else by name. */
function interchange(config: ColorConfig): { readonly name: string; readonly builtIn: string } | null {
  const roles = ["aces_interchange", "scene_linear", "rendering", "default"];
  const named = [ACES2065_1, ACESCG].flatMap((space) => {
    const found = spaceFor(space, config);
    return found === null ? [] : [found];
  });
  const candidates = [...roles.flatMap((role) => roleSpace(role, config.names) ?? []), ...named];
  for (const name of candidates) {
    const space = builtInSpace(name);
    if (space !== null && space.kind === "scene-linear") return { name, builtIn: space.name };
  }
  // A role may name a space whose own name says nothing: the ACES interchange is ACES2065-1 by definition.
  const aces = roleSpace("aces_interchange", config.names);
  return aces === null ? null : { name: aces, builtIn: ACES2065_1.name };
}

/** The config's own name for one of our spaces; null: it has none. */
export function spaceFor(space: ColorSpace, config: ColorConfig): string | null {
  for (const word of [space.name, ...space.aliases]) {
    const found: FoundName = findName(word, config.names);
    if (found.kind === "found" && !found.data) return found.name;
  }
  return null;
}
