/**
 * What a version's frames are written as, and the one place that decides it when nobody says. A format is chosen when a
 * manifest is planned and stays with the plan: what comes back from ComfyUI is turned into it before it is staged.
 */
import type { ColorPlan } from "./colorPlan.ts";
import type { PlatePlan } from "./plan.ts";

export type OutputFormat =
  /** 8 or 16 bits, as the result came back: nothing is gained, nothing is lost. */
  | { readonly kind: "png" }
  | { readonly kind: "png16" }
  | { readonly kind: "tiff16" }
  | { readonly kind: "exr"; readonly type: "half" | "float"; readonly compression: ExrCompression };
export type ExrCompression = "none" | "zips" | "zip";

/** Frames for finishing work, and what people look at instead of them. */
export interface Output {
  readonly format: OutputFormat;
}

/** Of a frame's file name, without the dot. */
export function formatExtension(format: OutputFormat): "png" | "tif" | "exr" {
  switch (format.kind) {
    case "png":
    case "png16":
      return "png";
    case "tiff16":
      return "tif";
    case "exr":
      return "exr";
  }
}

/** When neither the manifest nor the recipe names one. */
export function defaultFormat(_plate: Pick<PlatePlan, "ext"> | null, _color: ColorPlan): OutputFormat {
  return { kind: "png" };
}
