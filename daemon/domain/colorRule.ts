/**
 * Which colour space a plate is in, when nobody or only a rule says so. The first that speaks wins: the manifest, the show's
 * rules, a word in the plate's name or folder, an attribute in its file, and at last the kind of file, which is a guess and
 * is told as one.
 */
import type { ColorConfig } from "./colorConfig.ts";
import { spaceFor } from "./colorConfig.ts";
import type { ColorHints } from "./colorHints.ts";
import type { ColorSpace } from "./colorSpaces.ts";
import {
  ACES2065_1,
  ACESCG,
  builtInSpace,
  CINEON,
  COLOR_SPACES,
  LINEAR_REC709,
  plainName,
  SRGB_TEXTURE,
} from "./colorSpaces.ts";
import { AP0, AP1, ARRI_WIDE_GAMUT_3, ARRI_WIDE_GAMUT_4, P3_D65, REC709 } from "./colorMatrix.ts";
import type { Primaries } from "./colorMatrix.ts";
import { findName, roleSpace } from "./ocioConfig.ts";
import { baseName } from "./paths.ts";

/** One line of `colour.plates`: what it asks of a plate (all that it names), and the space. */
export interface PlateRule {
  readonly token?: string | undefined;
  readonly type?: string | undefined;
  readonly colorspace: string;
}

export interface RuleFacts {
  /** `plate.colorspace` of the manifest. */
  readonly written: string | null;
  /** The show's rules, then those of every show. */
  readonly rules: readonly PlateRule[];
  /** Of the plate: folder, name before the frame, extension. */
  readonly dir: string;
  readonly stem: string;
  readonly ext: string;
  readonly hints: ColorHints;
}

export type RuleAnswer =
  | {
      readonly kind: "space";
      /** The config's own name. */
      readonly name: string;
      readonly by: "manifest" | "rule" | "name" | "attribute" | "type";
      /** In words: what spoke. */
      readonly why: string;
      readonly guess: boolean;
    }
  /** A name that the config has not. */
  | {
      readonly kind: "unknown";
      readonly written: string;
      readonly nearest: string | null;
      readonly by: "manifest" | "rule";
    }
  /** Nothing is known and the config has no space to guess with. */
  | { readonly kind: "none"; readonly why: string };

type Space = RuleAnswer & { readonly kind: "space" };

export function plateSpace(facts: RuleFacts, config: ColorConfig): RuleAnswer {
  if (facts.written !== null) return named(facts.written, config, { by: "manifest", why: "plate.colorspace" });
  const rule = facts.rules.find((one) => fits(one, facts));
  if (rule !== undefined) return named(rule.colorspace, config, { by: "rule", why: ruleWords(rule) });
  return byWord(facts, config) ?? byAttribute(facts.hints, config) ?? byType(facts.hints, config);
}

function named(
  written: string,
  config: ColorConfig,
  of: { readonly by: "manifest" | "rule"; readonly why: string },
): RuleAnswer {
  const found = namedSpace(written, config);
  if (typeof found === "string") return { kind: "space", name: found, ...of, guess: false };
  return { kind: "unknown", written, nearest: found.nearest, by: of.by };
}

/** A name of the config, or a name of ours under which the config knows the same space. */
export function namedSpace(written: string, config: ColorConfig): string | { readonly nearest: string | null } {
  const found = findName(written, config.names);
  if (found.kind === "found") return found.name;
  const builtIn = builtInSpace(written);
  const theirs = builtIn === null ? null : spaceFor(builtIn, config);
  return theirs ?? { nearest: found.nearest };
}

function fits(rule: PlateRule, facts: RuleFacts): boolean {
  if (rule.type !== undefined && rule.type.toLowerCase().replace(/^\./, "") !== facts.ext.toLowerCase()) return false;
  if (rule.token === undefined) return true;
  const wanted = plainName(rule.token);
  return words(facts).some((word) => plainName(word) === wanted);
}

function ruleWords(rule: PlateRule): string {
  const asks = [
    ...(rule.token === undefined ? [] : [`token ${rule.token}`]),
    ...(rule.type === undefined ? [] : [`type ${rule.type}`]),
  ];
  return `the rule for ${asks.length === 0 ? "every plate" : asks.join(", ")} in hotplate.yaml`;
}

/** Shorter words are initials of people and shots before they are colour spaces. */
const WORD_CHARACTERS_MIN = 4;

/** Parts of the stem, the last first, each alone and with its left neighbours (`lin_rec709`); then those of the folder. */
function words({ stem, dir }: Pick<RuleFacts, "stem" | "dir">): readonly string[] {
  return [stem, baseName(dir)].flatMap((text) => {
    const parts = text.split(/[._\s-]+/).filter((part) => part !== "");
    const ends = parts.map((_, i) => parts.length - i);
    return ends.flatMap((end) =>
      [3, 2, 1].filter((count) => count <= end).map((count) => parts.slice(end - count, end).join("_")),
    );
  });
}

/** A colour space's own name in the name of the plate: `..._acescg.1001.exr`. Data spaces and roles are no such words. */
function byWord(facts: RuleFacts, config: ColorConfig): Space | null {
  for (const word of words(facts)) {
    const plain = plainName(word);
    if (plain.length < WORD_CHARACTERS_MIN) continue;
    const space =
      config.names.spaces.find(
        (one) => !one.data && [one.name, ...one.aliases].some((name) => plainName(name) === plain),
      )?.name ?? theirNameOf(word, config);
    if (space !== null)
      return { kind: "space", name: space, by: "name", why: `"${word}" in the plate's name`, guess: false };
  }
  return null;
}

function theirNameOf(word: string, config: ColorConfig): string | null {
  const builtIn = builtInSpace(word);
  return builtIn === null || builtIn.kind === "data" ? null : spaceFor(builtIn, config);
}

function byAttribute(hints: ColorHints, config: ColorConfig): Space | null {
  const say = (space: string, why: string): Space => ({
    kind: "space",
    name: space,
    by: "attribute",
    why,
    guess: false,
  });
  if (hints.space !== null) {
    // Writers put "Linear" or "scene_linear" there: that says what everybody assumes anyway.
    const found = /^(linear|scene_linear|unknown)$/i.test(hints.space) ? null : namedSpace(hints.space, config);
    if (typeof found === "string") return say(found, `"${hints.space}" in the plate's file`);
  }
  if (hints.aces) {
    const aces = spaceFor(ACES2065_1, config);
    if (aces !== null) return say(aces, "the ACES container flag in the plate's file");
  }
  const space = hints.chromaticities === null ? null : byPrimaries(hints.chromaticities);
  const theirs = space === null ? null : spaceFor(space, config);
  return theirs === null ? null : say(theirs, "the chromaticities in the plate's file");
}

const LINEAR: readonly (readonly [Primaries, ColorSpace])[] = [
  [AP0, ACES2065_1],
  [AP1, ACESCG],
  [REC709, LINEAR_REC709],
  ...([P3_D65, ARRI_WIDE_GAMUT_3, ARRI_WIDE_GAMUT_4] as const).flatMap((primaries, i) => {
    const name = ["Linear P3-D65", "Linear ARRI Wide Gamut 3", "Linear ARRI Wide Gamut 4"][i];
    const space = COLOR_SPACES.find((one) => one.name === name);
    return space === undefined ? [] : [[primaries, space] as const];
  }),
];
/** Files hold them as float32, and often with three digits. */
const XY_TOLERANCE = 0.0006;

function byPrimaries(values: readonly number[]): ColorSpace | null {
  const match = LINEAR.find(([{ red, green, blue, white }]) =>
    [...red, ...green, ...blue, ...white].every((value, i) => Math.abs(value - (values[i] ?? 9)) <= XY_TOLERANCE),
  );
  return match?.[1] ?? null;
}

function byType(hints: ColorHints, config: ColorConfig): RuleAnswer {
  if (hints.format === "dpx") return dpx(hints, config);
  if (hints.sampleType === "uint") {
    const name = spaceFor(SRGB_TEXTURE, config);
    // What 8 bits hold is a convention that everybody keeps; 16 bits may hold anything.
    return guessed(name, `${hints.bitDepth}-bit ${hints.format.toUpperCase()} counts as sRGB`, hints.bitDepth > 8);
  }
  const linear = roleSpace("scene_linear", config.names) ?? spaceFor(ACESCG, config);
  return guessed(linear, `${hints.format.toUpperCase()} counts as scene-linear (role scene_linear)`, true);
}

function dpx({ transfer }: ColorHints, config: ColorConfig): RuleAnswer {
  if (transfer === 2) return guessed(spaceFor(LINEAR_REC709, config), "the DPX says linear", true);
  const log = spaceFor(CINEON, config) ?? roleSpace("compositing_log", config.names);
  return guessed(log, transfer === 1 || transfer === 3 ? "the DPX says logarithmic" : "DPX counts as Cineon log", true);
}

function guessed(name: string | null, why: string, guess: boolean): RuleAnswer {
  if (name === null) return { kind: "none", why: `${why}, but the OCIO config has no such space` };
  return { kind: "space", name, by: "type", why, guess };
}
