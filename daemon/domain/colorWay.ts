/**
 * The way of a picture's values from its plate to the model and back, as numbers: curves, matrices with the exposure in them,
 * and the view. Both directions come from the same parts, so that what goes in unchanged comes back unchanged.
 */
import type { Curve } from "./colorCurves.ts";
import type { Matrix } from "./colorMatrix.ts";
import { IDENTITY, inverse } from "./colorMatrix.ts";
import type { ColorPlan } from "./colorPlan.ts";
import type { ColorSpace } from "./colorSpaces.ts";
import { ACESCG, builtInSpace, linearBetween, LINEAR_REC709, SRGB_TEXTURE } from "./colorSpaces.ts";
import type { View } from "./colorView.ts";
import { ACESCCT_VIEW, FILMIC_VIEW, PLAIN_VIEW, RAW_VIEW } from "./colorView.ts";
import { LIMITS } from "./limits.ts";
import type { StepPlan } from "./plan.ts";

export interface ColorWay {
  /** Of the plate's own values; null: they are linear. */
  readonly curve: Curve | null;
  /** Linear light of the plate's primaries -> what the view is given; the exposure is in it. */
  readonly toModel: Matrix;
  readonly fromModel: Matrix;
  readonly view: View;
}

/** `stops`: the exposure as it was worked out. The plate's space is the built-in one, or the one that OCIO turns it into. */
export function colorWay(plan: Pick<ColorPlan, "plate" | "how" | "view">, stops: number): ColorWay {
  return wayFrom(workingSpace(plan.plate), plan, stops);
}

function wayFrom(plate: ColorSpace, plan: Pick<ColorPlan, "how" | "view">, stops: number): ColorWay {
  if (plate.kind === "data") return { curve: null, toModel: IDENTITY, fromModel: IDENTITY, view: RAW_VIEW };
  const model = plan.how === "acescct" ? ACESCG : LINEAR_REC709;
  const toModel = linearBetween(plate, model).map((value) => value * 2 ** stops) as unknown as Matrix;
  return { curve: plate.curve, toModel, fromModel: inverse(toModel), view: viewOf(plan) };
}

function viewOf({ how, view }: Pick<ColorPlan, "how" | "view">): View {
  if (how === "acescct") return ACESCCT_VIEW;
  return view === "filmic" ? FILMIC_VIEW : PLAIN_VIEW;
}

/** sRGB where nothing is known: what 8-bit pictures are. */
export function workingSpace(plate: ColorPlan["plate"]): ColorSpace {
  const name = plate?.builtIn ?? plate?.via?.builtIn ?? null;
  return (name === null ? null : builtInSpace(name)) ?? SRGB_TEXTURE;
}

const MIDDLE_GREY = 0.18;

/** `mean`: of log2 of the luma of a frame's light; null: it has none (a black frame). In tenths of a stop. */
export function autoStops(mean: number | null): number {
  if (mean === null) return 0;
  const stops = Math.round((Math.log2(MIDDLE_GREY) - mean) * 10) / 10;
  return Math.min(LIMITS.exposureStopsMax, Math.max(-LIMITS.exposureStopsMax, stops)) + 0;
}

/** The space of what is published: codes are sRGB; an OpenEXR is in its plate's own space, where that is an OpenEXR too. */
export function resultSpace(
  plan: ColorPlan,
  of: { readonly exr: boolean; readonly plateExr: boolean },
): { readonly name: string; readonly space: ColorSpace; readonly own: boolean } {
  const { plate, linear } = plan;
  const own = plate !== null && (of.exr ? of.plateExr : workingSpace(plate).kind === "display" && plate.via === null);
  if (own) return { name: plate.name, space: workingSpace(plate), own };
  if (!of.exr) return { name: SRGB_TEXTURE.name, space: SRGB_TEXTURE, own };
  const space = (linear?.builtIn === null ? null : builtInSpace(linear?.builtIn ?? "")) ?? LINEAR_REC709;
  return { name: linear?.name ?? space.name, space, own };
}

/** How a result's light is shown to people: as the model saw its plate. */
export interface Shown {
  /** A built-in space: the result's own. */
  readonly space: string;
  readonly view: ColorPlan["view"];
  readonly stops: number;
}

/** null: code values, or a space that is not worked out here: as the file holds it. */
export function shownAs(
  { color, output, plate }: Pick<StepPlan, "color" | "output" | "plate">,
  stops: number | undefined,
): Shown | null {
  if (output.format.kind !== "exr" || color.config === null) return null;
  const to = resultSpace(color, { exr: true, plateExr: isExrPlate(plate) });
  if (to.own && color.plate?.builtIn == null) return null;
  return { space: to.space.name, view: color.view, stops: stops ?? (color.exposure === "auto" ? 0 : color.exposure) };
}

export function shownWay(shown: Shown): ColorWay | null {
  const space = builtInSpace(shown.space);
  return space === null ? null : wayFrom(space, { how: "edit", view: shown.view }, shown.stops);
}

export function isExrPlate(plate: StepPlan["plate"]): boolean {
  return plate?.color === undefined ? plate?.ext === "exr" : plate.color.format === "exr";
}
