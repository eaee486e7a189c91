/**
 * What a version's frames are written as, and the one place that decides it when nobody says. A format is chosen when a
 * manifest is planned and stays with the plan: what comes back from ComfyUI is turned into it before it is staged.
 */
import { z } from "zod";
import type { FrameRate } from "./movie.ts";
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
  /** Inside the version too, not only in the review folder; absent: nothing. */
  readonly proxy?: "mp4" | "jpg" | null;
  /** Of movies; absent: nobody says one, so the plate's own header or the node's default counts. */
  readonly rate?: FrameRate | null;
}

const exr = z
  .strictObject({
    type: z.enum(["half", "float"]).default("half").describe("Bits of a colour: half 16, float 32."),
    compression: z
      .enum(["none", "zips", "zip", "rle", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab"])
      .default("zip")
      .describe("How it is packed: none, zips or zip, which lose nothing and are read everywhere."),
  })
  .describe("OpenEXR, in the layout of its plate.")
  .meta({ examples: [{ type: "half", compression: "zip" }] });

const word = z.enum(["png", "png16", "exr", "tiff"]);

/** Of a recipe's frames. */
export const frameFormatSchema = z.union([word, z.strictObject({ exr })]);
export type SaidFrameFormat = z.infer<typeof frameFormatSchema>;

/** Of a manifest: the frames, and what is made of them for people to look at. */
export const outputFormatSchema = z.union([
  word,
  z.strictObject({
    exr: exr.optional(),
    proxy: z.enum(["mp4", "jpg"]).optional().describe("A small picture or movie inside the version, for looking at."),
  }),
]);
export type SaidFormat = z.infer<typeof outputFormatSchema>;

/** null: nothing is said of the frames. Words: why results are not written so. */
export function frameFormat(said: SaidFormat | SaidFrameFormat | undefined): OutputFormat | string | null {
  if (said === undefined) return null;
  if (typeof said === "object") return said.exr === undefined ? null : exrFormat(said.exr);
  switch (said) {
    case "png":
    case "png16":
      return { kind: said };
    case "tiff":
      return { kind: "tiff16" };
    case "exr":
      return { kind: "exr", type: "half", compression: "zip" };
  }
}

function exrFormat({ type, compression }: z.infer<typeof exr>): OutputFormat | string {
  switch (compression) {
    case "none":
    case "zips":
    case "zip":
      return { kind: "exr", type, compression };
    case "rle":
    case "piz":
      return `${compression} loses nothing, but is not written by this version; zip is as exact`;
    case "pxr24":
      return "pxr24 cuts floats to 24 bits; zip loses nothing";
    case "b44":
    case "b44a":
    case "dwaa":
    case "dwab":
      return `${compression} is lossy: a result would differ from its plate where nothing was changed; zip loses nothing`;
  }
}

/**
 * When neither the manifest nor the recipe names one: the plate's own form. A plate of light (EXR, float TIFF) or of camera
 * codes (DPX) becomes half OpenEXR, which holds both without loss; code values for a display stay PNG.
 */
export function defaultFormat(plate: Pick<PlatePlan, "ext" | "color"> | null): OutputFormat {
  const light = plate?.color === undefined ? plate?.ext === "exr" : plate.color.sampleType === "float";
  if (light || plate?.color?.format === "dpx") return { kind: "exr", type: "half", compression: "zip" };
  return { kind: "png" };
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

/** For people. */
export function formatWords(format: OutputFormat): string {
  switch (format.kind) {
    case "png":
      return "PNG, as many bits as the result has";
    case "png16":
      return "PNG, 16 bits";
    case "tiff16":
      return "TIFF, 16 bits";
    case "exr":
      return `OpenEXR, ${format.type}, ${format.compression === "none" ? "not packed" : format.compression}`;
  }
}
