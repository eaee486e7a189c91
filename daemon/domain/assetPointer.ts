/**
 * What a published frame says of itself: a reference and an id that lead to its record, never the record's hash (the record
 * holds the frame's hash, so that would be a circle). Pure text, the same in the frame and in `asset.json`.
 */
import { versionName, wedgeName } from "./ids.ts";
import type { StepPlan } from "./plan.ts";

/** Written into every published frame. */
export interface Embed {
  /** IPTC Digital Source Type (2024-09-17), a URI. */
  readonly digitalSourceType: string;
  /** `hotplate://SHOW/PRODUCT/v007[/w032]`. */
  readonly assetRef: string;
  /** The record's `id`. */
  readonly assetId: string;
  /** A whole number as text: it may be larger than other programs' integers. */
  readonly seed: string;
}

/** Generated with a plate under it is a composite; without one it is the model's alone. */
export function sourceType(plan: Pick<StepPlan, "plate">): string {
  const base = "http://cv.iptc.org/newscodes/digitalsourcetype/";
  return base + (plan.plate === null ? "trainedAlgorithmicMedia" : "compositeWithTrainedAlgorithmicMedia");
}

export function assetId(of: { readonly store: string; readonly stepId: string }): string {
  return `urn:hotplate:${of.store}:${of.stepId}`;
}

export function assetRef(of: {
  readonly show: string;
  readonly product: string;
  readonly version: number;
  /** null: the version as a whole. */
  readonly wedge: number | null;
}): string {
  const whole = `hotplate://${of.show}/${of.product}/${versionName(of.version)}`;
  return of.wedge === null ? whole : `${whole}/${wedgeName(of.wedge)}`;
}
