/** A profile's checks of single frames as a worker is asked for them. */
import type { QcRequest } from "../../../daemon/domain/plan.ts";
import type { CheckBook } from "../../../daemon/domain/qc.ts";

export function frameRequests(book: CheckBook, name: string): readonly QcRequest[] {
  return requestsOf(book, name, "frame");
}

export function requestsOf(book: CheckBook, name: string, scope: "frame" | "set"): readonly QcRequest[] {
  const profile = book.profiles.find((each) => each.name === name);
  if (profile === undefined) throw new Error(`there is no profile ${name}`);
  const known = new Set(book.checks.filter((check) => check.scope === scope).map(({ id }) => id));
  return Object.entries(profile.checks)
    .filter(([check]) => known.has(check))
    .map(([check, wish]) => ({
      check,
      // Profiles also hold words (severity): only limits are numbers.
      limits: Object.fromEntries(
        Object.entries(wish ?? {}).filter((each): each is [string, number] => typeof each[1] === "number"),
      ),
    }));
}
