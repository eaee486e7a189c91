/**
 * Which checks a command runs over pictures, and with which limits: those of a profile, or those that are named one by one, and
 * single limits (`image.grain.ratioMin=0.5`) over either. A show and a recipe are heard as the daemon hears them. Everything that is wrong is told at once.
 */
import { idleLimit, limitFault } from "./limitFault.ts";
import type { ManifestFinding } from "./manifestFinding.ts";
import { nearestWord } from "./nearest.ts";
import type { QcRequest } from "./plan.ts";
import type { CheckBook, InstalledCheck } from "./qc.ts";
import type { QcSources } from "./qcChoice.ts";
import { chosenChecks } from "./qcChoice.ts";
import type { OffCheck } from "./qcOff.ts";
import { BASIC_PROFILE } from "./qcProfile.ts";

export interface QcWishes {
  /** null: what the pictures that are given allow (`profileFor`). */
  readonly profile: string | null;
  /** Empty: all of the profile. */
  readonly checks: readonly string[];
  /** `check.name=value` */
  readonly limits: readonly string[];
  /** For whom: what hotplate.yaml and the recipe say of it is heard, as it is by the daemon. Absent: nobody's. */
  readonly of?: QcOwner;
}

export interface QcOwner {
  readonly settings: QcSources["settings"];
  readonly show: string | null;
  readonly recipe: QcSources["recipe"];
}

export interface AskedChecks {
  /** null: the checks were named one by one. */
  readonly profile: string | null;
  readonly requests: readonly QcRequest[];
  /** Of the profile, what show or recipe took out. */
  readonly off: readonly OffCheck[];
  /** In words, with the nearest right one; empty: everything is fine. */
  readonly problems: readonly string[];
  /** What is wrong in hotplate.yaml, with its path there; empty: nothing. */
  readonly settings: readonly AskedSetting[];
  /** Limits by which nothing can be found: said, and done all the same. */
  readonly remarks: readonly string[];
}

export interface AskedSetting {
  readonly path: readonly string[];
  /** With the nearest right word. */
  readonly message: string;
  readonly found: string | null;
  readonly nearest: string | null;
}

/** Beside a plate, what would change it is looked for; inside a mask new content is expected. */
export function profileFor(given: { readonly plate: boolean; readonly mask: boolean }): string {
  if (!given.plate) return BASIC_PROFILE;
  return given.mask ? "inpaint" : "plate_preserving";
}

const NOBODYS: QcSources["settings"] = { recipes: {}, shows: {} };

/** That a show or recipe has said; null: none has. */
function namedProfile(owner: Omit<QcSources, "manifest">): string | null {
  const { layers } = chosenChecks({ manifest: undefined, ...owner });
  return layers.findLast(({ says }) => says.profile !== undefined)?.says.profile ?? null;
}

export function askedChecks(
  wishes: QcWishes,
  book: CheckBook,
  given: { readonly plate: boolean; readonly mask: boolean },
): AskedChecks {
  const only = wishes.profile === null && wishes.checks.length > 0;
  const { settings, show, recipe } = wishes.of ?? { settings: NOBODYS, show: null, recipe: null };
  const owner = { recipe, settings, show: show ?? "", book };
  const named = wishes.profile ?? namedProfile(owner);
  const profile = only ? null : (named ?? profileFor(given));
  // What happens because of a verdict is no question here.
  const manifest = profile === null ? { checks: [...wishes.checks] } : { profile };
  const chosen = chosenChecks({ manifest, ...owner });
  const wrong = chosen.findings.filter(({ severity }) => severity !== "warning");
  const said = chosen.findings.filter(({ severity }) => severity === "warning").map(({ message }) => message);
  const words = ({ message, nearest, expected }: ManifestFinding): string =>
    nearest == null && expected != null ? `${message} Expected ${expected}.` : withNearest(message, nearest ?? null);
  const problems = wrong.filter(({ setting }) => setting === undefined).map(words);
  const inFile = wrong.flatMap((one) =>
    one.setting === undefined
      ? []
      : [{ path: one.setting, message: words(one), found: one.found ?? null, nearest: one.nearest ?? null }],
  );
  const requests: QcRequest[] = [];
  if (profile === null || wishes.checks.length === 0) requests.push(...chosen.requests);
  else
    for (const id of wishes.checks) {
      const own = chosen.requests.find((request) => request.check === id);
      const check = book.checks.find((each) => each.id === id);
      if (own !== undefined) requests.push(own);
      else if (check !== undefined) requests.push({ check: id, limits: { ...check.limits } });
      else problems.push(noCheck(id, book.checks));
    }
  const limited = limitsOver(requests, wishes.limits, book);
  const off = wishes.checks.length > 0 ? [] : chosen.off;
  const remarks = [...new Set([...said, ...limited.remarks])].map((remark) => `${remark} ${OR_OFF}`);
  const faults = { problems: [...problems, ...limited.problems], settings: inFile };
  return { profile, requests: limited.requests, off, ...faults, remarks };
}

const OR_OFF = "Leave the check out if that is what you want.";

function limitsOver(
  requests: readonly QcRequest[],
  texts: readonly string[],
  book: CheckBook,
): Pick<AskedChecks, "requests" | "problems" | "remarks"> {
  const problems: string[] = [];
  const remarks: string[] = [];
  const over = new Map<string, Map<string, number>>();
  for (const text of texts) {
    const [, id, name, number] = /^([^=]+)\.([^.=]+)=([^=]+)$/.exec(text) ?? [];
    const value = number === undefined || number.trim() === "" ? Number.NaN : Number(number);
    const check = book.checks.find((each) => each.id === id);
    const isCheck = book.checks.some((each) => each.id === `${id}.${name}`);
    if (id === undefined || name === undefined || isCheck || !Number.isFinite(value))
      problems.push(`"${text}" is no limit: write check.name=number, as image.grain.ratioMin=0.5.`);
    else if (check === undefined) problems.push(noCheck(id, book.checks));
    else if (!Object.hasOwn(check.limits, name)) problems.push(noLimit(check, name));
    else if (!requests.some((request) => request.check === id))
      problems.push(`${id} is not among the checks that run, so its limit ${name} would mean nothing.`);
    else if (limitFault(check, name, value) !== null) problems.push(outOfRange(check, name, value));
    else {
      over.set(id, new Map([...(over.get(id) ?? []), [name, value]]));
      const idle = idleLimit(check, name, value);
      if (idle !== null) remarks.push(idle);
    }
  }
  return { requests: requests.map((request) => withLimits(request, over.get(request.check))), problems, remarks };
}

function withLimits(request: QcRequest, over: ReadonlyMap<string, number> | undefined): QcRequest {
  if (over === undefined) return request;
  const from = Object.fromEntries([...over.keys()].map((name) => [name, "command line"]));
  return {
    ...request,
    limits: { ...request.limits, ...Object.fromEntries(over) },
    from: { ...request.from, ...from },
  };
}

function noCheck(id: string, installed: readonly InstalledCheck[]): string {
  const ids = installed.map((each) => each.id);
  return withNearest(`There is no check "${id}".`, nearestWord(id, ids));
}

function noLimit(check: InstalledCheck, name: string): string {
  const known = Object.keys(check.limits);
  const has = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
  return withNearest(`${check.id} has no limit "${name}": ${has}.`, nearestWord(name, known));
}

function outOfRange(check: InstalledCheck, name: string, value: number): string {
  const fault = limitFault(check, name, value);
  return `${fault?.message ?? ""} Expected ${fault?.expected ?? ""}; the check's own is ${check.limits[name]}.`;
}

function withNearest(message: string, nearest: string | null): string {
  return nearest === null ? message : `${message} The nearest is ${nearest}.`;
}
