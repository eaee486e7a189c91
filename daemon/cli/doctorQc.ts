/** What the doctor says of QC: the checks that are installed, plugin files that can't be used, and wishes of hotplate.yaml and recipes that name what is not there. */
import type { BaseWorld } from "../adapters/world.ts";
import { settingFaults } from "../domain/qcSettingsCheck.ts";
import { profileFaults } from "../domain/qcWishFaults.ts";
import type { Line } from "./doctor.ts";

export async function qcLines(base: Pick<BaseWorld, "config" | "images" | "recipes">): Promise<readonly Line[]> {
  const book = await base.images.checks();
  const recipes = (await base.recipes.book()).recipes.map(({ file }) => file);
  const faults = settingFaults({ settings: base.config.qc, recipes, book });
  return [
    {
      state: "OK",
      what: "QC checks",
      found: `${book.checks.filter(({ notLoaded }) => notLoaded !== true).length} installed`,
      fix: null,
    },
    ...book.refused.map(
      (one): Line => ({
        // A gate that is gone: what it would have stopped goes through.
        state: "FAIL",
        what: "plugin",
        found: `${one.file}: ${one.message}`,
        fix: "mend it or take it out of its folder; see docs/plugins.md",
      }),
    ),
    ...faults.map(
      ({ place, message, nearest }): Line => ({
        state: "WARN",
        what: "QC",
        found: `${place}: ${message}`,
        fix: nearest === null ? "correct it: manifests that meet it are refused" : `write ${nearest}`,
      }),
    ),
    ...book.profiles
      .flatMap((profile) => profileFaults(profile, book))
      .map(({ message, action }): Line => ({ state: "WARN", what: "QC", found: message, fix: action ?? null })),
  ];
}
