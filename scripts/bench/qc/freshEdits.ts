/**
 * What an artist with an AI tool does to the fresh plates, rightly: in linear light and without grain (that is laid on after, as strong
 * as the plate's). Each fits the plate's light and lens, and clips nothing that the plate did not.
 */
import { dusk, fog, grade, material, touchUp } from "./freshChanges.ts";
import { extension, prop, screen, sky } from "./freshInserts.ts";
import type { Focus } from "./freshMasks.ts";
import { focusOf } from "./freshMasks.ts";
import { shade } from "./freshPaint.ts";
import type { FreshKind } from "./freshSources.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";

/**
 * sky: another sky behind what stands before it. extension: the set goes on, cloned and matched. prop: an object put in, with its
 * shadow. dusk: day becomes evening, with pools of lamplight. fog: haze that thickens with distance. material: another stuff in the same
 * light. touchup: blemishes go, pores stay. grade: a costume's colour turned. screen: a picture put into a monitor.
 */
export const FRESH_EDITS = [
  "sky",
  "extension",
  "prop",
  "dusk",
  "fog",
  "material",
  "touchup",
  "grade",
  "screen",
] as const;
export type FreshEdit = (typeof FRESH_EDITS)[number];

export interface EditOf {
  readonly bare: Linear;
  readonly random: Chance;
  readonly focus: Focus;
}

const WORK: Readonly<Record<FreshEdit, (of: EditOf) => Linear>> = {
  sky,
  extension,
  prop,
  dusk,
  fog,
  material,
  touchup: touchUp,
  grade,
  screen,
};

/** What somebody would order for which plate. Every edit works on every plate; these are the pairs that make sense. */
export const FITTING: Readonly<Record<FreshKind, readonly FreshEdit[]>> = {
  foliage: ["sky", "dusk", "fog", "grade"],
  bokeh: ["prop", "touchup", "grade", "screen"],
  sea: ["sky", "prop", "dusk", "fog", "grade"],
  desert: ["sky", "extension", "prop", "dusk", "fog"],
  cloth: ["material", "touchup", "grade", "dusk", "extension"],
  skin: ["touchup", "grade", "dusk"],
  blinds: ["prop", "fog", "material", "screen", "grade"],
  fire: ["fog", "grade", "extension", "prop"],
  street: ["fog", "prop", "screen", "grade"],
  car: ["material", "touchup", "grade", "dusk", "prop"],
  rock: ["extension", "dusk", "fog", "material", "prop"],
  stage: ["screen", "sky", "prop", "grade"],
};

/** The plate without its grain, edited everywhere; a matte says where it shows. `freshMask` of the same seed lies about the same place. */
export function freshEdit(bare: Linear, edit: FreshEdit, seed: number): Linear {
  const random = chance(seed * 92_821 + 37);
  return protectedWhites(bare, WORK[edit]({ bare, random, focus: focusOf(bare, seed, edit) }));
}

const KNEE = 0.62;
const TOP = 0.88;

/** What an edit makes brighter than it was runs into a shoulder below white. */
function protectedWhites(bare: Linear, edit: Linear): Linear {
  const out = { ...edit, data: edit.data.slice() };
  let i = 0;
  shade(out, (_x, _y, rgb) => {
    for (let c = 0; c < 3; c += 1, i += 1) {
      const v = Math.max(0, rgb[c] as number);
      const rolled = v <= KNEE ? v : KNEE + (TOP - KNEE) * (1 - Math.exp((KNEE - v) / (TOP - KNEE)));
      rgb[c] = Math.max(rolled, Math.min(v, bare.data[i] as number));
    }
  });
  return out;
}
