/**
 * The names in an OCIO config: spaces with their aliases and families, roles. Only names are read here; what a space means is
 * worked out by colorSpaces.ts where the name is one of ours, and by OCIO itself where it is not. Tolerant by design: a
 * studio's config holds tags and keys of any OCIO version, and none of them may keep its names from being found.
 */
import { parseDocument } from "yaml";
import { z } from "zod";
import { messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { editDistance, nearestWord } from "./nearest.ts";
import { plainName } from "./colorSpaces.ts";

export interface OcioSpace {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly family: string | null;
  readonly data: boolean;
}
export interface OcioNames {
  readonly spaces: readonly OcioSpace[];
  /** Role -> a space's name or alias, as the config writes it. */
  readonly roles: ReadonlyMap<string, string>;
}
export type OcioReading =
  | { readonly ok: true; readonly names: OcioNames }
  | { readonly ok: false; readonly why: string };

const spaceSchema = z.looseObject({
  name: z.coerce.string().min(1),
  aliases: z.union([z.array(z.coerce.string()), z.coerce.string()]).optional(),
  family: z.unknown().optional(),
  isdata: z.unknown().optional(),
});
const configSchema = z.looseObject({
  ocio_profile_version: z.union([z.number(), z.string()]),
  roles: z.record(z.string(), z.coerce.string()).nullish(),
  colorspaces: z.array(z.unknown()).nullish(),
  display_colorspaces: z.array(z.unknown()).nullish(),
});

/** Never throws. Not YAML, no `ocio_profile_version`, no spaces: `why` says it. */
export function readOcioNames(text: string): OcioReading {
  if (text.length > LIMITS.ocioConfigBytesMax)
    return { ok: false, why: `it is larger than ${LIMITS.ocioConfigBytesMax} bytes` };
  if (text.startsWith("PK")) return { ok: false, why: "it is an archive (.ocioz): name its unpacked config.ocio" };
  let value: unknown;
  try {
    // `!<ColorSpace>` and its like are OCIO's own tags: a tag that nobody resolves leaves the map that it stands before.
    const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
    const [error] = document.errors;
    if (error !== undefined) return { ok: false, why: `it is not valid YAML: ${error.message.split("\n")[0]}` };
    value = document.toJS({ maxAliasCount: LIMITS.yamlAliasesMax });
  } catch (error) {
    return { ok: false, why: `it can't be read as YAML: ${messageOf(error)}` };
  }
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) return { ok: false, why: "it has no ocio_profile_version: it is no OCIO config" };
  const { colorspaces, display_colorspaces, roles } = parsed.data;
  const spaces = [...(colorspaces ?? []), ...(display_colorspaces ?? [])]
    .slice(0, LIMITS.ocioSpacesMax)
    .flatMap((one) => {
      const space = spaceSchema.safeParse(one);
      return space.success ? [spaceOf(space.data)] : [];
    });
  if (spaces.length === 0) return { ok: false, why: "it names no colour spaces" };
  return { ok: true, names: { spaces, roles: new Map(Object.entries(roles ?? {})) } };
}

function spaceOf(of: z.infer<typeof spaceSchema>): OcioSpace {
  const aliases = of.aliases === undefined ? [] : typeof of.aliases === "string" ? [of.aliases] : of.aliases;
  const family = typeof of.family === "string" && of.family !== "" ? of.family : null;
  return { name: of.name, aliases, family, data: of.isdata === true || of.isdata === "true" };
}

export type FoundName =
  | { readonly kind: "found"; readonly name: string; readonly data: boolean }
  | { readonly kind: "unknown"; readonly nearest: string | null };

/**
 * A name as a person writes it -> the config's own: exact, then by alias, then by role, each with case and punctuation
 * ignored; `family/name` as some menus show it is taken too. Otherwise the nearest word.
 */
export function findName(written: string, names: OcioNames): FoundName {
  const plain = plainName(written);
  const byName =
    names.spaces.find((space) => space.name === written) ??
    names.spaces.find((space) => plainName(space.name) === plain);
  const space =
    byName ??
    names.spaces.find((one) => one.aliases.some((alias) => plainName(alias) === plain)) ??
    names.spaces.find((one) => one.family !== null && plainName(`${one.family}${one.name}`) === plain);
  if (space !== undefined) return { kind: "found", name: space.name, data: space.data };
  for (const [role, of] of names.roles) {
    if (plainName(role) !== plain) continue;
    const at = findSpace(of, names);
    if (at !== null) return { kind: "found", name: at.name, data: at.data };
  }
  // A name goes before an alias that is as near.
  const words = [
    ...names.spaces.map((one) => one.name),
    ...names.spaces.flatMap((one) => one.aliases),
    ...names.roles.keys(),
  ];
  const near = nearWord(written, words);
  const right = near === null ? null : findName(near, names);
  return { kind: "unknown", nearest: right?.kind === "found" ? right.name : near };
}

/** Closer than other words must be: S-Log3 is no slip of LogC3, and the wrong curve is worse than no advice. */
function nearWord(written: string, words: readonly string[]): string | null {
  const near = nearestWord(written, words);
  if (near === null) return null;
  const [a, b] = [plainName(written), plainName(near)];
  return editDistance(a, b) <= Math.max(1, Math.floor(a.length / 4)) ? near : null;
}

function findSpace(name: string, names: OcioNames): OcioSpace | null {
  return names.spaces.find((one) => one.name === name || one.aliases.includes(name)) ?? null;
}

/** The space that a role names; null: the config has no such role. */
export function roleSpace(role: string, names: OcioNames): string | null {
  const of = names.roles.get(role);
  return of === undefined ? null : (findSpace(of, names)?.name ?? null);
}
