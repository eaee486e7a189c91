/**
 * Which checks a command runs over pictures, and with which limits: those of a profile, or those that are named one by one, and
 * single limits (`image.grain.ratioMin=0.5`) over either. Everything that is wrong is told at once.
 */
import { nearestWord } from "./nearest.ts";
import type { QcRequest } from "./plan.ts";
import type { CheckBook, InstalledCheck } from "./qc.ts";
import { chosenChecks } from "./qcChoice.ts";
import { BASIC_PROFILE } from "./qcProfile.ts";

export interface QcWishes {
  /** null: what the pictures that are given allow (`profileFor`). */
  readonly profile: string | null;
  /** Empty: all of the profile. */
  readonly checks: readonly string[];
  /** `check.name=value` */
  readonly limits: readonly string[];
}

export interface AskedChecks {
  /** null: the checks were named one by one. */
  readonly profile: string | null;
  readonly requests: readonly QcRequest[];
  /** In words, with the nearest right one; empty: everything is fine. */
  readonly problems: readonly string[];
}

/** Beside a plate, what would change it is looked for; inside a mask new content is expected. */
export function profileFor(given: { readonly plate: boolean; readonly mask: boolean }): string {
  if (!given.plate) return BASIC_PROFILE;
  return given.mask ? "inpaint" : "plate_preserving";
}

export function askedChecks(
  wishes: QcWishes,
  book: CheckBook,
  given: { readonly plate: boolean; readonly mask: boolean },
): AskedChecks {
  const only = wishes.profile === null && wishes.checks.length > 0;
  const profile = only ? null : (wishes.profile ?? profileFor(given));
  // What happens because of a verdict is no question here.
  const manifest = profile === null ? { checks: [...wishes.checks] } : { profile };
  const chosen = chosenChecks({ manifest, recipe: null, settings: { recipes: {}, shows: {} }, show: "", book });
  const problems = chosen.findings.map(({ message, nearest, expected }) =>
    nearest == null && expected != null ? `${message} Expected ${expected}.` : withNearest(message, nearest ?? null),
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
  return { profile, requests: limited.requests, problems: [...problems, ...limited.problems] };
}

function limitsOver(
  requests: readonly QcRequest[],
  texts: readonly string[],
  book: CheckBook,
): { readonly requests: readonly QcRequest[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
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
    else over.set(id, new Map([...(over.get(id) ?? []), [name, value]]));
  }
  return { requests: requests.map((request) => withLimits(request, over.get(request.check))), problems };
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

function withNearest(message: string, nearest: string | null): string {
  return nearest === null ? message : `${message} The nearest is ${nearest}.`;
}
