/**
 * The colour spaces that are worked out here, without OCIO: a curve, and a matrix to ACES2065-1. They are those of
 * config/ocio/hotplate.ocio, and agree with it (a test asks oiiotool). Everything else is the studio's own, and is OCIO's
 * work (adapters/images/ocioTool).
 */
import type { Curve } from "./colorCurves.ts";
import { ACESCCT, ARRI_LOGC3, ARRI_LOGC4, BT1886, CINEON_LOG, SRGB } from "./colorCurves.ts";
import type { Matrix, Triple } from "./colorMatrix.ts";
import {
  AP0,
  AP1,
  apply,
  ARRI_WIDE_GAMUT_3,
  ARRI_WIDE_GAMUT_4,
  betweenPrimaries,
  IDENTITY,
  inverse,
  multiply,
  P3_D65,
  REC709,
} from "./colorMatrix.ts";

export interface ColorSpace {
  /** As our config names it. */
  readonly name: string;
  readonly kind: "scene-linear" | "log" | "display" | "data";
  /** null: the values are linear (or data). */
  readonly curve: Curve | null;
  /** Linear values -> ACES2065-1. */
  readonly toAces: Matrix;
  /** Other names under which studios' configs and files know the same space. */
  readonly aliases: readonly string[];
}

/** As OCIO's and the ACES project's own transforms adapt: Bradford for ACES and displays, CAT02 for ARRI's cameras. */
const fromAp1 = betweenPrimaries(AP1, AP0, "bradford");
const fromRec709 = betweenPrimaries(REC709, AP0, "bradford");
const fromP3 = betweenPrimaries(P3_D65, AP0, "bradford");
const fromArri3 = betweenPrimaries(ARRI_WIDE_GAMUT_3, AP0, "cat02");
const fromArri4 = betweenPrimaries(ARRI_WIDE_GAMUT_4, AP0, "cat02");

const space = (
  name: string,
  kind: ColorSpace["kind"],
  of: { readonly curve?: Curve; readonly toAces: Matrix; readonly aliases: readonly string[] },
): ColorSpace => ({ name, kind, curve: of.curve ?? null, toAces: of.toAces, aliases: of.aliases });

export const ACES2065_1 = space("ACES2065-1", "scene-linear", {
  toAces: IDENTITY,
  aliases: ["aces", "aces2065_1", "ACES - ACES2065-1", "lin_ap0", "Linear AP0", "AP0"],
});
export const ACESCG = space("ACEScg", "scene-linear", {
  toAces: fromAp1,
  aliases: ["ACES - ACEScg", "lin_ap1", "Linear AP1", "AP1", "lin_acescg"],
});
const ACESCCT_SPACE = space("ACEScct", "log", {
  curve: ACESCCT,
  toAces: fromAp1,
  aliases: ["ACES - ACEScct", "acescct_ap1"],
});
export const LINEAR_REC709 = space("Linear Rec.709 (sRGB)", "scene-linear", {
  toAces: fromRec709,
  aliases: [
    "Linear Rec.709",
    "Linear Rec709",
    "Linear sRGB",
    "lin_rec709",
    "lin_rec709_scene",
    "lin_srgb",
    "Utility - Linear - Rec.709",
    "Utility - Linear - sRGB",
    "scene-linear Rec.709-sRGB",
  ],
});
export const SRGB_TEXTURE = space("sRGB Texture", "display", {
  curve: SRGB,
  toAces: fromRec709,
  aliases: [
    "sRGB",
    "sRGB - Texture",
    "sRGB Encoded Rec.709 (sRGB)",
    "srgb_tx",
    "srgb_texture",
    "srgb_rec709_scene",
    "Utility - sRGB - Texture",
  ],
});
const SRGB_DISPLAY = space("sRGB Display", "display", {
  curve: SRGB,
  toAces: fromRec709,
  aliases: ["sRGB - Display", "srgb_display", "srgb_rec709_display"],
});
const REC1886_DISPLAY = space("Rec.1886 Rec.709 Display", "display", {
  curve: BT1886,
  toAces: fromRec709,
  aliases: [
    "Rec.1886 Rec.709 - Display",
    "Rec.1886",
    "Rec.709",
    "Rec709",
    "BT.1886",
    "rec1886_rec709_display",
    "g24_rec709_display",
    "Rec.709 Display",
  ],
});
const LINEAR_P3 = space("Linear P3-D65", "scene-linear", {
  toAces: fromP3,
  aliases: ["Linear P3 D65", "lin_p3d65", "lin_p3d65_scene", "Utility - Linear - P3-D65"],
});
const LOGC3_SPACE = space("ARRI LogC3 (EI800)", "log", {
  curve: ARRI_LOGC3,
  toAces: fromArri3,
  aliases: [
    "ARRI LogC3",
    "LogC3",
    "LogC",
    "AlexaV3LogC",
    "arri_logc3_ei800",
    "logc3ei800_awg",
    "logc_awg",
    "Input - ARRI - V3 LogC (EI800) - Wide Gamut",
  ],
});
const LINEAR_AWG3 = space("Linear ARRI Wide Gamut 3", "scene-linear", {
  toAces: fromArri3,
  aliases: ["lin_arri_wide_gamut_3", "lin_awg3", "Input - ARRI - Linear - ALEXA Wide Gamut", "Linear ALEXA Wide Gamut"],
});
const LOGC4_SPACE = space("ARRI LogC4", "log", {
  curve: ARRI_LOGC4,
  toAces: fromArri4,
  aliases: ["LogC4", "arri_logc4", "logc4_awg4"],
});
const LINEAR_AWG4 = space("Linear ARRI Wide Gamut 4", "scene-linear", {
  toAces: fromArri4,
  aliases: ["lin_arri_wide_gamut_4", "lin_awg4"],
});
/** Printing density names no primaries; as comp packages do, its linear light counts as Rec.709's. */
export const CINEON = space("Cineon", "log", {
  curve: CINEON_LOG,
  toAces: fromRec709,
  aliases: ["Cineon log", "cineon_log", "lg10", "Printing Density", "Input - Generic - Cineon"],
});
export const RAW = space("Raw", "data", { toAces: IDENTITY, aliases: ["Utility - Raw", "Non-Color", "Linear Raw"] });

export const COLOR_SPACES: readonly ColorSpace[] = [
  ACES2065_1,
  ACESCG,
  ACESCCT_SPACE,
  LINEAR_REC709,
  SRGB_TEXTURE,
  SRGB_DISPLAY,
  REC1886_DISPLAY,
  LINEAR_P3,
  LOGC3_SPACE,
  LINEAR_AWG3,
  LOGC4_SPACE,
  LINEAR_AWG4,
  CINEON,
  RAW,
];

/** Letters and digits only, lower case: how names are compared everywhere. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

const BY_PLAIN: ReadonlyMap<string, ColorSpace> = new Map(
  COLOR_SPACES.flatMap((one) => [one.name, ...one.aliases].map((name) => [plainName(name), one] as const)),
);

/** By name or alias, case and punctuation ignored; null: a space that only OCIO can work out. */
export function builtInSpace(name: string): ColorSpace | null {
  return BY_PLAIN.get(plainName(name)) ?? null;
}

/** From the linear light of one space to that of another. */
export function linearBetween(from: ColorSpace, to: ColorSpace): Matrix {
  if (from.toAces === to.toAces || from.kind === "data" || to.kind === "data") return IDENTITY;
  return multiply(inverse(to.toAces), from.toAces);
}

/** One colour from space to space; data stays as it is. For planes there are tables (adapters/images/colorPlanes). */
export function convert(colour: Triple, from: ColorSpace, to: ColorSpace): Triple {
  if (from === to || from.kind === "data" || to.kind === "data") return colour;
  const linear = from.curve === null ? colour : mapped(colour, from.curve.decode);
  const moved = apply(linearBetween(from, to), linear);
  return to.curve === null ? moved : mapped(moved, to.curve.encode);
}

function mapped([a, b, c]: Triple, curve: (value: number) => number): Triple {
  return [curve(a), curve(b), curve(c)];
}
