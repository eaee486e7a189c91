/** What can look at pictures here, for `hotplate qc list`: the profiles and the checks of this node, each in its own words. Pure. */
import type { CheckBook, InstalledCheck } from "./qc.ts";
import { nearestWord } from "./nearest.ts";
import type { QcProfile } from "./qcProfile.ts";
import { partsOf } from "./qcWishes.ts";

export interface ListedCheck {
  readonly id: string;
  readonly version: number;
  readonly scope: InstalledCheck["scope"];
  readonly layer: NonNullable<InstalledCheck["layer"]>;
  /** null: it says nothing of it. */
  readonly finds: string | null;
  /** Of a profile: its own over those of the check. */
  readonly limits: Readonly<Record<string, number>>;
  /** The most that it may say there; absent: its own word. */
  readonly severity?: string;
  /** null: it came with the product. */
  readonly file: string | null;
}

export interface ListedProfile {
  readonly name: string;
  readonly title: string;
  /** null: it came with the product. */
  readonly file: string | null;
  readonly checks: readonly ListedCheck[];
}

export interface QcListing {
  readonly profiles: readonly ListedProfile[];
  readonly checks: readonly ListedCheck[];
}

export type ListingAnswer =
  | { readonly kind: "listing"; readonly listing: QcListing }
  | { readonly kind: "unknown"; readonly name: string; readonly nearest: string | null };

/** `names`: of profiles and checks, `image.` for all that begin so; empty: everything. */
export function qcListing(book: CheckBook, names: readonly string[]): ListingAnswer {
  const profiles = book.profiles.map((profile) => listedProfile(profile, book));
  const checks = book.checks.map((check) => listedCheck(check));
  if (names.length === 0) return { kind: "listing", listing: { profiles, checks } };
  const isMeant = (word: string, name: string): boolean =>
    word === name || (word.endsWith(".") && name.startsWith(word));
  const known = [...profiles.map(({ name }) => name), ...checks.map(({ id }) => id)];
  const strange = names.find((word) => !known.some((name) => isMeant(word, name)));
  if (strange !== undefined) return { kind: "unknown", name: strange, nearest: nearestWord(strange, known) };
  return {
    kind: "listing",
    listing: {
      profiles: profiles.filter(({ name }) => names.includes(name)),
      checks: checks.filter(({ id }) => names.some((word) => isMeant(word, id))),
    },
  };
}

function listedProfile({ name, title, checks }: QcProfile, book: CheckBook): ListedProfile {
  const listed = Object.entries(checks).flatMap(([id, wish]) => {
    const check = book.checks.find((each) => each.id === id);
    return check === undefined ? [] : [listedCheck(check, partsOf(wish))];
  });
  return { name, title, file: book.profileFiles?.[name] ?? null, checks: listed };
}

function listedCheck(check: InstalledCheck, own: ReturnType<typeof partsOf> | null = null): ListedCheck {
  const { id, version, scope, layer, finds, limits, file, shipped } = check;
  return {
    id,
    version,
    scope,
    layer: layer ?? "essence",
    finds: finds ?? null,
    limits: { ...limits, ...own?.limits },
    ...(own?.severity === undefined ? {} : { severity: own.severity }),
    file: shipped ? null : file,
  };
}
