/**
 * Which checks run on a step's results, with which limits, and what a failure sets off. One order for all of it, the later
 * wins: the check's own, the profile's, the recipe's, `hotplate.yaml`'s (for the recipe, for the show, for the recipe in the
 * show), the manifest's. Every limit in force keeps where it comes from.
 */
import type { ManifestFinding } from "./manifestFinding.ts";
import type { Manifest } from "./manifestSchema.ts";
import { nearestWord } from "./nearest.ts";
import type { QcRequest } from "./plan.ts";
import type { CheckBook, InstalledCheck, Severity } from "./qc.ts";
import type { OffCheck } from "./qcOff.ts";
import { ALWAYS_RUNS } from "./qcOff.ts";
import type { QcProfile } from "./qcProfile.ts";
import { BASIC_PROFILE, lostProfile } from "./qcProfile.ts";
import type { CheckWish, QcSettings, QcWishes } from "./qcWishes.ts";
import { partsOf } from "./qcWishes.ts";
import { layerFaults, profileFaults, wishFaults } from "./qcWishFaults.ts";

/** Who speaks of QC for a step. */
export interface QcSources {
  readonly manifest: Manifest["qc"];
  /** null: nobody knows the recipe. */
  readonly recipe: { readonly name: string; readonly version: string; readonly qc?: QcWishes | undefined } | null;
  readonly settings: QcSettings;
  readonly show: string;
  readonly book: CheckBook;
}

/** One voice: what it says, who it is in words, and where in the manifest its mistakes are told. */
export interface QcLayer {
  readonly who: string;
  /** Where it is written, for whoever must change it: `qc.shows.AGM of hotplate.yaml`. */
  readonly place: string;
  readonly at: readonly (string | number)[];
  /** Its path in hotplate.yaml; absent: it is not written there. */
  readonly setting?: readonly string[];
  readonly says: QcWishes;
}

export interface ChosenChecks {
  readonly requests: readonly QcRequest[];
  /** Checks that would look, and who took them out. */
  readonly off: readonly OffCheck[];
  /** The profile in force and who named it; null: the manifest lists its checks itself. */
  readonly profile: { readonly name: string; readonly by: string; readonly provenance?: string } | null;
  /** Lowest first; the profile's own word on gate and onFail is the first. */
  readonly layers: readonly QcLayer[];
  readonly findings: readonly ManifestFinding[];
}

export function chosenChecks(sources: QcSources): ChosenChecks {
  const { book, manifest } = sources;
  const layers = layersOf(sources);
  const named = profileOf(layers, book);
  const findings = [...named.findings, ...layers.flatMap((layer) => layerFaults(layer, book))];
  const list = Array.isArray(manifest?.checks) ? listOf(manifest.checks, book) : null;
  if (list !== null) findings.push(...list.findings);
  const profile = named.profile;
  if (profile !== null && list === null) findings.push(...profileFaults(profile, book));
  const voices = [...(profile === null ? [] : [profileLayer(profile)]), ...layers];
  const chosen = wantedOf(profile, list === null ? layers : layers.filter(({ at }) => at[0] !== "qc"), book);
  const wanted = list === null ? chosen.wanted : [...list.wishes.keys()];
  const requests = wanted.flatMap((id) => {
    const check = book.checks.find((each) => each.id === id);
    return check === undefined ? [] : [requestOf(check, voices, list?.wishes.get(id))];
  });
  // A list takes the place of everything that would look.
  const unlisted = list === null ? [] : chosen.wanted.filter((id) => id !== ALWAYS_RUNS && !list.wishes.has(id));
  return {
    requests,
    off: [
      ...chosen.off.filter(({ check }) => !wanted.includes(check)),
      ...unlisted.map((check) => ({ check, by: "manifest" })),
    ],
    profile: list !== null || profile === null ? null : named.said,
    layers: voices,
    findings,
  };
}

/** Recipe, node and manifest, the lowest first; whoever says nothing is left out. */
function layersOf({ manifest, recipe, settings, show }: QcSources): readonly QcLayer[] {
  const out: QcLayer[] = [];
  const add = (who: string, place: string, says: QcWishes | undefined, setting?: readonly string[]): void => {
    if (says !== undefined) out.push({ who, place, at: ["use"], says, ...(setting === undefined ? {} : { setting }) });
  };
  const of = <T>(map: Readonly<Record<string, T>>, key: string | undefined): T | undefined =>
    key !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
  const ours = of(settings.shows, show);
  if (recipe !== null) {
    add(`recipe ${recipe.name} ${recipe.version}`, `qc of recipe ${recipe.name}`, recipe.qc);
    const place = `qc.recipes.${recipe.name} of hotplate.yaml`;
    const setting = ["qc", "recipes", recipe.name];
    add(`hotplate.yaml, recipe ${recipe.name}`, place, of(settings.recipes, recipe.name), setting);
  }
  add(`hotplate.yaml, show ${show}`, `qc.shows.${show} of hotplate.yaml`, ours, ["qc", "shows", show]);
  if (recipe !== null && ours !== undefined) {
    const place = `qc.shows.${show}.recipes.${recipe.name} of hotplate.yaml`;
    const setting = ["qc", "shows", show, "recipes", recipe.name];
    add(`hotplate.yaml, show ${show}, recipe ${recipe.name}`, place, of(ours.recipes, recipe.name), setting);
  }
  if (manifest !== undefined) {
    const { checks, ...says } = manifest;
    const wishes = checks === undefined || Array.isArray(checks) ? undefined : checks;
    out.push({ who: "manifest", place: "the manifest", at: ["qc"], says: { ...says, checks: wishes } });
  }
  return out;
}

function profileOf(
  layers: readonly QcLayer[],
  book: CheckBook,
): {
  readonly profile: QcProfile | null;
  readonly said: ChosenChecks["profile"];
  readonly findings: readonly ManifestFinding[];
} {
  const by = layers.findLast((layer) => layer.says.profile !== undefined);
  const name = by?.says.profile ?? BASIC_PROFILE;
  const profile = book.profiles.find((each) => each.name === name) ?? null;
  if (profile !== null) {
    const said = { name, by: by?.who ?? "default" };
    const { provenance } = profile;
    return { profile, said: provenance === undefined ? said : { ...said, provenance }, findings: [] };
  }
  const names = book.profiles.map((each) => each.name);
  const mine = by === undefined || by.at[0] === "qc";
  const path = mine ? ["qc", "profile"] : ["use"];
  const lost = lostProfile(name, book);
  if (lost !== null) {
    const wants = by === undefined || mine ? "" : ` ${cap(by.place)} wants it.`;
    const said = { ...lost, message: `${lost.message}${wants}`, found: name };
    const finding = { code: "HP-PLUGIN" as const, path, ...settingOf(by), ...said };
    return { profile: null, said: null, findings: [finding] };
  }
  const finding: ManifestFinding = {
    code: "HP-MANIFEST-FIELD",
    path,
    ...settingOf(by),
    message: mine
      ? `There is no QC profile "${name}".`
      : `${cap(by.place)} wants the QC profile "${name}", which is not installed.`,
    found: name,
    expected: `one of ${names.join(", ")}`,
    nearest: nearestWord(name, names),
  };
  return { profile, said: null, findings: [finding] };
}

function settingOf(layer: QcLayer | undefined): { readonly setting?: readonly string[] } {
  return layer?.setting === undefined ? {} : { setting: [...layer.setting, "profile"] };
}

function profileLayer(profile: QcProfile): QcLayer {
  const { name, checks, gate, onFail } = profile;
  return { who: `profile ${name}`, place: `profile ${name}`, at: ["qc"], says: { checks, gate, onFail } };
}

/** The profile's checks and a studio's own, which look at everything; then what each voice adds or takes out. */
function wantedOf(
  profile: QcProfile | null,
  layers: readonly QcLayer[],
  book: CheckBook,
): { readonly wanted: readonly string[]; readonly off: readonly OffCheck[] } {
  if (profile === null) return { wanted: [], off: [] };
  const off = new Map<string, string>();
  const own = book.checks.filter((check) => !check.shipped).map((check) => check.id);
  const wanted = new Set([...Object.keys(profile.checks), ...own]);
  for (const { says, who } of layers) {
    for (const [id, wish] of Object.entries(says.checks ?? {})) {
      if (wish === "off") {
        if (wanted.delete(id)) off.set(id, who);
      } else {
        wanted.add(id);
        off.delete(id);
      }
    }
  }
  return { wanted: [...wanted], off: [...off].map(([check, by]) => ({ check, by })) };
}

function requestOf(check: InstalledCheck, voices: readonly QcLayer[], listed: CheckWish | undefined): QcRequest {
  const limits: Record<string, number> = { ...check.limits };
  const from: Record<string, string> = {};
  for (const name of Object.keys(limits)) {
    const source = check.limitsFrom?.[name];
    from[name] = source === undefined ? "the check's own" : `the check's own: ${source}`;
  }
  let severity: Severity | undefined;
  const hear = (who: string, wish: CheckWish | undefined): void => {
    const parts = partsOf(wish);
    for (const [name, value] of Object.entries(parts.limits)) {
      limits[name] = value;
      from[name] = who;
    }
    if (parts.severity === undefined) return;
    severity = parts.severity;
    from["severity"] = who;
  };
  for (const { who, says } of voices)
    if (Object.hasOwn(says.checks ?? {}, check.id)) hear(who, says.checks?.[check.id]);
  hear("manifest", listed);
  return { check: check.id, limits, ...(severity === undefined ? {} : { severity }), from };
}

/** The manifest's own list: these checks and no others. */
function listOf(
  entries: Extract<NonNullable<Manifest["qc"]>["checks"], readonly unknown[]>,
  book: CheckBook,
): { readonly wishes: ReadonlyMap<string, CheckWish>; readonly findings: readonly ManifestFinding[] } {
  const wishes = new Map<string, CheckWish>();
  const findings: ManifestFinding[] = [];
  for (const [index, entry] of entries.entries()) {
    for (const [id, wish] of typeof entry === "string" ? [[entry, null] as const] : Object.entries(entry)) {
      const path = ["qc", "checks", index];
      findings.push(...wishFaults(id, wish, { book, path, inside: [...path, id], place: null }));
      wishes.set(id, wish);
    }
  }
  return { wishes, findings };
}

function cap(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
