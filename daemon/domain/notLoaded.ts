/**
 * A plugin that could not be loaded still stands where it would have looked: as a check `plugin.NAME` that always says `error`, so that
 * nothing passes unseen because a file is broken. Mended, it is asked under that name, too; taken out, it says nothing. Pure.
 */
import type { Check } from "../plugin.ts";
import type { Inspection } from "./qc.ts";

/** What their ids begin with. */
export const STAND_IN = "plugin.";

/** `/studio/checks/Too Bright.check.yaml` -> `plugin.too_bright` */
export function standInId(file: string): string {
  const name = file.slice(file.lastIndexOf("/") + 1).replace(/(\.check)?\.[^.]*$/, "");
  const word = name.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");
  return `${STAND_IN}${/^[a-z]/.test(word) ? word : `f_${word}`}`;
}

export function isStandIn(id: string): boolean {
  return id.startsWith(STAND_IN);
}

export function standInCheck(file: string, reason: string): Check {
  const id = standInId(file);
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
      hint: `Mend the file or take it out of its folder, and restart the daemon; or turn it off: qc.checks ${id}: off.`,
    }),
  };
}

/** Nothing but missing plugins keeps it: a further look in this life of the node finds the same, and nothing is wrong with the picture. */
export function waitsForPlugins({ findings }: Pick<Inspection, "findings">): boolean {
  const errors = findings.filter(({ verdict }) => verdict === "error");
  return errors.length > 0 && errors.every(({ check }) => isStandIn(check));
}
