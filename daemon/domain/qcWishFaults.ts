/** What is wrong with the checks and limits that somebody asks for: none of that name, a value that means nothing, or one by which nothing is found. */
import { idleLimit, limitFault } from "./limitFault.ts";
import type { ManifestFinding } from "./manifestFinding.ts";
import { isStandIn, standInsNamed } from "./notLoaded.ts";
import { nearestWord } from "./nearest.ts";
import type { CheckBook, InstalledCheck } from "./qc.ts";
import type { QcLayer } from "./qcChoice.ts";
import type { QcProfile } from "./qcProfile.ts";
import { ALWAYS_RUNS } from "./qcOff.ts";
import type { CheckWish, CheckWishes } from "./qcWishes.ts";
import { partsOf } from "./qcWishes.ts";

/** Checks and limits that one voice names and nobody has. */
export function layerFaults(layer: QcLayer, book: CheckBook): readonly ManifestFinding[] {
  const checks: CheckWishes = layer.says.checks ?? {};
  return Object.entries(checks).flatMap(([id, wish]) => {
    const manifest = layer.at[0] === "qc";
    const path = manifest ? ["qc", "checks", id] : layer.at;
    const setting = layer.setting === undefined ? {} : { setting: [...layer.setting, "checks", id] };
    return wishFaults(id, wish, { book, path, inside: path, place: manifest ? null : layer.place, ...setting });
  });
}

/** Of a studio's own: shipped profiles leave a limit out on purpose. */
export function profileFaults({ name, checks }: QcProfile, book: CheckBook): readonly ManifestFinding[] {
  const place = Object.hasOwn(book.profileFiles ?? {}, name) ? book.profileFiles?.[name] : undefined;
  if (place === undefined) return [];
  return layerFaults({ who: `profile ${name}`, place, at: ["use"], says: { checks } }, book).filter(
    ({ severity }) => severity === "warning",
  );
}

/** A check that is not there, or a limit that it has not. */
export function wishFaults(
  id: string,
  wish: CheckWish,
  of: {
    readonly book: CheckBook;
    readonly path: readonly (string | number)[];
    readonly inside: readonly (string | number)[];
    /** Where it is written, when that is not the manifest. */
    readonly place: string | null;
    /** Its path in hotplate.yaml, when it is written there. */
    readonly setting?: readonly string[];
  },
): readonly ManifestFinding[] {
  const said = of.place === null ? "" : ` (${of.place})`;
  const action = of.place === null ? {} : { action: `Correct ${of.place}.` };
  const check = of.book.checks.find((known) => known.id === id);
  const standIns = isStandIn(id) && wish === "off" ? standInsNamed(of.book) : [];
  // Off for as long as it can't be loaded, and no word to be taken back when it can.
  if (check === undefined && (standIns === null || standIns.includes(id))) return [];
  if (check === undefined) {
    const ids = [...of.book.checks.map((known) => known.id), ...(standIns ?? [])];
    return [
      {
        code: "HP-MANIFEST-FIELD",
        path: of.path,
        ...settingIn(of),
        message: `There is no check "${id}"${said}.${lostWords(of.book)}`,
        found: id,
        expected: `one of ${ids.join(", ")}`,
        nearest: nearestWord(id, ids),
        ...action,
      },
    ];
  }
  if (id === ALWAYS_RUNS && wish === "off")
    return [
      {
        code: "HP-MANIFEST-FIELD",
        path: of.path,
        ...settingIn(of),
        message: `${id} can't be turned off: nothing passes that nobody could open${said}.`,
        found: "off",
        expected: "no word of it, or limits",
        nearest: null,
        ...action,
        action: of.place === null ? `Take ${id} out of qc.checks.` : `Take ${id} out of ${of.place}.`,
      },
    ];
  return [...strangeLimits(check, wish, of), ...senselessLimits(check, wish, of), ...idleLimits(check, wish, of)];
}

/** It may be the one that is named. */
function lostWords({ lost: plugins = [] }: CheckBook): string {
  const lost = plugins.map(({ file }) => file);
  if (lost.length === 0) return "";
  const more = lost.length - LOST_NAMED;
  return ` Could not be loaded: ${lost.slice(0, LOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""} (hotplate doctor says why).`;
}

const LOST_NAMED = 3;

type WishPlace = Parameters<typeof wishFaults>[2];

function settingIn({ setting }: WishPlace, ...inside: readonly string[]): { readonly setting?: readonly string[] } {
  return setting === undefined ? {} : { setting: [...setting, ...inside] };
}

function strangeLimits(check: InstalledCheck, wish: CheckWish, of: WishPlace): readonly ManifestFinding[] {
  const said = of.place === null ? "" : ` (${of.place})`;
  const action = of.place === null ? {} : { action: `Correct ${of.place}.` };
  const known = Object.keys(check.limits);
  return Object.keys(partsOf(wish).limits)
    .filter((limit) => !known.includes(limit))
    .map((limit) => ({
      code: "HP-MANIFEST-FIELD" as const,
      path: of.place === null ? [...of.inside, limit] : of.path,
      ...settingIn(of, limit),
      message: `Check ${check.id} has no limit "${limit}"${said}.`,
      found: limit,
      expected: known.length === 0 ? "no limits" : `one of ${known.join(", ")}`,
      nearest: nearestWord(limit, known),
      ...action,
    }));
}

function senselessLimits(check: InstalledCheck, wish: CheckWish, of: WishPlace): readonly ManifestFinding[] {
  return Object.entries(partsOf(wish).limits).flatMap(([limit, value]) => {
    const fault = Object.hasOwn(check.limits, limit) ? limitFault(check, limit, value) : null;
    if (fault === null) return [];
    return [
      {
        code: "HP-MANIFEST-FIELD" as const,
        path: of.place === null ? [...of.inside, limit] : of.path,
        ...settingIn(of, limit),
        message: of.place === null ? fault.message : `${fault.message.slice(0, -1)} (${of.place}).`,
        found: String(value),
        expected: fault.expected,
        nearest: null,
        action:
          of.place === null
            ? `Write ${fault.expected}; the check's own is ${check.limits[limit]}.`
            : `Correct ${of.place}: ${fault.expected}; the check's own is ${check.limits[limit]}.`,
      },
    ];
  });
}

/** Told, not refused: whoever switches one of a check's limits off may mean it. */
function idleLimits(check: InstalledCheck, wish: CheckWish, of: WishPlace): readonly ManifestFinding[] {
  return Object.entries(partsOf(wish).limits).flatMap(([limit, value]) => {
    const idle = Object.hasOwn(check.limits, limit) ? idleLimit(check, limit, value) : null;
    if (idle === null || limitFault(check, limit, value) !== null) return [];
    return [
      {
        code: "HP-MANIFEST-RANGE" as const,
        severity: "warning" as const,
        path: of.place === null ? [...of.inside, limit] : of.path,
        ...settingIn(of, limit),
        message: of.place === null ? idle : `${idle.slice(0, -1)} (${of.place}).`,
        found: String(value),
        expected: `the check's own is ${check.limits[limit]}`,
        nearest: null,
        action: `Say "${check.id}: off" if that is what you want, so that it is told; else set another limit.`,
      },
    ];
  });
}
