/** Reads QC profiles: the shipped ones and a studio's own. One that can't be used leaves no other in its place: nobody asks for less unseen. */
import { readFileSync, statSync } from "node:fs";
import { basename as baseName } from "node:path";
import { messageOf } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { CheckBook } from "../domain/qc.ts";
import type { ProfileReading, QcProfile } from "../domain/qcProfile.ts";
import { readProfile } from "../domain/qcProfile.ts";
import { CODE, filesOf, SHIPPED_PROFILES_DIR } from "./pluginFolders.ts";

type Found = Required<Pick<CheckBook, "profiles" | "profileFiles" | "lostProfiles">>;

/** Shipped profiles, then `NAME.profile.yaml` of each folder; a later one of the same name takes its place. */
export function readProfiles(
  folders: readonly string[],
  installed: CheckBook["checks"],
  refused: { readonly file: string; readonly message: string }[],
): Found {
  const profiles = new Map<string, QcProfile>();
  const own = new Map<string, string>();
  const lost = new Map<string, string>();
  for (const folder of [SHIPPED_PROFILES_DIR, ...folders]) {
    const shipped = folder === SHIPPED_PROFILES_DIR;
    const ending = shipped ? /\.yaml$/ : /\.profile\.yaml$/;
    // That a folder of checks can't be read, they have told.
    const { files, problem } = filesOf(folder, ending);
    if (problem !== null && shipped) refused.push({ file: folder, message: `${CODE}: ${problem}` });
    for (const file of files) {
      const stem = baseName(file).replace(ending, "");
      const reading = readProfileFile(file, stem, installed);
      if (reading.kind === "profile") {
        profiles.set(stem, reading.profile);
        lost.delete(stem);
        if (!shipped) own.set(stem, file);
        continue;
      }
      refused.push({ file, message: `${CODE}: ${reading.message}` });
      // Whose place it would have taken is not asked for less instead: who names it is told why it is not there.
      for (const name of new Set([stem, reading.name ?? stem])) {
        profiles.delete(name);
        own.delete(name);
        lost.set(name, file);
      }
    }
  }
  return {
    profiles: [...profiles.values()],
    profileFiles: Object.fromEntries(own),
    lostProfiles: Object.fromEntries(lost),
  };
}

function readProfileFile(file: string, stem: string, installed: CheckBook["checks"]): ProfileReading {
  try {
    if (statSync(file).size > LIMITS.profileBytesMax)
      return { kind: "refused", message: `it is larger than ${LIMITS.profileBytesMax} bytes` };
    const reading = readProfile(readFileSync(file, "utf8"), installed);
    if (reading.kind === "refused" || reading.profile.name === stem) return reading;
    const { name } = reading.profile;
    return { kind: "refused", message: `its name is ${name}, and its file is called ${stem}: they must be one`, name };
  } catch (error) {
    return { kind: "refused", message: `it can't be read: ${messageOf(error)}` };
  }
}
