/**
 * How a step's pictures cross from the plate to the model and back: decided when the manifest is planned, kept with the plan.
 * The model always sees sRGB; what it sees of the plate's range is `exposure` and `view`; how its answer is laid onto the
 * plate is `how`, `mode` and `clip` (adapters/images/comeBack has the formulas).
 */
import type { PlannedSpace } from "./colorConfig.ts";

export interface ColorPlan {
  /**
   * `edit`: only what the model changed is transferred onto the plate. `acescct`: the model is fed ACEScct, its answer
   * replaces the plate. `plain`: the answer is turned back by the inverse of what it was fed through, or published as it is.
   */
  readonly how: "edit" | "acescct" | "plain";
  /** The OCIO config that names were resolved against; null: nothing was. */
  readonly config: { readonly name: string; readonly path: string; readonly sha256: string } | null;
  readonly plate: PlateColor | null;
  /** The config's scene-linear space: of an OpenEXR that no plate gives a space of its own. null: it names none. */
  readonly linear: PlannedSpace | null;
  /** Stops added before the model sees it; `auto`: the first frame's log average becomes middle grey. */
  readonly exposure: number | "auto";
  /** `plain`: what is above 1 is cut off. `filmic`: it is compressed, up to 4 stops above 1, and comes back. */
  readonly view: "plain" | "filmic";
  /** `difference` adds what changed, `gain` multiplies by it, `replace` takes the answer where it changed. */
  readonly mode: "difference" | "gain" | "replace";
  /**
   * Where the plate stays whatever the model says: `auto`: above what the model could see. A number: above that linear
   * value of the largest channel. `none`: nowhere.
   */
  readonly clip: "auto" | "none" | number;
  /** Where the edit may show; null: everywhere. */
  readonly mask: MaskPlan | null;
}

export interface PlateColor extends PlannedSpace {
  readonly by: "manifest" | "rule" | "name" | "attribute" | "type";
  readonly why: string;
  readonly guess: boolean;
}

export interface MaskPlan {
  /** `plate`: its alpha. Else an image of the recipe. */
  readonly from: string;
  readonly channel: "red" | "alpha";
  /** false: white is where the edit shows. */
  readonly invert: boolean;
  /** Width of the ramp inside the mask's border, px: nothing outside it is touched. */
  readonly feather: number;
}

/** Published as it came back. */
export const PLAIN_COLOR: ColorPlan = {
  how: "plain",
  config: null,
  plate: null,
  linear: null,
  exposure: 0,
  view: "plain",
  mode: "difference",
  clip: "auto",
  mask: null,
};

/** One line for people: `ACEScg (plate.colorspace), fed as sRGB at +1 stop, only the edit comes back (difference)`. */
export function colorWords(plan: ColorPlan): string | null {
  if (plan.plate === null) return null;
  const { exposure, view, plate } = plan;
  const stops =
    exposure === "auto"
      ? " exposed by its first frame"
      : exposure === 0
        ? ""
        : ` at ${exposure > 0 ? "+" : ""}${exposure} stops`;
  const fed =
    plan.how === "acescct" ? `ACEScct${stops}` : `sRGB${stops}${view === "filmic" ? ", highlights compressed" : ""}`;
  const back = {
    edit: `only the edit comes back (${plan.mode})`,
    acescct: "the answer replaces it",
    plain: "the answer replaces it",
  };
  return `${plate.name} (${plate.guess ? "a guess: " : ""}${plate.why}), fed as ${fed}, ${back[plan.how]}`;
}
