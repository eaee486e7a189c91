/**
 * What a studio orders of AI tools for the unseen plates, rightly done: in linear light and without grain, which is laid on after, as
 * strong as the plate's. Each fits the plate's light and lens, and clips nothing that the plate did not.
 */
import type { Focus } from "./freshMasks.ts";
import { shade } from "./freshPaint.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { Linear } from "./sources.ts";
import { dust, dye, night, paintout, retouch, season, unreflect, wetdown } from "./unseenChanges.ts";
import { crowd, dressing, sign, skyswap, windowView } from "./unseenInserts.ts";
import { unseenFocus } from "./unseenMasks.ts";
import type { UnseenKind } from "./unseenSources.ts";

export interface OrderOf {
  readonly bare: Linear;
  readonly random: Chance;
  readonly focus: Focus;
}

export interface Ordered {
  /** The plate, where it has something that the result has not; else it is the bare one. */
  readonly before?: Linear;
  readonly edit: Linear;
}

/** By its name: who makes it, and whether the plate's content stands where it stood (defects are put into those). */
const WORK = {
  skyswap: { make: skyswap, keeps: false },
  retouch: { make: retouch, keeps: true },
  sign: { make: sign, keeps: false },
  window: { make: windowView, keeps: false },
  crowd: { make: crowd, keeps: false },
  dressing: { make: dressing, keeps: false },
  paintout: { make: paintout, keeps: false },
  night: { make: night, keeps: true },
  season: { make: season, keeps: true },
  dust: { make: dust, keeps: true },
  unreflect: { make: unreflect, keeps: false },
  dye: { make: dye, keeps: true },
  wetdown: { make: wetdown, keeps: false },
} as const satisfies Readonly<Record<string, { make: (of: OrderOf) => Ordered; keeps: boolean }>>;

export type UnseenEdit = keyof typeof WORK;
export const UNSEEN_EDITS = Object.keys(WORK) as readonly UnseenEdit[];

/** What somebody would order for which plate. */
export const ORDERS: Readonly<Record<UnseenKind, readonly UnseenEdit[]>> = {
  cathedral: ["dust", "crowd", "paintout", "night"],
  shopwindow: ["sign", "unreflect", "night", "dye", "paintout"],
  snow: ["skyswap", "crowd", "night", "paintout"],
  stadium: ["skyswap", "sign", "crowd", "dye", "night"],
  fields: ["season", "dust", "night", "paintout"],
  library: ["dressing", "dust", "dye", "sign", "paintout"],
  underwater: ["dust", "dye", "paintout", "night"],
  food: ["retouch", "dye", "unreflect", "dressing"],
  carriage: ["window", "unreflect", "sign", "dye", "crowd"],
  bathroom: ["retouch", "window", "dressing", "dye", "paintout"],
  greenhouse: ["season", "dust", "skyswap", "dressing", "wetdown"],
  shed: ["sign", "wetdown", "skyswap", "retouch", "night", "paintout"],
  laboratory: ["window", "sign", "dressing", "unreflect", "dye", "dust"],
  cave: ["dust", "crowd", "wetdown", "dye", "paintout"],
};

export const keepsContent = (edit: UnseenEdit): boolean => WORK[edit].keeps;

/** The plate and its edit, both without grain; `unseenMask` of the same seed says where it shows. */
export function unseenEdit(bare: Linear, edit: UnseenEdit, seed: number): Required<Ordered> {
  const random = chance(seed * 77_017 + 91);
  const made = WORK[edit].make({ bare, random, focus: unseenFocus(bare, seed, edit) });
  const { before = bare }: Ordered = made;
  return { before, edit: protectedWhites(before, made.edit) };
}

const KNEE = 0.66;
const TOP = 0.9;

/** What an edit makes brighter than it was runs into a shoulder below white. */
function protectedWhites(before: Linear, edit: Linear): Linear {
  const out = { ...edit, data: edit.data.slice() };
  let i = 0;
  shade(out, (_x, _y, rgb) => {
    for (let c = 0; c < 3; c += 1, i += 1) {
      const v = Math.max(0, rgb[c] as number);
      const rolled = v <= KNEE ? v : KNEE + (TOP - KNEE) * Math.tanh((v - KNEE) / (TOP - KNEE));
      rgb[c] = Math.max(rolled, Math.min(v, before.data[i] as number));
    }
  });
  return out;
}
