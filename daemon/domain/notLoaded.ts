/**
 * A plugin that could not be loaded still stands where it would have looked: as a check `plugin.NAME` that always says `error`, so that
 * nothing passes unseen because a file is broken. Mended, it is asked under that name, too; taken out, it says nothing. Pure.
 */
import type { Check } from "../plugin.ts";
import type { QcRequest } from "./plan.ts";
import type { CheckBook, Inspection, LostPlugin } from "./qc.ts";

/** What their ids begin with. */
export const STAND_IN = "plugin.";

/** `/studio/checks/Too Bright.check.yaml` -> `plugin.too_bright` */
export function standInId(file: string): string {
  return named(lastPart(file).replace(/(\.check)?\.[^.]*$/, ""));
}

/** `/studio/my.checks/` -> `plugin.my_checks` */
export function folderStandInId(folder: string): string {
  return named(lastPart(folder));
}

function lastPart(path: string): string {
  const bare = path.replace(/\/+$/, "");
  return bare.slice(bare.lastIndexOf("/") + 1);
}

function named(name: string): string {
  const word = name.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
  return `${STAND_IN}${/^[a-z]/.test(word) ? word : `f_${word}`}`;
}

export function isStandIn(id: string): boolean {
  return id.startsWith(STAND_IN);
}

/** One for each id; files of one name in several folders share it, and all are named. */
export function standInChecks(
  lost: readonly LostPlugin[],
): readonly { readonly check: Check; readonly file: string }[] {
  return [...Map.groupBy(lost, ({ id }) => id)].map(([id, of]) => {
    const file = of.map((one) => one.file).join(", ");
    const reasons = of.length === 1 ? of.map(({ message }) => message) : of.map((one) => `${one.file}: ${one.message}`);
    const way = of.some(({ isFolder }) => isFolder)
      ? "Mend or mount the folder, or take it out of plugins in hotplate.yaml"
      : "Mend the file or take it out of its folder";
    return { check: standInCheck(id, { file, reason: reasons.join("; "), way }), file };
  });
}

function standInCheck(
  id: string,
  { file, reason, way }: { readonly file: string; readonly reason: string; readonly way: string },
): Check {
  return {
    apiVersion: 1,
    id,
    version: 1,
    scope: "frame",
    needs: [],
    limits: {},
    run: () => ({
      verdict: "error",
      measures: [],
      message: `${file} could not be loaded, so nobody looked for what it looks for: ${reason}`,
      hint: `${way}, and restart the daemon; or turn it off: qc.checks ${id}: off.`,
    }),
  };
}

/**
 * What is asked for by now: checks that could not be loaded when the plan was made are asked by their own names, those that still can't
 * by the name that stands for them. While a folder can't be read, nobody knows that a file was taken out of it.
 */
export function askedNow(
  requests: readonly QcRequest[],
  { checks, lost = [] }: Pick<CheckBook, "checks" | "lost">,
): readonly QcRequest[] {
  if (!requests.some(({ check }) => isStandIn(check))) return requests;
  const unread = lost.filter(({ isFolder }) => isFolder).map(({ id }) => id);
  const idsOf = (name: string): readonly string[] => {
    const by = checks.filter(({ id, standIns }) => id === name || standIns?.includes(name) === true);
    if (by.length > 0) return by.map(({ id }) => id);
    return unread.length > 0 ? unread : [name];
  };
  const asked = new Map(requests.filter(({ check }) => !isStandIn(check)).map((one) => [one.check, one]));
  for (const request of requests.filter(({ check }) => isStandIn(check)))
    for (const check of idsOf(request.check)) if (!asked.has(check)) asked.set(check, { ...request, check });
  return [...asked.values()];
}

/** What `plugin.NAME` may be here: plugins that can't be loaded, and those that can be by now; null: anything, for a folder can't be read. */
export function standInsNamed({ checks, lost = [] }: Pick<CheckBook, "checks" | "lost">): readonly string[] | null {
  if (lost.some(({ isFolder }) => isFolder)) return null;
  return [...new Set([...lost.map(({ id }) => id), ...checks.flatMap(({ standIns }) => standIns ?? [])])];
}

/** Nothing but missing plugins keeps it: a further look in this life of the node finds the same, and nothing is wrong with the picture. */
export function waitsForPlugins({ findings }: Pick<Inspection, "findings">): boolean {
  const errors = findings.filter(({ verdict }) => verdict === "error");
  return errors.length > 0 && errors.every(({ check }) => isStandIn(check));
}
