/** Values that a check's limit can't have, or should not: they would flag what is right, or nothing at all. Pure. */
import type { InstalledCheck } from "./qc.ts";

/**
 * null: the value means something. What the check states (`judges.least`, `greatest`) holds; of shipped checks every limit is a size,
 * so none is below 0.
 */
export function limitFault(
  check: Pick<InstalledCheck, "id" | "judges" | "shipped">,
  name: string,
  value: number,
): { readonly message: string; readonly expected: string } | null {
  const judged = check.judges?.[name];
  const least = judged?.least ?? (check.shipped ? 0 : -Infinity);
  const greatest = judged?.greatest ?? Infinity;
  if (Number.isFinite(value) && value >= least && value <= greatest) return null;
  const expected =
    greatest === Infinity
      ? least === -Infinity
        ? "a number"
        : `a number of at least ${least}`
      : least === -Infinity
        ? `a number of at most ${greatest}`
        : `a number from ${least} to ${greatest}`;
  return {
    message: `${name} ${value} of check ${check.id} means nothing: no picture could be judged by it.`,
    expected,
  };
}

/**
 * Words for a limit that no measure can ever be past, though it is in its range: a check that looks and can find nothing by it. null: it
 * can find something, or nobody knows better.
 */
export function idleLimit(
  check: Pick<InstalledCheck, "id" | "judges" | "idleAt">,
  name: string,
  value: number,
): string | null {
  const judged = check.judges?.[name];
  const past =
    judged?.must === "atLeast"
      ? value > (judged.least ?? -Infinity)
      : judged?.must === "atMost"
        ? value < (judged.greatest ?? Infinity)
        : value !== check.idleAt?.[name];
  return past ? null : `${check.id} can find nothing by ${name} ${value}: no picture is ever past it.`;
}
